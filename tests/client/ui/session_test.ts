// Who a user's lines go to, what they have seen, and what they were told to wait for.

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { ClientEvent, OpenCause } from "../../../client/events.ts";
import { UserError } from "../../../client/user_error.ts";
import { conversationWith, FakeSession, peer } from "../../support/fake_client.ts";

const address = { host: "127.0.0.1", port: 5557 };

/** @param cause By default a contact has called. */
function opened(name: string, cause: OpenCause = "call", contact = true): ClientEvent {
  const { dialect, security } = conversationWith(name);
  return { type: "opened", ...peer(name), address, dialect, security, cause, contact, waiting: 0 };
}

function message(name: string, id: string): ClientEvent {
  return {
    type: "message",
    ...peer(name),
    id,
    stream: undefined,
    seq: undefined,
    kind: "text",
    plaintext: false,
    text: "Hello",
    sentAtMs: 0,
  };
}

function delivered(name: string, waiting: number): ClientEvent {
  const { person, device } = peer(name);
  return {
    type: "delivered",
    ...peer(name),
    id: "1",
    to: { person, device },
    have: 1,
    of: 1,
    waiting,
  };
}

/** A session in which somebody's link opens. */
function sessionWith(...peers: (readonly [name: string, cause: OpenCause])[]): FakeSession {
  const t = new FakeSession();
  for (const [name, cause] of peers) {
    t.fake.opens(conversationWith(name));
    t.session.emit(opened(name, cause));
  }
  return t;
}

type Step =
  /** What the user does; it fails if the client throws. */
  | readonly [command: "chat" | "switch" | "trust" | "close" | "no", name: string, fails?: "fails"]
  /** Somebody's link opens. */
  | readonly [link: "contact calls" | "stranger calls" | "messages wait", name: string]
  /** A peer leaves, and the client keeps their conversation or drops it. */
  | readonly [end: "leaves" | "is dropped", name: string]
  | readonly [other: "mail from", name: string]
  | readonly [typing: "types" | "has typed"];

/** What happens, and who is the current one then: a name, nobody, or the command that has failed. */
const courses: [steps: readonly Step[], current: string | undefined][] = [
  [[["contact calls", "bob"]], "bob"],
  [[["stranger calls", "bob"]], undefined],
  [[["types"], ["contact calls", "bob"]], undefined],
  [[["types"], ["contact calls", "bob"], ["has typed"]], undefined],
  [[["types"], ["has typed"], ["contact calls", "bob"]], "bob"],
  [[["contact calls", "bob"], ["contact calls", "carol"]], "bob"],
  [[["messages wait", "bob"]], undefined],
  [[["mail from", "bob"]], undefined],
  [[["chat", "bob"], ["mail from", "carol"]], "bob"],
  [[["contact calls", "carol"], ["chat", "bob"]], "bob"],
  [[["chat", "bob"], ["chat", "dave", "fails"]], "/chat dave"],
  [[["chat", "bob"], ["switch", "dvae", "fails"]], "/switch dvae"],
  [[["chat", "bob"], ["trust", "dave", "fails"]], "/trust dave"],
  [[["chat", "bob"], ["trust", "bob", "fails"]], "/trust bob"],
  [[["chat", "bob"], ["close", "dave", "fails"]], "bob"],
  [[["chat", "dave", "fails"], ["chat", "eve", "fails"]], "/chat eve"],
  [[["chat", "dave", "fails"], ["contact calls", "bob"]], "/chat dave"],
  [[["contact calls", "bob"], ["chat", "dave", "fails"], ["close", "bob"]], "/chat dave"],
  [[["contact calls", "bob"], ["chat", "dave", "fails"], ["no", "bob"]], "/chat dave"],
  [[["chat", "dave", "fails"], ["close", "bob", "fails"]], "/chat dave"],
  [[["chat", "dave", "fails"], ["no", "bob", "fails"]], "/chat dave"],
  [[["chat", "dave", "fails"], ["chat", "bob"]], "bob"],
  [[["chat", "dave", "fails"], ["switch", "bob"]], "bob"],
  [[["chat", "dave", "fails"], ["trust", "bob"]], undefined],
  [[["chat", "bob"], ["close", "bob"]], undefined],
  [[["contact calls", "carol"], ["chat", "bob"], ["close", "carol"]], "bob"],
  [[["chat", "bob"], ["close", "bob"], ["contact calls", "carol"]], "carol"],
  [[["chat", "bob"], ["close", "bob"], ["stranger calls", "bob"]], undefined],
  [[["chat", "bob"], ["no", "bob"]], undefined],
  [[["chat", "bob"], ["no", "bob", "fails"]], undefined],
  [[["contact calls", "carol"], ["chat", "bob"], ["no", "carol"]], "bob"],
  [[["chat", "bob"], ["leaves", "bob"]], "bob"],
  [[["chat", "bob"], ["is dropped", "bob"]], "bob"],
  [[["chat", "bob"], ["is dropped", "bob"], ["close", "bob"]], undefined],
  [[["chat", "bob"], ["is dropped", "bob"], ["contact calls", "carol"]], "bob"],
  [[["chat", "bob"], ["is dropped", "bob"], ["contact calls", "bob"]], "bob"],
];

for (const [steps, current] of courses) {
  const title = steps.map((step) => step.join(" ")).join(", ");
  Deno.test(`${title}: what is written goes to ${current ?? "nobody"}`, async () => {
    const t = new FakeSession();
    for (const step of steps) await take(t, step);
    const { session, fake } = t;
    fake.calls.length = 0;
    const isSomebody = current !== undefined && !current.startsWith("/");
    assertEquals(session.current?.name, isSomebody ? current : undefined);
    assertEquals(
      session.refusal()?.type,
      isSomebody ? undefined : current === undefined ? "nobody-current" : "turn-failed",
    );
    const refusal = session.refusal();
    if (refusal?.type === "turn-failed") assertEquals(refusal.command, current);
    await session.send("Hello");
    const sent = fake.calls.filter(([method]) => method === "send");
    assertEquals(sent, isSomebody ? [["send", peer(current).conversation, "Hello"]] : []);
  });
}

/** Has something happen. */
async function take(t: FakeSession, [what, name = "", fails]: Step): Promise<void> {
  const { session, fake } = t;
  fake.error = fails && new UserError({ code: "not-registered", name });
  const isThere = fake.open.has(name);
  const done = fails ? (work: () => Promise<unknown>) => assertRejects(work, UserError) : call;
  switch (what) {
    case "chat":
      if (!fails) fake.opens(conversationWith(name));
      await done(() => session.chat(name, () => {}));
      break;
    case "switch":
      if (!fails) fake.opens(conversationWith(name));
      await done(async () => await Promise.resolve(session.switchTo(name)));
      break;
    case "trust":
      await done(() => session.trust(name, undefined));
      break;
    case "close":
      await done(() => session.close(name));
      fake.open.delete(name);
      break;
    case "no":
      await done(() => session.confirmVerification(name, false));
      fake.open.delete(name);
      break;
    case "contact calls":
    case "stranger calls":
    case "messages wait": {
      fake.opens(conversationWith(name));
      const cause = what === "messages wait" ? "delivery" : "call";
      session.emit(opened(name, cause, what !== "stranger calls"));
      break;
    }
    case "leaves":
    case "is dropped":
      assert(isThere);
      if (what === "leaves") fake.opens(conversationWith(name, { connected: false }));
      else fake.open.delete(name);
      session.emit({ type: "closed", ...peer(name), reason: "peer-left", detail: undefined });
      break;
    case "mail from":
      fake.opens(conversationWith(name, { connected: false }));
      session.emit(message(name, "1"));
      break;
    default:
      t.isIdle = what === "has typed";
  }
  fake.error = undefined;
}

const call = (work: () => Promise<unknown>): Promise<unknown> => work();

Deno.test("it is said of a caller whether they have become the current one", () => {
  const { session, shown } = sessionWith(["bob", "call"], ["carol", "call"]);
  assertEquals(session.current?.name, "bob");
  assertEquals(shown.of("opened").map(({ name, isCurrent }) => [name, isCurrent]), [
    ["bob", true],
    ["carol", false],
  ]);
});

Deno.test("a peer that the user calls is the current one as soon as the link is open", () => {
  const { session, shown } = sessionWith(["bob", "call"], ["carol", "chat"]);
  assertEquals(session.current?.name, "carol");
  assert(shown.of("opened")[1]!.isCurrent);
});

Deno.test("somebody for whom messages waited does not become the current one", () => {
  const { session, shown } = sessionWith(["bob", "delivery"]);
  assertEquals(session.current, undefined);
  assert(!shown.of("opened")[0]!.isCurrent);
});

for (const how of ["opened", "already-open", "away"] as const) {
  Deno.test(`/chat turns to somebody who is ${how}`, async () => {
    const { session, fake } = sessionWith(["carol", "call"]);
    fake.opens(conversationWith("bob"));
    fake.answers.chat = { how, conversation: conversationWith("bob"), why: undefined };
    await session.chat("bob", () => {});
    assertEquals(session.current?.name, "bob");
  });
}

Deno.test("after any command that should have turned to somebody, it is named why nothing is sent", () => {
  const { session } = sessionWith(["bob", "chat"]);
  session.turnToNobody("/chta dave");
  assertEquals(session.refusal(), { type: "turn-failed", command: "/chta dave" });
  assertEquals(session.recipient, { conversation: undefined, name: undefined });
});

Deno.test("a line that was begun for somebody else is not sent", () => {
  const { session } = sessionWith(["bob", "chat"]);
  const forBob = session.recipient;
  assertEquals(forBob, { conversation: peer("bob").conversation, name: "bob" });
  assertEquals(session.refusal(forBob), undefined);
  session.switchTo("carol");
  assertEquals(session.refusal(forBob), {
    type: "begun-for-another",
    begunFor: "bob",
    current: "carol",
    asks: false,
  });
  assertEquals(session.refusal(session.recipient), undefined);
  const forNobody = { conversation: undefined, name: undefined };
  assertEquals(session.refusal(forNobody)?.type, "begun-for-another");
  session.turnToNobody("/chat dave");
  assertEquals(session.refusal(forBob)?.type, "turn-failed");
  assertEquals(session.refusal(forNobody)?.type, "turn-failed");
});

Deno.test("another conversation by the name of the current one, or by its id, is not it", async () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.open.delete("bob");
  for (const name of ["bob", peer("bob").conversation]) {
    fake.opens({ ...conversationWith(name), conversation: "another id" });
    session.emit({ ...opened(name), conversation: "another id" } as ClientEvent);
    assertEquals(session.current?.conversation, peer("bob").conversation);
    if (name === "bob") {
      const error = await assertRejects(() => session.send("Hello"), UserError);
      assertEquals(error.problem, { code: "not-connected", name: "bob", plaintext: false });
    } else await session.send("Hello");
    fake.open.clear();
  }
  // Closing the current one leaves the other one alone.
  fake.opens({ ...conversationWith(peer("bob").conversation), conversation: "another id" });
  fake.calls.length = 0;
  assertEquals(await session.close(), true);
  assertEquals(fake.calls, []);
});

Deno.test("what is written to a peer without a key who has left is refused, until they are back", async () => {
  const { session, fake } = new FakeSession();
  const plain = { ...conversationWith("bob"), device: undefined, person: undefined };
  fake.opens(plain);
  session.switchTo("bob");
  fake.open.delete("bob");
  const error = await assertRejects(() => session.send("Hello"), UserError);
  assertEquals(error.problem, { code: "not-connected", name: "bob", plaintext: true });
  assertEquals([session.current?.name, session.current?.isOpen], ["bob", false]);
  fake.opens(plain);
  assert(await session.send("Hello"));
});

Deno.test("nobody takes the place of the current one by having its id as their name", () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.open.delete("bob");
  fake.opens(conversationWith(peer("bob").conversation));
  assertEquals([session.current?.name, session.current?.isOpen], ["bob", false]);
});

Deno.test("a conversation with somebody who is away stays the current one", () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.opens(conversationWith("bob", { connected: false, waiting: 1 }));
  session.emit({ type: "closed", ...peer("bob"), reason: "lost", detail: undefined });
  assertEquals([session.current?.name, session.current?.waiting], ["bob", 1]);
});

Deno.test("a message over a link does not change the current one", async () => {
  const { session } = sessionWith(["bob", "chat"], ["carol", "call"]);
  await session.close("bob");
  session.emit(message("carol", "1"));
  assertEquals(session.current, undefined);
});

Deno.test("a message of an earlier run does not change the current one", () => {
  const { session, fake, shown } = new FakeSession((sink) => sink.emit(message("bob", "1")));
  fake.opens(conversationWith("bob", { connected: false }));
  assertEquals(session.current, undefined);
  assertEquals(shown.all.length, 1);
});

Deno.test("closing the current conversation leaves none, closing another one leaves it", async () => {
  const t = sessionWith(["bob", "chat"], ["carol", "call"]);
  await t.session.close("carol");
  assertEquals(t.session.current?.name, "bob");
  await t.session.close(peer("bob").conversation);
  assertEquals(t.session.current, undefined);
  assertEquals(t.fake.calls, [["close", "carol"], ["close", peer("bob").conversation]]);
});

Deno.test("after /trust the current one is the owner of the accepted key", async () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  const other = { ...conversationWith("bob"), conversation: "another id" };
  fake.answers.trust = "fingerprint";
  const trusted = session.trust("bob", undefined);
  // The conversation with the owner of the key before is over.
  fake.opens(other);
  assertEquals(await trusted as string, "fingerprint");
  assertEquals(session.current?.conversation, "another id");
});

Deno.test("after /trust nobody is the current one if nothing was said with them", async () => {
  const { session, fake } = sessionWith(["bob", "chat"], ["carol", "call"]);
  const trusted = session.trust("bob", undefined);
  fake.open.delete("bob");
  await trusted;
  assertEquals(session.current, undefined);
});

Deno.test("/trust of somebody else leaves the current one", async () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.opens(conversationWith("carol"));
  await session.trust("carol", undefined);
  assertEquals(session.current?.name, "bob");
});

Deno.test("a text goes to the current conversation by its id, or nowhere", async () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  await session.send("Hello");
  assertEquals(fake.calls, [["send", peer("bob").conversation, "Hello"]]);
  await session.close("bob");
  fake.calls.length = 0;
  assertEquals(await session.send("Hello"), undefined);
  assertEquals(fake.calls, []);
});

Deno.test("messages of the current conversation are seen at once, others when the user turns to them", () => {
  const { session, fake } = sessionWith(["bob", "chat"], ["carol", "call"]);
  const seen = () => fake.calls.splice(0).filter(([method]) => method === "seen");
  session.emit(message("bob", "1"));
  assertEquals(seen(), [["seen", peer("bob").conversation, "1"]]);
  session.emit(message("carol", "2"));
  session.emit(message("carol", "3"));
  assertEquals(seen(), []);
  session.switchTo("carol");
  assertEquals(seen(), [["seen", peer("carol").conversation, "3"]]);
  session.switchTo("bob");
  session.switchTo("carol");
  assertEquals(seen(), []);
});

Deno.test("a message is shown before it is seen", () => {
  const t = sessionWith(["bob", "chat"]);
  t.fake.answers.seen = undefined;
  const order: string[] = [];
  const { take } = t.shown;
  t.display.show = (shown) => {
    order.push(shown.type);
    assertEquals(t.fake.calls, []);
    take(shown);
  };
  t.session.emit(message("bob", "1"));
  assertEquals(order, ["message"]);
  assertEquals(t.fake.calls.length, 1);
});

Deno.test("a delivery is one that the user waited for if they were told so", async () => {
  for (const told of ["waiting", "deposited"] as const) {
    const { session, shown } = sessionWith(["bob", "chat"], ["carol", "call"]);
    session.emit(delivered("bob", 0));
    session.emit({ type: told, ...peer("bob"), count: 3 });
    session.emit(delivered("carol", 0));
    // One acknowledgement of several messages brings an event for each.
    for (let i = 0; i < 3; i++) session.emit(delivered("bob", 0));
    await session.send("Hello");
    session.emit(delivered("bob", 0));
    assertEquals(
      shown.of("delivered").map(({ name, wasWaiting }) => [name, wasWaiting]),
      [["bob", false], ["carol", false], ["bob", true], ["bob", true], ["bob", true]]
        .concat([["bob", false]]),
    );
  }
});

Deno.test("a message that is sent while others wait is waited for like these", async () => {
  const { session, shown } = sessionWith(["bob", "chat"]);
  session.emit({ type: "waiting", ...peer("bob"), count: 1 });
  session.emit(delivered("bob", 1));
  await session.send("Hello");
  session.emit(delivered("bob", 0));
  assertEquals(shown.of("delivered").map(({ wasWaiting }) => wasWaiting), [true, true]);
});

Deno.test("of those who come it is said how much waits for them", () => {
  const t = new FakeSession();
  t.fake.opens(conversationWith("bob", { connected: false, waiting: 3 }));
  const events: ClientEvent[] = ["bob", "carol"].map((name) => ({
    type: "presence",
    name,
    here: true,
  }));
  for (const event of events) t.session.emit(event);
  assertEquals(t.shown.all as unknown[], [
    { ...events[0], waiting: 3 },
    { ...events[1], waiting: 0 },
  ]);
});

Deno.test("everything else is shown as it is, and back-pressure is the display's", async () => {
  const t = new FakeSession();
  const event: ClientEvent = { type: "displaced", id: "alice" };
  t.session.emit(event);
  assertEquals(t.shown.all, [event]);
  assertEquals([t.session.room(), t.session.shown()], [undefined, undefined]);
  const room = Promise.resolve();
  const shown = Promise.reject(new Error("gone"));
  Object.assign(t.display, { room: () => room, shown: () => shown });
  assertEquals(t.session.room(), room);
  await assertRejects(() => t.session.shown()!, Error, "gone");
});
