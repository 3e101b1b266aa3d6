import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Diagnosis, Ipv6 } from "../../../../client/doctor/doctor.ts";
import { doctorLines } from "../../../../client/ui/wording/wording.ts";

const server = { host: "chat.example.org", port: 5555, tls: {} };
const found: Diagnosis = {
  facts: {
    own: ["192.168.1.7"],
    reached: true,
    seenHost: "8.8.4.4",
    relays: true,
    udp: {
      passes: true,
      seen: { host: "8.8.4.4", port: 40_123 },
      keepsPort: false,
      keepsAddress: true,
    },
    tcp: { seenPort: 40_001, keepsPort: true, choosesPort: true },
  },
  examination: {
    connectMs: 23.4,
    roundTripMs: 7.25,
    remoteHost: "8.8.8.8",
    clockAheadMs: -120_000,
    seenHost: "8.8.4.4",
    ports: { own: 40_001, seen: 40_001 },
    relays: true,
    reflector: undefined,
  },
  problem: undefined,
  ipv6: "none",
  verdict: "punched",
};

Deno.test("a diagnosis says each finding on a row, and what follows at the end", () => {
  assertEquals(doctorLines(server, found), [
    "server     tls://chat.example.org:5555, connected in 23 ms, 7.3 ms there and back",
    "encrypted  yes",
    "addresses  192.168.1.7; the server sees 8.8.4.4: a router stands between",
    "IPv6       this machine has no address of it",
    "UDP        seen at 8.8.4.4:40123, another port than yours, the same for all",
    "TCP        seen at port 40001, your own, and this runtime can call from a port of its choice",
    "relay      yes",
    "clock      120 s ahead of the server's: one is wrong",
    "so         others reach you through both routers, if theirs keeps one address for all as yours does; " +
    "everybody else over the server",
  ]);
});

const rows: [what: string, changes: Partial<Diagnosis["facts"]>, ipv6: Ipv6, row: string][] = [
  [
    "no answer over UDP",
    { udp: { passes: false, why: "no-answer" } },
    "none",
    "UDP        no answer: it is kept back on the way, by a firewall here or there, or the server's port is closed for UDP",
  ],
  [
    "no port of UDP",
    { udp: { passes: false, why: "no-port", reason: "Too many open files" } },
    "none",
    "UDP        cannot be used: this machine opens no port for it: Too many open files",
  ],
  [
    "UDP that this machine keeps back itself",
    { udp: { passes: false, why: "not-sent", reason: "Operation not permitted" } },
    "none",
    "UDP        not sent by this machine, as with a firewall of its own: Operation not permitted",
  ],
  [
    "a runtime without QUIC",
    { udp: { passes: false, why: "no-quic" } },
    "none",
    "UDP        cannot be used: this runtime has no QUIC",
  ],
  [
    "a server that reflects nothing",
    { udp: undefined },
    "none",
    "UDP        cannot be told: the server has not said where it can be asked",
  ],
  [
    "a port of TCP that the router does not keep",
    { tcp: { seenPort: 1_024, keepsPort: false, choosesPort: true } },
    "none",
    "TCP        seen at port 1024, another one than yours: the router cannot be called through",
  ],
  [
    "a runtime that does not choose its ports",
    { tcp: { seenPort: 40_001, keepsPort: true, choosesPort: false } },
    "none",
    "TCP        seen at port 40001, your own, but this runtime cannot call from a port of its choice; Deno 2.9 can",
  ],
  [
    "a runtime of which it is not known whether it chooses its ports",
    { tcp: { seenPort: 40_001, keepsPort: true, choosesPort: undefined } },
    "none",
    "TCP        seen at port 40001, your own; whether this runtime can call from a port of its choice cannot be told",
  ],
  [
    "a server that does not say which port it sees",
    { tcp: { seenPort: undefined, keepsPort: undefined, choosesPort: true } },
    "none",
    "TCP        whether your ports stay the same cannot be told: the server does not say at which it sees you",
  ],
  ["a relay that is off", { relays: false }, "none", "relay      no: it is off"],
  [
    "a server that does not say whether it relays",
    { relays: undefined },
    "none",
    "relay      the server does not say",
  ],
  ["IPv6 in use", {}, "used", "IPv6       yes, the server is reached over it"],
  [
    "IPv6 at home",
    {},
    "private",
    "IPv6       an address for your network alone, not tried",
  ],
  [
    "IPv6 that was not tried",
    {},
    "public",
    "IPv6       an address that everybody could call, not tried: the server was not reached over it",
  ],
];

for (const [what, changes, ipv6, row] of rows) {
  Deno.test(`${what} is said as far as it is known`, () => {
    const lines = doctorLines(server, { ...found, ipv6, facts: { ...found.facts, ...changes } });
    assert(lines.includes(row), lines.join("\n"));
  });
}

Deno.test("where no answer comes over UDP it is said that another server may tell more", () => {
  const lines = doctorLines(server, { ...found, verdict: "probably-relayed" });
  assertMatch(
    lines.at(-1)!,
    /^so +as far as this server can tell, .* another server may tell more$/,
  );
});

Deno.test("where TCP alone passes it is said what it takes of the others", () => {
  const lines = doctorLines(server, { ...found, verdict: "punched-over-tcp" });
  assertMatch(lines.at(-1)!, /^so +others reach you through both routers over TCP, if theirs /);
});

Deno.test("a server that has said nothing in time is no server that says all is well", () => {
  const lines = doctorLines(server, {
    ...found,
    examination: { ...found.examination!, roundTripMs: undefined },
  });
  assertEquals(
    lines[0],
    "server     tls://chat.example.org:5555, connected in 23 ms, but it has not answered",
  );
});

Deno.test("where the server relays nothing the user can still call", () => {
  const lines = doctorLines(server, { ...found, verdict: "unreachable" });
  assertMatch(lines.at(-1)!, /^so +you reach people with a public address, .* relays nothing$/);
});

Deno.test("what a server says is harmless in a terminal, and no server is a finding as well", () => {
  const { facts, examination } = found;
  const seenHost = "8.8.4.4\x1b[2J\u202e";
  const lines = doctorLines(server, {
    ...found,
    facts: { ...facts, seenHost },
    examination: { ...examination!, seenHost },
  });
  assertEquals(lines.join("\n").match(/[^\n\P{C}]/u), null);
  const [first, , last] = doctorLines(server, {
    ...found,
    facts: { ...facts, reached: false },
    examination: undefined,
    problem: { code: "server-unreachable", server: "x:1", why: { is: "no-answer" } },
    verdict: "unreachable",
  });
  assertMatch(first!, /^server {5}Cannot reach the server at x:1: /);
  assertEquals(last, "so         nobody finds you");
});
