// The full screen on a real pseudo-terminal: what stands on it after all that the program has written.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertMatch } from "@std/assert";
import { atHome, type Build, builds, Program, startServerProgram } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;
const [pageUp, pageDown] = ["\x1b[5~", "\x1b[6~"];

/** Somebody in a script, to whom Bob turns. */
async function joins(
  build: Build,
  bob: ScreenProgram,
  name: string,
): Promise<Program> {
  const program = new Program(build, "client", name);
  const [, address] = await program.says(/listening on (127\.0\.0\.1:\d+)/);
  await bob.types(`/chat ${address}\r`);
  await bob.sees(RegExp(`^bob → ${name}> *$`, "m"));
  await program.says(/bob .*calls/);
  await program.types("/switch bob");
  return program;
}

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasTerminal, fn });

  const opens = (bobs: Build = build) =>
    new ScreenProgram(bobs, "client", "bob", "--allow-plaintext");

  test("a conversation on the screen: keys while messages come in, pastes, sizes", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await using alice = await joins(build, bob, "alice");

    // 50 messages a second, while Bob types.
    const text = "the quick brown fox jumps over the lazy dog 👨‍👩‍👧‍👦 ";
    const coming = (async () => {
      for (let i = 0; i < 100; i++) {
        await alice.types(`message ${i}.`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    for (const letter of text.repeat(2)) await bob.types(letter);
    await coming;
    await bob.sees(/alice {2}message 99\./);
    await bob.types("\r");
    await alice.says(RegExp(`^bob: ${text.repeat(2)}$`));
    await bob.sees(/│ lazy dog.*✓$/m);

    // All of them are above, and none twice.
    const seen = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const rows = await bob.sees((rows) => i === 0 || !seen.has(rows.slice(1, -2).join()));
      seen.add(rows.slice(1, -2).join());
      for (const row of rows) {
        const [message] = /message \d+\./.exec(row) ?? [];
        if (message !== undefined) seen.add(message);
      }
      if (seen.has("message 0.")) break;
      await bob.types(pageUp);
    }
    for (let i = 0; i < 100; i++) assert(seen.has(`message ${i}.`), `message ${i}.`);
    await bob.sees(/more below: PgDn/);
    for (let i = 0; i < 12; i++) await bob.types(pageDown);
    await bob.sees((rows) => !rows.join().includes("more below"));

    // A paste is one message, in one drawing.
    const long = "0123456789".repeat(1_500);
    const before = bob.program.screen.length;
    await bob.types(paste(long));
    const drafted = await bob.sees((rows) => rows.at(-1)!.endsWith("6789"));
    // It is still seen for whom it is.
    assertMatch(drafted.join("\n"), /^bob → alice> ⋮ 178 rows above$/m);
    assert(bob.program.screen.length - before < 20_000, "it was drawn more than once");
    await bob.types("\r");
    await alice.says(RegExp(`^bob: ${long}$`));

    // However small, and back.
    await bob.types("half typed");
    for (const [columns, rows] of [[40, 10], [20, 5], [1, 1], [120, 40], [30, 12]] as const) {
      await bob.resizes(columns, rows);
      await alice.types(`in ${columns} columns`);
      if (columns > 1) {
        await bob.sees((all) => all.join().includes(columns === 20 ? "half ty" : `in ${columns}`));
      }
    }
    await bob.resizes(80, 24);
    await bob.sees((rows) => {
      const all = rows.join("\n");
      return rows.length === 24 && rows.at(-1) === "bob → alice> half typed" &&
        [40, 20, 1, 120, 30].every((columns) => all.includes(`alice  in ${columns} columns`));
    });

    // Ctrl+Z where no shell could take over: the terminal is taken again, and all is there.
    await bob.types("\x1a");
    await bob.program.shows(/\x1b\[\?1049l[^]*\x1b\[\?1049h/);
    await bob.sees(/alice {2}in 30 columns[^]*bob → alice> half typed$/);

    // Ctrl+C clears the line, and the end gives the terminal back.
    await bob.types("\x03/quit\r");
    await alice.says(/^\* bob has left$/);
    const [, mode] = await bob.program.shows(/ended 0\r\n([^]*echoke[^]*)$/);
    assertMatch(mode!, / icanon [^]* echo /);
    assertMatch(bob.program.screen, /\x1b\[\?7h\x1b\[\?1049l[^]*ended/);
  });

  test("a line goes to whom it was begun for, whatever the keys turn to meanwhile", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await using alice = await joins(build, bob, "alice");
    await using carol = await joins(build, bob, "carol");
    await alice.types("are you there?");
    await bob.sees(/^ 1 alice +● +1 │[^]*Alt\+a: alice 1/m);
    await bob.types("for carol");
    await bob.types("\x1ba and for alice");
    await bob.sees(/ new [^]*alice {2}are you there\?[^]*bob → alice> {2}and for alice$/);
    await bob.types("\x1b2");
    await bob.sees(/^>2 carol[^]*bob → carol> for carol$/m);
    await bob.types(" alone\r");
    await carol.says(/^bob: for carol alone$/);
    await bob.types("\x10");
    await bob.sees(/^>1 alice[^]*bob → alice> {2}and for alice$/m);
    // Back to who was there before, and once more.
    await bob.types("\x1b-");
    await bob.sees(/^>2 carol[^]*bob → carol>$/m);
    await bob.types("\x1b-");
    await bob.sees(/^>1 alice[^]*bob → alice> {2}and for alice$/m);
    await bob.types("\r");
    await alice.says(/^bob: {2}and for alice$/);
    assertEquals(alice.out.filter((line) => line.startsWith("bob:")).length, 1);
    assertEquals(carol.out.filter((line) => line.startsWith("bob:")).length, 1);
    // Typed ahead behind a command that turns to somebody: for that one.
    await bob.types("/switch carol\rafter that\r/switch alice\r");
    await carol.says(/^bob: after that$/);
    await bob.sees(/^>1 alice/m);
    // Somebody leaves, and is back: one line, in her own view alone.
    await carol.types("/quit");
    await bob.sees(/^ 2 carol +○/m);
    await bob.types("\x0e");
    await bob.sees(/· carol has been away since \d\d:\d\d ·/);
    await bob.types("/clear\r");
    await bob.sees((rows) => rows[2] === ">2 carol   ○    │");
    await bob.types("/nothing\r");
    await bob.sees(/There is no \/nothing/);
  });

  test("all who are left at the end are in one line", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await using _alice = await joins(build, bob, "alice");
    await using carol = await joins(build, bob, "carol");
    await bob.types("/quit\r");
    // What somebody says as one leaves may keep one's goodbye from them.
    await carol.says(/^\* (bob has left$|the connection to bob is lost)/);
    const { input } = await bob.program.shows(/ended/);
    assertEquals(input.match(/you left .*/g), ["you left alice, carol"]);
  });

  test("a line that is for nobody goes to nobody, on the screen as well", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await using alice = await joins(build, bob, "alice");
    // What is typed behind a command that fails was meant for whom it should have found.
    await bob.types("/chat 127.0.0.1:1\rfor somebody else\r");
    await bob.sees(/not sent: \/chat 127\.0\.0\.1:1 failed[^]*^bob → alice> for somebody else$/m);
    await bob.types("\x15");
    // Who writes while a line is half typed does not get it.
    await bob.types("/switch alice\r");
    await bob.sees(/^bob → alice>$/m);
    await bob.types("/close\r");
    await alice.says(/^\* bob has left$/);
    await bob.sees(/^bob>$/m);
    await bob.types("half");
    await alice.types("are you there?");
    await bob.sees(/Alt\+a: alice 1[^]*^bob> half$/m);
    await bob.types(" for nobody\r");
    await bob.sees(/not sent|No conversation is current/);
    await bob.sees(/^bob> half for nobody$/m);
    assertEquals(alice.out.filter((line) => line.startsWith("bob:")), []);
    // A window that is closed sends nothing.
    await bob.program.closesWindow();
    await alice.types("/history bob");
    await alice.says(/are you there/);
    assertEquals(alice.out.filter((line) => line.startsWith("bob:")), []);
  });

  test("what was not on the screen is new at the next start", async () => {
    using home = atHome(build);
    await using alice = new Program(build, "client", "alice");
    const start = async () => {
      const bob = opens(home.build);
      const [, address] = /listening on (\S+)/.exec((await bob.sees(/listening on/)).join("\n"))!;
      return { bob, address };
    };
    const quits = async (bob: ScreenProgram) => {
      await bob.types("\x15/quit\r");
      await bob.program.shows(/ended/);
    };
    {
      const { bob, address } = await start();
      await using _ending = bob;
      await alice.types(`/chat ${address}\none\ntwo`);
      // She is nobody whom Bob knows: he looks at what she writes, and has not let her in by that.
      await bob.sees(/alice .*calls[^]*Alt\+a: alice 2/);
      await quits(bob);
    }
    const { bob } = await start();
    await using _ending = bob;
    await bob.sees(/^ 1 alice +\? +2 │[^]*Alt\+a: alice 2/m);
    await bob.types("\x1ba");
    await bob.sees(/unknown: \/chat alice answers[^]*bob> *$/);
    const rows = await bob.sees(/ new [^]*alice {2}one\n[^]*alice {2}two/);
    assert(!rows.join("\n").includes("Alt+a"));
    await bob.types("to nobody\r");
    await bob.sees(/not sent: you only look at what/);
    // As he is told: the command is no part of the line, which is back behind it.
    await bob.types("/chat alice\r");
    await bob.sees(/^bob → alice> to nobody$/m);
    await quits(bob);
    const third = (await start()).bob;
    await using _third = third;
    await third.sees((rows) => rows[0]!.includes("0 unread"));
    await quits(third);
  });

  test("a key shows what somebody unknown writes, also from a conversation", async () => {
    await using bob = opens();
    const [, address] = /listening on (\S+)/.exec((await bob.sees(/listening on/)).join("\n"))!;
    await using _alice = await joins(build, bob, "alice");
    await using dave = new Program(build, "client", "dave");
    await dave.types(`/chat ${address}\nyou do not know me`);
    await bob.sees(/^bob → alice>$/m);
    await bob.sees(/Alt\+a: dave 1/);
    for (const key of ["\x1ba", "\x1b2", "\x0e", "\x10"]) {
      await bob.sees(/^>1 alice[^]*^bob → alice>( half)?$/m);
      await bob.types(key);
      await bob.sees(/^>2 dave[^]*dave +you do not know me[^]*unknown: \/chat dave answers/m);
      await bob.sees(/^bob>$/m);
      await bob.types("\x1b1");
      await bob.sees(/^bob → alice>/m);
      if (key === "\x1ba") await bob.types("half");
    }
    await bob.sees(/^bob → alice> half$/m);
  });

  test("much that is new is left by a key, or by an answer, and is read then", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await using alice = await joins(build, bob, "alice");
    await using _carol = await joins(build, bob, "carol");
    const unread = async (count: number) => await bob.sees(RegExp(`^.* ${count} unread`));
    /** Alice writes while Bob looks at carol; then he turns to Alice. */
    const writes = async (what: string, count = 90) => {
      await bob.sees(/^>2 carol/m);
      for (let i = 0; i < count; i++) await alice.types(`${what} ${i}.`);
      await unread(count);
      await bob.types("\x1b1");
      const rows = await bob.sees(RegExp(`${what} 3\\.[^]*(?:more|new) below`));
      assert(!rows.join().includes(`${what} 40.`), "it does not begin with what is new");
    };
    const isRead = async (what: string) => {
      await bob.types("\x1b2");
      await bob.sees(/^>2 carol/m);
      await unread(0);
      await bob.types("\x1b1");
      await bob.sees((rows) => rows.join().includes(what) && !rows.join().includes("more below"));
      await bob.types("\x1b2");
    };
    await writes("one");
    await bob.types("\x1b[1;3F");
    await bob.sees((rows) =>
      rows.join().includes("one 89.") && !rows.join().includes("more below")
    );
    await bob.types("\x1b[1;3H");
    await bob.sees(/ new [^]*one 0\.[^]*more below/);
    await bob.types("\x1b[1;3H");
    await bob.sees(/first contact[^]*more below/);
    await alice.types("meanwhile\nand more");
    await bob.sees(/ {2}2 new below: Alt\+End/);
    await bob.types("\x1b>");
    await bob.sees(/and more/);
    await isRead("and more");
    await writes("two");
    await bob.types("/who\r");
    await bob.sees(/two 89\.[^]*new above: PgUp/);
    await bob.types("an answer\r");
    await bob.sees((rows) =>
      rows.join().includes("an answer") && !rows.join().includes("new above")
    );
    await isRead("an answer");
  });

  test("what commands answer is taken off by Esc and by the next message, and nothing else is", async () => {
    await using bob = opens();
    await bob.sees(/^bob>/m);
    await using alice = await joins(build, bob, "alice");
    await alice.types("the first");
    const asks = async () => {
      await bob.types("/who\r/nothing\r");
      await bob.sees(/you talk to 1 person:[^]*There is no \/nothing/);
    };
    const isOff = (rows: string[]) => !/you talk to|There is no/.test(rows.join("\n"));
    await asks();
    // Esc ends a search in the line first.
    await bob.types("\x12wh");
    await bob.sees(/^search “wh”>/m);
    await bob.types("\x1b");
    const rows = await bob.sees((rows) => !/^search/m.test(rows.join("\n")));
    assert(!isOff(rows), "it is off");
    await bob.types("\x1b");
    await bob.sees(isOff);
    await asks();
    await bob.types("an answer\r");
    await bob.sees((rows) => /an answer +✓/.test(rows.join("\n")) && isOff(rows));
    const left = (await bob.sees(/the first/)).join("\n");
    assertMatch(left, /first contact[^]*alice {2}the first[^]*bob {4}an answer/);
  });

  test("a conversation has the same number at the next start, whoever said something last", async () => {
    using home = atHome(build);
    const start = async () => {
      const bob = opens(home.build);
      await bob.sees(/listening on/);
      return bob;
    };
    {
      await using bob = await start();
      await using _alice = await joins(build, bob, "alice");
      await using carol = await joins(build, bob, "carol");
      await carol.types("said last");
      await bob.sees(/^ 1 alice[^\n]*\n>2 carol[^]*said last/m);
      await bob.types("/quit\r");
      await bob.program.shows(/ended/);
    }
    await using bob = await start();
    await bob.sees(/^ 1 alice[^\n]*\n 2 carol/m);
  });

  test("a prompt stands before the client runs, and what is typed by then is done", async () => {
    // It keeps the client waiting until it is told to go on.
    using slow = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const address = `127.0.0.1:${slow.addr.port}`;
    const { server, port } = await startServerProgram(build, "--realm", address);
    await using _server = server;
    await using bob = new ScreenProgram(build, "client", "bob", address, "--register");
    const caller = await slow.accept();
    await bob.sees(/^ bob .*\n[^]*^bob>$/m);
    await bob.types("/path\r/wh");
    await bob.sees(/^bob> \/wh$/m);
    const relayed = await Deno.connect({ port });
    const ended = Promise.allSettled([
      caller.readable.pipeTo(relayed.writable),
      relayed.readable.pipeTo(caller.writable),
    ]);
    await bob.sees(/registered as bob/);
    await bob.sees(/no conversation is current/i);
    await bob.sees(/^bob> \/wh$/m);
    await bob.types("o\r/quit\r");
    await bob.program.shows(/ended/);
    await ended;
  });

  test("a conversation that is hidden is off the list, also at the next start, until something comes", async () => {
    using home = atHome(build);
    const start = async () => {
      const bob = opens(home.build);
      await bob.sees(/listening on/);
      return bob;
    };
    const onList = (names: string) => (rows: string[]) =>
      rows.map((row) => /^[ >]\d (\w+)/.exec(row)?.[1] ?? "").join(" ").trim() === names;
    {
      await using bob = await start();
      await using alice = await joins(build, bob, "alice");
      await using carol = await joins(build, bob, "carol");
      await bob.sees(/^ 1 alice[^\n]*\n>2 carol/m);
      await alice.types("a word");
      await bob.sees(/Alt\+a: alice 1/);
      await bob.types("/hide\r");
      const rows = await bob.sees(/carol is off the list[^]*^bob>$/m);
      assert(onList("alice")(rows), rows.join("\n"));
      await carol.types("here I am");
      await bob.sees(onList("alice carol"));
      await bob.types("\x1b2");
      await bob.sees(/carol {2}here I am/);
      await bob.types("/hide alice\r");
      await bob.sees(onList("carol"));
      await bob.types("/switch alice\r");
      await bob.sees((rows) => onList("alice carol")(rows) && /a word/.test(rows.join()));
      await bob.types("/hide carol\r");
      await bob.sees(onList("alice"));
      await bob.types("/quit\r");
      await bob.program.shows(/ended/);
    }
    await using bob = await start();
    const rows = await bob.sees(/^ 1 alice/m);
    assert(onList("alice")(rows), rows.join("\n"));
    await bob.types("/switch carol\r");
    const back = await bob.sees(/^>2 carol[^]*here I am/m);
    assert(onList("alice carol")(back), back.join("\n"));
  });
}
