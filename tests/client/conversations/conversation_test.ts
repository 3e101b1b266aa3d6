import { assert, assertEquals } from "@std/assert";
import { Conversation } from "../../../client/conversations/conversation.ts";
import { conversationId } from "../../../client/conversations/conversation_id.ts";
import type { ClientEvent } from "../../../client/events.ts";
import type { Link } from "../../../client/link/link.ts";
import type { Deposit } from "../../../client/mailbox/mailbox.ts";
import type { Servers } from "../../../client/servers/servers.ts";
import { openStore, type Store } from "../../../client/store/store.ts";
import { Trust } from "../../../client/trust/trust.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";
import {
  type ChatMessage,
  type NumberedMessage,
  writeChatMessage,
} from "../../../shared/protocol/message_stream.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { incomingStreamsMax, unknownSenderMessagesMax } from "../../../shared/protocol/limits.ts";
import { header, type Message, message } from "../../../shared/protocol/message.ts";
import { failingStore } from "../../support/failing.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { draft, keyBytesOf, keyOf, printOf, stream } from "../../support/store_fixture.ts";

/** A link that records what is said on it: verbs, and what they are about. */
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

/** Alice's conversation with bob, in surroundings that a test controls. */
class Scene implements Disposable {
  readonly clock = new FakeClock();
  readonly events: ClientEvent[] = [];
  readonly broken = new Set<string>();
  readonly mails: { to: Parameters<Servers["deposit"]>[0]; messages: readonly Message[] }[] = [];
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
      self: { id: "alice", fingerprint: printOf(1) },
      goAround: () => Promise.resolve(),
      store: failingStore(this.store, this.broken),
      trust,
      rendezvous: this.#rendezvous(),
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

  /** A server with a mailbox, as long as the test has an answer for it. */
  #rendezvous(): Pick<Servers, "deposit" | "keepsMailFor"> {
    return {
      keepsMailFor: () => this.deposit !== undefined,
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
  receive(messages: readonly ChatMessage[], link: FakeLink): void {
    this.conversation.messages(messages, link);
  }

  /** The user writes. */
  say(text: string): NumberedMessage {
    const [message] = this.store.outgoing.accept([draft(this.conversation.stored, text)]);
    this.conversation.accepted([message!]);
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

/** The peer that the events of a scene are about. */
const bob = {
  conversation: conversationId(
    { person: printOf(1), name: "alice" },
    { person: printOf(2), name: "bob" },
  ),
  name: "bob",
  person: printOf(2),
  device: keyOf(2),
};

Deno.test("messages that arrive together are shown in order, and acknowledged once", () => {
  using scene = new Scene();
  const link = scene.attach();
  const chatMessages = stream(["1", "2", "3"]);
  scene.receive(chatMessages, link);
  assertEquals([scene.heard, link.take()], [["1", "2", "3"], [`ACK ${chatMessages[2]!.id}`]]);
  // Again it is acknowledged, and not shown.
  scene.receive(chatMessages, link);
  assertEquals([scene.heard.length, link.take()], [3, [`ACK ${chatMessages[2]!.id}`]]);
});

Deno.test("messages before a gap are shown and acknowledged, and those behind it are not", () => {
  using scene = new Scene();
  const link = scene.attach();
  const chatMessages = stream(["1", "2", "3", "4"]);
  scene.receive([chatMessages[0]!, chatMessages[2]!, chatMessages[3]!], link);
  assertEquals([scene.heard, link.take()], [["1"], [`ACK ${chatMessages[0]!.id}`]]);
  scene.receive([chatMessages[3]!], link);
  assertEquals(link.take(), []);
  scene.receive(chatMessages.slice(1), link);
  assertEquals(scene.heard, ["1", "2", "3", "4"]);
});

Deno.test("a peer whose stream contradicts what is here is told once to start a new one", () => {
  using scene = new Scene();
  const link = scene.attach();
  const chatMessages = stream(["1", "2"]);
  scene.receive(chatMessages, link);
  link.take();
  // Its store was set back, and it has used the numbers for other messages.
  const others = chatMessages.map((chatMessage) => ({
    ...chatMessage,
    id: randomId(),
    text: "other",
  }));
  const many = Array.from({ length: 500 }, () => others).flat();
  scene.receive(many, link);
  assertEquals(link.take(), [`RESET ${chatMessages[0]!.position.stream}`]);
  assertEquals(scene.heard, ["1", "2"]);
});

Deno.test("a peer that does not number its messages gets an acknowledgement for each", () => {
  using scene = new Scene();
  const link = scene.attach();
  const chatMessages = stream(["1", "2", "1"]).map((chatMessage) => ({
    ...chatMessage,
    position: undefined,
  }));
  scene.receive([...chatMessages, chatMessages[0]!], link);
  assertEquals(link.take(), [...chatMessages, chatMessages[0]!].map(({ id }) => `ACK ${id}`));
  assertEquals(scene.heard, ["1", "2", "1"]);
});

Deno.test("messages that went to another copy of this profile are reported", () => {
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

Deno.test("a message is noted as shown only once it is on the screen, and never if it does not get there", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const printing = Promise.withResolvers<void>();
  scene.showing = printing.promise;
  const chatMessages = stream(["1", "2", "3"]);
  scene.receive(chatMessages.slice(0, 2), link);
  scene.showing = Promise.reject(new Error("the screen is gone"));
  scene.receive(chatMessages.slice(2), link);
  await settle();
  assertEquals(scene.unshown, ["1", "2", "3"]);
  printing.resolve();
  await settle();
  assertEquals(scene.unshown, ["3"]);
});

Deno.test("a full disk is reported once a minute, and nothing is acknowledged meanwhile", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const chatMessages = stream(["1", "2"]);
  scene.broken.add("receive");
  for (let i = 0; i < 10; i++) {
    scene.receive(chatMessages, link);
    await scene.clock.pass(10_000);
  }
  assertEquals([scene.heard, link.take(), scene.problems.length], [[], [], 2]);
  scene.broken.clear();
  scene.receive(chatMessages, link);
  assertEquals([scene.heard, link.take().length], [["1", "2"], 1]);
});

Deno.test("whatever part of the store fails, nothing is thrown at the link that brings the message", async () => {
  const calls = [
    "receive",
    "acknowledge",
    "markRead",
    "renumber",
    "get",
    "unacknowledged",
    "markShown",
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
    scene.conversation.accepted([other]);
    scene.conversation.detach(link.link);
    scene.conversation.wake();
    assert(scene.problems.length > 0, call);
    const [{ code, name, reason }] = scene.problems as unknown as [Record<string, unknown>];
    assertEquals([code, name, reason], ["store-failed", "bob", "the disk is full"], call);
  }
});

Deno.test("mail is answered by mail, once for each stream, when all mail has been read", async () => {
  using scene = new Scene();
  const streams = [stream(["1", "2"]), stream(["3", "4"])];
  for (const i of [0, 1]) {
    for (const chatMessages of streams) {
      assert(scene.conversation.takeMail([writeChatMessage(chatMessages[i]!)]));
    }
  }
  assertEquals(scene.mails, []);
  await scene.conversation.answerMail();
  assertEquals(scene.mails.length, 1);
  assertEquals(scene.mails[0]!.to, {
    name: "bob",
    key: keyOf(2),
    agreement: keyBytesOf(3),
    token: undefined,
    version: 1,
  });
  assertEquals(scene.answers, streams.map((chatMessages) => `ACK ${chatMessages[1]!.id}`));
  await scene.conversation.answerMail();
  assertEquals(scene.mails.length, 1);
});

Deno.test("mail is sealed with a certificate that has a number for those who have named that", async () => {
  using scene = new Scene();
  const { store, conversation } = scene;
  const shown = { agreement: keyBytesOf(4), number: 2, dateS: 0, inMail: true };
  store.certificates.note(keyOf(2), shown);
  const answer = async (text: string) => {
    const [chatMessage] = stream([text]);
    conversation.takeMail([writeChatMessage(chatMessage!)]);
    await conversation.answerMail();
    const { agreement, version } = scene.mails.at(-1)!.to;
    return [agreement, version];
  };
  // The conversation was last seen with another X25519 key, before this one.
  assertEquals(await answer("1"), [keyBytesOf(4), 2]);
  store.certificates.noteNotInMail(keyOf(2));
  assertEquals(await answer("2"), [keyBytesOf(4), 1]);
});

Deno.test("mail is answered on the link if there is one", async () => {
  using scene = new Scene();
  const [chatMessage] = stream(["1"]);
  scene.conversation.takeMail([writeChatMessage(chatMessage!)]);
  const link = scene.attach();
  await scene.conversation.answerMail();
  assertEquals([link.take(), scene.mails], [[`ACK ${chatMessage!.id}`], []]);
});

Deno.test("an answer that the mailbox does not take is given later", async () => {
  using scene = new Scene();
  const chatMessages = stream(["1", "2"]);
  scene.conversation.takeMail([writeChatMessage(chatMessages[0]!)]);
  for (
    const deposit of [
      undefined,
      { refused: "full", why: { code: "no-mailbox" }, retryAfterMs: 1 },
    ] as const
  ) {
    scene.deposit = deposit;
    await scene.conversation.answerMail();
  }
  scene.broken.add("get");
  await scene.conversation.answerMail();
  scene.broken.clear();
  scene.deposit = { deposited: 1 };
  scene.conversation.takeMail([writeChatMessage(chatMessages[1]!)]);
  await scene.conversation.answerMail();
  assertEquals(scene.answers, [`ACK ${chatMessages[1]!.id}`]);
});

Deno.test("any number of streams is answered by few mails and takes little memory", async () => {
  using scene = new Scene();
  for (let i = 0; i < 100; i++) scene.conversation.takeMail([writeChatMessage(stream(["x"])[0]!)]);
  await scene.conversation.answerMail();
  assertEquals([scene.mails.length, scene.answers.length], [1, incomingStreamsMax]);
});

Deno.test("an unknown sender's mail is not answered by mail before the user has answered", async () => {
  using scene = new Scene({ known: false });
  scene.conversation.takeMail([writeChatMessage(stream(["1"])[0]!)]);
  await scene.conversation.answerMail();
  assertEquals(scene.mails, []);
  scene.conversation.answered = true;
  await scene.conversation.answerMail();
  assertEquals(scene.mails.length, 1);
});

Deno.test("mail with replies to nothing changes nothing", () => {
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

Deno.test("mail with a gap stays at the server, and the messages before the gap are taken", () => {
  using scene = new Scene();
  const chatMessages = stream(["1", "2", "3"]);
  assertEquals(
    scene.conversation.takeMail([
      writeChatMessage(chatMessages[0]!),
      writeChatMessage(chatMessages[2]!),
    ]),
    false,
  );
  assert(scene.conversation.takeMail([writeChatMessage(chatMessages[1]!)]));
  assert(
    scene.conversation.takeMail([
      writeChatMessage(chatMessages[0]!),
      writeChatMessage(chatMessages[2]!),
    ]),
  );
  assertEquals(scene.heard, ["1", "2", "3"]);
});

Deno.test("an unknown sender at the limit is refused on every link, and further mail stays at the server", () => {
  using scene = new Scene({ known: false });
  const links = [scene.attach(), scene.attach()];
  const texts = Array.from({ length: unknownSenderMessagesMax + 2 }, (_, i) => `${i + 1}`);
  const chatMessages = stream(texts);
  const [last, more] = chatMessages.slice(-2) as [NumberedMessage, NumberedMessage];
  const some = unknownSenderMessagesMax - 1;
  scene.store.incoming.receive(scene.conversation.stored, chatMessages.slice(0, some), 1, true);
  // What still fits is taken and acknowledged, and nothing of what is over it.
  scene.receive(chatMessages.slice(some), links[0]!);
  assertEquals(links[0]!.take(), [`ACK ${chatMessages[some]!.id}`, "ERROR 429"]);
  assertEquals(links[1]!.take(), ["ERROR 429"]);
  for (const link of links) assert(link.left);
  assertEquals(scene.conversation.takeMail([writeChatMessage(last)]), false);
  for (const link of links) link.take();
  // What came before is acknowledged again, as the peer may not know that it is here.
  scene.receive(chatMessages.slice(0, 2), links[0]!);
  assertEquals(links[0]!.take(), [`ACK ${chatMessages[1]!.id}`]);
  assertEquals(scene.problems.length, 1);
  scene.conversation.answered = true;
  assert(scene.conversation.takeMail([writeChatMessage(last), writeChatMessage(more)]));
  assertEquals(scene.heard, texts.slice(some));
});

Deno.test("with read receipts, the peer is told once on each link what the user has seen", async () => {
  using scene = new Scene({ readReceipts: true });
  const first = scene.attach();
  const chatMessages = stream(["1", "2"]);
  scene.receive(chatMessages.slice(0, 1), first);
  first.take();
  for (let i = 0; i < 3; i++) scene.conversation.seen(chatMessages[0]!.id);
  await settle();
  assertEquals(first.take(), [`READ ${chatMessages[0]!.id}`]);
  const second = scene.attach();
  await settle();
  assertEquals([first.take(), second.take()], [[], []]);
  scene.conversation.detach(first.link);
  await settle();
  // It may not have come.
  assertEquals(second.take(), [`READ ${chatMessages[0]!.id}`]);
  scene.conversation.detach(second.link);
  const third = scene.attach();
  await settle();
  assertEquals(third.take(), [`READ ${chatMessages[0]!.id}`]);
  scene.receive(chatMessages.slice(1), third);
  await settle();
  assertEquals(third.take(), [`ACK ${chatMessages[1]!.id}`]);
  scene.conversation.seen(chatMessages[1]!.id);
  await settle();
  assertEquals(third.take(), [`READ ${chatMessages[1]!.id}`]);
});

Deno.test("of a burst that the user sees, only the last is reported as read, after its acknowledgement", async () => {
  using scene = new Scene({ readReceipts: true });
  const link = scene.attach();
  const chatMessages = stream(["1", "2", "3"]);
  const { events } = scene;
  const push = events.push.bind(events);
  events.push = (event) => {
    if (event.type === "message") scene.conversation.seen(event.id);
    return push(event);
  };
  scene.receive(chatMessages, link);
  await settle();
  assertEquals(link.take(), [`ACK ${chatMessages[2]!.id}`, `READ ${chatMessages[2]!.id}`]);
});

Deno.test("without read receipts, the peer is not told what the user has seen", async () => {
  using scene = new Scene();
  const link = scene.attach();
  const chatMessages = stream(["1"]);
  scene.receive(chatMessages, link);
  scene.conversation.seen(chatMessages[0]!.id);
  await settle();
  assertEquals(link.take(), [`ACK ${chatMessages[0]!.id}`]);
});

Deno.test("a delivered message is reported with who has it and how many still wait", async () => {
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

Deno.test("what a peer without a key says is shown even if it cannot be saved, and nothing waits for it", async () => {
  using scene = new Scene({ key: null });
  scene.broken.add("receive");
  scene.conversation.text("hello");
  assertEquals([scene.heard, scene.problems.length], [["hello"], 1]);
  scene.conversation.wake();
  scene.conversation.acknowledged(randomId());
  await scene.conversation.idle();
  assertEquals(scene.conversation.waiting, 0);
});
