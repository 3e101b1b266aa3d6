// Deposits that are refused, over many connections: they must cost the server no more than any other request, and
// others are served meanwhile.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../shared/crypto/identity.ts";
import type { Address } from "../../shared/net/address.ts";
import { senderMailsMax, shareMailsMax } from "../../shared/protocol/limits.ts";
import { AttackedServer } from "../support/attacked_server.ts";
import { depositLines } from "../support/core_fixture.ts";
import { HonestClient } from "../support/honest_client.ts";
import { withoutRates } from "../support/rates.ts";
import { register } from "../support/server_fixture.ts";
import { Wire } from "../support/wire.ts";
import { assertServed, isLarge, note, sized } from "./extent.ts";

const attacker = Identity.fromSeed(new Uint8Array(32).fill(66));
const pipelined = 65;

async function connectAs(server: { address: Address }, id: string): Promise<Wire> {
  const wire = await Wire.connect(server);
  assertMatch(await register(wire, id, attacker), /^REGACK\r\n/);
  return wire;
}

/** Deposits as many one-byte mails as are asked for. @returns The first code or verb of each reply. */
async function deposit(wire: Wire, from: string, to: string, ids: number[]): Promise<string[]> {
  await wire.send(
    ids.map((number) => {
      const id = number.toString(16).padStart(32, "0");
      return [...depositLines(from, to, attacker, id, new Uint8Array(1)), "", ""].join("\r\n");
    }).join(""),
  );
  const replies: string[] = [];
  for (const _ of ids) {
    const reply = await wire.receive();
    replies.push(/^ERROR\r\nCode: (\d+)/.exec(reply)?.[1] ?? reply.split("\r\n")[0]!);
  }
  return replies;
}

/** Fills eight mailboxes with mails of one byte, as many as one key may leave. */
async function fill(server: { address: Address }): Promise<void> {
  for (let box = 1; box <= senderMailsMax / shareMailsMax; box++) {
    using wire = await connectAs(server, `box${box}`);
    for (let from = 0; from < shareMailsMax; from += pipelined) {
      const count = Math.min(pipelined, shareMailsMax - from);
      const ids = Array.from({ length: count }, (_, i) => from + i);
      const replies = await deposit(wire, `box${box}`, `box${box}`, ids);
      assertEquals(new Set(replies), new Set(["DEPOSITACK"]));
    }
  }
}

/** Deposits that are refused, again and again. @returns How many were refused. */
async function attack(wire: Wire, untilMs: number): Promise<number> {
  let refused = 0;
  const ids = Array.from({ length: pipelined }, (_, i) => 10_000 + i);
  while (performance.now() < untilMs) {
    const replies = await deposit(wire, "box9", "box9", ids);
    assertEquals(new Set(replies), new Set(["429"]));
    refused += replies.length;
  }
  return refused;
}

Deno.test("deposits that are refused, over many connections, stop nobody", async () => {
  // One key makes all of them, which it could not do so often.
  await using place = await AttackedServer.start({ capacity: withoutRates });
  await fill(place);
  using honest = await HonestClient.start(place.address);
  await honest.latencies();
  for (const connections of isLarge ? [1, 100, 500] : [10]) {
    const wires = [];
    for (let i = 0; i < connections; i++) wires.push(await connectAs(place, "box9"));
    await honest.latencies();
    const startedAtMs = performance.now();
    const untilMs = startedAtMs + sized(300, 10_000);
    const refused = await Promise.all(wires.map((wire) => attack(wire, untilMs)));
    const total = refused.reduce((a, b) => a + b, 0);
    const seconds = (performance.now() - startedAtMs) / 1000;
    note(`${connections} connections`, { "refused a second": total / seconds });
    assert(total > 0);
    assertServed(`refused deposits over ${connections} connections`, await honest.latencies());
    for (const wire of wires) wire.close();
  }
});
