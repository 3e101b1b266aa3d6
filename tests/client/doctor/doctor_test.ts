// What a real server tells, and one that knows less.

import { assert, assertEquals } from "@std/assert";
import { diagnose } from "../../../client/doctor/doctor.ts";
import { tcpNetwork } from "../../../client/transport/transport.ts";
import type { Address } from "../../../shared/net/address.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { FakeServer } from "../../support/client_fixture.ts";
import { start } from "../../support/server_fixture.ts";

function ask(server: Address, network = tcpNetwork) {
  const { signal } = new AbortController();
  return diagnose({ server, network, clock: systemClock, signal });
}

Deno.test("a server tells how far its clock is, where it sees us, and what it offers", async () => {
  await using server = start();
  const { facts, examination, problem, verdict } = await ask(server.address);
  assertEquals([problem, facts.reached, facts.seenHost], [undefined, true, "127.0.0.1"]);
  assert(Math.abs(examination!.clockAheadMs!) < 1_000);
  assert(examination!.connectMs >= 0 && examination!.roundTripMs! >= 0);
  assertEquals(verdict, "same-network");
  // Nobody has taken a name for that.
  assertEquals(server.registrations, 0);
});

Deno.test("a server that reflects is asked at two ports", async () => {
  await using server = start({ reflector: true });
  const { facts: { udp } } = await ask(server.address);
  assert(udp?.passes);
  assertEquals([udp.keepsAddress, udp.keepsPort, udp.seen.host], [true, true, "127.0.0.1"]);
});

Deno.test("a machine that has no UDP to give is no reason to say that none passes", async () => {
  await using server = start({ reflector: true });
  const network = { ...tcpNetwork, openPunching: () => Promise.resolve(undefined) };
  assertEquals((await ask(server.address, network)).facts.udp, undefined);
});

Deno.test("a server that says nothing of all that is reached, and nothing is made up", async () => {
  await using server = new FakeServer((request) =>
    request.startsWith("PING")
      ? "PONG\r\nId: 7\r\n\r\n"
      : "ERROR\r\nCode: 400\r\nReason: no\r\n\r\n"
  );
  const { facts, examination, verdict } = await ask(server.address);
  assertEquals(facts, {
    own: facts.own,
    reached: true,
    seenHost: undefined,
    relays: undefined,
    udp: undefined,
  });
  assertEquals([examination?.clockAheadMs, verdict], [undefined, "unknown"]);
});

Deno.test("that there is no server is a finding", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  taken.close();
  const { problem, verdict, facts } = await ask({ host: "127.0.0.1", port });
  assertEquals([problem?.code, verdict, facts.reached], [
    "server-unreachable",
    "unreachable",
    false,
  ]);
});
