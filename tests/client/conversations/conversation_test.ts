import { assert, assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Conversation } from "../../../client/conversations/conversation.ts";
import type { Recipient } from "../../../client/mailbox/envelope.ts";
import type { ChatEvent } from "../../../client/events.ts";
import type { Link } from "../../../client/link/link.ts";
import type { Deposit } from "../../../client/mailbox/mailbox.ts";
import type { Journal } from "../../../client/store/journal.ts";
import { openStore } from "../../../client/store/store.ts";
import { Trust } from "../../../client/trust/trust.ts";
import {
  chatMessageHeaders,
  type NumberedMessage,
} from "../../../shared/protocol/message_stream.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { incomingStreamsMax, unknownSenderMessagesMax } from "../../../shared/protocol/limits.ts";
import { header, type Message, message } from "../../../shared/protocol/message.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { keyBytesOf, keyOf, stream } from "../../support/journal_fixture.ts";
import { sentenceOf } from "../../support/problems.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";

/** A link, of which is kept what is said on it: verbs, and what they are about. */
class FakeLink {
  readonly said: string[] = [];
  readonly carried: NumberedMessage[] = [];
  left = false;

  say(message: Message): void {
    const about = header(message, "Id") ?? header(message, "Stream") ?? header(message, "Code");
    this.said.push(`${message.verb} ${about}`);
  }

  acknowledge = (id: string) => this.say(message("ACK", [["Id", id]]));
  read = (id: string) => this.say(message("READ", [["Id", id]]));
  reset = (stream: string) => this.say(message("RESET", [["Stream", stream]]));
  transmit = (letters: readonly NumberedMessage[]) => void this.carried.push(...letters);
  drained = () => Promise.resolve();
  allDelivered = () => Promise.resolve();

  leave(): Promise<void> {
    this.left = true;
    return Promise.resolve();
  }

  /** What was said since this was asked last. */
  take(): string[] {
    return this.said.splice(0);
  }

  get link(): Link {
    return this as unknown as Link;
  }
}

interface Given {
  /** Whether the user has answered the peer, in an earlier run. */
  readonly known?: boolean;
  /** Null if the peer has none. */
  readonly key?: PublicKey | null;
  readonly readReceipts?: boolean;
}

/** Alice's conversation with bob, with all around it as a test wants it. */
class Scene implements Disposable {
  readonly clock = new FakeClock();
  readonly events: ChatEvent[] = [];
  readonly broken = new Set<keyof Journal>();
  readonly mails: { to: Recipient; messages: readonly Message[] }[] = [];
  readonly conversation: Conversation;
  readonly #store = openStore(":memory:");
  readonly journal = this.#store.journal;
  printing: Promise<void> | undefined;
  deposit: Deposit | undefined = { deposited: 1 };

  constructor({ known = true, key = keyOf(2), readReceipts = false }: Given = {}) {
    const trust = new Trust(this.#store.knownPeers, this.clock);
    if (key !== null) trust.meet("bob", key, known);
    const party = { self: "alice", name: "bob", key: key ?? undefined };
    const record = this.journal.open(party, { agreement: keyBytesOf(3) });
    this.conversation = new Conversation("bob", record, {
      journal: new Proxy(this.journal, {
        get: (target, name: keyof Journal) => {
          const method = target[name] as (...args: unknown[]) => unknown;
          return (...args: unknown[]) => {
            if (this.broken.has(name)) throw new UserError("The disk is full");
            return method.apply(target, args);
          };
        },
      }),
      trust,
      clock: this.clock,
      random: () => 1,
      emit: (event) => this.events.push(event),
      printed: () => this.printing,
      readReceipts,
      seek: () => Promise.resolve(),
      deposit: (to, messages) => {
        if (this.deposit === undefined) return undefined;
        this.mails.push({ to, messages });
        return Promise.resolve(this.deposit);
      },
    });
  }

  attach(): FakeLink {
    const link = new FakeLink();
    this.conversation.attach(link.link);
    return link;
  }

  get heard(): string[] {
    return this.events.flatMap((event) => event.type === "message" ? [event.text] : []);
  }

  get problems(): string[] {
    return this.events.flatMap((event) =>
      event.type === "problem" ? [sentenceOf(event.problem)] : []
    );
  }

  get unshown(): string[] {
    return this.journal.unshown("alice", 100).map(({ text }) => text);
  }

  /** What the last mail says. */
  get answers(): string[] {
    return this.mails.at(-1)!.messages.map(({ verb, headers }) => `${verb} ${headers[0]![1]}`);
  }

  [Symbol.dispose](): void {
    this.conversation.stop();
    this.#store[Symbol.dispose]();
  }
}

const msgOf = (letter: NumberedMessage) => message("MSG", chatMessageHeaders(letter));

Deno.test("what comes at once is shown in order, and acknowledged once", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2", "3"]);
  assert(scene.conversation.receive(letters, link.link));
  assertEquals([scene.heard, link.take()], [["1", "2", "3"], [`ACK ${letters[2]!.id}`]]);
  // Again it is acknowledged, and not shown.
  assert(scene.conversation.receive(letters, link.link));
  assertEquals([scene.heard.length, link.take()], [3, [`ACK ${letters[2]!.id}`]]);
});

Deno.test("behind a gap nothing is shown or acknowledged, and what comes before it is", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2", "3", "4"]);
  assertEquals(
    scene.conversation.receive([letters[0]!, letters[2]!, letters[3]!], link.link),
    false,
  );
  assertEquals([scene.heard, link.take()], [["1"], [`ACK ${letters[0]!.id}`]]);
  assertEquals(scene.conversation.receive([letters[3]!], link.link), false);
  assertEquals(link.take(), []);
  assert(scene.conversation.receive(letters.slice(1), link.link));
  assertEquals(scene.heard, ["1", "2", "3", "4"]);
});

Deno.test("a stream that contradicts what is here is to begin anew, which is said once", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2"]);
  scene.conversation.receive(letters, link.link);
  link.take();
  // Its store was set back, and it has used the numbers for other messages.
  const others = letters.map((letter) => ({ ...letter, id: randomId(), text: "other" }));
  const many = Array.from({ length: 500 }, () => others).flat();
  scene.conversation.receive(many, link.link);
  assertEquals(link.take(), [`RESET ${letters[0]!.position.stream}`]);
  assertEquals(scene.heard, ["1", "2"]);
});

Deno.test("who does not number its messages has each acknowledged", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2", "1"]).map((letter) => ({ ...letter, position: undefined }));
  scene.conversation.receive([...letters, letters[0]!], link.link);
  assertEquals(link.take(), [...letters, letters[0]!].map(({ id }) => `ACK ${id}`));
  assertEquals(scene.heard, ["1", "2", "1"]);
});

Deno.test("what another copy of this profile has had is told of", () => {
  using scene = new Scene();
  const link = scene.attach();
  const [first] = stream(["1"]);
  const later = stream(["8"], { floor: 7 })[0]!;
  scene.conversation.receive([first!], link.link);
  const { stream: id } = first!.position;
  scene.conversation.receive(
    [{ ...later, position: { ...later.position, stream: id } }],
    link.link,
  );
  const missed = scene.events.filter(({ type }) => type === "missed");
  assertEquals(missed, [{ type: "missed", name: "bob", count: 6 }]);
  assertEquals(scene.heard, ["1", "8"]);
});

Deno.test("what is not on the screen yet is not noted as shown, also where it never gets there", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const printing = Promise.withResolvers<void>();
  scene.printing = printing.promise;
  const letters = stream(["1", "2", "3"]);
  scene.conversation.receive(letters.slice(0, 2), link.link);
  scene.printing = Promise.reject(new Error("the screen is gone"));
  scene.conversation.receive(letters.slice(2), link.link);
  await settle();
  assertEquals(scene.unshown, ["1", "2", "3"]);
  printing.resolve();
  await settle();
  assertEquals(scene.unshown, ["3"]);
});

Deno.test("a disk that is full is complained of once a minute, and nothing is acknowledged", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2"]);
  scene.broken.add("receive");
  for (let i = 0; i < 10; i++) {
    assertEquals(scene.conversation.receive(letters, link.link), false);
    await scene.clock.pass(10_000);
  }
  assertEquals([scene.heard, link.take(), scene.problems.length], [[], [], 2]);
  scene.broken.clear();
  scene.conversation.receive(letters, link.link);
  assertEquals([scene.heard, link.take().length], [["1", "2"], 1]);
});

Deno.test("whatever of the journal fails, nothing is thrown at the link that brings what it is about", async () => {
  const calls = [
    "receive",
    "acknowledge",
    "markRead",
    "renumber",
    "get",
    "unacknowledged",
    "markShown",
    "streams",
  ] as const;
  for (const call of calls) {
    using scene = new Scene({ known: false });
    const link = scene.attach();
    const [mine] = scene.journal.accept([
      {
        conversation: scene.conversation.id,
        id: randomId(),
        sentAtMs: 1,
        text: "x",
        numbered: true,
      },
    ]);
    scene.conversation.accepted();
    await settle();
    scene.broken.add(call);
    scene.conversation.receive(stream(["1"]), link.link);
    scene.conversation.reset(mine!.position.stream);
    scene.conversation.read(mine!.id);
    scene.conversation.acknowledged(mine!.id);
    scene.conversation.accepted();
    scene.conversation.detach(link.link);
    scene.conversation.wake();
    assert(scene.problems.length > 0, call);
    assertMatch(scene.problems[0]!, /^Cannot .* bob: The disk is full/);
  }
});

Deno.test("mail is answered by mail, once for each stream, when all of it has been seen", async () => {
  using scene = new Scene();
  const streams = [stream(["1", "2"]), stream(["3", "4"])];
  for (const i of [0, 1]) {
    for (const letters of streams) assert(scene.conversation.takeMail([msgOf(letters[i]!)]));
  }
  assertEquals(scene.mails, []);
  await scene.conversation.answerMail();
  assertEquals(scene.mails.length, 1);
  assertEquals(scene.mails[0]!.to, { name: "bob", key: keyOf(2), agreement: keyBytesOf(3) });
  assertEquals(scene.answers, streams.map((letters) => `ACK ${letters[1]!.id}`));
  await scene.conversation.answerMail();
  assertEquals(scene.mails.length, 1);
});

Deno.test("mail is answered on the link where there is one", async () => {
  using scene = new Scene();
  const [letter] = stream(["1"]);
  scene.conversation.takeMail([msgOf(letter!)]);
  const link = scene.attach();
  await scene.conversation.answerMail();
  assertEquals([link.take(), scene.mails], [[`ACK ${letter!.id}`], []]);
});

Deno.test("an answer that the mailbox does not take is given later", async () => {
  using scene = new Scene();
  const letters = stream(["1", "2"]);
  scene.conversation.takeMail([msgOf(letters[0]!)]);
  for (
    const deposit of [
      undefined,
      { refused: "full", why: { code: "text", text: "full" }, retryAfterMs: 1 },
    ] as const
  ) {
    scene.deposit = deposit;
    await scene.conversation.answerMail();
  }
  scene.broken.add("get");
  await scene.conversation.answerMail();
  scene.broken.clear();
  scene.deposit = { deposited: 1 };
  scene.conversation.takeMail([msgOf(letters[1]!)]);
  await scene.conversation.answerMail();
  assertEquals(scene.answers, [`ACK ${letters[1]!.id}`]);
});

Deno.test("streams without end are answered by few mails, and take little memory", async () => {
  using scene = new Scene();
  for (let i = 0; i < 100; i++) scene.conversation.takeMail([msgOf(stream(["x"])[0]!)]);
  await scene.conversation.answerMail();
  assertEquals([scene.mails.length, scene.answers.length], [1, incomingStreamsMax]);
});

Deno.test("a stranger's mail costs no mail of ours before the user has answered", async () => {
  using scene = new Scene({ known: false });
  scene.conversation.takeMail([msgOf(stream(["1"])[0]!)]);
  await scene.conversation.answerMail();
  assertEquals(scene.mails, []);
  scene.conversation.engaged = true;
  await scene.conversation.answerMail();
  assertEquals(scene.mails.length, 1);
});

Deno.test("mail that says what nobody asked for changes nothing", () => {
  using scene = new Scene();
  const id = randomId();
  const nonsense = [
    message("ACK", [["Id", id]]),
    message("READ", [["Id", id]]),
    message("RESET", [["Stream", id]]),
    message("ACK", []),
    message("RESET", []),
    message("BYE", []),
    message("MSG", [["Id", id]]),
    message("MSG", [["Id", id], ["Stream", "x"], ["Text", "hello"]]),
  ];
  assert(scene.conversation.takeMail(nonsense));
  assertEquals(scene.events, []);
});

Deno.test("of mail behind a gap it is said that it is to stay, and what is before the gap is taken", () => {
  using scene = new Scene();
  const letters = stream(["1", "2", "3"]);
  assertEquals(scene.conversation.takeMail([msgOf(letters[0]!), msgOf(letters[2]!)]), false);
  assert(scene.conversation.takeMail([msgOf(letters[1]!)]));
  assert(scene.conversation.takeMail([msgOf(letters[0]!), msgOf(letters[2]!)]));
  assertEquals(scene.heard, ["1", "2", "3"]);
});

Deno.test("a stranger who has sent enough is told so and left, by every link, and his mail stays", () => {
  using scene = new Scene({ known: false });
  const links = [scene.attach(), scene.attach()];
  const letters = stream(["1", "2"], { floor: unknownSenderMessagesMax - 1 });
  scene.journal.receive(scene.conversation.id, letters.slice(0, 1), 1);
  assertEquals(scene.conversation.receive(letters.slice(1), links[0]!.link), false);
  for (const link of links) assertEquals([link.take(), link.left], [["ERROR 429"], true]);
  assertEquals(scene.conversation.takeMail([msgOf(letters[1]!)]), false);
  assertEquals(scene.problems.length, 1);
  scene.conversation.engaged = true;
  assert(scene.conversation.takeMail([msgOf(letters[1]!)]));
  assertEquals(scene.heard, ["2"]);
});

Deno.test("what the user has seen is said once a link, where that is wanted", () => {
  using scene = new Scene({ readReceipts: true });
  const first = scene.attach();
  const letters = stream(["1", "2"]);
  scene.conversation.receive(letters.slice(0, 1), first.link);
  first.take();
  for (let i = 0; i < 3; i++) scene.conversation.see();
  assertEquals(first.take(), [`READ ${letters[0]!.id}`]);
  const second = scene.attach();
  assertEquals([first.take(), second.take()], [[], []]);
  scene.conversation.detach(first.link);
  scene.conversation.detach(second.link);
  // It may not have come.
  const third = scene.attach();
  assertEquals(third.take(), [`READ ${letters[0]!.id}`]);
  scene.conversation.receive(letters.slice(1), third.link);
  assertEquals(third.take(), [`ACK ${letters[1]!.id}`]);
  scene.conversation.see();
  assertEquals(third.take(), [`READ ${letters[1]!.id}`]);
});

Deno.test("what has been delivered late is said to be, and what was said of waiting is over then", async () => {
  using scene = new Scene();
  scene.deposit = undefined;
  const say = (text: string) => {
    const draft = { conversation: scene.conversation.id, id: randomId(), sentAtMs: 1, text };
    const [letter] = scene.journal.accept([{ ...draft, numbered: true }]);
    scene.conversation.accepted();
    return letter!.id;
  };
  const first = say("1");
  const link = scene.attach();
  await settle();
  const second = say("2");
  await settle();
  assertEquals(link.carried.map(({ id }) => id), [first, second]);
  scene.conversation.acknowledged(second);
  const third = say("3");
  scene.conversation.acknowledged(third);
  assertEquals(scene.events, [
    { type: "kept", name: "bob", count: 1 },
    { type: "delivered", name: "bob", id: first, late: true },
    { type: "delivered", name: "bob", id: second, late: true },
    { type: "delivered", name: "bob", id: third, late: false },
  ]);
});

Deno.test("a peer without a key is shown what cannot be kept, and gets nothing of what waits", async () => {
  using scene = new Scene({ key: null });
  scene.broken.add("receive");
  const letter = { id: randomId(), sentAtMs: 1, text: "hello", position: undefined };
  assertEquals(scene.conversation.receive([letter], undefined), false);
  assertEquals([scene.heard, scene.problems.length], [["hello"], 1]);
  scene.conversation.wake();
  scene.conversation.acknowledged(letter.id);
  await scene.conversation.atRest();
  await scene.conversation.allAcknowledged();
  assertEquals(scene.conversation.waiting, 0);
});
