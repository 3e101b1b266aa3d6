import { assert, assertEquals } from "@std/assert";
import { Conversation } from "../../../client/conversations/conversation.ts";
import { conversationId } from "../../../client/conversations/conversation_id.ts";
import type { ClientEvent } from "../../../client/events.ts";
import type { Link } from "../../../client/link/link.ts";
import type { Deposit, Mailbox } from "../../../client/mailbox/mailbox.ts";
import { openStore, type Store } from "../../../client/store/store.ts";
import { Trust } from "../../../client/trust/trust.ts";
import { fingerprintOf, type PublicKey } from "../../../shared/crypto/public_key.ts";
import {
  type ChatMessage,
  chatMessageHeaders,
  type NumberedMessage,
} from "../../../shared/protocol/message_stream.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { incomingStreamsMax, unknownSenderMessagesMax } from "../../../shared/protocol/limits.ts";
import { header, type Message, message } from "../../../shared/protocol/message.ts";
import { failingStore } from "../../support/failing.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { draft, keyBytesOf, keyOf, stream } from "../../support/store_fixture.ts";

/** A link, of which is kept what is said on it: verbs, and what they are about. */
class FakeLink {
  readonly said: string[] = [];
  readonly transmitted: NumberedMessage[] = [];
  left = false;

  say(message: Message): void {
    const about = header(message, "Id") ?? header(message, "Stream") ?? header(message, "Code");
    this.said.push(`${message.verb} ${about}`);
  }

  acknowledge = (id: string) => this.say(message("ACK", [["Id", id]]));
  read = (id: string) => this.say(message("READ", [["Id", id]]));
  reset = (stream: string) => this.say(message("RESET", [["Stream", stream]]));
  transmit = (messages: readonly NumberedMessage[]) => void this.transmitted.push(...messages);
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
  /** The peer's; null if it has none. */
  readonly key?: PublicKey | null;
  readonly readReceipts?: boolean;
}

/** Alice's conversation with bob, with all around it as a test wants it. */
class Scene implements Disposable {
  readonly clock = new FakeClock();
  readonly events: ClientEvent[] = [];
  readonly broken = new Set<string>();
  readonly mails: { to: Parameters<Mailbox["deposit"]>[0]; messages: readonly Message[] }[] = [];
  readonly conversation: Conversation;
  readonly store: Store = openStore(":memory:");
  showing: Promise<void> | undefined;
  deposit: Deposit | undefined = { deposited: 1 };

  constructor({ known = true, key = keyOf(2), readReceipts = false }: Given = {}) {
    const trust = new Trust(this.store.knownPeers, this.clock);
    if (key !== null) trust.meet("bob", key, known);
    const party = { self: "alice", name: "bob", key: key ?? undefined };
    const record = this.store.conversations.open(party, { agreement: keyBytesOf(3) });
    this.conversation = new Conversation("bob", record, {
      self: { id: "alice", fingerprint: fingerprintOf(keyOf(1)) },
      store: failingStore(this.store, this.broken),
      trust,
      mailbox: this.#mailbox(),
      clock: this.clock,
      random: () => 1,
      sink: {
        emit: (event) => this.events.push(event),
        room: () => undefined,
        shown: () => this.showing,
      },
      readReceipts,
      search: () => Promise.resolve(),
    });
  }

  /** A mailbox that is there as long as the test has an answer for it. */
  #mailbox(): Pick<Mailbox, "available" | "deposit"> {
    const hasMailbox = () => this.deposit !== undefined;
    return {
      get available() {
        return hasMailbox();
      },
      deposit: (to, messages) => {
        this.mails.push({ to, messages });
        return Promise.resolve(this.deposit!);
      },
    };
  }

  attach(): FakeLink {
    const link = new FakeLink();
    this.conversation.attach(link.link);
    return link;
  }

  /** Messages come on a link. */
  receive(messages: readonly ChatMessage[], { link }: FakeLink): void {
    this.conversation.messages(messages, link);
  }

  /** The user writes. */
  say(text: string): NumberedMessage {
    const [message] = this.store.outgoing.accept([draft(this.conversation.stored, text)]);
    this.conversation.accepted(message!);
    return message!;
  }

  get heard(): string[] {
    return this.events.flatMap((event) => event.type === "message" ? [event.text] : []);
  }

  get problems() {
    return this.events.flatMap((event) => event.type === "problem" ? [event.problem] : []);
  }

  get unshown(): string[] {
    return this.store.incoming.unshown("alice", 100).map(({ text }) => text);
  }

  /** What the last mail says. */
  get answers(): string[] {
    return this.mails.at(-1)!.messages.map(({ verb, headers }) => `${verb} ${headers[0]![1]}`);
  }

  [Symbol.dispose](): void {
    this.conversation.stop();
    this.store[Symbol.dispose]();
  }
}

/** Whom the events of a scene are about. */
const bob = {
  conversation: conversationId(
    { person: fingerprintOf(keyOf(1)), name: "alice" },
    { person: fingerprintOf(keyOf(2)), name: "bob" },
  ),
  name: "bob",
  person: fingerprintOf(keyOf(2)),
  device: keyOf(2),
};

const msgOf = (letter: NumberedMessage) => message("MSG", chatMessageHeaders(letter));

Deno.test("what comes at once is shown in order, and acknowledged once", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2", "3"]);
  scene.receive(letters, link);
  assertEquals([scene.heard, link.take()], [["1", "2", "3"], [`ACK ${letters[2]!.id}`]]);
  // Again it is acknowledged, and not shown.
  scene.receive(letters, link);
  assertEquals([scene.heard.length, link.take()], [3, [`ACK ${letters[2]!.id}`]]);
});

Deno.test("behind a gap nothing is shown or acknowledged, and what comes before it is", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2", "3", "4"]);
  scene.receive([letters[0]!, letters[2]!, letters[3]!], link);
  assertEquals([scene.heard, link.take()], [["1"], [`ACK ${letters[0]!.id}`]]);
  scene.receive([letters[3]!], link);
  assertEquals(link.take(), []);
  scene.receive(letters.slice(1), link);
  assertEquals(scene.heard, ["1", "2", "3", "4"]);
});

Deno.test("a stream that contradicts what is here is to begin anew, which is said once", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2"]);
  scene.receive(letters, link);
  link.take();
  // Its store was set back, and it has used the numbers for other messages.
  const others = letters.map((letter) => ({ ...letter, id: randomId(), text: "other" }));
  const many = Array.from({ length: 500 }, () => others).flat();
  scene.receive(many, link);
  assertEquals(link.take(), [`RESET ${letters[0]!.position.stream}`]);
  assertEquals(scene.heard, ["1", "2"]);
});

Deno.test("who does not number its messages has each acknowledged", () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1", "2", "1"]).map((letter) => ({ ...letter, position: undefined }));
  scene.receive([...letters, letters[0]!], link);
  assertEquals(link.take(), [...letters, letters[0]!].map(({ id }) => `ACK ${id}`));
  assertEquals(scene.heard, ["1", "2", "1"]);
});

Deno.test("what another copy of this profile has had is told of", () => {
  using scene = new Scene();
  const link = scene.attach();
  const [first] = stream(["1"]);
  const later = stream(["8"], { floor: 7 })[0]!;
  scene.receive([first!], link);
  const { stream: id } = first!.position;
  scene.receive([{ ...later, position: { ...later.position, stream: id } }], link);
  const missed = scene.events.filter(({ type }) => type === "missed");
  assertEquals(missed, [{ ...bob, type: "missed", count: 6 }]);
  assertEquals(scene.heard, ["1", "8"]);
});

Deno.test("what is not on the screen yet is not noted as shown, also where it never gets there", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const printing = Promise.withResolvers<void>();
  scene.showing = printing.promise;
  const letters = stream(["1", "2", "3"]);
  scene.receive(letters.slice(0, 2), link);
  scene.showing = Promise.reject(new Error("the screen is gone"));
  scene.receive(letters.slice(2), link);
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
    scene.receive(letters, link);
    await scene.clock.pass(10_000);
  }
  assertEquals([scene.heard, link.take(), scene.problems.length], [[], [], 2]);
  scene.broken.clear();
  scene.receive(letters, link);
  assertEquals([scene.heard, link.take().length], [["1", "2"], 1]);
});

Deno.test("whatever of the store fails, nothing is thrown at the link that brings what it is about", async () => {
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
    const mine = scene.say("x");
    const other = scene.store.outgoing.accept([draft(scene.conversation.stored, "y")])[0]!;
    await settle();
    scene.broken.add(call);
    scene.receive(stream(["1"]), link);
    scene.conversation.reset(mine.position.stream);
    scene.conversation.read(mine.id);
    scene.conversation.acknowledged(mine.id);
    scene.conversation.accepted(other);
    scene.conversation.detach(link.link);
    scene.conversation.wake();
    assert(scene.problems.length > 0, call);
    const [{ code, name, reason }] = scene.problems as unknown as [Record<string, unknown>];
    assertEquals([code, name, reason], ["store-failed", "bob", "The disk is full"], call);
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
  scene.conversation.answered = true;
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
  scene.store.incoming.receive(scene.conversation.stored, letters.slice(0, 1), 1);
  scene.receive(letters.slice(1), links[0]!);
  for (const link of links) assertEquals([link.take(), link.left], [["ERROR 429"], true]);
  assertEquals(scene.conversation.takeMail([msgOf(letters[1]!)]), false);
  assertEquals(scene.problems.length, 1);
  scene.conversation.answered = true;
  assert(scene.conversation.takeMail([msgOf(letters[1]!)]));
  assertEquals(scene.heard, ["2"]);
});

Deno.test("what the user has seen is said once a link, where that is wanted", async () => {
  using scene = new Scene({ readReceipts: true });
  const first = scene.attach();
  const letters = stream(["1", "2"]);
  scene.receive(letters.slice(0, 1), first);
  first.take();
  for (let i = 0; i < 3; i++) scene.conversation.seen(letters[0]!.id);
  await settle();
  assertEquals(first.take(), [`READ ${letters[0]!.id}`]);
  const second = scene.attach();
  await settle();
  assertEquals([first.take(), second.take()], [[], []]);
  scene.conversation.detach(first.link);
  scene.conversation.detach(second.link);
  // It may not have come.
  const third = scene.attach();
  await settle();
  assertEquals(third.take(), [`READ ${letters[0]!.id}`]);
  scene.receive(letters.slice(1), third);
  await settle();
  assertEquals(third.take(), [`ACK ${letters[1]!.id}`]);
  scene.conversation.seen(letters[1]!.id);
  await settle();
  assertEquals(third.take(), [`READ ${letters[1]!.id}`]);
});

Deno.test("of a burst that the user sees as it comes the last is said, behind its acknowledgement", async () => {
  using scene = new Scene({ readReceipts: true });
  const link = scene.attach();
  const letters = stream(["1", "2", "3"]);
  const { events } = scene;
  const push = events.push.bind(events);
  events.push = (event) => {
    if (event.type === "message") scene.conversation.seen(event.id);
    return push(event);
  };
  scene.receive(letters, link);
  await settle();
  assertEquals(link.take(), [`ACK ${letters[2]!.id}`, `READ ${letters[2]!.id}`]);
});

Deno.test("nothing is said of what the user has seen if that is not wanted", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const letters = stream(["1"]);
  scene.receive(letters, link);
  scene.conversation.seen(letters[0]!.id);
  await settle();
  assertEquals(link.take(), [`ACK ${letters[0]!.id}`]);
});

Deno.test("what has been delivered is told with who has it, and how much still waits", async () => {
  using scene = new Scene();
  scene.deposit = undefined;
  const first = scene.say("1");
  const link = scene.attach();
  await settle();
  const second = scene.say("2");
  await settle();
  assertEquals(link.transmitted.map(({ id }) => id), [first.id, second.id]);
  scene.conversation.acknowledged(second.id);
  const third = scene.say("3");
  scene.conversation.acknowledged(third.id);
  const to = { person: bob.person, device: bob.device };
  const delivered = { ...bob, to, have: 1, of: 1, type: "delivered", waiting: 0 };
  assertEquals<unknown>(scene.events, [
    { ...bob, type: "waiting", count: 1 },
    { ...delivered, id: first.id },
    { ...delivered, id: second.id },
    { ...delivered, id: third.id },
  ]);
});

Deno.test("a peer without a key is shown what cannot be kept, and gets nothing of what waits", async () => {
  using scene = new Scene({ key: null });
  scene.broken.add("receive");
  scene.conversation.text("hello");
  assertEquals([scene.heard, scene.problems.length], [["hello"], 1]);
  scene.conversation.wake();
  scene.conversation.acknowledged(randomId());
  await scene.conversation.idle();
  assertEquals(scene.conversation.waiting, 0);
});
