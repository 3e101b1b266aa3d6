// What a real server tells, and one that knows less.

import { assert, assertEquals } from "@std/assert";
import { diagnose, type UdpFacts } from "../../../client/doctor/doctor.ts";
import { type Punching, tcpNetwork } from "../../../client/transport/transport.ts";
import type { ServerAddress, ServerTls } from "../../../shared/net/server_address.ts";
import { aborted, systemClock, type TimerClock } from "../../../shared/time/clock.ts";
import { Authority, type Issued } from "../../support/certificates.ts";
import { withMethods } from "../../support/altered.ts";
import { connectWithin } from "../../../client/transport/connect_within.ts";
import { UserError } from "../../../client/user_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { FakeServer } from "../../support/client_fixture.ts";
import { start } from "../../support/server_fixture.ts";

function ask(server: ServerAddress, network = tcpNetwork, clock: TimerClock = systemClock) {
  const { signal } = new AbortController();
  return diagnose({ server, network, clock, signal });
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

const ways: [how: string, way: (issued: Issued, authority: Authority) => ServerTls | undefined][] =
  [
    ["in the clear", () => undefined],
    ["over TLS", (_, { cert }) => ({ authorities: cert })],
    ["over TLS by a fingerprint", ({ sha256 }) => ({ pin: Uint8Array.fromHex(sha256) })],
  ];

for (const [how, way] of ways) {
  Deno.test(`${how} a server tells from which port of TCP we call, which is our own here`, async () => {
    using authority = new Authority();
    const issued = authority.issue();
    const tls = way(issued, authority);
    await using server = start({ tls: tls && issued });
    const { facts: { tcp } } = await ask({ ...server.address, ...tls && { tls } });
    assertEquals([tcp.keepsPort, tcp.seenPort! > 0], [true, true]);
  });
}

Deno.test("a port that is another one on the way is no port that is kept", async () => {
  await using server = start();
  const dialServer: typeof tcpNetwork.dialServer = async (...args) => {
    const conn = await tcpNetwork.dialServer(...args);
    return withMethods(conn, {
      localAddr: { hostname: "192.168.1.7", port: 9 },
    });
  };
  const { facts: { tcp } } = await ask(server.address, { ...tcpNetwork, dialServer });
  assertEquals(tcp.keepsPort, false);
});

const choices: [what: string, Partial<typeof tcpNetwork>, choosesPort: boolean | undefined][] = [
  [
    "chooses its ports",
    { simultaneousOpen: () => Promise.resolve({ port: 1, open: noOpening }) },
    true,
  ],
  [
    "does not choose its ports",
    { simultaneousOpen: () => Promise.reject(new Deno.errors.NotSupported("no-choice-of-port")) },
    false,
  ],
  [
    "has no port to try it with",
    { simultaneousOpen: () => Promise.reject(new Error("Too many open files (os error 24)")) },
    undefined,
  ],
];

function noOpening(): Promise<never> {
  return Promise.reject(new Error("nobody is met here"));
}

for (const [what, changes, choosesPort] of choices) {
  Deno.test(`of a runtime that ${what} no more is said`, async () => {
    await using server = start();
    const { facts: { tcp } } = await ask(server.address, { ...tcpNetwork, ...changes });
    assertEquals(tcp.choosesPort, choosesPort);
  });
}

Deno.test("a machine that does not even call itself is not waited for longer than for others", async () => {
  await using server = start();
  const clock = new FakeClock();
  const told = Promise.withResolvers<void>();
  const network: typeof tcpNetwork = {
    ...tcpNetwork,
    simultaneousOpen: () => new Promise<never>(() => {}),
    dialServer: async (...args) => {
      const conn = await tcpNetwork.dialServer(...args);
      const close = () => {
        conn.close();
        told.resolve();
      };
      return withMethods(conn, { close });
    },
  };
  const asked = ask(server.address, network, clock);
  await told.promise;
  await clock.pass(2_000);
  const { facts } = await asked;
  assertEquals([facts.reached, facts.tcp.choosesPort], [true, undefined]);
});

/**
 * A network in which one can ask over UDP as here, but for some ports of the server from which nothing comes back.
 *
 * @param onAsked Told when one of these is asked.
 */
function filtered(
  isFiltered: (port: number) => boolean,
  onAsked: () => void = () => {},
): typeof tcpNetwork {
  return {
    ...tcpNetwork,
    openPunching: async (port) => {
      const punching = await tcpNetwork.openPunching!(port);
      const reflect: Punching["reflect"] = (server, certificate, signal) => {
        if (!isFiltered(server.port)) return punching.reflect(server, certificate, signal);
        onAsked();
        return silence(signal);
      };
      return withMethods(punching, { reflect });
    },
  };
}

async function silence(signal: AbortSignal): Promise<never> {
  await aborted(signal);
  throw signal.reason;
}

Deno.test("of a second port from which nothing comes back, nothing is made up", async () => {
  await using server = start({ reflector: true });
  const { facts: { udp } } = await ask(
    server.address,
    filtered((port) => port !== server.address.port),
  );
  assert(udp?.passes);
  assertEquals([udp.keepsAddress, udp.keepsPort], [undefined, true]);
});

const noUdp: [what: string, network: Partial<typeof tcpNetwork>, udp: UdpFacts][] = [
  [
    "opens no port of UDP",
    { openPunching: () => Promise.reject(new Error("Too many open files (os error 24)")) },
    { passes: false, why: "no-port", reason: "Too many open files" },
  ],
  [
    "has no QUIC",
    { openPunching: () => Promise.reject(new Deno.errors.NotSupported("no-quic")) },
    { passes: false, why: "no-quic" },
  ],
  [
    "keeps UDP back itself",
    { trySending: () => Promise.reject(new Error("Operation not permitted (os error 1)")) },
    { passes: false, why: "not-sent", reason: "Operation not permitted" },
  ],
];

for (const [what, changes, udp] of noUdp) {
  Deno.test(`a machine that ${what} is told so, and nobody else is blamed`, async () => {
    await using server = start({ reflector: true });
    const { facts } = await ask(server.address, { ...tcpNetwork, ...changes });
    assertEquals(facts.udp, udp);
  });
}

Deno.test("a server that relays nothing says so", async () => {
  await using server = start({ relay: false });
  assertEquals((await ask(server.address)).facts.relays, false);
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
    tcp: { ...facts.tcp, seenPort: undefined, keepsPort: undefined },
  });
  assertEquals([examination?.clockAheadMs, verdict], [undefined, "unknown"]);
});

Deno.test("that IPv6 works is told by the way to the server, and not by what it says of it", async () => {
  await using server = start({ reflector: false });
  // Any address will do: it is only read.
  const remoteAddr = { transport: "tcp" as const, hostname: "2a00:1450::9", port: 5555 };
  const dialServer: typeof tcpNetwork.dialServer = async (...args) => {
    const conn = await tcpNetwork.dialServer(...args);
    return withMethods(conn, { remoteAddr });
  };
  const { ipv6, facts } = await ask(server.address, { ...tcpNetwork, dialServer });
  assertEquals([ipv6, facts.seenHost], ["used", "127.0.0.1"]);
});

Deno.test("a server that does not say an address where it sees us has not said where", async () => {
  await using server = new FakeServer(() => "PONG\r\nId: 7\r\nTime: 5\r\nSeen: nowhere\r\n\r\n");
  const { facts, verdict } = await ask(server.address);
  assertEquals([facts.seenHost, verdict], [undefined, "unknown"]);
});

/** How long it takes at most, as the README says, in milliseconds. */
const allMs = 6_000;

Deno.test("a server that is slow leaves the less time for UDP: 6 s in all", async () => {
  await using server = start({ reflector: true });
  const clock = new FakeClock();
  const slowMs = 3_900;
  const reflecting = Promise.withResolvers<void>();
  const network = {
    ...filtered(() => true, reflecting.resolve),
    dialServer: async (...[address, options]: Parameters<typeof tcpNetwork.dialServer>) => {
      const conn = await tcpNetwork.dialServer(address, options);
      await clock.pass(slowMs);
      return conn;
    },
  };
  const asked = ask(server.address, network, clock);
  await reflecting.promise;
  const { facts: { udp } } = await clock.finish(asked, allMs - slowMs);
  assertEquals(udp, { passes: false, why: "no-answer" });
});

Deno.test("a server that takes the connection and says nothing is waited for 4 s", async () => {
  await using server = new FakeServer(() => "");
  const clock = new FakeClock();
  const asked = ask(server.address, tcpNetwork, clock);
  while (server.requests.length === 0) await clock.settle();
  await clock.pass(4_000);
  const { examination, facts } = await asked;
  assertEquals([facts.reached, examination?.roundTripMs, facts.udp], [true, undefined, undefined]);
});

Deno.test("a server to which nothing comes through is one that does not answer, after 3 s", async () => {
  const clock = new FakeClock();
  const why = { is: "no-answer" } as const;
  const dialServer: typeof tcpNetwork.dialServer = (_, options) =>
    connectWithin(() => new Promise<never>(() => {}), options, (cause) => {
      assert(cause instanceof Deno.errors.TimedOut);
      return new UserError({ code: "server-unreachable", server: "192.0.2.1:5555", why });
    });
  const asked = ask({ host: "192.0.2.1", port: 5555 }, { ...tcpNetwork, dialServer }, clock);
  const { problem } = await clock.finish(asked, 3_000);
  assertEquals(problem?.code, "server-unreachable");
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
