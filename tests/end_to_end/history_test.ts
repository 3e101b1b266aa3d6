// Messages are kept: they wait for people who are away, are shown again after a restart, and can be exported.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { namesIn, type Place, temporaryDirectory } from "../support/places.ts";
import { openStore } from "../../client/store/store.ts";
import { makeProfile } from "../support/profiles.ts";
import { keyOf, printOf, say } from "../support/store_fixture.ts";
import { type Build, builds, Program, run, startServerProgram } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

/** Somebody with a home directory, who starts and ends programs. */
class Person implements Disposable {
  readonly build: Build;
  readonly profile: string;
  readonly #home: Place = temporaryDirectory();
  readonly #client: readonly string[];

  constructor(build: Build, readonly id: string, server: string) {
    this.build = { ...build, home: this.#home.path };
    this.profile = `${this.#home.path}/.config/p2pchat`;
    this.#client = ["client", id, "0", server, "--register"];
  }

  /** Starts a client, and waits until it is registered. */
  async starts(...more: string[]): Promise<Program> {
    const program = new Program(this.build, ...this.#client, ...more);
    await program.says(/^\* registered as /);
    return program;
  }

  /** Runs a command to its end. */
  runs(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return run(this.build, args);
  }

  /** Whether something can be read in the saved files. */
  keepsReadably(text: string): boolean {
    return namesIn(this.profile).filter((name) => name !== "locks").some((name) =>
      new TextDecoder("latin1").decode(Deno.readFileSync(`${this.profile}/${name}`)).includes(text)
    );
  }

  [Symbol.dispose](): void {
    this.#home[Symbol.dispose]();
  }
}

/** Two people who have said something to each other, and then gone. */
async function twoContacts(build: Build, ...texts: string[]) {
  const { server, address } = await startServerProgram(build, "--ephemeral");
  const [alice, bob] = [new Person(build, "alice", address), new Person(build, "bob", address)];
  {
    await using bobs = await bob.starts();
    await using alices = await alice.starts();
    await alices.types("/chat bob");
    await alices.says(/^\* connected to bob/);
    for (const text of texts) {
      await alices.types(text);
      await bobs.says(RegExp(`^alice: ${text}$`));
    }
    await bobs.types("/switch alice\nI hear you");
    await alices.says(/^bob: I hear you$/);
    await bobs.quits();
    await alices.quits();
  }
  return {
    alice,
    bob,
    server,
    address,
    [Symbol.asyncDispose]: async () => {
      alice[Symbol.dispose]();
      bob[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) => Deno.test(`${build.name}: ${name}`, fn);

  test("what is written to someone who is away waits at the mailbox until they are back", async () => {
    await using met = await twoContacts(build, "Hello");
    {
      await using alices = await met.alice.starts();
      await alices.types("/chat bob");
      await alices.says(/^\* talking to bob, who cannot be reached; what you write waits\. /);
      await alices.types("are you there?");
      await alices.says(/^\* waiting for bob$/);
      await alices.says(/^\* at the server's mailbox for bob$/);
      await alices.types("/history bob");
      await alices.says(/^ +\d\d:\d\d {2}→ bob {2}delivered +Hello$/);
      await alices.says(/^ +\d\d:\d\d {2}bob +I hear you$/);
      await alices.says(/^ +\d\d:\d\d {2}→ bob {2}at the mailbox {2}are you there\?$/);
      alices.kill("SIGKILL");
      await alices.ends();
    }
    await using bobs = await met.bob.starts();
    await bobs.says(/^alice: are you there\?$/);
    // Alice learns of it when alice is back.
    await using alices = await met.alice.starts();
    await alices.says(/^\* bob is here: 1 message delivered$/);
    await alices.types("/history");
    await alices.says(/→ bob {2}delivered +are you there\?$/);
    assertEquals(bobs.out.filter((line) => line.endsWith("are you there?")).length, 1);
  });

  test("without a mailbox it waits on the sender's disk, also when the program is killed", async () => {
    const { server, address } = await startServerProgram(build, "--ephemeral", "--no-mailbox");
    await using _server = server;
    using alice = new Person(build, "alice", address);
    using bob = new Person(build, "bob", address);
    {
      await using bobs = await bob.starts();
      await using alices = await alice.starts();
      await alices.types("/chat bob\nHello");
      await bobs.says(/^alice: Hello$/);
      await alices.says(/^\* delivered to bob$/);
      await bobs.quits();
      await alices.types("/chat bob");
      await alices.says(/^\* talking to bob, who cannot be reached/);
      await alices.types("one\ntwo");
      await alices.says(/^\* 2 messages wait for bob$/);
      alices.kill("SIGKILL");
      await alices.ends();
    }
    await using alices = await alice.starts();
    await alices.types("/who");
    await alices.says(/^ {2}bob {2}\S.* {2}2 waiting$/);
    await using bobs = await bob.starts();
    await bobs.says(/^alice: two$/);
    assertEquals(
      bobs.out.filter((line) => line.startsWith("alice: ")),
      ["alice: one", "alice: two"],
    );
  });

  test("what was said is found again after a restart, and who was talked to", async () => {
    await using met = await twoContacts(build, "supper at eight", "bring wine");
    await using alices = await met.alice.starts();
    await alices.types("/search SUPPER eight");
    await alices.says(/^1 message has “SUPPER eight”:$/);
    await alices.says(/→ bob {2}delivered {2}supper at eight$/);
    await alices.types("/search breakfast");
    await alices.says(/^no message has “breakfast”$/);
    await alices.types("/search ?!");
    await alices.says(/Cannot search for “\?!”: a search finds letters, digits and emoji/);
    await alices.types("/history bob 2");
    await alices.says(/^the last 2 messages with bob:$/);
    await alices.says(/→ bob {2}delivered {2}bring wine$/);
    await alices.types("/who");
    await alices.says(/^you talk to 1 person:$/);
    await alices.says(/^ {2}bob {2}not here {2}\d\d:\d\d$/);
    await using bobs = await met.bob.starts();
    await alices.says(/^\* bob is here$/);
    await bobs.quits();
  });

  test("somebody who comes back is one line, which says what was delivered", async () => {
    await using met = await twoContacts(build, "Hello");
    await using alices = await met.alice.starts();
    {
      await using bobs = await met.bob.starts();
      await alices.types("/chat bob");
      await alices.says(/^\* (connected|talking) to bob/);
      await bobs.quits();
      await alices.says(/^\* bob has left$/);
    }
    const before = alices.out.length;
    await alices.types("one\ntwo\nthree");
    await alices.says(/^\* 3 messages wait for bob$/);
    await using bobs = await met.bob.starts();
    await alices.says(/^\* bob is here again: 3 messages delivered$/);
    await bobs.says(/^alice: three$/);
    await bobs.types("/switch alice\nthanks");
    await alices.says(/^bob: thanks$/);
    const lines = alices.out.slice(before)
      .filter((line) => !/wait(s|ing)? for bob$|at the server's mailbox/.test(line));
    assertEquals(lines, ["* bob is here again: 3 messages delivered", "bob: thanks"]);
  });

  test("a reader who allows it lets the writer see that a message was read", async () => {
    const { server, address } = await startServerProgram(build, "--ephemeral");
    await using _server = server;
    using alice = new Person(build, "alice", address);
    using bob = new Person(build, "bob", address);
    await using bobs = await bob.starts("--read-receipts");
    await using alices = await alice.starts();
    await alices.types("/chat bob\nHello");
    await bobs.says(/^alice: Hello$/);
    await bobs.types("/switch alice");
    await alices.says(/^\* read by bob$/);
    await alices.types("/history");
    await alices.says(/→ bob {2}read {2}Hello$/);
    await bobs.types("Hello yourself");
    await bobs.says(/^\* delivered to alice$/);
    await alices.quits();
    assert(!bobs.out.some((line) => line.includes("read by")));
  });

  test("a conversation is written out, for people and for programs", async () => {
    await using met = await twoContacts(build, "Hello", "a “quoted” word");
    const text = await met.alice.runs("history", "export", "bob");
    assertEquals([text.code, text.err], [0, ""]);
    assertMatch(
      text.out,
      /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) alice: Hello\n.* alice: a “quoted” word\n.* bob: I hear you$/,
    );
    const json = await met.bob.runs("history", "export", "alice", "--format", "json");
    assertEquals([json.code, json.err], [0, ""]);
    const messages = JSON.parse(json.out);
    assertEquals(messages.map(({ from, to, text }: Record<string, string>) => [from, to, text]), [
      ["alice", "bob", "Hello"],
      ["alice", "bob", "a “quoted” word"],
      ["bob", "alice", "I hear you"],
    ]);
    for (const { sentAt } of messages) assertEquals(new Date(sentAt).toISOString(), sentAt);
    // While a client is running, too.
    await using alices = await met.alice.starts();
    assertEquals((await met.alice.runs("history", "export", "bob")).out, text.out);
    await alices.quits();
  });

  test("two people with one name are told apart, by their fingerprints", async () => {
    using alice = new Person(build, "alice", "127.0.0.1:1");
    makeProfile(alice.profile, { texts: ["to the first"] });
    {
      using store = openStore(`${alice.profile}/store.db`);
      const party = { self: "alice", name: "bob", key: keyOf(3) };
      const { id } = store.conversations.open(party);
      say(store.outgoing, id, "to the second");
    }
    const [first, second] = [2, 3].map(printOf);
    const change = `— from here on bob has the key ${second}; before, the key ${first}`;
    const text = (await alice.runs("history", "export", "bob")).out.split("\n");
    assertMatch(text[0]!, /: to the first$/);
    assertEquals(text[1], change);
    assertMatch(text[2]!, /: to the second$/);
    const json = JSON.parse((await alice.runs("history", "export", "bob", "--format", "json")).out);
    assertEquals(json.map(({ person }: { person: string }) => person), [first, second]);
    await using client = new Program(alice.build, "client", "alice");
    await client.types("/history bob");
    await client.says(/to the second$/);
    assert(client.out.includes(`  ${change}`), client.out.join("\n"));
    await client.quits();
  });

  test("an export of what is not there gets one sentence and the exit code that says so", async () => {
    await using met = await twoContacts(build, "Hello");
    const cases: [args: string[], exitCode: number, said: RegExp][] = [
      [["carol"], 4, /^p2pchat: Nothing has been said with carol yet$/],
      [
        ["bob", "--as", "carol"],
        2,
        /^p2pchat: You have not talked with bob as carol, but as alice$/,
      ],
      [
        ["bob", "--profile", `${met.alice.profile}/none`],
        1,
        /^p2pchat: There is no identity in '.*\/none', and so no message; /,
      ],
    ];
    for (const [args, exitCode, said] of cases) {
      const { code, out, err } = await met.alice.runs("history", "export", ...args);
      assertEquals([args, code, out], [args, exitCode, ""]);
      assertMatch(err, said);
    }
    assert(!namesIn(met.alice.profile).includes("none"));
  });

  test("an audit says with its exit code whether both sides have the same", async () => {
    await using met = await twoContacts(build, "Hello");
    const audit = () => met.alice.runs("audit", "bob", "--server", met.address);
    const away = await audit();
    assertEquals([away.code, away.out], [1, ""]);
    assertMatch(away.err, /^p2pchat: /);
    const store = `${met.bob.profile}/store.db`;
    await Deno.copyFile(store, `${met.bob.profile}/copy`);
    {
      await using bobs = await met.bob.starts();
      await using alices = await met.alice.starts();
      await alices.types("/chat bob\nagain");
      await bobs.says(/^alice: again$/);
      await alices.says(/^\* delivered to bob$/);
      await alices.types("/audit");
      await alices.says(/^sent to bob: 2 messages, all there, in order$/);
      await alices.quits();
      const { code, out, err } = await audit();
      assertEquals([code, err], [0, ""]);
      assertEquals(
        out,
        "sent to bob: 2 messages, all there, in order\n" +
          "received from bob: 1 message, all here, in order",
      );
      await bobs.quits();
    }
    // Bob puts an older copy of it back.
    for (const suffix of ["-wal", "-shm"]) await Deno.remove(store + suffix).catch(() => {});
    await Deno.rename(`${met.bob.profile}/copy`, store);
    await using _bobs = await met.bob.starts();
    const { code, out, err } = await audit();
    assertEquals([code, err], [1, ""]);
    assertMatch(
      out,
      /^sent to bob: 1 message alike, but\n {2}1 confirmed by bob but not there:\n {4}[0-9a-f]{32}\n/,
    );
    assertMatch(out, /^received from bob: 1 message, all here, in order$/m);
  });

  Deno.test({
    name: `${build.name}: under a passphrase the messages are sealed, and without it they are not`,
    ignore: !hasTerminal,
    fn: async () => {
      await using met = await twoContacts(build, "a word that is looked for");
      const { alice } = met;
      assert(alice.keepsReadably("a word that is looked for"));
      const types = async (program: TerminalProgram, prompt: RegExp, keys: string) => {
        await program.shows(prompt);
        await program.types(`${keys}\r`);
      };
      {
        await using setting = new TerminalProgram(alice.build, "identity", "--passphrase");
        await types(setting, /New passphrase, empty for none: /, "correct horse");
        await types(setting, /The same again: /, "correct horse");
        await setting.shows(/your messages are sealed with it the next time a client starts/);
        assertEquals(await setting.ends(), 0);
      }
      {
        await using client = new TerminalProgram(alice.build, "client", "alice");
        await types(client, /Passphrase of '[^']*': /, "correct horse");
        await types(client, /alice> /, "/search looked");
        await client.shows(/→ bob {2}delivered {2}a word that is looked for/);
        await client.types("/quit\r");
        assertEquals(await client.ends(), 0);
      }
      assert(!alice.keepsReadably("looked for"));
      const asked = await alice.runs("history", "export", "bob");
      assertEquals([asked.code, asked.out], [8, ""]);
      assertMatch(asked.err, /^p2pchat: Cannot ask for a passphrase: /);
      {
        await using removing = new TerminalProgram(alice.build, "identity", "--passphrase");
        await types(removing, /Passphrase of '[^']*': /, "correct horse");
        await types(removing, /New passphrase, empty for none: /, "");
        await types(removing, /The same again: /, "");
        await removing.shows(/your messages are readable again the next time a client starts/);
        assertEquals(await removing.ends(), 0);
      }
      const { code, out } = await alice.runs("history", "export", "bob");
      assertEquals(code, 0);
      assertMatch(out, /alice: a word that is looked for$/m);
    },
  });

  Deno.test({
    name:
      `${build.name}: the prompt says what waits, and one line that somebody is back and has it`,
    ignore: !hasTerminal,
    fn: async () => {
      await using met = await twoContacts(build, "Hello");
      await using alices = new TerminalProgram(
        met.alice.build,
        ...["client", "alice", "0", met.address, "--register"],
      );
      await alices.shows(/alice> /);
      await alices.types("/chat bob\r");
      await alices.shows(/alice → bob> /);
      await alices.types("one\r");
      await alices.shows(/\* waiting for bob/);
      await alices.types("two\r");
      await alices.shows(/alice → bob \(2 waiting\)> /);
      await using bobs = await met.bob.starts();
      await bobs.says(/^alice: two$/);
      await alices.shows(/\* bob is here: 2 messages delivered[^]*alice → bob> /);
      await alices.types("/history bob 2\r");
      await alices.shows(/\d\d:\d\d {2}→ bob {2}delivered {2}two/);
      await alices.types("/quit\r");
      assertEquals(await alices.ends(), 0);
    },
  });
}
