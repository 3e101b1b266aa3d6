import { assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../../shared/crypto/identity.ts";
import { pathCountsMax, pathsTaken } from "../../../shared/protocol/path_count.ts";
import { type Asker, setUp } from "../../support/handlers_fixture.ts";
import { CoreServer } from "../../support/core_fixture.ts";
import { challengeOf, keyLine, signed } from "../../support/signer.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));

const registration = (
  id = "alice",
) => ["REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", "Port: 5556", "Version: 1", "Expires: 300"];

/** What was counted, without what was not. */
function counted({ context }: ReturnType<typeof setUp>): Record<string, number> {
  return Object.fromEntries([...context.paths.counts].filter(([, count]) => count > 0));
}

function registers(asker: Asker, ...paths: string[]): void {
  const lines = paths.map((path) => `Path: ${path}`);
  assertMatch(asker.askSigned(alice, ...registration(), ...lines), /^REGACK\r\n/);
}

Deno.test("how conversations go is counted when a client registers and unregisters, once each", () => {
  const server = setUp();
  const asker = server.connect();
  registers(asker, "punched-quic-ipv4 2", "relayed 1");
  assertEquals(counted(server), { "punched-quic-ipv4": 2, "relayed": 1 });
  const left = ["UNREGISTER", "clientID: alice", "Version: 1", "Path: failed 1"];
  assertMatch(asker.askSigned(alice, ...left), /^UNREGACK\r\n/);
  assertEquals(counted(server), { "punched-quic-ipv4": 2, "relayed": 1, "failed": 1 });
  // Nobody is registered any more.
  assertMatch(asker.askSigned(alice, ...left), /^ERROR\r\nCode: 404/);
  assertEquals(counted(server)["failed"], 1);
});

Deno.test("nothing is counted of who has no key, has not signed, or is refused", () => {
  const server = setUp();
  const lines = [...registration("bob"), "Path: relayed 1"];
  assertMatch(server.ask(...lines), /^REGACK\r\n/);
  const left = ["UNREGISTER", "clientID: bob", "Version: 1", "Path: relayed 1"];
  assertMatch(server.ask(...left), /^UNREGACK\r\n/);
  const asker = server.connect();
  const challenge = asker.ask(...registration(), "Path: relayed 1", keyLine(alice));
  assertMatch(challenge, /^ERROR\r\nCode: 401/);
  const forged = signed(alice, registration(), challengeOf(challenge));
  const wrong = forged.map((line) => line.replace("Expires: 300", "Expires: 301"));
  assertMatch(asker.ask(...wrong, "Path: relayed 1"), /^ERROR\r\n/);
  assertEquals(counted(server), {});
});

Deno.test("an unknown path is one of the others, and what is malformed is left out", () => {
  const server = setUp();
  const hostile = [
    'relayed"} 1',
    "relayed 0",
    "relayed 65",
    "relayed 1e9",
    "relayed 99999999999",
    "bob@x 1",
  ];
  registers(server.connect(), "with-bob 3", ...hostile, "", "relayed");
  assertEquals(counted(server), { other: 3 });
  // However many words there are, none is kept.
  assertEquals([...server.context.paths.counts.keys()], [...pathsTaken, "other"]);
});

Deno.test("a connection that floods counts no more than one may, and the next one has its own", () => {
  const server = setUp();
  const asker = server.connect();
  for (let i = 0; i < 50; i++) registers(asker, ...Array(40).fill("relayed 64"));
  assertEquals(counted(server), { relayed: pathCountsMax });
  registers(server.connect(), "relayed 1");
  assertEquals(counted(server), { relayed: pathCountsMax + 1 });
});

Deno.test("a control character in a Path is refused as in any line, and a line break makes no path", async () => {
  const server = new CoreServer();
  const client = server.connect();
  const lines = registration("bob");
  assertMatch(await client.ask(...lines, "Path: relayed 1\u0000"), /^ERROR\nCode: 400/);
  assertMatch(await client.ask(...lines, "Path: relayed\r\n 1"), /^ERROR\nCode: 400/);
  assertMatch(await client.ask(...lines, "Path: relayed\r1"), /^ERROR\nCode: 400/);
});
