// The simulation finds what is wrong: clients whose stores do not do what they should are caught, and so are those that
// break a rule for the ways between two people.

import { assert } from "@std/assert";
import type { Receipt, Store } from "../../client/store/store.ts";
import { type Alterations, altered } from "../support/altered.ts";
import { mutatedSource } from "../support/mutated_source.ts";
import { brokenRules } from "./broken_rules.ts";
import type { runPathCourse } from "./path_course.ts";
import { runCourse } from "./random_course.ts";

/** Within so many seeds each has to be caught. */
const seeds = 300;

/** What is done in another way than by the store that it gets. */
type Mutation = (store: Store) => Alterations;

const mutations: Record<string, Mutation> = {
  "acknowledges what it has not stored": ({ incoming }) => ({
    incoming: {
      receive: (conversation, messages, atMs) =>
        messages.length % 2 === 0
          ? messages.map((): Receipt => ({ outcome: "duplicate" }))
          : incoming.receive(conversation, messages, atMs),
    },
  }),
  "shows what it has": ({ incoming }) => ({
    incoming: {
      receive: (...args) =>
        incoming.receive(...args).map((receipt) =>
          receipt.outcome === "duplicate" ? { outcome: "stored", row: 0, missed: 0 } : receipt
        ),
    },
  }),
  "does not send again what was sent": ({ outgoing }) => {
    const sent = new Set<string>();
    return {
      outgoing: {
        unacknowledged: (...args) =>
          outgoing.unacknowledged(...args).filter(({ id }) => !sent.has(id) && sent.add(id)),
      },
    };
  },
  "takes every acknowledgement for one of all": ({ outgoing }) => ({
    outgoing: {
      acknowledge: (conversation, _id) => {
        const last = outgoing.unacknowledged(conversation, 0, 10_000).at(-1);
        return last === undefined ? [] : outgoing.acknowledge(conversation, last.id);
      },
    },
  }),
  "accepts what it does not keep": ({ outgoing }) => ({
    outgoing: {
      accept: (drafts) => outgoing.accept(drafts.length > 2 ? drafts.slice(1) : drafts),
    },
  }),
  "forgets at the end what waits": () => ({ conversations: { waiting: () => [] } }),
  "forgets at the end what is not on the screen yet": () => ({ incoming: { unshown: () => [] } }),
  "shows at the start what it has shown": ({ incoming, history }) => {
    let started = false;
    return {
      incoming: {
        unshown: (self, limit) => {
          if (started) return incoming.unshown(self, limit);
          started = true;
          return history.latest(self, undefined, 1).filter(({ direction }) => direction === "in");
        },
      },
    };
  },
  "takes what is at the mailbox for delivered": ({ outgoing }) => ({
    outgoing: {
      markDeposited: (conversation, upTo, atMs) => {
        outgoing.markDeposited(conversation, upTo, atMs);
        const last = outgoing.unacknowledged(conversation, 0, 10_000).at(-1);
        if (last !== undefined) outgoing.acknowledge(conversation, last.id);
      },
    },
  }),
  "sends in another order": ({ outgoing }) => ({
    outgoing: { accept: (drafts) => outgoing.accept(drafts.toReversed()) },
  }),
};

for (const [name, mutation] of Object.entries(mutations)) {
  Deno.test(`a store that ${name} is caught`, async () => {
    let caught = false;
    for (let seed = 0; seed < seeds && !caught; seed++) {
      const { violations } = await runCourse(seed, {
        storeOf: (store) => altered(store, mutation(store)),
      });
      caught = violations.length > 0;
    }
    assert(caught, `not within ${seeds} seeds`);
  });
}

for (const [name, broken] of Object.entries(brokenRules)) {
  Deno.test(`a client that ${name} is caught`, async () => {
    using source = await mutatedSource(broken);
    const course = await source.load("tests/simulation/path_course.ts");
    const run = course.runPathCourse as typeof runPathCourse;
    let caught = false;
    for (let seed = 0; seed < seeds && !caught; seed++) {
      caught = (await run(seed)).violations.length > 0;
    }
    assert(caught, `not within ${seeds} seeds`);
  });
}
