// Alice uses two servers. One of them passes everything that she says on to the other, and so has her sign there:
// it takes her name, and deletes the mail that friends have left for her.

import { assertEquals, assertInstanceOf, assertMatch, assertNotMatch } from "@std/assert";
import { type Network, tcpNetwork } from "../../client/transport/transport.ts";
import { UserError } from "../../client/user_error.ts";
import { wordingOf } from "../../client/ui/wording/wording.ts";
import type { Server, ServerOptions } from "../../server/server.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { Person } from "../support/client_fixture.ts";
import { depositLines } from "../support/core_fixture.ts";
import { sentenceOf } from "../support/problems.ts";
import type { RawPeer } from "../support/raw_peer.ts";
import { type Change, Relay } from "../support/relay.ts";
import { register, registration, start } from "../support/server_fixture.ts";
import { challengeOf, keyLine, signatureOf } from "../support/signer.ts";
import { Wire } from "../support/wire.ts";

const mails = 5;

/** A server at which friends have left mail for alice. */
async function serverWithMail(identity: Identity, options: Partial<ServerOptions>) {
  const server = start(options);
  using alice = await Wire.connect(server);
  await register(alice, "alice", identity);
  using bob = await Wire.connect(server);
  await register(bob, "bob", Identity.generate());
  for (let n = 0; n < mails; n++) {
    const id = n.toString(16).padStart(32, "0");
    const deposit = depositLines("bob", "alice", identity, id, new Uint8Array([n]));
    assertMatch(await bob.ask(...deposit), /^DEPOSITACK/);
  }
  return server;
}

/** How many mails wait for alice. */
async function mailsAt(server: Server, identity: Identity): Promise<number> {
  using alice = await Wire.connect(server);
  assertMatch(await register(alice, "alice", identity), /^REGACK/);
  const reply = await alice.ask("COLLECT", "clientID: alice", "Version: 1");
  return Number(/^Count: ([0-9]+)\r$/m.exec(reply)![1]);
}

/** Deletes all mail of the client that has registered on a connection. */
async function deleteMail(server: RawPeer): Promise<void> {
  const taken = Array.from({ length: mails }, (_, n) => `Taken: ${n + 1}\r\n`).join("");
  await server.send(`COLLECT\r\nclientID: alice\r\nVersion: 1\r\n${taken}\r\n`);
  await server.message();
}

/** Why somebody is not registered; an empty text if they are. */
async function refusalOf({ client }: Person): Promise<string> {
  try {
    await client.register();
    return "";
  } catch (error) {
    assertInstanceOf(error, UserError);
    return sentenceOf(error.problem);
  }
}

/** How the relay hides that the server would take a signature for the dialed address. */
const hideFeatures: Change = (message) => message.replace(/^Features: .*\r\n/m, "");
/** How it hides that the signature is for the dialed address. */
const hideDialed: Change = (message) => message.replace(/^Dialed: .*\r\n/m, "");
/** How it says that the client has dialed the other server. */
const changeDialed = (place: string): Change => (message) =>
  message.replace(/^Dialed: .*\r\n/m, `Dialed: ${place}\r\n`);

interface Attack {
  readonly what: string;
  readonly realms?: readonly string[];
  readonly toServer?: (place: string) => Change;
  readonly toClient?: Change;
  /** What alice is told. */
  readonly told: RegExp;
}

const attacks: readonly Attack[] = [
  {
    what: "passes everything on",
    told:
      /does not go by that address, but by 127\.0\.0\.1:[0-9]+: .* --realm relay\.example:5555$/,
  },
  {
    what: "passes everything on to a server with --realm",
    realms: ["chat.example.org:5555", "chat.example.net:5555"],
    told: /, but by chat\.example\.org:5555 or chat\.example\.net:5555 or 127\.0\.0\.1:/,
  },
  {
    what: "hides that the dialed address can be signed",
    toClient: hideFeatures,
    told: /does not say by which address it goes.*: nothing was signed\. /,
  },
  {
    what: "hides it of a server with --realm",
    realms: ["chat.example.org:5555"],
    toClient: hideFeatures,
    told: /asks for a signature for chat\.example\.org:5555: nothing was signed/,
  },
  {
    what: "hides that the dialed address was signed",
    toServer: () => hideDialed,
    told: /The Signature was not made with the Key for this request \(403\)/,
  },
  {
    what: "says that the other server was dialed",
    toServer: changeDialed,
    told: /The Signature was not made with the Key for this request \(403\)/,
  },
];

for (const { what, realms, toServer, toClient, told } of attacks) {
  Deno.test(`a server that ${what} gets no signature that is good at another`, async () => {
    const identity = Identity.generate();
    await using server = await serverWithMail(identity, realms === undefined ? {} : { realms });
    const place = realms?.[0] ?? `127.0.0.1:${server.address.port}`;
    let registered = 0;
    await using relay = new Relay(server.address, {
      ...toServer && { toServer: toServer(place) },
      ...toClient && { toClient },
      registered: async (connection) => {
        registered++;
        await deleteMail(connection);
      },
    });
    // By a name, as over a network: a server on one's own machine is trusted with more.
    const address = { host: "relay.example", port: 5555 };
    await using alice = new Person("alice", { address }, {
      identity,
      network: {
        ...tcpNetwork,
        dialServer: (_, options) => tcpNetwork.dialServer(relay.address, options),
      },
    });
    const refusal = await refusalOf(alice);
    assertEquals(await mailsAt(server, identity), mails);
    assertEquals(registered, 0);
    assertMatch(refusal, told);
  });
}

Deno.test("a relay on one's own machine that hides nothing gets no signature either", async () => {
  const identity = Identity.generate();
  await using server = await serverWithMail(identity, {});
  await using relay = new Relay(server.address, { registered: deleteMail });
  await using alice = new Person("alice", relay, { identity });
  const refusal = await refusalOf(alice);
  assertEquals(await mailsAt(server, identity), mails);
  assertMatch(refusal, /does not go by that address/);
});

Deno.test("if a server on one's own machine says no address, the user is warned before anything is written", async () => {
  const identity = Identity.generate();
  await using server = start();
  await using relay = new Relay(server.address, {
    toClient: hideFeatures,
    registered: () => Promise.resolve(),
  });
  await using alice = new Person("alice", relay, { identity });
  await alice.client.register();
  const warnings = alice.events.of("problem").map((event) => wordingOf(event)!.lines.join("\n"));
  assertEquals(warnings.length, 1);
  assertMatch(warnings[0]!, /does not say by which address it goes: if it passes on what another/);
  assertNotMatch(relay.requests.join(""), /^Dialed: /m);
});

Deno.test("who stands on the way to the server can neither take nor delete the mail of those it knows", async () => {
  const identity = Identity.generate();
  await using server = await serverWithMail(identity, {});
  const replies: string[] = [];
  await using relay = new Relay(server.address, {
    registered: async (passedOn) => {
      for (const lines of ["", `Key: ${identity.publicKey}\r\n`, "Taken: 1\r\nTaken: 2\r\n"]) {
        await passedOn.send(`COLLECT\r\nclientID: alice\r\nVersion: 1\r\n${lines}\r\n`);
        replies.push(await passedOn.message());
      }
    },
  });
  // She dials the server, and somebody else takes the call.
  const network: Network = {
    ...tcpNetwork,
    dialServer: (address, options) =>
      tcpNetwork.dialServer({ ...address, ...relay.address }, options),
  };
  {
    await using alice = new Person("alice", server, { identity, network });
    await alice.client.register();
  }
  assertEquals(replies.length, 3);
  for (const reply of replies) assertMatch(reply, /^ERROR\r\nCode: 401\r\n/);
});

Deno.test("a COLLECT is good once, on its connection, for the mails that it names", async () => {
  const identity = Identity.generate();
  await using server = await serverWithMail(identity, {});
  const place = `127.0.0.1:${server.address.port}`;
  using alice = await Wire.connect(server);
  assertMatch(await registerFor(alice, identity, place), /^REGACK/);
  const asked = ["COLLECT", "clientID: alice", "Version: 1", "After: 0", "Taken: 1"];
  const refused = await alice.ask(...asked, keyLine(identity));
  const { nonce, realm } = challengeOf(refused);
  const lines = [...asked, keyLine(identity), `Nonce: ${nonce}`, `Dialed: ${place}`];
  const signature = `Signature: ${signatureOf(identity, lines, realm)}`;
  const changed = lines.map((line) => line === "Taken: 1" ? "Taken: 2" : line);
  assertMatch(await alice.ask(...changed, signature), /^ERROR\r\nCode: 403\r\n/);
  const again = challengeOf(await alice.ask(...asked, keyLine(identity)));
  const fresh = [...asked, keyLine(identity), `Nonce: ${again.nonce}`, `Dialed: ${place}`];
  const good = [...fresh, `Signature: ${signatureOf(identity, fresh, realm)}`];
  assertMatch(await alice.ask(...good), /^COLLECTACK\r\nCount: 4\r\n/);
  assertMatch(await alice.ask(...good), /^ERROR\r\nCode: 401\r\n/);
});

/** Registers as alice, signing for a dialed address. */
async function registerFor(wire: Wire, identity: Identity, place: string): Promise<string> {
  const unsigned = [...registration("alice"), keyLine(identity)];
  const { nonce, realm } = challengeOf(await wire.ask(...unsigned));
  const lines = [...unsigned, `Nonce: ${nonce}`, `Dialed: ${place}`];
  return await wire.ask(...lines, `Signature: ${signatureOf(identity, lines, realm)}`);
}
