// Who a user's lines go to, what they have seen, and what they were told to wait for.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { ClientEvent, OpenCause } from "../../../client/events.ts";
import { UserError } from "../../../client/user_error.ts";
import { conversationWith, FakeSession, peer } from "../../support/fake_client.ts";

const address = { host: "127.0.0.1", port: 5557 };

function opened(name: string, cause: OpenCause): ClientEvent {
  const { dialect, security } = conversationWith(name);
  const connection = { address, dialect, security, cause, contact: true };
  return { type: "opened", ...peer(name), ...connection, waiting: 0 };
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

Deno.test("a caller becomes the current one if nobody is, and only then", () => {
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

Deno.test("if /chat or /switch fails, the current one stays", async () => {
  const { session, fake } = sessionWith(["bob", "call"]);
  fake.error = new UserError({ code: "not-registered", name: "dave" });
  await assertRejects(() => session.chat("dave", () => {}), UserError);
  assertThrows(() => session.switchTo("dave"), UserError);
  assertEquals(session.current?.name, "bob");
});

Deno.test("a conversation of which nothing is left is not the current one, nor when it begins again", () => {
  const { session, fake } = sessionWith(["bob", "chat"], ["carol", "call"]);
  fake.open.delete("bob");
  session.emit({ type: "closed", ...peer("bob"), reason: "peer-left", detail: undefined });
  assertEquals(session.current, undefined);
  fake.opens(conversationWith("bob"));
  session.emit(opened("bob", "delivery"));
  assertEquals(session.current, undefined);
});

Deno.test("nobody takes the place of the current one by having its id as their name", () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.open.delete("bob");
  fake.opens(conversationWith(peer("bob").conversation));
  assertEquals(session.current, undefined);
});

Deno.test("a conversation with somebody who is away stays the current one", () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.opens(conversationWith("bob", { connected: false, waiting: 1 }));
  session.emit({ type: "closed", ...peer("bob"), reason: "lost", detail: undefined });
  assertEquals([session.current?.name, session.current?.waiting], ["bob", 1]);
});

Deno.test("the sender of mail becomes the current one if nobody is", () => {
  const { session, fake } = new FakeSession();
  fake.opens(conversationWith("bob", { connected: false }));
  fake.opens(conversationWith("carol", { connected: false }));
  session.emit(message("bob", "1"));
  assertEquals(session.current?.name, "bob");
  session.emit(message("carol", "2"));
  assertEquals(session.current?.name, "bob");
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

Deno.test("names are those of open conversations, and then of others; a store that fails has none", () => {
  const { session, fake } = sessionWith(["bob", "chat"]);
  fake.known = ["carol", "bob"];
  assertEquals(session.names, ["bob", "carol"]);
  fake.knownNames = () => {
    throw new UserError({ code: "unexpected", reason: "the disk is full" });
  };
  assertEquals(session.names, ["bob"]);
});

Deno.test("everything else is shown as it is, and back-pressure is the display's", async () => {
  const t = new FakeSession();
  const event: ClientEvent = { type: "presence", name: "bob", here: true };
  t.session.emit(event);
  assertEquals(t.shown.all, [event]);
  assertEquals([t.session.room(), t.session.shown()], [undefined, undefined]);
  const room = Promise.resolve();
  const shown = Promise.reject(new Error("gone"));
  Object.assign(t.display, { room: () => room, shown: () => shown });
  assertEquals(t.session.room(), room);
  await assertRejects(() => t.session.shown()!, Error, "gone");
});
