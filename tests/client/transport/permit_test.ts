// From an address that somebody has named to one that may be called.

import { assertEquals, assertRejects } from "@std/assert";
import { interfaces } from "../../../shared/net/interfaces.ts";
import { mayMailName, permit, tcpNetwork } from "../../../client/transport/transport.ts";
import { UserError } from "../../../client/user_error.ts";
import type { Address } from "../../../shared/net/address.ts";
import { type AddressSource, namedBy } from "../../../shared/net/named_address.ts";
import { dialTimeoutMs } from "../../../shared/protocol/limits.ts";
import { FakeClock, settle } from "../../support/fake_clock.ts";
import { WatchedNetwork } from "../../support/watched_network.ts";

const serverHost = "192.0.2.5";
const publicServer = { serverHost };

/** Asks on behalf of somebody who is in a network in which names stand for some addresses. */
function asking(names: Record<string, string[]> = {}) {
  const watched = new WatchedNetwork({ names });
  const clock = new FakeClock();
  const options = { name: "bob", network: watched.network, serverHost, clock };
  const ask = (host: string, source: AddressSource) =>
    permit(namedBy(source, { host, port: 80 }), options);
  return { watched, clock, options, ask };
}

/** What is wrong with an address. */
async function problemOf(asked: Promise<unknown>) {
  return (await assertRejects(() => asked, UserError)).problem;
}

// Never called: it would not compile if what dials took an address that has not been permitted, or if an address
// were permitted of which nobody says who has named it.
void (async (address: Address) => {
  // @ts-expect-error -- nobody has asked whether it may be called
  await tcpNetwork.dial(address, "bob", { signal: AbortSignal.abort() });
  // @ts-expect-error -- who has named it?
  await permit(address, asking().options);
});

Deno.test("what is permitted is the address itself, without a zone of somebody else's machine", async () => {
  const { ask, watched } = asking();
  assertEquals({ ...await ask("2001:db8::1%eth0", publicServer) }, {
    host: "2001:db8::1",
    port: 80,
  });
  assertEquals({ ...await ask("192.0.2.1", "mail") }, { host: "192.0.2.1", port: 80 });
  assertEquals({ ...await ask("fe80::1%eth0", "user") }, { host: "fe80::1%eth0", port: 80 });
  assertEquals({ ...await ask("bob.example", "user") }, { host: "bob.example", port: 80 });
  assertEquals(watched.lookedUp, []);
});

Deno.test("a refusal says who has named what, and what it is", async () => {
  const { ask } = asking({ "bob.example": ["::ffff:127.0.0.1", "10.0.0.1"] });
  const problem = (host: string, more: object) => ({
    code: "address-not-called",
    name: "bob",
    address: { host, port: 80 },
    ...more,
  });
  assertEquals<unknown>(
    await problemOf(ask("fe80::1%eth0", publicServer)),
    problem("fe80::1", { namedBy: "server", objection: "link-local" }),
  );
  assertEquals<unknown>(
    await problemOf(ask("192.168.7.1", "mail")),
    problem("192.168.7.1", { namedBy: "mail", objection: "private" }),
  );
  assertEquals<unknown>(
    await problemOf(ask("bob.example", "unknown")),
    problem("bob.example", {
      namedBy: "unknown",
      objection: "loopback",
      resolved: "::ffff:127.0.0.1",
    }),
  );
});

Deno.test("a name that stands for nothing, or that nobody looks up, is like somebody who is not there", async () => {
  const { ask, options, clock } = asking();
  const problem = {
    code: "peer-unreachable",
    name: "bob",
    address: { host: "b.example", port: 80 },
  };
  assertEquals<unknown>(
    await problemOf(ask("b.example", publicServer)),
    { ...problem, why: { is: "no-such-host" } },
  );
  const network = { ...options.network, lookUp: () => new Promise<string[]>(() => {}) };
  const asked = permit(namedBy(publicServer, problem.address), { ...options, network });
  const found = problemOf(asked);
  await settle();
  await clock.pass(dialTimeoutMs);
  assertEquals<unknown>(await found, { ...problem, why: { is: "not-looked-up" } });
});

Deno.test("the system looks names up with all of their addresses", async () => {
  const found = await tcpNetwork.lookUp("localhost");
  assertEquals(found.filter((ip) => ip !== "127.0.0.1" && ip !== "::1"), []);
  assertEquals(found.length > 0, true);
  await assertRejects(() => tcpNetwork.lookUp("no-such-host.invalid"));
});

Deno.test({
  name: "without the permission to see them, the machine has no interfaces",
  permissions: { sys: false },
  fn: () => {
    assertEquals(interfaces(), []);
  },
});

Deno.test("a mail may name public addresses only", () => {
  const named = ["192.0.2.1", "192.168.7.1", "127.0.0.1", "169.254.169.254", "::", "bob.example"];
  const allowed = named.filter((host) => mayMailName({ host, port: 80 }));
  assertEquals(allowed, ["192.0.2.1"]);
});
