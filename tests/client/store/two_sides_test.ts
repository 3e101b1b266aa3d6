// Two stores, and a network between them that delays, duplicates, loses and reorders: the other store gets what
// the first one accepts once and in order, even if a store is lost, or set back to a copy.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type ConversationId, openStore, type Store } from "../../../client/store/store.ts";
import type { NumberedMessage } from "../../../shared/protocol/message_stream.ts";
import { isId } from "../../../shared/protocol/random_id.ts";
import { type Place, temporaryDirectory } from "../../support/places.ts";
import { draft, keyOf } from "../../support/store_fixture.ts";

/** A side, whose store can be copied, set back to the copy, and lost. */
class Side {
  readonly #place: Place = temporaryDirectory();
  readonly #path = `${this.#place.path}/store.db`;
  readonly #self: string;
  readonly #name: string;
  #store: Store;
  id: ConversationId;

  constructor(self: string, name: string) {
    [this.#self, this.#name] = [self, name];
    this.#store = openStore(this.#path);
    this.id = this.#open();
  }

  get store(): Store {
    return this.#store;
  }

  /** The ids of one direction, oldest first. */
  ids(direction: "in" | "out"): string[] {
    return [...this.#store.history.export(this.#self, this.#name)]
      .filter((entry) => entry.direction === direction).map(({ id }) => id);
  }

  copy(): void {
    for (const ending of ["", "-wal"]) {
      Deno.copyFileSync(this.#path + ending, `${this.#place.path}/copy${ending}`);
    }
  }

  setBack(): void {
    this.lose(() => {
      for (const ending of ["", "-wal"]) {
        Deno.copyFileSync(`${this.#place.path}/copy${ending}`, this.#path + ending);
      }
    });
  }

  lose(meanwhile = () => {}): void {
    this.#store[Symbol.dispose]();
    Deno.removeSync(this.#path);
    meanwhile();
    this.#store = openStore(this.#path);
    this.id = this.#open();
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
    this.#place[Symbol.dispose]();
  }

  #open(): ConversationId {
    return this.#store.conversations.open({ self: this.#self, name: this.#name, key: keyOf(1) }).id;
  }
}

type Answer = { readonly acknowledges: string } | { readonly resets: string };

/** Alice writes to Bob. */
class World {
  readonly alice = new Side("alice", "bob");
  readonly bob = new Side("bob", "alice");
  /** What alice accepted, between one loss and the next. */
  readonly lives: string[][] = [[]];
  /** What any store of bob's has received. */
  readonly seen = new Set<string>();
  readonly #there: NumberedMessage[][] = [];
  readonly #back: Answer[] = [];

  accept(count: number): void {
    const drafts = Array.from({ length: count }, (_, i) => draft(this.alice.id, `${i}`));
    this.alice.store.outgoing.accept(drafts);
    this.lives.at(-1)!.push(...drafts.map(({ id }) => id));
  }

  send(after: number, size: number): void {
    const { store: { conversations, outgoing }, id } = this.alice;
    const floor = conversations.get(id).outgoing.acknowledged;
    const messages = outgoing.unacknowledged(id, floor + after, 12);
    for (let i = 0; i < messages.length; i += size) this.#there.push(messages.slice(i, i + size));
  }

  deliver(pick: number, keep: boolean): void {
    const messages = take(this.#there, pick, keep);
    if (messages === undefined) return;
    const { store, id } = this.bob;
    const receipts = store.incoming.receive(id, messages, 1);
    for (const [i, { outcome }] of receipts.entries()) {
      const { stream } = messages[i]!.position;
      if (outcome === "stored") this.seen.add(messages[i]!.id);
      if (outcome === "conflict") this.#back.push({ resets: stream });
      if (outcome === "stored" || outcome === "duplicate") {
        this.#back.push({ acknowledges: messages[i]!.id });
      }
    }
  }

  answer(pick: number, keep: boolean): void {
    const answer = take(this.#back, pick, keep);
    if (answer === undefined) return;
    const { store: { conversations, outgoing }, id } = this.alice;
    if ("acknowledges" in answer) assert(outgoing.acknowledge(id, answer.acknowledges).every(isId));
    else if (conversations.get(id).outgoing.stream === answer.resets) outgoing.renumber(id);
  }

  /** Lets everything on its way arrive, and sends again until nothing waits. */
  settle(): void {
    for (let round = 0; round < 10; round++) {
      while (this.#there.length > 0) this.deliver(0, false);
      while (this.#back.length > 0) this.answer(0, false);
      if (this.alice.store.conversations.waiting("alice").length === 0) return;
      for (let after = 0; after < 200; after += 12) this.send(after, 5);
    }
    assertEquals(this.alice.store.conversations.waiting("alice"), []);
  }

  [Symbol.dispose](): void {
    this.alice[Symbol.dispose]();
    this.bob[Symbol.dispose]();
  }
}

function take<T>(items: T[], pick: number, keep: boolean): T | undefined {
  const at = pick % Math.max(1, items.length);
  return keep ? items[at] : items.splice(at, 1)[0];
}

const small = fc.nat({ max: 30 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant("accept"), n: fc.nat({ max: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant("send"), n: fc.nat({ max: 2 }), size: small }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ does: fc.constant("deliver"), n: small, keep: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant("answer"), n: small, keep: fc.boolean() }),
  },
);
type Step = { does: string; n: number; size?: number; keep?: boolean };

function play(world: World, { does, n, size = 0, keep = false }: Step): void {
  if (does === "accept") world.accept(n);
  else if (does === "send") world.send(n, 1 + size % 4);
  else if (does === "deliver") world.deliver(n, keep);
  else if (does === "answer") world.answer(n, keep);
}

Deno.test("whatever the network does, everything arrives once and in order", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      using world = new World();
      const [accepted] = world.lives as [string[]];
      for (const step of steps) {
        play(world, step);
        const there = world.bob.ids("in");
        assertEquals(there, accepted.slice(0, there.length));
      }
      world.settle();
      assertEquals(world.bob.ids("in"), accepted);
      const entries = world.alice.store.history.latest("alice", "bob", 1_000);
      assert(entries.every(({ state }) => state === "delivered"));
    }),
    { numRuns: 40 },
  );
});

Deno.test("if stores are lost or set back, nothing is shown twice, and nothing waits forever", () => {
  const loss = fc.record({
    does: fc.constantFrom("copyAlice", "setBackAlice", "copyBob", "setBackBob", "loseBob"),
    n: fc.constant(0),
  });
  const steps = fc.array(
    fc.oneof({ weight: 8, arbitrary: step as fc.Arbitrary<Step> }, { weight: 1, arbitrary: loss }),
    { maxLength: 80 },
  );
  fc.assert(
    fc.property(steps, (steps) => {
      using world = new World();
      const { alice, bob, lives } = world;
      alice.copy();
      bob.copy();
      for (const step of steps) {
        if (step.does === "copyAlice") alice.copy();
        else if (step.does === "copyBob") bob.copy();
        else if (step.does === "setBackBob") bob.setBack();
        else if (step.does === "loseBob") bob.lose();
        else if (step.does === "setBackAlice") {
          alice.setBack();
          lives.push([]);
        } else play(world, step);
        const there = bob.ids("in");
        assertEquals(new Set(there).size, there.length);
        for (const life of lives) {
          const ofLife = there.filter((id) => life.includes(id));
          assertEquals(ofLife, life.filter((id) => ofLife.includes(id)));
        }
      }
      world.settle();
      // Some store of bob's has received each; what was acknowledged before a loss is not sent again.
      assertEquals(alice.ids("out").filter((id) => !world.seen.has(id)), []);
    }),
    { numRuns: 80 },
  );
});
