// What a network means for reaching others.

import { assertEquals } from "@std/assert";
import {
  ipv6Of,
  judge,
  type NetworkFacts,
  type TcpFacts,
  type UdpFacts,
  type Verdict,
} from "../../../client/doctor/verdict.ts";

const home: NetworkFacts = {
  own: ["192.168.1.7"],
  reached: true,
  seenHost: "8.8.4.4",
  relays: true,
  udp: undefined,
  tcp: { seenPort: 40_001, keepsPort: false, choosesPort: true },
};
const tcp = (keepsPort: boolean | undefined, choosesPort: boolean | undefined): TcpFacts => ({
  seenPort: keepsPort === undefined ? undefined : 40_001,
  keepsPort,
  choosesPort,
});
const seen = { host: "8.8.4.4", port: 40_000 };
const noAnswer: UdpFacts = { passes: false, why: "no-answer" };
const own = (why: "no-port" | "not-sent"): UdpFacts => ({ passes: false, why, reason: "no" });
const udp = (keepsAddress: boolean | undefined): UdpFacts => ({
  passes: true,
  seen,
  keepsPort: false,
  keepsAddress,
});

const cases: [what: string, facts: Partial<NetworkFacts>, verdict: Verdict][] = [
  ["its own address is seen", { own: ["10.0.0.1", "8.8.4.4"] }, "direct"],
  ["its own address is seen, and the server relays nothing", {
    own: ["8.8.4.4"],
    relays: false,
  }, "direct"],
  ["its router keeps one address for all", { udp: udp(true) }, "punched"],
  ["its router takes another for everybody", { udp: udp(false) }, "relayed"],
  ["no UDP comes back, whoever keeps it", { udp: noAnswer }, "probably-relayed"],
  ["this machine gives no UDP port", { udp: own("no-port") }, "relayed"],
  ["this machine sends no UDP", { udp: own("not-sent") }, "relayed"],
  ["the runtime has no QUIC", { udp: { passes: false, why: "no-quic" } }, "relayed"],
  ["only one port could be asked", { udp: udp(undefined) }, "unknown"],
  ["the server reflects nothing", {}, "unknown"],
  ["the server does not say where it sees us", { seenHost: undefined }, "unknown"],
  [
    "the server is in the same network",
    { seenHost: "192.168.1.7", udp: udp(true) },
    "same-network",
  ],
  ["the server is on this machine", { seenHost: "127.0.0.1" }, "same-network"],
  ["UDP passes, and TCP need not", { udp: udp(true), tcp: tcp(false, false) }, "punched"],
  ["no UDP comes back, and TCP keeps its port", {
    udp: noAnswer,
    tcp: tcp(true, true),
  }, "punched-over-tcp"],
  ["UDP takes another address for everybody, and TCP keeps its port", {
    udp: udp(false),
    tcp: tcp(true, true),
  }, "punched-over-tcp"],
  ["what UDP does is not known, and TCP keeps its port", {
    tcp: tcp(true, true),
  }, "punched-over-tcp"],
  ["TCP keeps its port, and this runtime cannot choose one", {
    udp: udp(false),
    tcp: tcp(true, false),
  }, "relayed"],
  ["this runtime cannot choose a port, whatever the router does", {
    udp: udp(false),
    tcp: tcp(undefined, false),
  }, "relayed"],
  ["the server does not say which port of TCP it sees", {
    udp: udp(false),
    tcp: tcp(undefined, true),
  }, "probably-relayed"],
  ["whether this runtime chooses ports is not known", {
    udp: own("no-port"),
    tcp: tcp(true, undefined),
  }, "probably-relayed"],
  ["there is no server", { reached: false, seenHost: undefined }, "unreachable"],
];

for (const [what, facts, verdict] of cases) {
  Deno.test(`${verdict}: ${what}`, () => {
    assertEquals(judge({ ...home, ...facts }), verdict);
  });
}

// Over the relay two routers are passed: the two sides agree on that there.
const anyUdp = [noAnswer, udp(true), udp(false), udp(undefined), undefined];

Deno.test("behind a router, nothing is possible where the server relays nothing, whatever UDP does", () => {
  assertEquals(
    anyUdp.map((udp) => judge({ ...home, udp, relays: false })),
    anyUdp.map(() => "unreachable"),
  );
});

Deno.test("of a server that does not say whether it relays, neither is guessed", () => {
  assertEquals(
    anyUdp.map((udp) => judge({ ...home, udp, relays: undefined })),
    anyUdp.map(() => "unknown"),
  );
});

Deno.test("an address of IPv6 that means nothing elsewhere is none for everybody", () => {
  assertEquals(ipv6Of(["192.168.1.7"], "8.8.4.4"), "none");
  assertEquals(ipv6Of(["192.168.1.7", "fd00::2"], undefined), "private");
  assertEquals(ipv6Of(["fd00::2", "2a00:1450::1"], "8.8.4.4"), "public");
  assertEquals(ipv6Of(["fd00::2", "2a00:1450::1"], "fd00::2"), "public");
  assertEquals(ipv6Of(["fd00::2", "2a00:1450::1"], "2a00:1450::9"), "used");
});
