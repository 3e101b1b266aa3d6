// Version 0.3.0 and the present one talk to each other, whichever of them is the server, the initiator or
// the responder.

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { part } from "../support/extent.ts";
import { temporaryDirectory } from "../support/places.ts";
import { copyIdentity } from "../support/profiles.ts";
import { type Build, builds, startServerProgram } from "../support/program.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { lineOf, messageOf, Person, uncheckedServer } from "./person.ts";
import { hasRelease, release, unlessSkipped } from "./release.ts";

interface Versions {
  readonly server: Build;
  readonly alice: Build;
  readonly bob: Build;
}

/** Four words, as both sides of a verification see them. */
const fourWords = /(?<= {2})([a-z]+(?: {2}[a-z]+){3})$/;

for (const now of builds) {
  const old = release ?? now;
  const cases: [name: string, Versions][] = [
    ["clients of now at a server of 0.3.0", { server: old, alice: now, bob: now }],
    ["clients of 0.3.0 at a server of now", { server: now, alice: old, bob: old }],
    ["a client of now calls one of 0.3.0", { server: now, alice: now, bob: old }],
    ["a client of 0.3.0 calls one of now", { server: now, alice: old, bob: now }],
  ];
  for (const [name, versions] of part(cases, 2)) {
    Deno.test({
      name: `${now.name}: ${name}${unlessSkipped}`,
      ignore: !hasRelease,
      fn: () => talk(versions, now),
    });
  }
}

for (const now of builds) {
  const old = release ?? now;
  // The server of 0.3.0 knows no instances, nor does a client of 0.3.0: then the last who registers is reached.
  const cases: [name: string, Versions][] = [
    ["clients of now at a server of 0.3.0", { server: old, alice: now, bob: now }],
    ["a client of 0.3.0, then one of now", { server: now, alice: old, bob: now }],
    ["a client of now, then one of 0.3.0", { server: now, alice: now, bob: old }],
  ];
  for (const [name, { server, alice, bob }] of part(cases, 2)) {
    Deno.test({
      name: `${now.name}: with one identity, ${name}${unlessSkipped}`,
      ignore: !hasRelease,
      fn: () => shareIdentity(server, alice, bob, now),
    });
  }
}

async function shareIdentity(
  onServer: Build,
  first: Build,
  second: Build,
  now: Build,
): Promise<void> {
  const { server, address, port } = await startServerProgram(onServer, "--ephemeral");
  await using _server = server;
  await using one = new Person("alice", first, address);
  await using two = new Person("alice", second, address);
  const ones = await one.starts();
  copyIdentity(one.profile, two.profile);
  const twos = await two.starts();
  const asOnes = lineOf("alice", ones);
  await one.sees(asOnes, "/register");
  await two.sees(lineOf("alice", twos), "/register");
  // They hear of it from the server, or not at all, and can have the name back.
  await one.sees(lineOf("alice", twos), "/info");
  await one.sees(asOnes, "/register");
  await two.sees(asOnes, "/info");
  await one.sees(lineOf("alice"), "/unregister");
  assertEquals(await registered(port), []);
  for (const person of [one, two]) await person.quits(...warningsOf(person, onServer, now));
}

async function talk(versions: Versions, now: Build): Promise<void> {
  const quits = (person: Person) => person.quits(...warningsOf(person, versions.server, now));
  using data = temporaryDirectory();
  const { server, address, port } = await startServerProgram(
    versions.server,
    ...["--data", data.path],
  );
  await using _server = server;
  await using alice = new Person("alice", versions.alice, address);
  await using bob = new Person("bob", versions.bob, address);

  // They register, and find each other.
  await alice.starts();
  const bobsAddress = await bob.starts();
  await alice.sees(lineOf("alice", address), "/register");
  await bob.sees(lineOf("bob", address), "/register");
  assertEquals(await registered(port), ["alice", "bob"]);
  await alice.sees(lineOf("bob", bobsAddress), "/info");
  await alice.sees(lineOf("bob", bobsAddress), "/bridge");

  // They talk, encrypted: only then there are words to compare.
  await Promise.all([bob.sees(lineOf("alice")), alice.sees(lineOf("bob"), "/chat bob")]);
  await alice.tells(bob, "Hello, é漢🙂");
  // Version 0.3.0 has turned to her by itself.
  await bob.sees(lineOf("alice"), "/switch alice");
  await bob.tells(alice, "Hello yourself");
  await Promise.all([bob.sees(lineOf("alice")), alice.types("/verify bob")]);
  const [alices, bobs] = await Promise.all([
    alice.sees(fourWords),
    bob.sees(fourWords, "/verify alice"),
  ]);
  assertEquals(alices[1], bobs[1]);
  await alice.sees(lineOf("bob"), "/verify bob yes");
  await bob.sees(lineOf("alice"), "/verify alice yes");
  await alice.sees(lineOf("bob", "verified"), "/peers");
  await bob.sees(lineOf("alice", "verified"), "/peers");

  // Each compares with the other what both have.
  for (const [one, other] of [[alice, bob], [bob, alice]] as const) {
    const { code, out, err } = await one.runs("audit", other.id, "--server", address);
    assertEquals([code, err], [0, ""]);
    assertMatch(out, lineOf(other.id));
  }

  // Alice sees Bob go. What she writes then is at the server when she has gone, too.
  await Promise.all([alice.sees(lineOf("bob")), quits(bob)]);
  await alice.sees(lineOf("bob"), "/chat bob");
  await alice.sees(lineOf("mailbox"), "are you there?");
  await alice.isKilled();
  await bob.starts("--register");
  await bob.saw(messageOf("alice", "are you there?"));
  await quits(bob);

  // Alice learns that bob has it, and that bob is back.
  await alice.starts("--register");
  await alice.hasDelivered("bob");
  const [away] = await alice.sees(/^ *bob .*$/, "/who");
  await Promise.all([alice.sees(lineOf("bob")), bob.starts("--register")]);
  const [here] = await alice.sees(/^ *bob .*$/, "/who");
  assertNotEquals(here, away);

  // The server forgets a client that asks for that.
  await alice.sees(lineOf("alice"), "/unregister");
  assertEquals(await registered(port), ["bob"]);
  await quits(alice);
  await quits(bob);
  const said = [["alice", "Hello, é漢🙂"], ["bob", "Hello yourself"], ["alice", "are you there?"]];
  for (const [one, other] of [[alice, "bob"], [bob, "alice"]] as const) {
    assertEquals((await one.history(other)).map(({ from, text }) => [from, text]), said);
  }
}

/** What somebody is warned of who has registered with a server. */
function warningsOf({ build }: Person, server: Build, now: Build): RegExp[] {
  return build === now && server !== now ? [uncheckedServer] : [];
}

/** Those that a server lists, in the order of their names. */
async function registered(port: number): Promise<string[]> {
  const peer = await RawPeer.dial({ host: "127.0.0.1", port });
  try {
    await peer.send("INFO\r\n\r\n");
    const reply = await peer.message();
    return [...reply.matchAll(/^Client: (\S+)/gm)].map((match) => match[1]!).toSorted();
  } finally {
    peer.close();
  }
}
