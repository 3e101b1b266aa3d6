import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { Delivery, type MessageLink } from "../../../client/delivery/delivery.ts";
import type { Deposit } from "../../../client/mailbox/mailbox.ts";
import type { Store } from "../../../client/store/store.ts";
import type { NumberedMessage } from "../../../shared/protocol/message_stream.ts";
import { mailTtlMs, unacknowledgedMax } from "../../../shared/protocol/limits.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { failingStore } from "../../support/failing.ts";
import { outcomes, received, say, talk } from "../../support/store_fixture.ts";
import { sentenceOf } from "../../support/problems.ts";

/** A link, as far as a delivery sees one. */
class FakeLink implements MessageLink {
  readonly letters: NumberedMessage[] = [];
  /** What is thrown at whoever gives it letters. */
  failure: Error | undefined;
  #room = Promise.withResolvers<void>();

  constructor(hasRoom = true) {
    if (hasRoom) this.#room.resolve();
  }

  transmit(letters: readonly NumberedMessage[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.letters.push(...letters);
  }

  drained(): Promise<void> {
    return this.#room.promise;
  }

  makeRoom(): void {
    this.#room.resolve();
  }

  get texts(): string[] {
    return this.letters.map(({ text }) => text);
  }

  /** The texts since this was asked last. */
  take(): string[] {
    return this.letters.splice(0).map(({ text }) => text);
  }
}

const nothing = Promise.resolve();
const refusal: Deposit = {
  refused: "unavailable",
  why: { code: "no-mailbox" },
  retryAfterMs: 60_000,
};

type Parts = Pick<Store, "conversations" | "outgoing">;

/** A delivery from alice to bob, and all around it as a test wants it. */
class Scene implements Disposable {
  readonly clock = new FakeClock();
  readonly #talk = talk();
  readonly id = this.#talk.id;
  readonly store: Parts;
  readonly delivery: Delivery;
  /** When the peer was looked for. */
  readonly sought: number[] = [];
  readonly mails: string[][] = [];
  readonly deposited: number[] = [];
  readonly refused: string[] = [];
  readonly troubles: unknown[] = [];
  seek: () => Promise<void> = () => nothing;
  deposit: (letters: readonly NumberedMessage[]) => Promise<Deposit> | undefined = () => undefined;
  /** The methods of the store that fail. */
  readonly broken = new Set<string>();

  constructor(...texts: string[]) {
    this.store = failingStore(this.#talk, this.broken);
    say(this.#talk.outgoing, this.id, ...texts);
    this.delivery = new Delivery({
      conversation: this.id,
      store: this.store,
      clock: this.clock,
      random: () => 1,
      search: () => {
        this.sought.push(this.clock.now());
        return this.seek();
      },
      deposit: (letters) => {
        const deposit = this.deposit(letters);
        if (deposit !== undefined) this.mails.push(letters.map(({ text }) => text));
        return deposit;
      },
      onDeposited: (count) => this.deposited.push(count),
      onRefused: ({ why }) => this.refused.push(sentenceOf(why)),
      onStoreError: (error) => this.troubles.push(error),
    });
  }

  say(...texts: string[]): void {
    say(this.#talk.outgoing, this.id, ...texts);
    this.delivery.reload();
  }

  /** The user writes, and the delivery is given what the store made of it. */
  accept(...texts: string[]): void {
    for (const message of say(this.otherProgram, this.id, ...texts)) {
      this.delivery.accepted(message);
    }
  }

  /** The store, as another program has it open. */
  get otherProgram(): Store["outgoing"] {
    return this.#talk.outgoing;
  }

  async attach(link = new FakeLink()): Promise<FakeLink> {
    this.delivery.attach(link);
    await settle();
    return link;
  }

  /** The peer acknowledges what it has got last. */
  acknowledge(link: FakeLink): string[] {
    return this.delivery.acknowledged(link.letters.at(-1)!.id);
  }

  get outgoing() {
    return this.#talk.conversations.get(this.id).outgoing;
  }

  /** Whether the peer or the mailbox has everything, as the store has it. */
  get allDeposited(): boolean {
    const { last, acknowledged, deposited } = this.outgoing;
    return Math.max(acknowledged, deposited) === last;
  }

  [Symbol.dispose](): void {
    this.delivery.stop();
    assertEquals(this.clock.waiting, 0, "a timer is left");
    this.#talk[Symbol.dispose]();
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

const leavesAll = (letters: readonly NumberedMessage[]) =>
  Promise.resolve({ deposited: letters.length });

Deno.test("what waits goes out over the first link, in order, and what is accepted later behind it", async () => {
  using scene = new Scene("1", "2", "3");
  const link = await scene.attach();
  scene.say("4");
  scene.say("5", "6");
  await settle();
  assertEquals(link.texts, numbers(6));
  assertEquals(link.letters.map(({ position }) => position.seq), [1, 2, 3, 4, 5, 6]);
  assertEquals(scene.delivery.waiting, 6);
  assertEquals(scene.acknowledge(link), link.letters.map(({ id }) => id));
  assertEquals(scene.delivery.waiting, 0);
  assertEquals(scene.sought, []);
});

Deno.test("what has just been accepted goes out without being read back", async () => {
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
  assertEquals([link.texts, scene.troubles], [numbers(5), []]);
});

Deno.test("what has just been accepted goes behind what another program has written", async () => {
  using scene = new Scene();
  const link = await scene.attach();
  say(scene.otherProgram, scene.id, "1", "2");
  scene.accept("3");
  await settle();
  assertEquals(link.texts, numbers(3));
  // The same if a link comes only then, or is another one.
  scene.accept("4");
  scene.delivery.detach(link);
  const next = await scene.attach();
  scene.accept("5");
  await settle();
  assertEquals(next.texts, numbers(5));
});

Deno.test("no more is on its way unacknowledged than may be, of what is at hand either", async () => {
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

Deno.test("no more is on its way unacknowledged than may be", async () => {
  using scene = new Scene(...numbers(3_000));
  const link = await scene.attach();
  assertEquals(link.texts, numbers(unacknowledgedMax));
  const acknowledged = link.letters[99]!;
  assertEquals(scene.delivery.acknowledged(acknowledged.id).length, 100);
  await settle();
  assertEquals(link.texts, numbers(unacknowledgedMax + 100));
  while (scene.delivery.waiting > 0) {
    scene.acknowledge(link);
    await settle();
  }
  assertEquals(link.texts, numbers(3_000));
});

Deno.test("a link that takes no more is not given more", async () => {
  using scene = new Scene(...numbers(1_000));
  const link = await scene.attach(new FakeLink(false));
  const taken = link.letters.length;
  assert(taken < 1_000);
  scene.say("1001");
  await settle();
  assertEquals(link.letters.length, taken);
  link.makeRoom();
  await settle();
  assertEquals(link.texts, numbers(1_001));
});

Deno.test("a new link gets all that is not acknowledged, and its floor says where that begins", async () => {
  using scene = new Scene(...numbers(5));
  const first = await scene.attach();
  scene.delivery.acknowledged(first.letters[1]!.id);
  scene.delivery.detach(first);
  const second = await scene.attach();
  assertEquals(second.texts, ["3", "4", "5"]);
  assertEquals(second.letters.map(({ position }) => position.floor), [2, 2, 2]);
  // What comes from the one that is over counts all the same.
  scene.delivery.acknowledged(first.letters[3]!.id);
  assertEquals(scene.delivery.waiting, 1);
});

Deno.test("of two links one is used; when it is over the other goes on", async () => {
  using scene = new Scene("1", "2");
  const first = await scene.attach();
  const second = await scene.attach();
  assertEquals([first.take(), second.take()], [["1", "2"], []]);
  scene.delivery.detach(second);
  assertEquals(await scene.attach(second).then((link) => link.take()), []);
  scene.delivery.detach(first);
  await settle();
  assertEquals(second.take(), ["1", "2"]);
  assertEquals(scene.sought, []);
});

Deno.test("where nothing is acknowledged all is sent again, ever more seldom, on each link in turn", async () => {
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
    // With the first link's: what it was given at the beginning.
    [5, both, []],
    [10, [], both],
    [30, both, []],
    [70, [], both],
    [150, both, []],
    [270, [], both],
    [390, both, []],
  ]);
});

Deno.test("as long as some is acknowledged nothing is sent again", async () => {
  using scene = new Scene(...numbers(20));
  const link = await scene.attach();
  for (const { id } of [...link.letters]) {
    await scene.clock.pass(9_000);
    assertEquals(scene.delivery.acknowledged(id), [id]);
  }
  await scene.clock.pass(3_600_000);
  assertEquals(link.texts, numbers(20));
  assertEquals(scene.clock.waiting, 0);
});

Deno.test("a link that is stuck does not keep another from being used", async () => {
  using scene = new Scene(...numbers(600));
  const stuck = await scene.attach(new FakeLink(false));
  const link = await scene.attach();
  await scene.clock.pass(10_000);
  assertEquals(link.texts, numbers(600));
  assert(stuck.letters.length < 600);
  const given = stuck.letters.length;
  stuck.makeRoom();
  await settle();
  assertEquals(stuck.letters.length, given);
});

Deno.test("a link that says it is over, and has not ended yet, is no trouble, and nothing is lost", async () => {
  using scene = new Scene("1");
  const link = new FakeLink();
  link.failure = new UserError({ code: "link-not-open" });
  await scene.attach(link);
  assertEquals(scene.troubles, []);
  scene.delivery.detach(link);
  const next = await scene.attach();
  assertEquals(next.texts, ["1"]);
  // Nor where it turns out to be usable after all.
  scene.delivery.detach(next);
  await scene.attach(link);
  link.failure = undefined;
  await scene.clock.pass(10_000);
  assertEquals(link.texts, ["1"]);
});

Deno.test("links that come and go as they like lose and misplace nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("attach", "detach", "acknowledge", "say", "pass", "wake", "reset"), {
        maxLength: 40,
      }),
      fc.infiniteStream(fc.nat(5)),
      async (steps, chances) => {
        using scene = new Scene("0");
        using bob = talk();
        const chance = () => chances.next().value as number;
        const links: FakeLink[] = [];
        const hears = (link: FakeLink) => {
          const letters = link.letters.splice(0);
          if (letters.length === 0) return;
          const receipts = bob.incoming.receive(bob.id, letters, 0);
          const last = letters.findLast((_, i) =>
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
        assertEquals(scene.troubles, []);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("what the peer says of a message that it never got, or twice, changes nothing", async () => {
  using scene = new Scene("1", "2");
  const link = await scene.attach();
  for (const id of ["0".repeat(32), "", "x", link.letters[0]!.position.stream]) {
    assertEquals(scene.delivery.acknowledged(id), []);
  }
  const [first, second] = link.letters;
  assertEquals(scene.delivery.acknowledged(second!.id), [first!.id, second!.id]);
  assertEquals(scene.delivery.acknowledged(second!.id), []);
  assertEquals(scene.delivery.acknowledged(first!.id), []);
  assertEquals(scene.delivery.waiting, 0);
});

Deno.test("a stream that the peer cannot go on with begins anew, with the same messages", async () => {
  using scene = new Scene(...numbers(4));
  const link = await scene.attach();
  scene.delivery.acknowledged(link.letters[0]!.id);
  const before = link.letters.splice(0).slice(1);
  scene.delivery.renumber("0".repeat(32));
  await settle();
  assertEquals(link.letters, []);
  scene.delivery.renumber(before[0]!.position.stream);
  await settle();
  assertEquals(link.letters.map(({ id }) => id), before.map(({ id }) => id));
  assertEquals(link.letters.map(({ position: { seq, floor } }) => [seq, floor]), [
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  using bob = talk();
  assertEquals(outcomes(bob.incoming, bob.id, link.letters), ["stored", "stored", "stored"]);
  assertEquals(scene.acknowledge(link).length, 3);
});

Deno.test("a peer that asks for new streams without end gets few", async () => {
  using scene = new Scene("1");
  const link = await scene.attach();
  const streams = new Set<string>();
  for (let i = 0; i < 1_000; i++) {
    scene.delivery.renumber(scene.outgoing.stream);
    streams.add(scene.outgoing.stream);
    await scene.clock.pass(100);
  }
  assert(streams.size <= 11, String(streams.size));
  assert(link.letters.length <= 20, String(link.letters.length));
  // Whoever means it asks again when he is sent what he cannot take.
  scene.delivery.renumber(scene.outgoing.stream);
  assertEquals(scene.acknowledge(link).length, 1);
});

Deno.test("a stream that another program begins anew is found out", async () => {
  using scene = new Scene(...numbers(3));
  const link = await scene.attach();
  link.take();
  scene.store.outgoing.renumber(scene.id);
  await scene.clock.pass(15_000);
  assertEquals(link.take(), numbers(3));
  // As is what another program has had acknowledged.
  scene.store.outgoing.acknowledge(
    scene.id,
    scene.store.outgoing.unacknowledged(scene.id, 0, 9).at(-1)!.id,
  );
  await scene.clock.pass(60_000);
  assertEquals([link.take(), scene.delivery.waiting], [[], 0]);
});

Deno.test("without a link the peer is looked for, ever more seldom", async () => {
  using scene = new Scene();
  await scene.clock.pass(1_000_000);
  assertEquals(scene.sought, []);
  const from = scene.clock.now();
  scene.say("1");
  await scene.clock.pass(250_000);
  assertEquals(scene.sought.map((at) => (at - from) / 1000), [
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
  // Another message is no reason to look sooner.
  scene.say("2");
  await scene.clock.pass(1);
  assertEquals(scene.sought.length, 10);
});

Deno.test("a peer that is said to be back is looked for at once, but not without end", async () => {
  using scene = new Scene("1");
  scene.delivery.reload();
  await scene.clock.pass(100_000);
  const before = scene.sought.length;
  scene.delivery.wake();
  await settle();
  assertEquals(scene.sought.length, before + 1);
  for (let i = 0; i < 1_000; i++) {
    scene.delivery.wake();
    await scene.clock.pass(10);
  }
  assert(scene.sought.length <= before + 12, String(scene.sought.length - before));
});

Deno.test("who is said to be back while being looked for is looked for once more", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  const seeking = Promise.withResolvers<void>();
  scene.seek = () => seeking.promise;
  scene.delivery.reload();
  await scene.clock.pass(10_000);
  scene.delivery.wake();
  seeking.resolve();
  await scene.clock.pass(1);
  assertEquals([scene.sought.length, scene.mails.length], [2, 1]);
  await scene.clock.pass(1_000_000);
  assertEquals(scene.sought.length, 2);
});

Deno.test("a link that comes while the peer is looked for ends the search", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  const link = new FakeLink();
  scene.seek = async () => {
    await undefined;
    scene.delivery.attach(link);
  };
  scene.delivery.reload();
  await scene.clock.pass(5_000);
  assertEquals([link.texts, scene.sought.length, scene.mails], [["1"], 1, []]);
});

Deno.test("a link that breaks whenever it opens is opened ever more seldom", async () => {
  using scene = new Scene("1");
  scene.seek = () => {
    const link = new FakeLink();
    scene.delivery.attach(link);
    scene.delivery.detach(link);
    return nothing;
  };
  scene.delivery.reload();
  await scene.clock.pass(200_000);
  assert(scene.sought.length <= 10, String(scene.sought.length));
});

Deno.test("what a peer that is not there does not get is left with the mailbox, in order", async () => {
  using scene = new Scene(...numbers(700));
  scene.deposit = (letters) => Promise.resolve({ deposited: Math.min(100, letters.length) });
  scene.delivery.reload();
  await settle();
  assertEquals(scene.mails.flatMap((texts) => texts.slice(0, 100)), numbers(700));
  assertEquals(scene.deposited, [100, 100, 100, 100, 100, 100, 100]);
  assertEquals([scene.delivery.waiting, scene.allDeposited], [700, true]);
  // Then there is nothing to do.
  assertEquals(scene.clock.waiting, 0);
  scene.say("701");
  await settle();
  assertEquals(scene.mails.at(-1), ["701"]);
  // What the peer has had by mail it acknowledges, too.
  const all = scene.store.outgoing.unacknowledged(scene.id, 0, 1_000);
  assertEquals(scene.delivery.acknowledged(all[699]!.id).length, 700);
  assertEquals(scene.delivery.waiting, 1);
});

Deno.test("a link gets what lies in the mailbox as well", async () => {
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

Deno.test("a mailbox that takes nothing is asked again when it says, and not before", async () => {
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

Deno.test("a deposit during which a stream begins anew counts for nothing", async () => {
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

Deno.test("what the mailbox has forgotten is waiting again, and left there anew", async () => {
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

Deno.test("all rests when the peer or the mailbox has everything", async () => {
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
    link.letters.concat(scene.store.outgoing.unacknowledged(scene.id, 0, 1)).at(-1)!.id,
  );
  assert(await isDone(acknowledged));
});

Deno.test("where neither is to be had, all rests as soon as that is known, and later at once", async () => {
  for (const deposit of [() => undefined, () => Promise.resolve(refusal)]) {
    using scene = new Scene("1");
    scene.deposit = deposit;
    const seeking = Promise.withResolvers<void>();
    scene.seek = () => seeking.promise;
    scene.delivery.reload();
    const resting = scene.delivery.idle();
    assertEquals(await isDone(resting), false);
    seeking.resolve();
    assert(await isDone(resting));
    scene.say("2");
    assert(await isDone(scene.delivery.idle()));
    await scene.clock.pass(500);
    assert(await isDone(scene.delivery.idle()));
  }
});

Deno.test("what is written while a search is put off goes to the mailbox all the same, and at once", async () => {
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

Deno.test("a link that is lost while all is waited for leaves nobody waiting", async () => {
  using scene = new Scene("1");
  const link = await scene.attach();
  const resting = scene.delivery.idle();
  scene.delivery.detach(link);
  assert(await isDone(resting));
});

Deno.test("once stopped it does nothing, and nobody waits for it", async () => {
  for (const stage of ["idle", "linked", "stuck", "seeking", "pausing", "depositing"]) {
    using scene = new Scene("1");
    const never = Promise.withResolvers<never>().promise;
    if (stage === "seeking") scene.seek = () => never;
    if (stage === "depositing") scene.deposit = () => never;
    const link = new FakeLink(stage !== "stuck");
    if (stage === "linked" || stage === "stuck") await scene.attach(link);
    else if (stage !== "idle") scene.delivery.reload();
    await settle();
    const waits = [scene.delivery.idle(), scene.delivery.allAcknowledged()];
    scene.delivery.stop();
    for (const wait of waits) assert(await isDone(wait), stage);
    assertEquals(scene.clock.waiting, 0, stage);
    const before = [scene.sought.length, link.letters.length, scene.mails.length];
    link.makeRoom();
    scene.say("2");
    scene.delivery.wake();
    scene.delivery.detach(link);
    await scene.attach();
    await scene.clock.pass(100_000);
    assertEquals([scene.sought.length, link.letters.length, scene.mails.length], before, stage);
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

/** What a delivery throws at whoever has asked for something, who says so. */
function attempt(work: () => void): void {
  try {
    work();
  } catch (error) {
    assert(error instanceof UserError, String(error));
  }
}

for (const call of calls) {
  Deno.test(`a store whose ${call} fails is said so, and once it works all goes on by itself`, async () => {
    for (const away of [false, true]) {
      using scene = new Scene("1", "2");
      using bob = talk();
      scene.broken.add(call);
      if (away) scene.deposit = leavesAll;
      let link: FakeLink | undefined = away ? undefined : await scene.attach();
      scene.delivery.reload();
      await settle();
      attempt(() => scene.delivery.renumber(scene.outgoing.stream));
      for (const { id } of link?.letters ?? []) attempt(() => scene.delivery.acknowledged(id));
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
      bob.incoming.receive(bob.id, link!.letters, 0);
      scene.acknowledge(link!);
      assertEquals(received(bob.history, "alice", "bob"), ["1", "2", "3"]);
      assertEquals(scene.delivery.waiting, 0);
    }
  });
}

Deno.test("a store that fails when a message is to go out is asked again, without being told", async () => {
  for (const call of ["get", "unacknowledged"] as const) {
    using scene = new Scene();
    const link = await scene.attach();
    scene.broken.add(call);
    scene.say("1");
    await settle();
    assertEquals([link.texts, scene.troubles.length], [[], 1]);
    scene.broken.clear();
    await scene.clock.pass(12_000);
    assertEquals(link.texts, ["1"]);
  }
});

Deno.test("a mark of what is at the mailbox that cannot be made has the deposits repeated, not hailed", async () => {
  using scene = new Scene("1");
  scene.deposit = leavesAll;
  scene.broken.add("markDeposited");
  scene.delivery.reload();
  await scene.clock.pass(600_000);
  assert(scene.mails.length > 1 && scene.mails.length < 100, String(scene.mails.length));
  assertEquals(scene.deposited, []);
});
