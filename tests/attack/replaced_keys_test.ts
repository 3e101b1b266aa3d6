// Somebody has stolen an X25519 key of bob's, with the certificates that bob has signed for it. Bob has replaced that
// key since, and alice has seen the new one: whatever is shown to her with the old one, she does not take it.

import { assertEquals, assertMatch } from "@std/assert";
import { sealEnvelope } from "../../client/mailbox/envelope.ts";
import { packMail } from "../../client/mailbox/mail_content.ts";
import { UserError } from "../../client/user_error.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { type ChatMessage, writeChatMessage } from "../../shared/protocol/message_stream.ts";
import type { Server } from "../../server/server.ts";
import { hears, Home, nowhere, Person } from "../support/client_fixture.ts";
import { depositLines } from "../support/core_fixture.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { rejectsSaying, sentenceOf } from "../support/problems.ts";
import { register, start } from "../support/server_fixture.ts";
import { stream } from "../support/store_fixture.ts";
import { Wire } from "../support/wire.ts";

const { seed } = Identity.generate();
/** The thief needs no more of it than the X25519 key and the certificates. */
const stolen = Identity.fromSeed(seed);
const replaced = Identity.fromSeed(seed, { number: 2 });

const refused = /^ERROR\r\nCode: 403\r\nReason: This client knows a later certificate of yours/;

/** Bob talks to alice with the key that he has now. */
async function talks(bob: Person, alice: Person): Promise<void> {
  await bob.chat(alice.place);
  await hears(alice, bob, "it is I");
}

Deno.test("a call with a key that was replaced is refused, also after a restart", async () => {
  using home = new Home("alice", nowhere);
  {
    await using alice = home.start();
    await using bob = new Person("bob", nowhere, { identity: replaced });
    await talks(bob, alice);
  }
  await using alice = home.start();
  for (const id of ["bob", "robert"]) {
    using thief = await EncryptedPeer.dial(alice.client.address, { id, identity: stolen });
    assertMatch(await thief.rest(), refused);
  }
  await using thief = new Person("bob", nowhere, { identity: stolen });
  await rejectsSaying(() => thief.chat(alice.place), UserError, "a later certificate of yours");
  const { why } = await alice.events.see("turned-away");
  assertMatch(sentenceOf(why), /its certificate has no number, and another key's is number 2/);
  assertEquals(alice.events.of("turned-away").length, 1);
  assertEquals(alice.events.of("opened"), []);
  assertEquals(alice.store.knownPeers.find("robert"), undefined);

  // To bob nothing is different, also if he uses version 0.3.0, whose certificates have no number.
  using earlier = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity: replaced });
  await alice.events.see("opened");
  earlier.close();
  await using bob = new Person("bob", nowhere, { identity: replaced });
  await talks(bob, alice);
});

Deno.test("who answers a call with a key that was replaced is not talked to", async () => {
  await using alice = new Person("alice", nowhere);
  {
    await using bob = new Person("bob", nowhere, { identity: replaced });
    await talks(bob, alice);
  }
  await using thief = new Person("bob", nowhere, { identity: stolen });
  await rejectsSaying(
    () => alice.chat(thief.place),
    UserError,
    "bob shows an encryption key that bob has replaced: its certificate is number 1",
  );
  assertEquals(thief.events.of("opened"), []);
});

/** What the thief writes to alice in bob's name, sealed with the old key. */
function forged(alice: Identity, text: string, version: 1 | 2): Uint8Array {
  const message = writeChatMessage(stream([text])[0] as ChatMessage);
  const { content } = packMail({ id: "bob", address: undefined }, [message], 10_000);
  const { publicKey: key, agreement } = alice;
  const to = { name: "alice", key, agreement: agreement.publicKey, version };
  return sealEnvelope(stolen, to, content);
}

async function leavesForged(server: Server, alice: Identity): Promise<void> {
  using mallory = await Wire.connect(server);
  await register(mallory, "mallory", Identity.generate());
  for (const version of [1, 2] as const) {
    const envelope = forged(alice, `forged ${version}`, version);
    const id = String(version).padStart(32, "0");
    const lines = depositLines("mallory", "alice", alice, id, envelope);
    assertMatch(await mallory.ask(...lines), /^DEPOSITACK/);
  }
}

Deno.test("mail that is sealed with a key that was replaced is not read", async () => {
  await using server = start();
  using home = new Home("alice", server);
  await using bob = new Person("bob", server, { identity: replaced });
  await bob.client.register();
  {
    await using alice = await home.come();
    await talks(bob, alice);
  }
  await bob.events.see("closed");
  await leavesForged(server, home.identity);
  await bob.send("really");
  await bob.events.see("deposited");
  {
    await using alice = await home.come();
    await alice.events.see("message");
    assertEquals(alice.heard, ["bob: really"]);
    assertEquals((await alice.events.see("turned-away")).why.code, "replaced-key");
  }
  // Nobody will ever want it, so it is neither at the server nor kept.
  assertEquals(home.store.parkedMails.list("alice"), []);
  await using alice = await home.come();
  await alice.client.info();
  assertEquals(alice.events.of("turned-away"), []);
});
