import { assertEquals, assertMatch } from "@std/assert";
import type { Reflecting } from "../../../server/reflector/reflector.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { codeOf, setUp, wire } from "../../support/handlers_fixture.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));
const registration = ["REGISTER", "clientID: alice", "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
const reflect = ["REFLECT", "clientID: alice", "Version: 1"];
const watch = ["WATCH", "Version: 1", "Features: reflect"];

function connected(expect?: Reflecting["expect"]) {
  return setUp({ reflector: expect && { expect } }).connect("192.0.2.1");
}

Deno.test("who is registered with a key is let ask, from the host that it is seen at", () => {
  const hosts: string[] = [];
  const { ask, askSigned } = connected((host) => {
    hosts.push(host);
    return { port: 5555, certificate: new Uint8Array([1, 2, 3]) };
  });
  assertEquals(codeOf(ask(...reflect)), "403");
  askSigned(alice, ...registration);
  assertEquals(
    ask(...reflect),
    wire("REFLECTACK", "Port: 5555", "Certificate: AQID", "Version: 1"),
  );
  assertEquals(codeOf(ask("REFLECT", "clientID: bob", "Version: 1")), "403");
  assertEquals(hosts, ["192.0.2.1"]);
  assertMatch(ask(...watch), /\r\nFeatures: reflect\r\n/);
});

Deno.test("who takes no name signs, and may ask for two ports", () => {
  const asked: [string, boolean | undefined][] = [];
  const { ask, askSigned } = connected((host, both) => {
    asked.push([host, both]);
    const place = { port: 5555, certificate: new Uint8Array([1, 2, 3]) };
    return both ? { ...place, secondPort: 5556 } : place;
  });
  const two = ["REFLECT", "clientID: doctor", "Version: 1", "Ports: 2"];
  assertEquals(codeOf(ask(...two)), "403");
  assertEquals(codeOf(ask(...two, `Key: ${alice.publicKey}`)), "401");
  assertEquals(asked, []);
  assertEquals(
    askSigned(alice, ...two),
    wire("REFLECTACK", "Port: 5555", "Certificate: AQID", "Version: 1", "Second-Port: 5556"),
  );
  assertEquals(asked, [["192.0.2.1", true]]);
  // The signature is good once.
  assertEquals(codeOf(ask(...two)), "403");
});

Deno.test("who says what time it is for them hears what it is here, and others are answered as ever", () => {
  const { ask } = connected(() => "full");
  assertEquals(ask("PING", "Id: 7"), wire("PONG", "Id: 7"));
  assertMatch(
    ask("PING", "Id: 7", "Time: 1"),
    /^PONG\r\nId: 7\r\nTime: \d{13}\r\nSeen: 192\.0\.2\.1\r\nSeen-Port: 50000\r\nFeatures: auth, reflect\r\n\r\n$/,
  );
});

Deno.test("a server that cannot tell where clients are seen says so", () => {
  for (const [place, code] of [["full", "503"], ["unavailable", "503"]] as const) {
    const { ask, askSigned } = connected(() => place);
    askSigned(alice, ...registration);
    assertEquals(codeOf(ask(...reflect)), code);
  }
  const { ask, askSigned } = connected();
  askSigned(alice, ...registration);
  assertEquals(codeOf(ask(...reflect)), "503");
  assertEquals(/reflect/.test(ask(...watch)), false);
});
