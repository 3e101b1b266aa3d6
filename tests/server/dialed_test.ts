// A whole server, called by whichever address reaches it, with and without TLS.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../client/user_error.ts";
import { tcpNetwork } from "../../client/transport/transport.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { Authority } from "../support/certificates.ts";
import { Person, type PersonOptions } from "../support/client_fixture.ts";
import { sentenceOf } from "../support/problems.ts";
import { start } from "../support/server_fixture.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());

const identity = Identity.generate();

/** Registers, and takes it back. @returns What the user was told beside that. */
async function registers(address: ServerAddress, options: PersonOptions = {}): Promise<unknown[]> {
  await using alice = new Person("alice", { address }, { identity, ...options });
  await alice.client.register();
  await alice.client.unregister();
  return alice.events.of("problem");
}

/** Whether this machine has an address. */
function has(host: string): boolean {
  try {
    Deno.listen({ hostname: host, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

const hosts = ["127.0.0.1", "localhost", "LocalHost", "0.0.0.0", "::1"].filter(has);

for (const secure of [false, true]) {
  const how = secure ? "over TLS" : "in the clear";

  Deno.test(`clients that dial a server by an address of its machine can sign for it ${how}`, async () => {
    const tls = secure ? authority.issue() : undefined;
    const pin = tls && { pin: Uint8Array.fromHex(tls.sha256) };
    await using server = start({ host: has("::1") ? "::" : "0.0.0.0", tls });
    for (const host of hosts) {
      const address = { host, port: server.address.port, ...pin && { tls: pin } };
      assertEquals(await registers(address), [], host);
    }
  });

  Deno.test(`by a name, or a port that is forwarded, they can if --realm names it, ${how}`, async () => {
    const tls = secure ? authority.issue() : undefined;
    const pin = tls && { tls: { pin: Uint8Array.fromHex(tls.sha256) } };
    const dialed = { host: "Chat.example.org", port: 443, ...pin };
    const forwardingTo = ({ port }: { port: number }) => ({
      network: {
        ...tcpNetwork,
        dialServer: (address, options) =>
          tcpNetwork.dialServer({ ...address, host: "127.0.0.1", port }, options),
      } satisfies PersonOptions["network"],
    });
    await using named = start({ tls, realms: ["chat.example.net:443", "chat.example.org:443"] });
    assertEquals(await registers(dialed, forwardingTo(named.address)), []);
    await using unnamed = start({ tls });
    const { problem } = await assertRejects(
      () => registers(dialed, forwardingTo(unnamed.address)),
      UserError,
    );
    assertMatch(
      sentenceOf(problem),
      /Chat\.example\.org:443 does not go by that address, .* name it with --realm Chat\.example/,
    );
  });
}
