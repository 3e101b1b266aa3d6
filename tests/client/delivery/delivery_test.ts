import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { Delivery } from "../../../client/delivery/delivery.ts";
import type { MessageLink } from "../../../client/delivery/transmission.ts";
import type { Deposit } from "../../../client/mailbox/mailbox.ts";
import type { Store } from "../../../client/store/store.ts";
import type { NumberedMessage } from "../../../shared/protocol/message_stream.ts";
import { mailTtlMs, unacknowledgedMax } from "../../../shared/protocol/limits.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { failingStore } from "../../support/failing.ts";
import { outcomes, received, say, storedConversation } from "../../support/store_fixture.ts";
import { sentenceOf } from "../../support/problems.ts";

/** A link, as far as a delivery sees one. */
class FakeLink implements MessageLink {
  readonly messages: NumberedMessage[] = [];
  /** What `transmit` throws. */
  failure: Error | undefined;
  isLeft = false;
  #room = Promise.withResolvers<void>();

  constructor(hasRoom = true, readonly rank = 0) {
    if (hasRoom) this.#room.resolve();
  }

  transmit(messages: readonly NumberedMessage[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.messages.push(...messages);
  }

  drained(): Promise<void> {
    return this.#room.promise;
  }

  leave(): Promise<void> {
    this.isLeft = true;
    return Promise.resolve();
  }

  makeRoom(): void {
    this.#room.resolve();
  }

  get texts(): string[] {
    return this.messages.map(({ text }) => text);
  }

  /** The texts since the last call. */
  take(): string[] {
    return this.messages.splice(0).map(({ text }) => text);
  }
}

const nothing = Promise.resolve();
const refusal: Deposit = {
  refused: "unavailable",
  why: { code: "no-mailbox" },
  retryAfterMs: 60_000,
};

type Parts = Pick<Store, "conversations" | "outgoing">;

/** A delivery from alice to bob, in surroundings that a test controls. */
class Scene implements Disposable {
  readonly clock = new FakeClock();
  readonly #conversation = storedConversation();
  readonly id = this.#conversation.id;
  readonly store: Parts;
  readonly delivery: Delivery;
  /** When the peer was looked for. */
  readonly searches: number[] = [];
  /** When another way was looked for. */
  readonly stalls: number[] = [];
  readonly mails: string[][] = [];
  readonly deposited: number[] = [];
  readonly refused: string[] = [];
  readonly storeErrors: unknown[] = [];
  search: () => Promise<void> = () => nothing;
  deposit: (messages: readonly NumberedMessage[]) => Promise<Deposit> | undefined = () => undefined;
  /** The methods of the store that fail. */
  readonly broken = new Set<string>();

  constructor(...texts: string[]) {
    this.store = failingStore(this.#conversation, this.broken);
    say(this.#conversation.outgoing, this.id, ...texts);
    this.delivery = new Delivery({
      conversation: this.id,
      store: this.store,
      clock: this.clock,
      random: () => 1,
      search: () => {
        this.searches.push(this.clock.now());
        return this.search();
      },
      deposit: (messages) => {
        const deposit = this.deposit(messages);
        if (deposit !== undefined) this.mails.push(messages.map(({ text }) => text));
        return deposit;
      },
      onDeposited: (count) => this.deposited.push(count),
      onRefused: ({ why }) => this.refused.push(sentenceOf(why)),
      onStalled: () => this.stalls.push(this.clock.now()),
      onStoreError: (error) => this.storeErrors.push(error),
    });
  }

  say(...texts: string[]): void {
    say(this.#conversation.outgoing, this.id, ...texts);
    this.delivery.reload();
  }

  /** The user writes, and the delivery gets the messages as the store has numbered them. */
  accept(...texts: string[]): void {
    this.delivery.accepted(say(this.otherProgram, this.id, ...texts));
  }

  /** The store, as another program that has it open uses it. */
  get otherProgram(): Store["outgoing"] {
    return this.#conversation.outgoing;
  }

  async attach(link = new FakeLink()): Promise<FakeLink> {
    this.delivery.attach(link);
    await settle();
    return link;
  }

  /** The peer acknowledges the last message that it has got. */
  acknowledge(link: FakeLink): string[] {
    return this.delivery.acknowledged(link.messages.at(-1)!.id);
  }

  get outgoing() {
    return this.#conversation.conversations.get(this.id).outgoing;
  }

  /** Whether the peer or the mailbox has everything, according to the store. */
  get allDeposited(): boolean {
    const { last, acknowledged, deposited } = this.outgoing;
    return Math.max(acknowledged, deposited) === last;
  }

  [Symbol.dispose](): void {
    this.delivery.stop();
    assertEquals(this.clock.waiting, 0, "a timer is left");
    this.#conversation[Symbol.dispose]();
  }
}

const numbers = (count: number, from = 1) =>
  Array.from({ length: count }, (_, i) => String(from + i));

/** Whether a promise is done by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true);
  await settle();
  return done;
}

const leavesAll = (messages: readonly NumberedMessage[]) =>
  Promise.resolve({ deposited: messages.length });

Deno.test("waiting messages go out in order over the first link, then those that are accepted later", async () => {
  using scene = new Scene("1", "2", "3");
  const link = await scene.attach();
  scene.say("4");
  scene.say("5", "6");
  await settle();
  assertEquals(link.texts, numbers(6));
  assertEquals(link.messages.map(({ position }) => position.seq), [1, 2, 3, 4, 5, 6]);
  assertEquals(scene.delivery.waiting, 6);
  assertEquals(scene.acknowledge(link), link.messages.map(({ id }) => id));
  assertEquals(scene.delivery.waiting, 0);
  assertEquals(scene.searches, []);
});

Deno.test("a message that was just accepted goes out without being read back from the store", async () => {
  using scene = new Scene();
  const link = await scene.attach();
  scene.accept("1");
  scene.accept("2", "3");
  await settle();
  assertEquals(link.texts, numbers(3));
  scene.acknowledge(link);
  // Once the store cannot be read any more, only what is at hand goes out.
  scene.broken.add("unacknowledged");
  scene.accept("4", "5");
  await settle();
  assertEquals([link.texts, scene.storeErrors], [numbers(5), []]);
});

Deno.test("a message that was just accepted goes out after those that another program has written", async () => {
  using scene = new Scene();
  const link = await scene.attach();
  say(scene.otherProgram, scene.id, "1", "2");
  scene.accept("3");
  await settle();
  assertEquals(link.texts, numbers(3));
  // The same if a link opens only then, or is another one.
  scene.accept("4");
  scene.delivery.detach(link);
  const next = await scene.attach();
  scene.accept("5");
  await settle();
  assertEquals(next.texts, numbers(5));
});

Deno.test("messages that were just accepted count towards the limit of unacknowledged ones, too", async () => {
  using scene = new Scene();
  const link = await scene.attach();
  scene.accept(...numbers(3_000));
  await settle();
  assertEquals(link.texts, numbers(unacknowledgedMax));
  while (scene.delivery.waiting > 0) {
    scene.acknowledge(link);
    await settle();
  }
  assertEquals(link.texts, numbers(3_000));
});

Deno.test("the number of unacknowledged messages on their way is limited", async () => {
  using scene = new Scene(...numbers(3_000));
  const link = await scene.attach();
  assertEquals(link.texts, numbers(unacknowledgedMax));
  const acknowledged = link.messages[99]!;
  assertEquals(scene.delivery.acknowledged(acknowledged.id).length, 100);
  await settle();
  assertEquals(link.texts, numbers(unacknowledgedMax + 100));
  while (scene.delivery.waiting > 0) {
    scene.acknowledge(link);
    await settle();
  }
  assertEquals(link.texts, numbers(3_000));
});

Deno.test("a full link gets no more messages", async () => {
  using scene = new Scene(...numbers(1_000));
  const link = await scene.attach(new FakeLink(false));
  const taken = link.messages.length;
  assert(taken < 1_000);
  scene.say("1001");
  await settle();
  assertEquals(link.messages.length, taken);
  link.makeRoom();
  await settle();
  assertEquals(link.texts, numbers(1_001));
});

Deno.test("a new link gets all unacknowledged messages, and their floor says where these begin", async () => {
  using scene = new Scene(...numbers(5));
  const first = await scene.attach();
  scene.delivery.acknowledged(first.messages[1]!.id);
  scene.delivery.detach(first);
  const second = await scene.attach();
  assertEquals(second.texts, ["3", "4", "5"]);
  assertEquals(second.messages.map(({ position }) => position.floor), [2, 2, 2]);
  // What the old link brings still counts.
  scene.delivery.acknowledged(first.messages[3]!.id);
  assertEquals(scene.delivery.waiting, 1);
});

Deno.test("one of two links is used, and when it is over the other one", async () => {
  using scene = new Scene("1", "2");
  const first = await scene.attach();
  const second = await scene.attach();
  assertEquals([first.take(), second.take()], [["1", "2"], []]);
  scene.delivery.detach(second);
  assertEquals(await scene.attach(second).then((link) => link.take()), []);
  scene.delivery.detach(first);
  await settle();
  assertEquals(second.take(), ["1", "2"]);
  assertEquals(scene.searches, []);
});

Deno.test("of two links the better one is used, and takes over when it comes", async () => {
  using scene = new Scene("1", "2");
  const relayed = await scene.attach(new FakeLink(true, 1));
  const straight = await scene.attach();
  assertEquals([relayed.take(), straight.take()], [["1", "2"], ["1", "2"]]);
  const another = await scene.attach(new FakeLink(true, 1));
  assertEquals(another.take(), []);
});

Deno.test("when none of several links carries anything another way is looked for as well", async () => {
  using scene = new Scene("1");
  const links = [await scene.attach(), await scene.attach(), await scene.attach()];
  await scene.clock.pass(1_500);
  await scene.clock.pass(1_500);
  assertEquals(scene.stalls.length, 0);
  await scene.clock.pass(1_500);
  assertEquals(scene.stalls.length, 1);
  assertEquals(links.map((link) => link.take()), [["1"], ["1"], ["1"]]);
  const other = await scene.attach(new FakeLink(true, 1));
  scene.acknowledge(other);
  assertEquals(links.map(({ isLeft }) => isLeft), [true, true, true]);
});

Deno.test("from a link that carries nothing the newest takes over, which has carried something the latest", async () => {
  using scene = new Scene("1");
  const [first, second] = [await scene.attach(), await scene.attach()];
  const relayed = await scene.attach(new FakeLink(true, 1));
  const later = new FakeLink(true, 1);
  await scene.attach(later);
  await scene.clock.pass(1_500);
  const taken = () => [first, second, relayed, later].map((link) => link.take());
  assertEquals(taken(), [["1"], [], [], ["1"]]);
  // The others follow if it carries nothing either.
  await scene.clock.pass(1_500);
  assertEquals(taken(), [[], [], ["1"], []]);
  await scene.clock.pass(1_500);
  assertEquals(taken(), [[], ["1"], [], []]);
  assertEquals(scene.stalls.length, 0);
});

Deno.test("with a link that carries nothing those are left that are as old and were not tried", async () => {
  using scene = new Scene("1");
  const older = [
    await scene.attach(),
    await scene.attach(),
    await scene.attach(new FakeLink(true, 1)),
  ];
  const newest = await scene.attach(new FakeLink(true, 1));
  await scene.clock.pass(1_500);
  assertEquals(older.map(({ isLeft }) => isLeft), [false, false, false]);
  scene.acknowledge(newest);
  assertEquals([...older, newest].map(({ isLeft }) => isLeft), [true, true, true, false]);
});

Deno.test("when a link carries nothing another way is looked for once, and used whatever it is", async () => {
  using scene = new Scene("1");
  const silent = await scene.attach();
  await scene.clock.pass(1_000);
  assertEquals(scene.stalls.length, 0);
  await scene.clock.pass(1_000);
  assertEquals(scene.stalls.length, 1);
  await scene.clock.pass(5_000);
  assertEquals(scene.stalls.length, 1);
  const relayed = await scene.attach(new FakeLink(true, 1));
  assertEquals(silent.take(), ["1"]);
  scene.acknowledge(relayed);
  assertEquals(relayed.take(), ["1"]);
  scene.say("2");
  await settle();
  assertEquals([relayed.take(), silent.take()], [["2"], []]);
});

Deno.test("while a link carries nothing another way is looked for again when the peer is said to be back", async () => {
  using t = new Scene("a");
  const { delivery, clock, stalls } = t;
  const startMs = clock.now();
  delivery.wake();
  const link = await t.attach();
  delivery.wake();
  await clock.pass(5_000);
  delivery.wake();
  delivery.wake();
  await clock.pass(900);
  delivery.wake();
  await clock.pass(100);
  delivery.wake();
  assertEquals(stalls.map((atMs) => atMs - startMs), [1_500, 5_000, 6_000]);
  // Once it carries something there is no need.
  t.acknowledge(link);
  await clock.pass(1_000);
  delivery.wake();
  assertEquals(stalls.length, 3);
});

Deno.test("a link that carries nothing is left once another one is seen to carry something", async () => {
  using scene = new Scene("1");
  const relayed = await scene.attach(new FakeLink(true, 1));
  const silent = await scene.attach();
  await scene.clock.pass(2_000);
  assertEquals([silent.isLeft, relayed.isLeft], [false, false]);
  scene.acknowledge(relayed);
  assertEquals([silent.isLeft, relayed.isLeft], [true, false]);
});

Deno.test("after a long stall the next link that carries nothing is noticed as soon as the first", async () => {
  for (const isHealed of [false, true]) {
    using scene = new Scene("1");
    const first = await scene.attach();
    await scene.clock.pass(60_000);
    assertEquals(scene.stalls.length, 1);
    const next = isHealed ? first : await scene.attach();
    if (!isHealed) scene.delivery.detach(first);
    scene.acknowledge(next);
    await scene.clock.pass(1_000);
    scene.say("2");
    await scene.clock.pass(1_500);
    assertEquals(scene.stalls.length, 2);
  }
});

Deno.test("a link that is only slow is not left", async () => {
  using scene = new Scene("1");
  const relayed = await scene.attach(new FakeLink(true, 1));
  const slow = await scene.attach();
  await scene.clock.pass(2_000);
  scene.delivery.detach(relayed);
  scene.acknowledge(slow);
  assertEquals([slow.isLeft, relayed.isLeft], [false, false]);
});

Deno.test("a link that has had everything confirmed is not given up, however long nothing is said", async () => {
  using scene = new Scene("1");
  const link = await scene.attach();
  scene.acknowledge(link);
  await scene.clock.pass(600_000);
  assertEquals(scene.stalls, []);
});

Deno.test("if nothing is acknowledged all is sent again, at growing intervals, on each link in turn", async () => {
  using scene = new Scene("1", "2");
  const [first, second] = [await scene.attach(), await scene.attach()];
  const rounds: [number, string[], string[]][] = [];
  for (let at = 0; at < 400; at += 5) {
    await scene.clock.pass(5_000);
    const round: [string[], string[]] = [first.take(), second.take()];
    if (round.flat().length > 0) rounds.push([at + 5, ...round]);
  }
  const both = ["1", "2"];
  assertEquals(rounds, [
    // What each was given at the beginning: the second one as soon as the first seemed to carry nothing.
    [5, both, both],
    [25, both, []],
    [65, [], both],
    [145, both, []],
    [265, [], both],
    [385, both, []],
  ]);
});

Deno.test("nothing is sent again as long as acknowledgements come", async () => {
  using scene = new Scene(...numbers(20));
  const link = await scene.attach();
  for (const { id } of [...link.messages]) {
    await scene.clock.pass(9_000);
    assertEquals(scene.delivery.acknowledged(id), [id]);
  }
  await scene.clock.pass(3_600_000);
  assertEquals(link.texts, numbers(20));
  assertEquals(scene.clock.waiting, 0);
});

Deno.test("a stuck link does not keep another one from being used", async () => {
  using scene = new Scene(...numbers(600));
  const stuck = await scene.attach(new FakeLink(false));
  const link = await scene.attach();
  await scene.clock.pass(10_000);
  assertEquals(link.texts, numbers(600));
  assert(stuck.messages.length < 600);
  const given = stuck.messages.length;
  stuck.makeRoom();
  await settle();
  assertEquals(stuck.messages.length, given);
});

Deno.test("a link that is over but has not ended yet does no harm, and nothing is lost", async () => {
  using scene = new Scene("1");
  const link = new FakeLink();
  link.failure = new UserError({ code: "link-not-open" });
  await scene.attach(link);
  assertEquals(scene.storeErrors, []);
  scene.delivery.detach(link);
  const next = await scene.attach();
  assertEquals(next.texts, ["1"]);
  // Nor if it turns out to be usable after all.
  scene.delivery.detach(next);
  await scene.attach(link);
  link.failure = undefined;
  await scene.clock.pass(10_000);
  assertEquals(link.texts, ["1"]);
});

Deno.test("whenever links come and go, no message is lost or out of order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("attach", "detach", "acknowledge", "say", "pass", "wake", "reset"), {
        maxLength: 40,
      }),
      fc.infiniteStream(fc.nat(5)),
      async (steps, chances) => {
        using scene = new Scene("0");
        using bob = storedConversation();
        const chance = () => chances.next().value as number;
        const links: FakeLink[] = [];
        const hears = (link: FakeLink) => {
          const messages = link.messages.splice(0);
          if (messages.length === 0) return;
          const receipts = bob.incoming.receive(bob.id, messages, 0);
          const last = messages.findLast((_, i) =>
            ["stored", "duplicate"].includes(receipts[i]!.outcome)
          );
          if (last !== undefined) scene.delivery.acknowledged(last.id);
        };
        let count = 1;
        for (const step of steps) {
          const link = links[chance() % Math.max(1, links.length)];
          if (step === "attach") links.push(await scene.attach());
          else if (step === "say") scene.say(String(count++));
          else if (step === "pass") await scene.clock.pass(chance() * 7_000);
          else if (step === "wake") scene.delivery.wake();
          else if (step === "reset") scene.delivery.renumber(scene.outgoing.stream);
          else if (link !== undefined && step === "acknowledge") hears(link);
          else if (link !== undefined && step === "detach") {
            scene.delivery.detach(link);
            links.splice(links.indexOf(link), 1);
          }
          await settle();
        }
        for (const link of links) scene.delivery.detach(link);
        const last = await scene.attach();
        for (let i = 0; i < 3; i++) {
          hears(last);
          await settle();
        }
        assertEquals(received(bob.history, "alice", "bob"), numbers(count, 0));
        assertEquals(scene.delivery.waiting, 0);
        assertEquals(scene.storeErrors, []);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("an acknowledgement of an unknown message, or a second one, changes nothing", async () => {
  using scene = new Scene("1", "2");
  const link = await scene.attach();
  for (const id of ["0".repeat(32), "", "x", link.messages[0]!.position.stream]) {
    assertEquals(scene.delivery.acknowledged(id), []);
  }
  const [first, second] = link.messages;
  assertEquals(scene.delivery.acknowledged(second!.id), [first!.id, second!.id]);
  assertEquals(scene.delivery.acknowledged(second!.id), []);
  assertEquals(scene.delivery.acknowledged(first!.id), []);
  assertEquals(scene.delivery.waiting, 0);
});

Deno.test("if the peer cannot continue a stream, a new one starts with the same messages", async () => {
  using scene = new Scene(...numbers(4));
  const link = await scene.attach();
  scene.delivery.acknowledged(link.messages[0]!.id);
  const before = link.messages.splice(0).slice(1);
  scene.delivery.renumber("0".repeat(32));
  await settle();
  assertEquals(link.messages, []);
  scene.delivery.renumber(before[0]!.position.stream);
  await settle();
  assertEquals(link.messages.map(({ id }) => id), before.map(({ id }) => id));
  assertEquals(link.messages.map(({ position: { seq, floor } }) => [seq, floor]), [
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  using bob = storedConversation();
  assertEquals(outcomes(bob.incoming, bob.id, link.messages), ["stored", "stored", "stored"]);
  assertEquals(scene.acknowledge(link).length, 3);
});

Deno.test("a peer that keeps asking for new streams gets few", async () => {
  using scene = new Scene("1");
  const link = await scene.attach();
  const streams = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    scene.delivery.renumber(scene.outgoing.stream);
    streams.add(scene.outgoing.stream);
    await scene.clock.pass(100);
  }
  assert(streams.size <= 11, String(streams.size));
  assert(link.messages.length <= 2 * streams.size + 1, String(link.messages.length));
  // A peer that needs one asks again when it gets what it cannot take.
  scene.delivery.renumber(scene.outgoing.stream);
  assertEquals(scene.acknowledge(link).length, 1);
});

Deno.test("a new stream that took long to make is not made again for long", async () => {
  using scene = new Scene("1");
  await scene.attach();
  const { clock } = scene;
  const now = () => FakeClock.prototype.now.call(clock);
  let lateMs = 0;
  clock.now = () => now() + (lateMs += 1_000);
  scene.delivery.renumber(scene.outgoing.stream);
  clock.now = now;
  const { stream } = scene.outgoing;
  await clock.pass(40_000);
  scene.delivery.renumber(stream);
  assertEquals(scene.outgoing.stream, stream);
  await clock.pass(60_000);
  scene.delivery.renumber(stream);
  assertNotEquals(scene.outgoing.stream, stream);
});

Deno.test("that another program has started a new stream is noticed", async () => {
  using scene = new Scene(...numbers(3));
  const link = await scene.attach();
  link.take();
  scene.store.outgoing.renumber(scene.id);
  await scene.clock.pass(15_000);
  assertEquals(link.take(), numbers(3));
  // So is an acknowledgement that another program has got.
  scene.store.outgoing.acknowledge(
    scene.id,
    scene.store.outgoing.unacknowledged(scene.id, 0, 9).at(-1)!.id,
  );
  await scene.clock.pass(60_000);
  assertEquals([link.take(), scene.delivery.waiting], [[], 0]);
});

Deno.test("without a link the peer is looked for, at growing intervals", async () => {
  using scene = new Scene();
  await scene.clock.pass(1_000_000);
  assertEquals(scene.searches, []);
  const from = scene.clock.now();
  scene.say("1");
  await scene.clock.pass(250_000);
  assertEquals(scene.searches.map((at) => (at - from) / 1000), [
    0,
    1,
    3,
    7,
    15,
    31,
    63,
    123,
    183,
    243,
  ]);
  // Another message is no reason to search sooner.
  scene.say("2");
  await scene.clock.pass(1);
  assertEquals(scene.searches.length, 10);
});

Deno.test("a peer that is said to be back is looked for at once, but not too often", async () => {
  using scene = new Scene("1");
  scene.delivery.reload();
  await scene.clock.pass(100_000);
  const before = scene.searches.length;
  scene.delivery.wake();
  await settle();
  assertEquals(scene.searches.length, before + 1);
  for (let i = 0; i < 1_000; i++) {
    scene.delivery.wake();
    await scene.clock.pass(10);
  }
  assert(scene.searches.length <= before + 12, String(scene.searches.length - before));
});

Deno.test("a peer that is said to be back during a search is looked for once more", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  const searching = Promise.withResolvers<void>();
  scene.search = () => searching.promise;
  scene.delivery.reload();
  await scene.clock.pass(10_000);
  scene.delivery.wake();
  searching.resolve();
  await scene.clock.pass(1);
  assertEquals([scene.searches.length, scene.mails.length], [2, 1]);
  await scene.clock.pass(1_000_000);
  assertEquals(scene.searches.length, 2);
});

Deno.test("a link that opens during a search ends it", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  const link = new FakeLink();
  scene.search = async () => {
    await undefined;
    scene.delivery.attach(link);
  };
  scene.delivery.reload();
  await scene.clock.pass(5_000);
  assertEquals([link.texts, scene.searches.length, scene.mails], [["1"], 1, []]);
});

Deno.test("a link that breaks whenever it opens is opened at growing intervals", async () => {
  using scene = new Scene("1");
  scene.search = () => {
    const link = new FakeLink();
    scene.delivery.attach(link);
    scene.delivery.detach(link);
    return nothing;
  };
  scene.delivery.reload();
  await scene.clock.pass(200_000);
  assert(scene.searches.length <= 10, String(scene.searches.length));
});

Deno.test("messages for a peer that is away are left at the mailbox, in order", async () => {
  using scene = new Scene(...numbers(700));
  scene.deposit = (messages) => Promise.resolve({ deposited: Math.min(100, messages.length) });
  scene.delivery.reload();
  await settle();
  assertEquals(scene.mails.flatMap((texts) => texts.slice(0, 100)), numbers(700));
  assertEquals(scene.deposited, [100, 100, 100, 100, 100, 100, 100]);
  assertEquals([scene.delivery.waiting, scene.allDeposited], [700, true]);
  // Then there is nothing left to do.
  assertEquals(scene.clock.waiting, 0);
  scene.say("701");
  await settle();
  assertEquals(scene.mails.at(-1), ["701"]);
  // The peer acknowledges what it got by mail, too.
  const all = scene.store.outgoing.unacknowledged(scene.id, 0, 1_000);
  assertEquals(scene.delivery.acknowledged(all[699]!.id).length, 700);
  assertEquals(scene.delivery.waiting, 1);
});

Deno.test("a link gets the messages that are at the mailbox, too", async () => {
  using scene = new Scene("1", "2");
  scene.deposit = leavesAll;
  scene.delivery.reload();
  await settle();
  scene.say("3");
  const link = await scene.attach();
  assertEquals(link.texts, ["1", "2", "3"]);
  scene.acknowledge(link);
  assertEquals(scene.delivery.waiting, 0);
});

Deno.test("a mailbox that refuses is asked again at the time that it names, and not before", async () => {
  using scene = new Scene("1");
  const asked: number[] = [];
  scene.deposit = () => {
    asked.push(scene.clock.now());
    return Promise.resolve({
      refused: "full",
      why: { code: "deposit-refused", status: "507", said: "full" },
      retryAfterMs: 100_000,
    });
  };
  const from = scene.clock.now();
  scene.delivery.reload();
  await scene.clock.pass(320_000);
  scene.say("2");
  await settle();
  assertEquals(asked.map((at) => (at - from) / 1000), [0, 100, 200, 300]);
  assertEquals(new Set(scene.refused), new Set(["full"]));
  // Another server may take it.
  scene.deposit = leavesAll;
  scene.delivery.wake();
  await scene.clock.pass(1_000);
  assertEquals(scene.deposited, [2]);
});

Deno.test("a deposit does not count if a new stream starts meanwhile", async () => {
  using scene = new Scene("1", "2");
  const deposits: PromiseWithResolvers<Deposit>[] = [];
  scene.deposit = () => {
    deposits.push(Promise.withResolvers());
    return deposits.at(-1)!.promise;
  };
  scene.delivery.reload();
  await settle();
  scene.delivery.renumber(scene.outgoing.stream);
  deposits[0]!.resolve({ deposited: 2 });
  await settle();
  assertEquals([scene.outgoing.deposited, scene.deposited, deposits.length], [0, [], 2]);
  deposits[1]!.resolve({ deposited: 2 });
  await settle();
  assertEquals([scene.outgoing.deposited, scene.deposited], [2, [2]]);
});

Deno.test("messages that the mailbox has deleted wait again, and are left there again", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  scene.delivery.reload();
  await settle();
  await scene.clock.pass(mailTtlMs - 1_000);
  scene.delivery.wake();
  await settle();
  assertEquals(scene.mails.length, 1);
  await scene.clock.pass(2_000);
  scene.delivery.wake();
  await scene.clock.pass(1_000);
  assertEquals(scene.mails, [["1"], ["1"]]);
  assertEquals(scene.outgoing.depositedAtMs, scene.clock.timeOfDay() - 1_000);
});

Deno.test("`idle` is done when the peer or the mailbox has everything", async () => {
  using scene = new Scene();
  assert(await isDone(scene.delivery.idle()));
  const link = await scene.attach();
  scene.say("1");
  const resting = scene.delivery.idle();
  const settled = scene.delivery.allAcknowledged();
  assertEquals(await isDone(resting), false);
  scene.acknowledge(link);
  assert(await isDone(resting) && await isDone(settled));

  scene.delivery.detach(link);
  const deposit = Promise.withResolvers<Deposit>();
  scene.deposit = () => deposit.promise;
  scene.say("2");
  const restingByMail = scene.delivery.idle();
  const acknowledged = scene.delivery.allAcknowledged();
  assertEquals(await isDone(restingByMail), false);
  deposit.resolve({ deposited: 1 });
  assertEquals([await isDone(restingByMail), await isDone(acknowledged)], [true, false]);
  scene.delivery.acknowledged(
    link.messages.concat(scene.store.outgoing.unacknowledged(scene.id, 0, 1)).at(-1)!.id,
  );
  assert(await isDone(acknowledged));
});

Deno.test("if neither can be reached, `idle` is done as soon as that is known, and later at once", async () => {
  for (const deposit of [() => undefined, () => Promise.resolve(refusal)]) {
    using scene = new Scene("1");
    scene.deposit = deposit;
    const searching = Promise.withResolvers<void>();
    scene.search = () => searching.promise;
    scene.delivery.reload();
    const resting = scene.delivery.idle();
    assertEquals(await isDone(resting), false);
    searching.resolve();
    assert(await isDone(resting));
    scene.say("2");
    assert(await isDone(scene.delivery.idle()));
    await scene.clock.pass(500);
    assert(await isDone(scene.delivery.idle()));
  }
});

Deno.test("what is written while a search is put off goes to the mailbox at once", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  scene.delivery.reload();
  await settle();
  scene.delivery.wake();
  await settle();
  // The next search is due in a second.
  scene.say("2");
  assert(await isDone(scene.delivery.idle()));
  assertEquals(scene.mails, [["1"], ["2"]]);
});

Deno.test("`idle` ends if the link is lost meanwhile", async () => {
  using scene = new Scene("1");
  const link = await scene.attach();
  const resting = scene.delivery.idle();
  scene.delivery.detach(link);
  assert(await isDone(resting));
});

Deno.test("once stopped it does nothing, and nobody keeps waiting for it", async () => {
  for (const stage of ["idle", "linked", "stuck", "searching", "pausing", "depositing"]) {
    using scene = new Scene("1");
    const never = Promise.withResolvers<never>().promise;
    if (stage === "searching") scene.search = () => never;
    if (stage === "depositing") scene.deposit = () => never;
    const link = new FakeLink(stage !== "stuck");
    if (stage === "linked" || stage === "stuck") await scene.attach(link);
    else if (stage !== "idle") scene.delivery.reload();
    await settle();
    const waits = [scene.delivery.idle(), scene.delivery.allAcknowledged()];
    scene.delivery.stop();
    for (const wait of waits) assert(await isDone(wait), stage);
    assertEquals(scene.clock.waiting, 0, stage);
    const before = [scene.searches.length, link.messages.length, scene.mails.length];
    link.makeRoom();
    scene.say("2");
    scene.delivery.wake();
    scene.delivery.detach(link);
    await scene.attach();
    await scene.clock.pass(100_000);
    assertEquals([scene.searches.length, link.messages.length, scene.mails.length], before, stage);
    assertEquals(scene.clock.waiting, 0, stage);
  }
});

const calls = [
  "get",
  "unacknowledged",
  "acknowledge",
  "markDeposited",
  "forgetDeposited",
  "renumber",
] as const;

/** Does something that may throw a UserError, which its caller would report. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    assert(error instanceof UserError, String(error));
  }
}

for (const call of calls) {
  Deno.test(`a failing ${call} of the store is reported, and all goes on by itself once it works`, async () => {
    for (const away of [false, true]) {
      using scene = new Scene("1", "2");
      using bob = storedConversation();
      scene.broken.add(call);
      if (away) scene.deposit = leavesAll;
      let link: FakeLink | undefined = away ? undefined : await scene.attach();
      scene.delivery.reload();
      await settle();
      attempt(() => scene.delivery.renumber(scene.outgoing.stream));
      for (const { id } of link?.messages ?? []) attempt(() => scene.delivery.acknowledged(id));
      await scene.clock.pass(call === "forgetDeposited" ? mailTtlMs + 1 : 300_000);
      scene.delivery.wake();
      await scene.clock.pass(100_000);
      assert(scene.mails.length < 50, `${scene.mails.length} deposits`);

      scene.broken.clear();
      scene.say("3");
      await scene.clock.pass(200_000);
      if (away) {
        assert(scene.allDeposited);
        link = await scene.attach();
      }
      bob.incoming.receive(bob.id, link!.messages, 0);
      scene.acknowledge(link!);
      assertEquals(received(bob.history, "alice", "bob"), ["1", "2", "3"]);
      assertEquals(scene.delivery.waiting, 0);
    }
  });
}

Deno.test("a store that fails when a message has to go out is asked again by itself", async () => {
  for (const call of ["get", "unacknowledged"] as const) {
    using scene = new Scene();
    const link = await scene.attach();
    scene.broken.add(call);
    scene.say("1");
    await settle();
    assertEquals([link.texts, scene.storeErrors.length], [[], 1]);
    scene.broken.clear();
    await scene.clock.pass(12_000);
    assertEquals(link.texts, ["1"]);
  }
});

Deno.test("if deposits cannot be noted they are repeated, and not reported as done", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  scene.broken.add("markDeposited");
  scene.delivery.reload();
  await scene.clock.pass(600_000);
  assert(scene.mails.length > 1 && scene.mails.length < 100, String(scene.mails.length));
  assertEquals(scene.deposited, []);
});
