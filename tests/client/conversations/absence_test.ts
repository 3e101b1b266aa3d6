// /away: a contact who writes is told once an absence, and nobody else; and what comes of it.

import { assertEquals, assertThrows } from "@std/assert";
import { Absence } from "../../../client/conversations/absence.ts";
import type { ClientEvent } from "../../../client/events.ts";
import { UserError } from "../../../client/user_error.ts";
import type { Feature } from "../../../shared/protocol/records.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { encode, type Message } from "../../../shared/protocol/message.ts";
import { writeAway } from "../../../shared/protocol/away.ts";
import { Home, nowhere, Person } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { peer } from "../../support/fake_client.ts";

const message = (name: string): ClientEvent => ({
  ...{ type: "message", ...peer(name), id: "1", stream: undefined, seq: undefined, kind: "text" },
  ...{ plaintext: false, text: "Hello", sentAtMs: 0 },
});

/** Somebody's absence, with people who write. */
function absent(features: readonly Feature[] = ["away"], isUnknown: () => boolean = () => false) {
  const said: Message[] = [];
  const link = { features, say: (one: Message) => void said.push(one) };
  const absence = new Absence((id) =>
    id === peer("gone").conversation ? undefined : {
      links: id === peer("mail").conversation ? [] : [link],
      get isUnknownSender() {
        return isUnknown();
      },
    }
  );
  const passed: ClientEvent[] = [];
  const sink = absence.noting({
    emit: (event) => void passed.push(event),
    room: () => undefined,
    shown: () => undefined,
  });
  const hear = async (...names: string[]) => {
    for (const name of names) sink.emit(message(name));
    await Promise.resolve();
    return said.splice(0);
  };
  return { absence, hear, passed, sink };
}

Deno.test("each who writes is told once an absence, and what they write is passed on", async () => {
  const { absence, hear, passed } = absent();
  assertEquals(await hear("bob"), []);
  absence.begin("back at eight");
  assertEquals(await hear("bob", "bob", "carol"), Array(2).fill(writeAway("back at eight")));
  assertEquals(await hear("bob", "carol"), []);
  absence.begin("at nine");
  assertEquals(await hear("bob"), [writeAway("at nine")]);
  assertEquals([absence.end(), absence.end()], [true, false]);
  assertEquals(await hear("bob", "dave"), []);
  assertEquals(passed.length, 9);
  assertThrows(() => absence.begin("ä".repeat(121)), UserError);
});

Deno.test("nobody is told who is unknown, not there, or does not know of it; nor by anything else", async () => {
  const cases = [
    absent([]),
    absent(["tokens", "paths"]),
    absent(["away"], () => true),
    absent(["away"], () => {
      throw new UserError({ code: "unexpected", reason: "the disk is full" });
    }),
  ];
  for (const { absence, hear } of cases) {
    absence.begin("");
    assertEquals(await hear("bob"), []);
  }
  const { absence, hear, sink } = absent();
  absence.begin("");
  assertEquals(await hear("gone", "mail"), []);
  sink.emit({ type: "absent", ...peer("bob"), text: "away, too" });
  sink.emit({ type: "presence", name: "bob", here: true });
  assertEquals(await hear(), []);
});

Deno.test("two clients whose users are both away tell each other once", async () => {
  await using alice = new Person("alice", nowhere);
  await using bob = new Person("bob", nowhere);
  await alice.chat(bob.place);
  await until(() => bob.names.length === 1);
  bob.client.people.accept("alice");
  alice.client.people.leave("asleep");
  bob.client.people.leave("at sea");
  for (const text of ["one", "two"]) await alice.send(text);
  await until(() => bob.heard.length === 2);
  assertEquals(await alice.events.see("absent"), {
    type: "absent",
    ...bob.refOf(alice),
    text: "at sea",
  });
  await bob.send("three");
  assertEquals((await bob.events.see("absent")).text, "asleep");
  await alice.send("four");
  await until(() => bob.heard.length === 3);
  await until(() => alice.waiting === 0);
  assertEquals([alice, bob].map(({ events }) => events.of("absent").length), [1, 1]);
});

Deno.test("only a contact is believed to be away, and not ever again", async () => {
  using home = new Home("alice", nowhere);
  await using alice = home.start();
  const identity = Identity.generate();
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
  const answered = async () => {
    await bob.send("PING\r\nId: 1\r\n\r\n");
    while (!(await bob.message()).startsWith("PONG")) { /* Something else, such as a TOKEN. */ }
  };
  await bob.send(encode(writeAway("a stranger")));
  await answered();
  assertEquals(alice.events.of("absent"), []);
  alice.client.people.accept("bob");
  await bob.send(encode(writeAway("a contact\nof two lines")));
  await bob.send(encode(writeAway("again")));
  await answered();
  assertEquals(alice.events.of("absent").map(({ text }) => text), ["a contact\nof two lines"]);
  await bob.send("AWAY\r\nText: " + "x".repeat(241) + "\r\n\r\n");
  assertEquals(/Code: 400\r\nReason: The Text of an AWAY/.test(await bob.message()), true);
});
