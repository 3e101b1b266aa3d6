// Two keys leave a thousand mails for alice that she cannot use: each is from the middle of a stream whose beginning
// never comes. Her friends' mail is kept all the same, and she fetches each mail once.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sealEnvelope } from "../../client/mailbox/envelope.ts";
import { packMail } from "../../client/mailbox/mail_content.ts";
import { parkedMailsMax } from "../../client/store/store_limits.ts";
import { type Network, tcpNetwork } from "../../client/transport/transport.ts";
import type { Server } from "../../server/server.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { shareMailsMax } from "../../shared/protocol/limits.ts";
import { streamStart, writeChatMessage } from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { Home } from "../support/client_fixture.ts";
import { depositLines } from "../support/core_fixture.ts";
import { withoutRates } from "../support/rates.ts";
import { register, start } from "../support/server_fixture.ts";
import { Wire } from "../support/wire.ts";
import { note, sized } from "./extent.ts";

/** Leaves mails of one byte of text each, behind a message that never comes. @returns How many were kept. */
async function jam(server: Server, name: string, alice: Identity, count: number): Promise<number> {
  const identity = Identity.generate();
  const agreement = alice.agreement.publicKey;
  using wire = await Wire.connect(server);
  assertMatch(await register(wire, name, identity), /^REGACK/);
  const stream = randomId();
  let kept = 0;
  for (let seq = 2; seq < count + 2; seq++) {
    const position = { stream, seq, floor: 0, prev: streamStart };
    const msg = writeChatMessage({ id: randomId(), sentAtMs: 1, text: "x", position });
    const { content } = packMail({ id: name, address: undefined }, [msg], 4_000);
    const mail = sealEnvelope(
      identity,
      { name: "alice", key: alice.publicKey, agreement },
      content,
    );
    const reply = await wire.ask(...depositLines(name, "alice", alice, randomId(), mail));
    if (reply.startsWith("DEPOSITACK")) kept++;
  }
  return kept;
}

/** A network that counts the mails that come from the server, and their bytes. */
class CountingNetwork {
  mails = 0;
  bytes = 0;
  readonly network: Network = {
    ...tcpNetwork,
    dialServer: async (address, options) => {
      const conn = await tcpNetwork.dialServer(address, options);
      const text = new TextDecoder();
      return {
        localAddr: conn.localAddr,
        remoteAddr: conn.remoteAddr,
        close: () => conn.close(),
        write: (bytes) => conn.write(bytes),
        read: async (into) => {
          const count = await conn.read(into);
          if (count === null) return count;
          this.bytes += count;
          this.mails += text.decode(into.subarray(0, count)).match(/^Number: /gm)?.length ?? 0;
          return count;
        },
      };
    },
  };
}

Deno.test("mail that can never be used keeps no friend's out, and is fetched once", async () => {
  await using server = start({ capacity: withoutRates });
  using alice = new Home("alice", server);
  using bob = new Home("bob", server);
  {
    await using a = await alice.come();
    await using b = await bob.come();
    await a.chat("bob");
    await a.send("hello");
    await b.events.see("message");
    await b.chat("alice");
    await b.send("hello alice");
    await a.events.see("message");
  }
  const each = sized(40, shareMailsMax);
  const kept = await jam(server, "mallory1", alice.identity, each) +
    await jam(server, "mallory2", alice.identity, each);
  assert(kept > 0);
  {
    await using b = await bob.come();
    await b.chat("alice");
    await b.send("are you there?");
    await b.client.allDelivered();
    assertEquals(b.events.of("deposit-refused"), []);
  }
  const counting = new CountingNetwork();
  await using a = await alice.come({ network: counting.network });
  await a.events.see("message", ({ text }) => text === "are you there?");
  const first = counting.mails;
  assert(first >= kept && first <= kept + 10, `${first} mails for ${kept}`);
  const bytes = counting.bytes;
  for (let refreshes = 0; refreshes < 3; refreshes++) await a.client.register();
  assertEquals(counting.mails, first);
  note("a jammed mailbox", {
    kept,
    "mails fetched at first": first,
    "bytes at first": bytes,
    "bytes of three refreshes": counting.bytes - bytes,
  });
  assert(alice.store.parkedMails.list("alice").length <= parkedMailsMax);
  using wire = await Wire.connect(server);
  assertMatch(await register(wire, "alice", alice.identity), /^REGACK/);
  assertMatch(
    await wire.ask("COLLECT", "clientID: alice", "Version: 1"),
    /^COLLECTACK\r\nCount: 0/,
  );
});
