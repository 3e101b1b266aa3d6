// A stranger writes as much as they can, over ever new links and under ever new names and keys. What is stored of
// them is bounded, and what a contact writes is not.

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { encode } from "../../shared/protocol/message.ts";
import {
  unknownSenderBytesMax,
  unknownSenderMessagesMax,
  unknownSendersBytesMax,
} from "../../shared/protocol/limits.ts";
import { writeChatMessage } from "../../shared/protocol/message_stream.ts";
import { EncryptedPeer, type PeerSelf } from "../support/encrypted_peer.ts";
import { stream } from "../support/store_fixture.ts";
import { Victim } from "../support/victim.ts";
import { note, sized } from "./extent.ts";

/** As long as it gets. */
const longText = "x".repeat(15_000);

/** Writes so many messages on a link of its own. @returns What comes until the link ends, or all is acknowledged. */
async function write(victim: Victim, self: PeerSelf, texts: readonly string[]): Promise<string> {
  using peer = await EncryptedPeer.dial(victim.address, self);
  const messages = stream(texts);
  const reading = peer.upTo(`ACK\r\nId: ${messages.at(-1)!.id}\r\n\r\n`);
  // The client may hang up meanwhile.
  await peer.send(messages.map((message) => encode(writeChatMessage(message))).join(""))
    .catch(() => {});
  return await reading;
}

/** How many messages have come from strangers, and the size of the store once its log is in it. */
function kept(victim: Victim): { messages: number; bytes: number } {
  const path = `${victim.profile}/store.db`;
  using database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const { size: bytes } = Deno.statSync(path);
  using store = openStore(path);
  const messages = store.history.latest("alice", undefined, 1_000_000)
    .filter(({ name }) => name !== "friend").length;
  return { messages, bytes };
}

Deno.test("an unknown sender fills no more than a little, over however many links and names", async () => {
  await using victim = await Victim.start();
  const identity = Identity.generate();
  const links = sized(4, 40);
  let answers = "";
  for (let i = 0; i < links; i++) {
    const id = `mallory${i % 3}`;
    answers += await write(victim, { id, identity }, Array(sized(30, 200)).fill("x"));
  }
  const { messages } = kept(victim);
  note("one key, many links", { links, messages, refused: [...answers.matchAll(/429/g)].length });
  assertEquals(messages, unknownSenderMessagesMax);
  // Nothing of what is over it is acknowledged, and the link is left.
  assertEquals([...answers.matchAll(/^ACK/gm)].length, 1);
  assertMatch(answers, /ERROR\r\nCode: 429\r\nReason: The user has not answered 20[^]*?BYE/);
  // A contact is not stopped.
  const friend = { id: "friend", identity: victim.friend };
  assertMatch(await write(victim, friend, Array(100).fill("x")), /^ACK/m);
  assertEquals(kept(victim).messages, messages);
  await victim.program.types("/accept mallory0");
  await victim.program.says(/mallory0 is a contact now/);
  await write(victim, { id: "mallory0", identity }, Array(100).fill("x"));
  assertEquals(kept(victim).messages, messages + 100);
});

Deno.test("unknown senders with many keys fill no more than their share of the disk", async () => {
  await using victim = await Victim.start();
  const senders = sized(20, 320);
  const each = Math.ceil(unknownSenderBytesMax / longText.length) + 1;
  const began = performance.now();
  const empty = kept(victim).bytes;
  for (let i = 0; i < senders; i++) {
    const self = { id: `mallory${i}`, identity: Identity.generate() };
    await write(victim, self, Array(each).fill(longText));
  }
  const seconds = (performance.now() - began) / 1_000;
  const { messages, bytes } = kept(victim);
  const grown = bytes - empty;
  note("many keys", { senders, messages, mebibytes: grown / 1024 ** 2, seconds });
  assert(messages <= senders * (each - 2), `${messages}`);
  assert(grown <= unknownSendersBytesMax, `${grown}`);
});
