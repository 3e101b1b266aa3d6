import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { Identity } from "../../../shared/crypto/identity.ts";
import { formatAgreement } from "../../../shared/protocol/agreement_record.ts";
import { challengeTtlMs, registrationTtlMaxMs } from "../../../shared/protocol/limits.ts";
import { codeOf, setUp, wire } from "../../support/handlers_fixture.ts";
import { challengeOf, keyLine, signatureOf, signed } from "../../support/signer.ts";
import { publicKeyBytes, publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const alice = Identity.fromSeed(new Uint8Array(32).fill(1));
const bob = Identity.fromSeed(new Uint8Array(32).fill(2));

/** A registration of this protocol, unsigned. */
function registration(id = "alice", { ip = "127.0.0.1", port = 5556 } = {}): string[] {
  return ["REGISTER", `clientID: ${id}`, `IP: ${ip}`, `Port: ${port}`]
    .concat("Version: 1", "Expires: 300");
}

function regack(id = "alice", { ip = "127.0.0.1", port = 5556 } = {}): string {
  const [, ...headers] = registration(id, { ip, port });
  return wire("REGACK", ...headers);
}

function unregistration(id = "alice", verb = "UNREGISTER"): string[] {
  return [verb, `clientID: ${id}`, "Version: 1"];
}

const isRegack = (reply: string) => reply.startsWith("REGACK\r\n");
const isChallenge = (reply: string) => codeOf(reply) === "401";

Deno.test("a client that names a key gets a challenge, and is registered once it signs it", () => {
  const { connect, registry } = setUp();
  const { ask } = connect();
  const reply = ask(...registration(), keyLine(alice));
  assertMatch(
    reply,
    /^ERROR\r\nCode: 401\r\nReason: .+\r\nNonce: [0-9a-f]{32}\r\nRealm: [0-9a-f]{32}\r\nFeatures: dialed\r\n\r\n$/,
  );
  assertEquals(registry.size, 0);
  assertEquals(ask(...signed(alice, registration(), challengeOf(reply))), regack());
  assertEquals(registry.find("alice")?.fingerprint, alice.fingerprint);
});

Deno.test("clients sign for the realm that the server was started with", () => {
  const realm = "chat.example.org:5555";
  const { ask, askSigned } = setUp({ realms: [realm] }).connect();
  assertEquals(challengeOf(ask(...registration(), keyLine(alice))).realm, realm);
  assertEquals(askSigned(alice, ...registration()), regack());
});

Deno.test("a signature for the dialed address is good at a server that goes by it, for each verb", () => {
  const { connect, registry } = setUp({ realms: ["chat.example.org:5555", "10.0.0.7:6000"] });
  for (
    const dialed of ["chat.example.org:5555", "10.0.0.7:6000", "192.0.2.1:5555", "LOCALHOST:5555"]
  ) {
    const host = dialed.startsWith("L") ? "127.0.0.1" : "192.0.2.1";
    const { askSigned } = connect("127.0.0.1", { hostname: host, port: 5555 });
    assertEquals(askSigned(alice, ...registration(), `Dialed: ${dialed}`), regack());
    assertMatch(
      askSigned(alice, "UNREGISTER", "clientID: alice", "Version: 1", `Dialed: ${dialed}`),
      /^UNREGACK/,
    );
  }
  assertEquals(registry.size, 0);
});

Deno.test("a signature for another dialed address gets 421 with each address that the server goes by", () => {
  const { connect, registry } = setUp({ realms: ["chat.example.org:5555", "10.0.0.7:6000"] });
  const { ask, askSigned } = connect("127.0.0.1", { hostname: "::ffff:192.0.2.1", port: 5555 });
  const refusal = (dialed: string) =>
    "ERROR\r\nCode: 421\r\n" +
    `Reason: This server does not go by the address ${dialed}\r\nRealm: chat.example.org:5555\r\n` +
    "Realm: 10.0.0.7:6000\r\nRealm: 192.0.2.1:5555\r\n\r\n";
  for (const dialed of ["relay.example.org:5555", "192.0.2.1:5556", "127.0.0.1:5555"]) {
    assertEquals(askSigned(alice, ...registration(), `Dialed: ${dialed}`), refusal(dialed));
  }
  assertEquals(registry.size, 0);
  askSigned(alice, ...registration());
  const unregister = ["UNREGISTER", "clientID: alice", "Version: 1", "Dialed: 192.0.2.2:5555"];
  assertEquals(askSigned(alice, ...unregister), refusal("192.0.2.2:5555"));
  assertEquals(registry.size, 1);
  // Nobody who has not signed learns these addresses.
  const unsigned = ask(...registration(), keyLine(alice), "Dialed: 192.0.2.2:5555");
  assert(isChallenge(unsigned));
});

Deno.test("what was signed for the dialed address is good for nothing else, and the other way round", () => {
  const place = "127.0.0.1:5555";
  const { connect, registry } = setUp({ realms: [place] });
  const { ask } = connect();
  const challenge = () => challengeOf(ask(...registration(), keyLine(alice)));
  const dialed = `Dialed: ${place}`;
  const forDialed = signed(alice, [...registration(), dialed], challenge());
  assertEquals(codeOf(ask(...forDialed.filter((line) => line !== dialed))), "403");
  assertEquals(codeOf(ask(...signed(alice, registration(), challenge()), dialed)), "403");
  assertEquals(registry.size, 0);
});

Deno.test("a Dialed that is no address with a port is malformed", () => {
  const { askSigned } = setUp().connect();
  for (const dialed of ["", "chat.example.org", "127.0.0.1:0", "a b:1", "[::1", "x".repeat(300)]) {
    assertEquals(codeOf(askSigned(alice, ...registration(), `Dialed: ${dialed}`)), "400", dialed);
  }
});

Deno.test("each challenge has a new nonce, and only the last one is valid", () => {
  const { ask } = setUp().connect();
  const challenge = () => challengeOf(ask(...registration(), keyLine(alice)));
  const [first, second] = [challenge(), challenge()];
  assertNotEquals(first.nonce, second.nonce);
  assert(isRegack(ask(...signed(alice, registration(), second))));
  assert(isChallenge(ask(...signed(alice, registration(), first))));
});

Deno.test("a nonce is valid once", () => {
  const { ask } = setUp().connect();
  const lines = signed(
    alice,
    registration(),
    challengeOf(ask(...registration(), keyLine(alice))),
  );
  assert(isRegack(ask(...lines)));
  assert(isChallenge(ask(...lines)));
  // The challenge that this request got does not replace the one that was signed.
  assert(isChallenge(ask(...lines)));
});

Deno.test("the first request that names a nonce uses it up, whatever becomes of the request", () => {
  const spoilt: ((lines: string[]) => string[])[] = [
    (lines) => lines.filter((line) => !line.startsWith("Signature: ")),
    (lines) => lines.map((line) => line.replace(/^Signature: .*/, "Signature: x")),
    (lines) => lines.map((line) => line.replace(/^IP: .*/, "IP: nowhere")),
    (lines) => lines.map((line) => line.replace(/^Key: .*/, "Key: none")),
    (lines) => lines.map((line) => line.replace(/^clientID: .*/, "clientID: a b")),
    (lines) => lines.map((line) => line.replace(/^Expires: .*/, "Expires: 1")),
    (lines) => lines.map((line) => line.replace(/^clientID: .*/, "clientID: bob")),
    (lines) => ["QUIT", ...lines.slice(1)],
  ];
  for (const spoil of spoilt) {
    const { ask } = setUp().connect();
    const challenge = challengeOf(ask(...registration(), keyLine(alice)));
    const lines = signed(alice, registration(), challenge);
    assert(!isRegack(ask(...spoil(lines))));
    assert(isChallenge(ask(...lines)), String(spoil));
  }
});

Deno.test("a nonce of another connection or another server, or one that is too old, is not valid", () => {
  const one = setUp();
  const other = setUp();
  const here = one.connect();
  const challenge = () => challengeOf(here.ask(...registration(), keyLine(alice)));
  assert(isChallenge(one.connect().ask(...signed(alice, registration(), challenge()))));
  assert(isChallenge(other.connect().ask(...signed(alice, registration(), challenge()))));
  const made = { ...challenge(), nonce: "0".repeat(32) };
  assert(isChallenge(here.ask(...signed(alice, registration(), made))));
  const late = challenge();
  one.clock.nowMs += challengeTtlMs;
  assert(isChallenge(here.ask(...signed(alice, registration(), late))));
  const inTime = challenge();
  one.clock.nowMs += challengeTtlMs - 1;
  assert(isRegack(here.ask(...signed(alice, registration(), inTime))));
});

Deno.test("a signature for another realm or another purpose gets 403", () => {
  const { connect, registry } = setUp();
  const { ask, askSigned } = connect();
  const challenge = () => challengeOf(ask(...registration(), keyLine(alice)));
  const elsewhere = { ...challenge(), realm: "chat.example.org:5555" };
  assertEquals(codeOf(ask(...signed(alice, registration(), elsewhere))), "403");
  const asUnregister = ["UNREGISTER", ...registration().slice(1)];
  const crossed = signed(alice, asUnregister, challenge());
  assertEquals(codeOf(ask("REGISTER", ...crossed.slice(1))), "403");
  askSigned(alice, ...registration());
  const asRegister = signed(alice, registration(), challenge());
  assertEquals(codeOf(ask("UNREGISTER", ...asRegister.slice(1))), "403");
  assertEquals(registry.size, 1);
});

Deno.test("a request that differs from what was signed, or that another key has signed, gets 403", () => {
  const { ask } = setUp().connect();
  const changes: [from: RegExp, to: string][] = [
    [/^clientID: .*/, "clientID: bob"],
    [/^IP: .*/, "IP: 127.0.0.2"],
    [/^Port: .*/, "Port: 5557"],
    [/^Expires: .*/, "Expires: 301"],
    [/^Key: .*/, keyLine(bob)],
    [/^Expires: .*/, "Ignored: 300"],
  ];
  for (const [from, to] of changes) {
    const challenge = challengeOf(ask(...registration(), keyLine(alice)));
    const lines = signed(alice, registration(), challenge);
    assertEquals(codeOf(ask(...lines.map((line) => line.replace(from, to)))), "403", to);
  }
  const challenge = challengeOf(ask(...registration(), keyLine(alice)));
  const named = [...registration(), keyLine(alice), `Nonce: ${challenge.nonce}`];
  const forged = `Signature: ${signatureOf(bob, named, challenge.realm)}`;
  assertEquals(codeOf(ask(...named, forged)), "403");
});

Deno.test("no byte of what is signed, or of the signature, can be changed", () => {
  const { connect } = setUp();
  const { ask } = connect();
  const names = ["clientID", "IP", "Port", "Expires", "Key", "Nonce", "Signature"];
  const printable = fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c));
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.nat(), printable, (name, at, put) => {
      const lines = signed(
        alice,
        registration(),
        challengeOf(ask(...registration(), keyLine(alice))),
      );
      const index = lines.findIndex((line) => line.startsWith(`${name}: `));
      const [start, line] = [name.length + 2, lines[index]!];
      const place = start + at % (line.length - start);
      fc.pre(line[place] !== put);
      lines[index] = line.slice(0, place) + put + line.slice(place + 1);
      assertMatch(ask(...lines), /^ERROR\r\nCode: 4/);
    }),
    { numRuns: 300 },
  );
});

Deno.test("no bit of a key or of a signature can be changed", () => {
  const { ask } = setUp().connect();
  const flip = (bytes: Uint8Array, bit: number) =>
    bytes.map((byte, i) => i === bit >> 3 ? byte ^ 1 << (bit & 7) : byte);
  fc.assert(
    fc.property(fc.boolean(), fc.nat(), (ofKey, n) => {
      const challenge = challengeOf(ask(...registration(), keyLine(alice)));
      const lines = signed(alice, registration(), challenge);
      const last = lines.at(-1)!.slice("Signature: ".length);
      const bytes = ofKey
        ? publicKeyBytes(alice.publicKey)
        : Uint8Array.fromBase64(last, { alphabet: "base64url" });
      const flipped = flip(bytes, n % (bytes.length * 8))
        .toBase64({ alphabet: "base64url", omitPadding: true });
      const replaced = lines.map((line) =>
        ofKey
          ? line.replace(/^Key: .*/, `Key: ${flipped}`)
          : line.replace(/^Signature: .*/, `Signature: ${flipped}`)
      );
      assertEquals(codeOf(ask(...replaced)), "403");
    }),
    { numRuns: 300 },
  );
});

Deno.test("a key or a signature with the wrong length or wrong characters gets 400", () => {
  const { ask } = setUp().connect();
  const challenge = () => challengeOf(ask(...registration(), keyLine(alice)));
  const key = alice.publicKey;
  const keys = ["", key.slice(1), key + "A", key + "=", "+" + key.slice(1), "A".repeat(42) + "B"];
  for (const other of keys) {
    assertEquals(codeOf(ask(...registration(), `Key: ${other}`)), "400", other);
  }
  const lines = signed(alice, registration(), challenge());
  const signature = lines.at(-1)!.slice("Signature: ".length);
  const signatures = ["", signature.slice(1), signature + "A", signature + "=="]
    .concat("/" + signature.slice(1), signature.slice(0, -1) + "B", "é".repeat(86));
  for (const other of signatures) {
    const replaced = lines.with(-1, `Signature: ${other}`);
    assertEquals(codeOf(ask(...replaced)), "400", other);
  }
  // Keys that are points of low order: they make signatures valid that nobody made.
  const zero = publicKeyFrom(new Uint8Array(32));
  const { nonce } = challenge();
  const weak = [`Key: ${zero}`, `Nonce: ${nonce}`, `Signature: ${"A".repeat(86)}`];
  assertEquals(codeOf(ask(...registration(), ...weak)), "403");
});

Deno.test("a malformed request gets 400, not a challenge", () => {
  const { ask } = setUp().connect();
  for (const line of ["clientID: a b", "IP: x", "Port: 0", "Expires: x"]) {
    const name = line.slice(0, line.indexOf(":"));
    const lines = registration().map((own) => own.startsWith(`${name}:`) ? line : own);
    assertEquals(codeOf(ask(...lines, keyLine(alice))), "400", line);
  }
  const withoutVersion = registration().filter((line) => line !== "Version: 1");
  assertEquals(codeOf(ask(...withoutVersion, keyLine(alice))), "400");
});

Deno.test("a name belongs to its key: nobody registers it with another key or without one", () => {
  const { clock, connect, ask, register } = setUp();
  const { askSigned } = connect();
  askSigned(alice, ...registration());
  const refused = [
    register("alice"),
    askSigned(bob, ...registration()),
    connect("192.0.2.1").askSigned(bob, ...registration()),
  ];
  // This holds even while it is not registered, and no reply says when the name will be free.
  clock.nowMs = registrationTtlMaxMs;
  refused.push(register("alice"), askSigned(bob, ...registration()));
  for (const reply of refused) {
    assertEquals(codeOf(reply), "403");
    assert(!reply.includes("Retry-After"), reply);
  }
  assertEquals(codeOf(ask("BRIDGE", "clientID: x", "Target: alice")), "404");
  assertEquals(askSigned(alice, ...registration()), regack());
});

Deno.test("a name that has lapsed goes to the first client that takes it", () => {
  for (const next of ["unkeyed", "keyed"]) {
    const { clock, wallClock, connect, register } = setUp({ leaseMs: 60_000 });
    const { askSigned } = connect();
    askSigned(alice, ...registration());
    clock.nowMs = registrationTtlMaxMs;
    wallClock.nowMs += 59_999;
    assertEquals(codeOf(register("alice")), "403");
    wallClock.nowMs += 1;
    assert(isRegack(next === "unkeyed" ? register("alice") : askSigned(bob, ...registration())));
    const late = connect("192.0.2.1").askSigned(alice, ...registration());
    assertEquals(codeOf(late), "403");
    assertEquals(late.includes("Retry-After"), next === "unkeyed");
  }
});

Deno.test("a name does not lapse while its owner is registered, however short the lease is", () => {
  const { clock, wallClock, connect, register } = setUp({ leaseMs: 1_000 });
  const { askSigned } = connect();
  askSigned(alice, ...registration());
  wallClock.nowMs += 100_000;
  clock.nowMs += 100_000;
  assertEquals(codeOf(register("alice")), "403");
  assertEquals(codeOf(askSigned(bob, ...registration())), "403");
});

Deno.test("the same key registers from another host, and moves the registration at once", () => {
  const { connect, registry, ask } = setUp({ maxPerHost: 1 });
  connect("192.0.2.1").askSigned(alice, ...registration("alice", { ip: "192.0.2.1" }));
  const there = { ip: "198.51.100.7", port: 7777 };
  assertEquals(
    connect("198.51.100.7").askSigned(alice, ...registration("alice", there)),
    regack("alice", there),
  );
  assertEquals(registry.size, 1);
  assertEquals(
    ask("BRIDGE", "clientID: x", "Target: alice"),
    wire("BRIDGEACK", "clientID: alice", "IP: 198.51.100.7", "Port: 7777"),
  );
  // The shares of both hosts change with it.
  const { askSigned } = connect("192.0.2.1");
  assert(isRegack(askSigned(bob, ...registration("bob", { ip: "192.0.2.1" }))));
  const carol = connect("198.51.100.7").askSigned(bob, ...registration("carol", there));
  assertEquals(codeOf(carol), "429");
});

Deno.test("another host cannot take a name that is registered without a key, and the same host can add a key to it", () => {
  const { clock, connect, register, names, registry } = setUp();
  register("alice");
  clock.nowMs = 600_000;
  const taken = connect("192.0.2.1").askSigned(alice, ...registration());
  assertEquals(codeOf(taken), "403");
  assertMatch(taken, /\r\nRetry-After: 3000\r\n\r\n$/);
  assertEquals(names.refusalWithoutKey("alice"), undefined, "it does not own the name yet");
  assert(isRegack(register("alice")));
  assert(isRegack(connect().askSigned(bob, ...registration())));
  assertEquals(registry.find("alice")?.fingerprint, bob.fingerprint);
  assertEquals(codeOf(register("alice")), "403");
});

Deno.test("a client that is not registered owns no name", () => {
  const refusals = [
    [{ max: 1 }, "503"],
    [{ maxPerHost: 1 }, "429"],
  ] as const;
  for (const [options, code] of refusals) {
    const { connect, register, names, ask } = setUp(options);
    register("someone");
    assertEquals(codeOf(connect().askSigned(alice, ...registration())), code);
    assertEquals(names.refusalWithoutKey("alice"), undefined);
    ask("QUIT", "clientID: someone");
    assert(isRegack(register("alice")));
  }
});

Deno.test("one name too many gets 503, and one new name too many from a host gets 429 with Retry-After", () => {
  {
    const { connect } = setUp({ maxNames: 1 });
    const { askSigned } = connect();
    askSigned(alice, ...registration());
    const reply = askSigned(alice, ...registration("another"));
    assertEquals(codeOf(reply), "503");
    assertMatch(reply, /\r\nRetry-After: \d+\r\n\r\n$/);
    assert(isRegack(askSigned(alice, ...registration())));
  }
  const { clock, connect, registry } = setUp({ maxNewNamesPerHost: 1 });
  const { askSigned } = connect();
  askSigned(alice, ...registration());
  clock.nowMs += 3_600_000;
  const reply = askSigned(alice, ...registration("another"));
  assertEquals(codeOf(reply), "429");
  assertMatch(reply, /\r\nRetry-After: 82800\r\n\r\n$/);
  assertEquals(registry.find("another"), undefined);
  assert(isRegack(connect("192.0.2.1").askSigned(alice, ...registration("another"))));
});

Deno.test("only its key ends a registration with a key, from any host", () => {
  for (const verb of ["UNREGISTER", "QUIT"]) {
    const { connect, ask, registry } = setUp();
    const { askSigned } = connect();
    askSigned(alice, ...registration());
    const lines = unregistration("alice", verb);
    assertEquals(codeOf(ask(...lines)), "403");
    assertEquals(codeOf(askSigned(bob, ...lines)), "403");
    assertEquals(registry.size, 1);
    const elsewhere = connect("192.0.2.1").askSigned(alice, ...lines);
    assertEquals(elsewhere, wire("UNREGACK", "clientID: alice", "Version: 1"));
    assertEquals(registry.size, 0);
    assertEquals(codeOf(askSigned(alice, ...lines)), "404");
  }
});

Deno.test("a client that names a key must sign even to end a registration without one, from the same host", () => {
  const { connect, ask, register } = setUp();
  register("alice");
  const lines = unregistration();
  assert(isChallenge(ask(...lines, keyLine(alice))));
  assertEquals(codeOf(connect("192.0.2.1").askSigned(alice, ...lines)), "403");
  assertMatch(connect().askSigned(alice, ...lines), /^UNREGACK/);
});

Deno.test("with keyedOnly, nobody is registered without a key", () => {
  const { connect, register, registry } = setUp({ keyedOnly: true });
  const reply = register("carol");
  assertEquals(codeOf(reply), "403");
  assert(!reply.includes("Retry-After"));
  assertEquals(registry.size, 0);
  assert(isRegack(connect().askSigned(alice, ...registration())));
});

Deno.test("of somebody who is away the keys for mail are named, to clients that say Version", () => {
  const { connect, ask } = setUp();
  const { askSigned } = connect();
  const shown = formatAgreement(alice);
  const asked = ["BRIDGE", "clientID: x", "Target: alice"];
  askSigned(alice, ...registration(), `Agreement: ${shown}`);
  assert(!ask(...asked, "Version: 1").includes("Agreement"));
  askSigned(alice, ...unregistration());
  const away = ["ERROR", "Code: 404", "Reason: No client alice is registered"];
  const fingerprint = `Fingerprint: ${alice.fingerprint}`;
  assertEquals(ask(...asked), wire(...away));
  assertEquals(
    ask(...asked, "Version: 1"),
    wire(...away, fingerprint, keyLine(alice), `Agreement: ${shown}`),
  );
  // With version 0.3.0 she opens no such mail.
  askSigned(alice, ...registration());
  askSigned(alice, ...unregistration());
  assertEquals(ask(...asked, "Version: 1"), wire(...away, fingerprint));
});

Deno.test("fingerprints are shown to clients that say Version, of clients that have keys", () => {
  const { connect, ask, register } = setUp();
  connect().askSigned(alice, ...registration());
  register("bob");
  const found = ["clientID: alice", "IP: 127.0.0.1", "Port: 5556"];
  assertEquals(ask("BRIDGE", "clientID: x", "Target: alice"), wire("BRIDGEACK", ...found));
  assertEquals(
    ask("BRIDGE", "clientID: x", "Target: alice", "Version: 1"),
    wire("BRIDGEACK", ...found, "Version: 1", `Fingerprint: ${alice.fingerprint}`),
  );
  assert(!ask("BRIDGE", "clientID: x", "Target: bob", "Version: 1").includes("Fingerprint"));
  assertEquals(
    ask("INFO"),
    wire("INFOACK", "Count: 2", "Client: alice 127.0.0.1:5556", "Client: bob 127.0.0.1:5556"),
  );
  assertEquals(
    ask("INFO", "Version: 1"),
    wire(
      "INFOACK",
      "Count: 2",
      `Client: alice 127.0.0.1:5556 ${alice.fingerprint}`,
      "Client: bob 127.0.0.1:5556",
      "Version: 1",
    ),
  );
});

Deno.test("if the database of names fails, requests that need it get 503, and all others go on", () => {
  const { connect, ask, register, database, registry } = setUp();
  const { askSigned } = connect();
  askSigned(alice, ...registration());
  register("bob");
  database.connection.exec("ALTER TABLE names RENAME TO elsewhere");
  for (const reply of [askSigned(alice, ...registration("carol")), register("carol")]) {
    assertEquals(codeOf(reply), "503");
    assertMatch(reply, /\r\nReason: The server's list of names .*\r\nRetry-After: \d+\r\n/);
  }
  assertEquals(registry.find("carol"), undefined);
  assert(isRegack(register("bob")), "a refresh without a key needs no names");
  assertMatch(ask("BRIDGE", "clientID: bob"), /^BRIDGEACK\r\nclientID: alice\r\n/);
  assertMatch(ask("INFO"), /\r\nCount: 2\r\n/);
  assertMatch(askSigned(alice, ...unregistration()), /^UNREGACK/);
  database.connection.exec("ALTER TABLE elsewhere RENAME TO names");
  assert(isRegack(register("carol")));
  assertEquals(codeOf(register("alice")), "403");
});
