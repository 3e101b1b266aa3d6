// A line goes to whom it was written for, or to nobody: by real processes, in scripts and in terminals.

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { type Place, temporaryDirectory } from "../support/places.ts";
import { type Build, builds, Program, startServerProgram } from "../support/program.ts";
import { RawListener } from "../support/raw_peer.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

/** A server, and people whose programs come and go. */
class Town implements AsyncDisposable {
  readonly #homes = new Map<string, Place>();

  constructor(readonly build: Build, readonly server: Program, readonly address: string) {}

  static async start(build: Build): Promise<Town> {
    const { server, address } = await startServerProgram(build, "--ephemeral", "--log-level=debug");
    return new Town(build, server, address);
  }

  /** Starts a client in a script, and waits until it is registered. */
  async script(id: string, ...more: string[]): Promise<Program> {
    const program = new Program(this.#buildOf(id), ...this.#client(id), ...more);
    await program.says(/^\* registered as /);
    return program;
  }

  /** Starts a client in a terminal, and waits until it shows a prompt. */
  async terminal(id: string, build = this.#buildOf(id)): Promise<TerminalProgram> {
    const terminal = this.opens(id, build);
    await terminal.shows(RegExp(`${id}> `));
    return terminal;
  }

  /** Starts a client in a terminal. */
  opens(id: string, build = this.#buildOf(id)): TerminalProgram {
    return new TerminalProgram(build, ...this.#client(id));
  }

  /** Runs a script to its end. */
  async runs(id: string, input: string | Uint8Array<ArrayBuffer>, ...more: string[]) {
    await using program = new Program(this.#buildOf(id), ...this.#client(id), ...more);
    await program.writes(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await program.endInput();
    const code = await program.ends();
    return { code, out: program.out, err: program.err };
  }

  /** Makes two people contacts of each other, who have gone again. */
  async acquaint(one: string, other: string): Promise<void> {
    await using others = await this.script(other);
    await using ones = await this.script(one);
    await ones.types(`/chat ${other}\nwe know each other`);
    await others.says(/: we know each other$/);
    await others.types(`/switch ${one}\n/quit`);
    await others.ends();
    await ones.types("/quit");
    assertEquals([await ones.ends(), ones.err], [0, []]);
  }

  /** The client of a person, as another command runs it. */
  buildAt(id: string, command: string, ...args: string[]): Build {
    const { build } = this;
    return { ...this.#buildOf(id), command, args: [...args, build.command, ...build.args] };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    for (const home of this.#homes.values()) home[Symbol.dispose]();
  }

  #client(id: string): string[] {
    return ["client", id, "0", this.address, "--register"];
  }

  #buildOf(id: string): Build {
    const home = this.#homes.get(id) ?? temporaryDirectory();
    this.#homes.set(id, home);
    return { ...this.build, home: home.path };
  }
}

/** What a program has printed of a person's messages. */
function heardFrom(name: string, { out }: { readonly out: readonly string[] }): string[] {
  return out.filter((line) => line.startsWith(`${name}: `));
}

/** The end of what a screen has been sent: only the cursor is placed behind it. */
function ending({ source }: RegExp): RegExp {
  return RegExp(String.raw`${source}(\x1b\[\d+G)?$`);
}

const failing = [
  "/chat dave",
  "/switch dvae",
  "/trust dave",
  " /chat dave",
  "/chat",
  "/chta dave",
  "/Chat dave",
];

for (const build of builds) {
  const test = (name: string, fn: (town: Town) => Promise<void>, ignore = false) =>
    Deno.test({
      name: `${build.name}: ${name}`,
      ignore,
      fn: async () => {
        await using town = await Town.start(build);
        await fn(town);
      },
    });
  const inTerminal = (name: string, fn: (town: Town) => Promise<void>) =>
    test(name, fn, !hasTerminal);

  test("in a script nothing behind a failed /chat, /switch or /trust goes to anybody", async (town) => {
    await using carol = await town.script("carol");
    for (const [i, command] of failing.entries()) {
      const text = `/chat carol\nhello ${i}\n${command}\nsecret for dave\n/msg another\n`;
      const { code, err } = await town.runs("alice", text);
      const refusal = `error: not sent: ${command.trim()} failed`;
      assertEquals([code, err.slice(1)], [1, [refusal, refusal]], command);
      await carol.says(RegExp(`^alice: hello ${i}$`));
    }
    assertEquals(heardFrom("alice", carol), failing.map((_, i) => `alice: hello ${i}`));
  });

  test("after a failed /chat, what is for the next one that is found goes there", async (town) => {
    await using carol = await town.script("carol");
    const { err } = await town.runs("alice", "/chat dave\nfor dave\n/chat carol\nfor carol\n");
    assertEquals(err.length, 2);
    await carol.says(/^alice: for carol$/);
    assertEquals(heardFrom("alice", carol), ["alice: for carol"]);
  });

  test("in a script nobody who calls becomes the current one", async (town) => {
    await town.acquaint("bob", "alice");
    await using bob = await town.script("bob");
    await using mallory = await town.script("mallory");
    await mallory.types("/chat bob\nhi");
    await bob.says(/^\* mallory \(.*\) calls, encrypted; \/chat mallory answers$/);
    await bob.says(/^mallory: hi$/);
    await using alice = await town.script("alice");
    await alice.types("/chat bob\nhello");
    await bob.says(/^\* alice .*has called.*; \/switch alice to answer$/);
    await bob.says(/^alice: hello$/);
    await bob.types("for nobody\n/chat dave\nfor dave\n/quit");
    assertEquals(await bob.ends(), 1);
    assertEquals(bob.err[0], "error: No conversation is current: /switch to one of mallory, alice");
    assertEquals(bob.err.at(-1), "error: not sent: /chat dave failed");
    for (const one of [mallory, alice]) {
      await one.says(/^\* bob has left$/);
      assertEquals(heardFrom("bob", one), []);
    }
  });

  test("in a script the sender of mail does not become the current one", async (town) => {
    await town.acquaint("bob", "alice");
    assertEquals((await town.runs("alice", "/chat bob\nby mail\n")).code, 0);
    await using bob = await town.script("bob");
    await bob.says(/^alice: by mail$/);
    await bob.types("for nobody\n/quit");
    assertEquals(await bob.ends(), 1);
    assertMatch(bob.err.join(), /^error: No conversation is current: \/switch to one of alice$/);
  });

  test("a conversation stays the current one when its peer goes and comes back", async (town) => {
    await town.acquaint("alice", "bob");
    await using alice = await town.script("alice");
    {
      await using bob = await town.script("bob");
      await alice.types("/chat bob\none");
      await bob.says(/^alice: one$/);
      await bob.types("/quit");
      await bob.ends();
    }
    await alice.says(/^\* bob has left$/);
    await alice.types("two");
    await alice.says(/^\* waiting for bob$/);
    await using bob = await town.script("bob");
    await bob.says(/^alice: two$/);
    await bob.types("/chat alice");
    await alice.types("three");
    await bob.says(/^alice: three$/);
    assertEquals(alice.err, []);
  });

  test("blanks do not change what a command is, and two slashes begin a message", async (town) => {
    await using carol = await town.script("carol");
    const lines = [
      "\t/chat  carol",
      "\u200b /peers",
      "  //etc/hosts",
      " /verify carol yes",
      " /quit",
    ];
    const { code, out, err } = await town.runs("alice", [...lines, "not said"].join("\n") + "\n");
    assertEquals([code, err.length], [1, 1]);
    assertMatch(err[0]!, /^error: There are no words to compare yet/);
    assert(out.some((line) => line.endsWith("(current)")), out.join("\n"));
    await carol.says(/^alice {3}has left|^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ["alice:   /etc/hosts"]);
  });

  inTerminal(
    "in a terminal nothing behind a failed /chat goes to anybody, pasted or typed",
    async (town) => {
      await using carol = await town.script("carol");
      await using alice = await town.terminal("alice");
      await alice.types("/chat carol\r");
      await alice.shows(/alice → carol> /);
      await alice.types("/chat dave\rsecret for dave\rand more\r");
      await alice.shows(/not sent: \/chat dave failed[^]*not sent: \/chat dave failed/);
      // The one is in the input line again, the other one is a key away.
      await alice.shows(
        ending(
          /“and more” was not sent; the up arrow brings it back[^]*alice → carol> secret for dave/,
        ),
      );
      // Who has read that is where they were.
      await alice.types("\x15for carol\r");
      await carol.says(/^alice: for carol$/);
      assertEquals(heardFrom("alice", carol), ["alice: for carol"]);
    },
  );

  inTerminal(
    "what is typed behind a /chat that is under way is for whom it finds",
    async (town) => {
      using slow = new RawListener();
      await using carol = await town.script("carol");
      await using alice = await town.terminal("alice");
      await alice.types("/chat carol\r");
      await alice.shows(/alice → carol> /);
      const place = `127.0.0.1:${slow.address.port}`;
      await alice.types(`/chat ${place}\r`);
      await alice.shows(RegExp(`alice → ${place} …> `));
      await alice.types("not for carol\r");
      const peer = await slow.accept();
      peer.close();
      await alice.shows(
        ending(RegExp(`not sent: /chat ${place} failed[^]*alice → carol> not for carol`)),
      );
      await alice.types("\x15/quit\r");
      assertEquals(await alice.ends(), 0);
      await carol.says(/^\* alice has left$/);
      assertEquals(heardFrom("alice", carol), []);
    },
  );

  inTerminal("who calls while a line is half typed does not get it", async (town) => {
    await town.acquaint("alice", "bob");
    await using alice = await town.terminal("alice");
    await alice.types("ls -la /etc");
    await alice.shows(/ls -la \/etc/);
    await using bob = await town.script("bob");
    await bob.types("/chat alice\nhello");
    await alice.shows(/bob .*has called.*; \/switch bob to answer[^]*bob: hello/);
    await alice.types("\r");
    await alice.shows(
      ending(/No conversation is current: \/switch to one of bob[^]*alice> ls -la \/etc/),
    );
    await alice.types("\x15/quit\r");
    assertEquals(await alice.ends(), 0);
    assertNotMatch(alice.screen, /alice → bob> /);
    await bob.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", bob), []);
  });

  inTerminal(
    "a contact who calls becomes the current one if nothing is typed, an unknown sender never",
    async (town) => {
      await town.acquaint("alice", "bob");
      await using alice = await town.terminal("alice");
      await using mallory = await town.script("mallory");
      await mallory.types("/chat alice\nhi");
      await alice.shows(/mallory \(.*\) calls, encrypted; \/chat mallory answers[^]*mallory: hi/);
      await using bob = await town.script("bob");
      await bob.types("/chat alice");
      await alice.shows(ending(/bob [^;]*has called[^;]*\r\n[^]*alice → bob> /));
      await alice.types("hello\r");
      await bob.says(/^alice: hello$/);
      await alice.types("/chat mallory\r");
      await alice.shows(ending(/alice → mallory> /));
      assertEquals(heardFrom("alice", mallory), []);
    },
  );

  inTerminal("after a failed /chat nobody who calls becomes the current one", async (town) => {
    await town.acquaint("alice", "bob");
    await using alice = await town.terminal("alice");
    await alice.types("/chat dave\r");
    await alice.shows(ending(/No client dave is registered[^]*alice> /));
    await using bob = await town.script("bob");
    await bob.types("/chat alice");
    await alice.shows(ending(/has called.*; \/switch bob to answer[^]*alice> /));
    await alice.types("for dave\r");
    await alice.shows(/not sent: \/chat dave failed/);
  });

  inTerminal(
    "the sender of mail does not become the current one in a terminal either",
    async (town) => {
      await town.acquaint("alice", "bob");
      assertEquals((await town.runs("bob", "/chat alice\nby mail\n")).code, 0);
      await using alice = await town.terminal("alice");
      await alice.shows(ending(/bob: by mail[^]*alice> /));
      await alice.types("for nobody\r");
      await alice.shows(
        ending(/No conversation is current: \/switch to one of bob[^]*alice> for nobody/),
      );
    },
  );

  for (const [how, wrapped] of [["with a hang-up", false], ["without a hang-up", true]] as const) {
    inTerminal(
      `a window that is closed ${how} sends nothing, and the client leaves properly`,
      async (town) => {
        await using carol = await town.script("carol");
        // A program of another session gets no SIGHUP.
        const build = wrapped ? town.buildAt("alice", "setsid", "--wait") : undefined;
        await using alice = await town.terminal("alice", build);
        await alice.types("/chat carol\r");
        await alice.shows(/alice → carol> /);
        await alice.types("sent\rhalf typed");
        await carol.says(/^alice: sent$/);
        await alice.shows(/half typed/);
        await alice.closesWindow();
        await carol.says(/^\* alice has left$/);
        await town.server.says(/verb=UNREGISTER clientID=alice reply=(?!401)/);
        await carol.types("/info");
        await carol.says(/^1 client is registered/);
        assertEquals(heardFrom("alice", carol), ["alice: sent"]);
      },
    );
  }

  inTerminal("what Ctrl+D ends is not sent either, if the output is no terminal", async (town) => {
    await using carol = await town.script("carol");
    using place = temporaryDirectory();
    const build = town.buildAt("alice", "sh", "-c", `exec "$@" >${place.path}/out`, "sh");
    await using alice = town.opens("alice", build);
    await alice.types("/chat carol\rsent\r");
    await carol.says(/^alice: sent$/);
    await alice.types("half typed\x04\x04");
    assertEquals(await alice.ends(), 0);
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ["alice: sent"]);
  });

  inTerminal("what is typed while a client starts is done when it has started", async (town) => {
    await using carol = await town.script("carol");
    await using alice = town.opens("alice");
    await alice.types("/chat carol\rearly\r/quit\r");
    assertEquals(await alice.ends(), 0);
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ["alice: early"]);
  });

  const ten = Array.from({ length: 10 }, (_, i) => `line ${i}`);
  for (const [how, keys] of [["/quit", "/quit\r"], [" /quit", " /quit\r"], ["Ctrl+D", "\x04"]]) {
    inTerminal(`ten lines and ${how} in one paste: all ten are kept`, async (town) => {
      await using carol = await town.script("carol");
      await using alice = await town.terminal("alice");
      await alice.types(["/chat carol", ...ten, keys].join("\r"));
      assertEquals(await alice.ends(), 0);
      await carol.says(/^\* alice has left$/);
      assertEquals(heardFrom("alice", carol), ten.map((line) => `alice: ${line}`));
    });
  }

  inTerminal("Ctrl+C says how many lines it drops", async (town) => {
    using slow = new RawListener();
    await using alice = await town.terminal("alice");
    await alice.types(`/chat 127.0.0.1:${slow.address.port}\rone\rtwo\r/quit\rhalf`);
    await alice.shows(/half/);
    using _peer = await slow.accept();
    // The first one clears what is half typed.
    await alice.types("\x03\x03");
    await alice.shows(/dropped 3 lines that were still to be done; the first is “one”/);
    assertEquals(await alice.ends(), 0);
  });

  inTerminal(
    "a message that looks like a path is refused and stays in the input line",
    async (town) => {
      await using _carol = await town.script("carol");
      await using alice = await town.terminal("alice");
      await alice.types("/chat carol\r");
      await alice.shows(/alice → carol> /);
      await alice.types("  /verify carol yes\r");
      await alice.shows(/There are no words to compare yet/);
      await alice.types("/etc/passwd\r");
      await alice.shows(ending(/\/\/etc\/passwd[^]*alice → carol> \/etc\/passwd/));
    },
  );
}
