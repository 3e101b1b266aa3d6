// Somebody goes back to version 0.3.0, whose certificates have no number, and forth again, with the same profile.
// Links and mail go both ways all the time, since the X25519 key stays the same.

import { assertEquals } from "@std/assert";
import { extent, part } from "../support/extent.ts";
import { temporaryDirectory } from "../support/places.ts";
import { type Build, builds, startServerProgram } from "../support/program.ts";
import { lineOf, messageOf, Person } from "./person.ts";
import { hasRelease, release, unlessSkipped } from "./release.ts";

/** Starts a client. Done when the server knows it. */
async function comes(person: Person): Promise<void> {
  await person.starts("--register");
  await person.saw(lineOf(person.id, person.server));
}

/** The two talk, and then each leaves mail for the other. Neither runs before or afterwards. */
async function talk(alice: Person, bob: Person, what: string): Promise<void> {
  await comes(alice);
  await comes(bob);
  await Promise.all([bob.sees(lineOf("alice")), alice.sees(lineOf("bob"), "/chat bob")]);
  await bob.sees(lineOf("alice"), "/chat alice");
  await alice.tells(bob, `alice, ${what}`);
  await bob.tells(alice, `bob, ${what}`);

  await Promise.all([alice.sees(lineOf("bob")), bob.quits()]);
  await alice.sees(lineOf("bob"), "/chat bob");
  await alice.sees(lineOf("mailbox"), `mail of alice, ${what}`);
  await alice.quits();
  await comes(bob);
  await bob.saw(messageOf("alice", `mail of alice, ${what}`));
  await bob.sees(lineOf("alice"), "/chat alice");
  await bob.sees(lineOf("mailbox"), `mail of bob, ${what}`);
  await bob.quits();
  await comes(alice);
  await alice.saw(messageOf("bob", `mail of bob, ${what}`));
  await alice.hasDelivered("bob");
  await alice.quits();
  await comes(bob);
  await bob.hasDelivered("alice");
  await bob.quits();
}

for (const now of builds) {
  const old = release ?? now;
  Deno.test({
    name: `${now.name}: back to 0.3.0 and forth, on links and by mail (${extent})${unlessSkipped}`,
    ignore: !hasRelease,
    fn: async () => {
      using data = temporaryDirectory();
      const { server, address } = await startServerProgram(now, "--data", data.path);
      await using _server = server;
      await using alice = new Person("alice", now, address);
      await using bob = new Person("bob", now, address);
      const uses: readonly (readonly [what: string, alices: Build, bobs: Build])[] = [
        ["both now", now, now],
        ["bob back", now, old],
        ["both back", old, old],
        ["alice forth", now, old],
        ["both forth", now, now],
      ];
      const tried = part(uses, 2);
      for (const [what, alices, bobs] of tried) {
        alice.build = alices;
        bob.build = bobs;
        await talk(alice, bob, what);
      }
      const said = tried.flatMap(([what]) => [
        ["alice", `alice, ${what}`],
        ["bob", `bob, ${what}`],
        ["alice", `mail of alice, ${what}`],
        ["bob", `mail of bob, ${what}`],
      ]);
      for (const [one, other] of [[alice, "bob"], [bob, "alice"]] as const) {
        assertEquals((await one.history(other)).map(({ from, text }) => [from, text]), said);
      }
    },
  });

  Deno.test({
    name: `${now.name}: mail that 0.3.0 cannot read comes again on a link${unlessSkipped}`,
    ignore: !hasRelease,
    fn: async () => {
      using data = temporaryDirectory();
      const { server, address } = await startServerProgram(now, "--data", data.path);
      await using _server = server;
      await using alice = new Person("alice", now, address);
      await using bob = new Person("bob", now, address);
      await comes(alice);
      await comes(bob);
      await Promise.all([bob.sees(lineOf("alice")), alice.sees(lineOf("bob"), "/chat bob")]);
      await alice.tells(bob, "hello");
      await Promise.all([alice.sees(lineOf("bob")), bob.quits()]);
      await alice.sees(lineOf("bob"), "/chat bob");
      await alice.sees(lineOf("mailbox"), "are you there?");
      await alice.quits();

      bob.build = old;
      await comes(bob);
      // His client says that it could not read a mail. Alice has it still, since nobody has acknowledged it.
      await comes(alice);
      await alice.hasDelivered("bob");
      await bob.saw(messageOf("alice", "are you there?"));
    },
  });
}
