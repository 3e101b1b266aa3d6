// A peer may ask anything, as often as it likes and as fast as it can. What that costs the client is bounded, and
// its user's friends are answered meanwhile.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Store } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { encode } from "../../shared/protocol/message.ts";
import {
  messageHash,
  streamStart,
  writeChatMessage,
} from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { befriend } from "../support/friends.ts";
import { chat } from "../support/link_fixture.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { Victim } from "../support/victim.ts";
import { isLarge, note, sized } from "./extent.ts";

const mallory = { id: "mallory", identity: Identity.generate() };
const stream = randomId();
const streamLength = sized(500, 20_000);

/** What mallory has once said to alice: a long stream. */
function fill(store: Store): void {
  const key = mallory.identity.publicKey;
  const { id } = store.conversations.open({ self: "alice", name: mallory.id, key });
  let prev = streamStart;
  const messages = Array.from({ length: streamLength }, (_, i) => {
    const position = { stream, seq: i + 1, floor: 0, prev };
    const message = { id: randomId(), sentAtMs: i, text: `${i}`, position };
    prev = messageHash(message);
    return message;
  });
  store.incoming.receive(id, messages, 1);
}

function fillAsContact(store: Store): void {
  befriend(store, mallory.id, mallory.identity.publicKey);
  fill(store);
}

const audit = `AUDIT\r\nId: q\r\nStream: ${stream}\r\nFrom: 1\r\nTo: 20000\r\n\r\n`;

Deno.test("somebody who is no contact gets no answer to AUDIT, and freezes nothing", async () => {
  await using victim = await Victim.start(fill);
  let answers = "";
  const waits = await victim.waitsDuring(async () => {
    using peer = await EncryptedPeer.dial(victim.address, mallory);
    await peer.send(audit.repeat(1_100) + "BYE\n\n");
    answers = await peer.rest();
  });
  note("1,100 AUDITs of an unknown sender", { ...waits });
  assertEquals([...answers.matchAll(/AUDITACK/g)].length, 0);
  assertMatch(answers, /Code: 403/);
  if (isLarge) assert(waits.max < 1_000, `a friend waited for ${waits.max} ms`);
});

Deno.test("a contact has at most 8 AUDITs waiting, and gets the answers one by one", async () => {
  await using victim = await Victim.start(fillAsContact);
  let answers = "";
  const waits = await victim.waitsDuring(async () => {
    using peer = await EncryptedPeer.dial(victim.address, mallory);
    await peer.send(audit.repeat(1_100) + "BYE\n\n");
    answers = await peer.rest();
  });
  note("1,100 AUDITs of a contact", { ...waits });
  assert([...answers.matchAll(/AUDITACK/g)].length <= 9, answers);
  assertMatch(answers, /ERROR\r\nCode: 429\r\nReason: At most 8 AUDITs/);
  if (isLarge) assert(waits.max < 1_000, `a friend waited for ${waits.max} ms`);
});

Deno.test("a contact that goes on asking, over all the links that it may have, leaves time for others", async () => {
  await using victim = await Victim.start(fillAsContact);
  const seconds = sized(1, 10);
  let answered = 0;
  const waits = await victim.waitsDuring(async () => {
    const end = performance.now() + seconds * 1_000;
    const peers: EncryptedPeer[] = [];
    // One after the other: of one host few may be opening.
    for (let i = 0; i < 8; i++) peers.push(await EncryptedPeer.dial(victim.address, mallory));
    await Promise.all(peers.map(async (one) => {
      using peer = one;
      // Always some that wait.
      await peer.send(audit.repeat(4));
      for (let said; performance.now() < end; await peer.send(audit)) {
        do said = await peer.message(); while (said.startsWith("PING"));
        assertMatch(said, /^AUDITACK/);
        answered++;
      }
    }));
  });
  note("AUDITs of a contact over 8 links", { ...waits, answeredASecond: answered / seconds });
  if (isLarge) assert(waits.max < 1_000, `a friend waited for ${waits.max} ms`);
});

/** MSG, which says that there are others before it. */
function msg(seq: number, ofStream: string): string {
  const position = { stream: ofStream, seq, floor: 0, prev: randomId() };
  return encode(writeChatMessage({ id: randomId(), sentAtMs: 1, text: "x", position }));
}

/** Every request that a peer can make, each as cheap for the peer and as dear for the client as it may be. */
const requests: Record<string, (n: number) => string> = {
  PING: () => "PING\n\n",
  "PING with a long Id": () => `PING\nId: ${"x".repeat(4_000)}\n\n`,
  "ACK of nothing": (n) => `ACK\nId: ${n}\n\n`,
  "READ of nothing": (n) => `READ\nId: ${n}\n\n`,
  "RESET of nothing": () => `RESET\nStream: ${randomId()}\n\n`,
  "AUDITACK unasked": () => "AUDITACK\nId: x\n\n",
  "ERROR unasked": () => "ERROR\nCode: 400\nReason: x\n\n",
  "an unknown verb": () => "X\n\n",
  "MSG without a text": () => "MSG\nId: 1\nText: \\q\n\n",
  "MSG behind a gap": () => msg(1_000_000, stream),
  "MSG that does not fit": () => msg(1, stream),
  "MSG of a new stream behind a gap": () => msg(2, randomId()),
};

for (const [name, request] of Object.entries(requests)) {
  Deno.test(`a flood of ${name} leaves time for others`, async () => {
    const count = sized(200, request(0).length > 1_000 ? 2_000 : 20_000);
    for (const [who, filled] of [["unknown sender", fill], ["contact", fillAsContact]] as const) {
      if (!isLarge && who === "contact") continue;
      await using victim = await Victim.start(filled);
      const flood = Array.from({ length: count }, (_, n) => request(n)).join("");
      let tookMs = 0;
      const waits = await victim.waitsDuring(async () => {
        using peer = await EncryptedPeer.dial(victim.address, mallory);
        const began = performance.now();
        // It has to read what it gets, else the client stops reading.
        const sent = peer.send(`${flood}BYE\n\n`);
        await untilClosed(peer.raw.conn);
        await sent.catch(() => {});
        tookMs = performance.now() - began;
      });
      note(`${name}, ${count} of a ${who}`, { ...waits, microsecondsEach: tookMs / count * 1_000 });
      if (isLarge) assert(waits.max < 1_000, `a friend waited for ${waits.max} ms`);
    }
  });
}

/** What somebody may say who opens link after link: each costs a handshake. */
const onceALink: Record<string, string> = {
  "nothing": "",
  "VERIFY": `VERIFY\nCommit: ${"00".repeat(32)}\n\nVERIFY\nNonce: ${"00".repeat(16)}\n\n`,
  "AUDIT for the streams": "AUDIT\nId: q\n\n".repeat(8),
};

for (const [name, said] of Object.entries(onceALink)) {
  Deno.test(`link after link, on which ${name} is said, leaves time for others`, async () => {
    await using victim = await Victim.start(fill);
    const links = sized(16, 800);
    let opened = 0;
    const began = performance.now();
    const waits = await victim.waitsDuring(async () => {
      await Promise.all(Array.from({ length: 4 }, async () => {
        for (let i = 0; i < links / 4; i++) {
          using raw = await RawPeer.dial(victim.address);
          try {
            const { id, identity } = mallory;
            const peer = await EncryptedPeer.callOver(raw, chat.replace("bob", id), identity);
            opened++;
            await peer.send(`${said}BYE\n\n`);
            await untilClosed(raw.conn);
          } catch {
            // It had to make room for another one.
          }
        }
      }));
    });
    const seconds = (performance.now() - began) / 1_000;
    note(`link after link, ${name}`, { ...waits, opened, openedASecond: opened / seconds });
    assert(opened > 0);
    if (isLarge) assert(waits.max < 1_000, `a friend waited for ${waits.max} ms`);
  });
}

async function untilClosed(conn: Deno.TcpConn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  while (await conn.read(buffer).catch(() => null) !== null);
}
