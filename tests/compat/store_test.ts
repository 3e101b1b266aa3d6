// The present version opens what version 0.3.0 has kept, shows and finds all of it, delivers what waited, and
// leaves it so that version 0.3.0 still reads it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { temporaryDirectory } from "../support/places.ts";
import { type Build, builds, startServerProgram } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";
import { lineOf, messageOf, Person, uncheckedServer } from "./person.ts";
import { hasRelease, release, unlessSkipped } from "./release.ts";

const said = [
  ["alice", "supper at eight"],
  ["bob", "I bring wine, é漢🙂"],
  ["alice", "see you then"],
  ["alice", "are you there?"],
];

/** Two people whose clients of version 0.3.0 have talked; Alice's last message waits for Bob. */
async function twoContacts(old: Build) {
  const data = temporaryDirectory();
  // Without a mailbox the message waits in the store.
  const { server, address } = await startServerProgram(old, "--data", data.path, "--no-mailbox");
  const [alice, bob] = [new Person("alice", old, address), new Person("bob", old, address)];
  await bob.starts();
  await bob.sees(lineOf("bob", address), "/register");
  await alice.starts("--register");
  await Promise.all([bob.sees(lineOf("alice")), alice.sees(lineOf("bob"), "/chat bob")]);
  await alice.tells(bob, said[0]![1]!);
  await bob.tells(alice, said[1]![1]!);
  await alice.tells(bob, said[2]![1]!);
  await Promise.all([alice.sees(lineOf("bob")), bob.quits()]);
  await alice.sees(lineOf("bob"), "/chat bob");
  await alice.sees(lineOf("bob"), said[3]![1]!);
  await alice.quits();
  return {
    alice,
    bob,
    async [Symbol.asyncDispose]() {
      await alice[Symbol.asyncDispose]();
      await bob[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      data[Symbol.dispose]();
    },
  };
}

/** The rows of a store that hold what was said, and with whom. */
function rowsOf(profile: string): Record<string, unknown[]> {
  using database = new DatabaseSync(`${profile}/store.db`, { readOnly: true });
  const tables = ["known_peers", "conversations", "streams", "messages"];
  return Object.fromEntries(
    tables.map((table) => [table, database.prepare(`SELECT * FROM ${table}`).all()]),
  );
}

for (const now of builds) {
  const old = release ?? now;

  Deno.test({
    name:
      `${now.name}: a store of 0.3.0 is shown, searched, written out, and left as it was${unlessSkipped}`,
    ignore: !hasRelease,
    fn: async () => {
      await using met = await twoContacts(old);
      const { alice, bob } = met;
      const [kept, exported] = [rowsOf(alice.profile), await alice.history("bob")];
      const text = await alice.runs("history", "export", "bob");
      assertEquals(exported.map(({ from, text }) => [from, text]), said);

      alice.build = now;
      // Only the fingerprint is new.
      const presently = await alice.history("bob");
      assert(presently.every(({ person }) => person === presently[0]!.person));
      assertEquals(presently.map(({ person: _, ...as }): unknown => as), exported);
      assertEquals((await alice.runs("history", "export", "bob")).out, text.out);
      await alice.starts();
      for (const [name, line] of said) {
        await alice.sees(lineOf(name === "bob" ? "bob" : "→ bob", line!), "/history bob");
      }
      await alice.sees(lineOf("→ bob", "supper at eight"), "/search SUPPER eight");
      await alice.sees(lineOf("bob", "wine"), "/search wine");
      await alice.sees(lineOf("bob", "wine"), "/search 漢");
      await alice.sees(lineOf("bob", "1 waiting"), "/who");
      await alice.quits();
      assertEquals(rowsOf(alice.profile), kept);

      // What waited is delivered, once.
      await alice.starts("--register");
      await bob.starts("--register");
      await bob.saw(messageOf("alice", said[3]![1]!));
      await alice.quits(uncheckedServer);
      await bob.quits();
      for (const build of [now, old]) {
        alice.build = bob.build = build;
        for (const [one, other] of [[alice, "bob"], [bob, "alice"]] as const) {
          assertEquals((await one.history(other)).map(({ from, text }) => [from, text]), said);
        }
        await alice.starts();
        await alice.sees(lineOf("→ bob", "supper at eight"), "/search SUPPER");
        await alice.quits();
      }
      assertEquals((await alice.history("bob")).at(-1)?.state, "delivered");
    },
  });

  Deno.test({
    name: `${now.name}: a store that 0.3.0 has sealed opens with its passphrase${unlessSkipped}`,
    ignore: !hasRelease || !hasTerminal,
    fn: async () => {
      await using met = await twoContacts(old);
      const { alice } = met;
      const passphrase = "correct horse";
      // What the present version has added to the store: 0.3.0 seals that, too.
      alice.build = now;
      await alice.starts();
      await alice.sees(lineOf("→ bob", "supper at eight"), "/search SUPPER");
      await alice.quits();
      alice.build = old;
      {
        await using setting = new TerminalProgram(alice.atHome, "identity", "--passphrase");
        for (let times = 1; times <= 2; times++) {
          await setting.shows(new RegExp(`(?:[^]*: ){${times}}$`));
          await setting.types(`${passphrase}\r`);
        }
        assertEquals(await setting.ends(), 0);
      }
      for (const build of [old, now]) {
        alice.build = build;
        await using client = new TerminalProgram(alice.atHome, "client", "alice");
        await client.shows(/: $/);
        await client.types(`${passphrase}\r`);
        await client.shows(/alice> /);
        await client.types("/search SUPPER\r");
        await client.shows(/→ bob.*supper at eight/);
        await client.types("/quit\r");
        assertEquals(await client.ends(), 0);
      }
      const bytes = new TextDecoder("latin1").decode(
        await Deno.readFile(`${alice.profile}/store.db`),
      );
      assert(!bytes.includes("supper"));
      // An index leaves out what a word has in common with the one before.
      assert(!bytes.includes("upper"));
      assertMatch(bytes, /^SQLite format 3/);
    },
  });
}
