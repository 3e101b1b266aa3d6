// The simulation finds what is wrong: clients whose journals do not do what they should are caught.

import { assert } from "@std/assert";
import type { Journal, Receipt } from "../../client/store/journal.ts";
import { runCourse } from "./random_course.ts";

/** Within so many seeds each has to be caught. */
const seeds = 300;

/** What is done in another way than by the journal that it gets. */
type Mutation = (journal: Journal) => Partial<Journal>;

const mutations: Record<string, Mutation> = {
  "acknowledges what it has not stored": (journal) => ({
    receive: (conversation, letters, atMs) =>
      letters.length % 2 === 0
        ? letters.map((): Receipt => ({ outcome: "had" }))
        : journal.receive(conversation, letters, atMs),
  }),
  "shows what it has": (journal) => ({
    receive: (...args) =>
      journal.receive(...args).map((receipt) =>
        receipt.outcome === "had" ? { outcome: "stored", row: 0, missed: 0 } : receipt
      ),
  }),
  "does not send again what was sent": (journal) => {
    const sent = new Set<string>();
    return {
      unacknowledged: (...args) =>
        journal.unacknowledged(...args).filter(({ id }) => !sent.has(id) && sent.add(id)),
    };
  },
  "takes every acknowledgement for one of all": (journal) => ({
    acknowledge: (conversation, _id) => {
      const last = journal.unacknowledged(conversation, 0, 10_000).at(-1);
      return last === undefined ? [] : journal.acknowledge(conversation, last.id);
    },
  }),
  "accepts what it does not keep": (journal) => ({
    accept: (drafts) => journal.accept(drafts.length > 2 ? drafts.slice(1) : drafts),
  }),
  "forgets at the end what waits": () => ({ waiting: () => [] }),
  "forgets at the end what is not on the screen yet": () => ({ unshown: () => [] }),
  "shows at the start what it has shown": (journal) => {
    let started = false;
    return {
      unshown: (self, limit) => {
        if (started) return journal.unshown(self, limit);
        started = true;
        return journal.history(self, undefined, 1).filter(({ direction }) => direction === "in");
      },
    };
  },
  "takes what is at the mailbox for delivered": (journal) => ({
    markDeposited: (conversation, upTo, atMs) => {
      journal.markDeposited(conversation, upTo, atMs);
      const last = journal.unacknowledged(conversation, 0, 10_000).at(-1);
      if (last !== undefined) journal.acknowledge(conversation, last.id);
    },
  }),
  "sends in another order": (journal) => ({
    accept: (drafts) => journal.accept(drafts.toReversed()),
  }),
};

for (const [name, mutation] of Object.entries(mutations)) {
  Deno.test(`who ${name} is caught`, async () => {
    let caught = false;
    for (let seed = 0; seed < seeds && !caught; seed++) {
      const { violations } = await runCourse(seed, {
        storeOf: (store) => ({
          ...store,
          journal: { ...store.journal, ...mutation(store.journal) },
        }),
      });
      caught = violations.length > 0;
    }
    assert(caught, `not within ${seeds} seeds`);
  });
}
