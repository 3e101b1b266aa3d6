// One host has as many addresses as it likes: with IPv6 at least a /64, and a site a /48. Limits per host have to
// count hosts.

import { assertEquals } from "@std/assert";
import { sitePrefix } from "../../shared/net/host_prefix.ts";
import { CoreServer } from "../support/core_fixture.ts";
import { withoutRates } from "../support/rates.ts";
import { codeOf } from "../support/server_fixture.ts";
import { sized } from "./extent.ts";

/** The n-th address of a /64, as an attacker makes them up. */
function address(n: number, prefix = "2001:db8:0:1"): string {
  return `${prefix}::${(n + 1).toString(16)}`;
}

/** Registers one name from each of many addresses. @returns How many got it. */
async function registered(count: number, hostOf: (n: number) => string): Promise<number> {
  const bound = 20;
  const server = new CoreServer({ capacity: { ...withoutRates, registrationsPerHost: bound } });
  let taken = 0;
  for (let n = 0; n < count; n++) {
    const host = hostOf(n);
    const client = server.connect(host);
    const reply = await client.ask("REGISTER", `clientID: c${n}`, `IP: ${host}`, "Port: 5556");
    if (reply.startsWith("REGACK")) taken++;
    else assertEquals(codeOf(reply.replaceAll("\n", "\r\n")), "429");
    client.conn.close();
    // The next turn: the fake clock gives none by itself.
    if (n % 20 === 0) await server.clock.pass(1);
  }
  await server.restart();
  return taken / bound;
}

Deno.test("the addresses of one /64 register as much as one host may", async () => {
  assertEquals(await registered(sized(60, 20_000), (n) => address(n)), 1);
});

Deno.test("the hosts of one /48 register as much as four may", async () => {
  const hostOf = (n: number) => address(n, `2001:db8:0:${n.toString(16)}`);
  assertEquals(sitePrefix(hostOf(1)), sitePrefix(hostOf(2)));
  assertEquals(await registered(sized(120, 20_000), hostOf), 4);
});
