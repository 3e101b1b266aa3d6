// How a client takes a terminal, and gives it back however it ends or stops: the same cases with the full screen and
// with the stream of lines.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  ClientInTerminal,
  type TerminalKind,
  terminalKinds,
} from "../support/client_in_terminal.ts";
import { makeProfile } from "../support/profiles.ts";
import { atHome, type Build, builds, Program } from "../support/program.ts";
import { RawListener } from "../support/raw_peer.ts";
import { hasTerminal } from "../support/terminal_program.ts";

const isRaw = / -icanon [^]* -echo /;
const isCooked = / icanon [^]* echo /;
/** What the terminal is sent when it is taken, and when it is given back. */
const [taken, given] = ["\x1b[?2004h", "\x1b[?2004l"];

/** How often a terminal was sent something. */
function count({ at }: ClientInTerminal, sent: string): number {
  return at.program.screen.split(sent).length - 1;
}

/** Waits until the keys are the terminal's own again. */
async function isOnceCooked({ at }: ClientInTerminal): Promise<void> {
  for (const deadline = Date.now() + 30_000; !isCooked.test(await at.stty("-a"));) {
    assert(Date.now() < deadline, "the terminal is still the program's");
  }
}

/** Asserts that the terminal was given back as it was, and the program has ended well. */
async function isGivenBack(bob: ClientInTerminal): Promise<void> {
  assertEquals(await bob.ends(), 0);
  const [, mode] = await bob.at.program.shows(/ended 0\r\n([^]*echoke[^]*)$/);
  assertMatch(mode!, isCooked);
  assertEquals([count(bob, taken), count(bob, given) > 0], [1, true]);
  const { screen } = bob.at.program;
  if (bob.kind === "screen") {
    assertMatch(
      screen,
      /\x1b\[\?1049h[^]*\x1b\[\?1004h[^]*\x1b\[\?1004l\x1b\[\?2004l\x1b\[\?7h\x1b\[\?1049l[^]*ended/,
    );
    assert(!(await bob.text()).includes("bob>"), "it is still the other screen");
  } else {
    assert(!screen.includes("\x1b[?1049h") && !screen.includes("\x1b[?1004"));
  }
}

const ways: readonly (readonly [how: string, end: string | Deno.Signal])[] = [
  ["/quit", "/quit\r"],
  ["Ctrl+C", "\x03"],
  ["Ctrl+D", "\x04"],
  ["SIGTERM", "SIGTERM"],
  ["SIGINT", "SIGINT"],
  ["SIGQUIT", "SIGQUIT"],
  ["SIGHUP", "SIGHUP"],
];

/** @returns How a case is run with a client that ends in some way. */
function endsBy(end: string | Deno.Signal) {
  return async ({ kind, build }: Scene) => {
    await using bob = new ClientInTerminal(kind, build, ["client", "bob"]);
    const pid = await bob.at.pid();
    await bob.asks("bob");
    assertMatch(await bob.at.stty("-a"), isRaw);
    if (end.startsWith("SIG")) Deno.kill(pid, end as Deno.Signal);
    else await bob.types(end);
    if (end === "\x03" && kind === "screen") {
      await bob.says(/Ctrl\+C again, or \/quit, leaves everyone/);
      await bob.types(end);
    }
    await isGivenBack(bob);
  };
}

/** @returns How a case is run with a client that is stopped in some way by a shell, and goes on. */
function stopsBy(stop: (bob: ClientInTerminal) => Promise<void>) {
  return async ({ kind, build }: Scene) => {
    await using bob = new ClientInTerminal(kind, { ...build, hasJobs: true }, ["client", "bob"]);
    await bob.asks("bob");
    await bob.types("/w");
    await bob.asks("bob", "/w");
    await stop(bob);
    await bob.at.program.shows(RegExp(`(${RegExp.escape(taken)}[^]*){2}/w`));
    await bob.asks("bob", "/w");
    await bob.types("ho\r");
    await bob.says(/you have talked to nobody/);
    assertMatch(await bob.at.stty("-a"), isRaw);
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
  };
}

/** What a case works with. */
interface Scene {
  readonly kind: TerminalKind;
  readonly build: Build;
}

const cases: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  ...Object.fromEntries(
    ways.map(([how, end]) => [`the terminal is given back after ${how}`, endsBy(end)]),
  ),

  // Deno 2.6 lets no program stop itself; there the key asks for another one.
  "what is typed after Ctrl+Z, and back, is taken as before": stopsBy(async (bob) => {
    await bob.types("\x1a");
    const [said] = await bob.at.program.shows(/\x1b\[\?2004l[^]*(stopped|Ctrl\+Z once more)/);
    if (said.endsWith("more")) {
      await isOnceCooked(bob);
      await bob.types("\x1a");
    }
    await bob.at.program.shows(/\x1b\[\?2004l[^]*stopped/);
  }),

  "what is typed after another program has stopped it is taken as before": stopsBy(async (bob) => {
    Deno.kill(await bob.at.pid(), "SIGSTOP");
    await bob.at.program.shows(/stopped/);
  }),

  "Ctrl+Z without a shell leaves the terminal as it was": async ({ kind, build }) => {
    await using bob = new ClientInTerminal(kind, build, ["client", "bob"]);
    await bob.asks("bob");
    const before = await bob.at.stty("-a");
    await bob.types("half\x1a");
    await bob.at.program.shows(/\x1b\[\?2004l[^]*\x1b\[\?2004h[^]*half/);
    await bob.asks("bob", "half");
    assertEquals(await bob.at.stty("-a"), before);
  },

  "behind Ctrl+D, which waits for what was entered, Ctrl+C does not wait": async (
    { kind, build },
  ) => {
    using slow = new RawListener();
    await using bob = new ClientInTerminal(kind, build, ["client", "bob"]);
    await bob.asks("bob");
    const place = `127.0.0.1:${slow.address.port}`;
    await bob.types(`/chat ${place}\rone\r`);
    using _peer = await slow.accept();
    await bob.asks(`bob → ${place} …`);
    await bob.types("\x04");
    await bob.at.program.shows(/\x1b\[\?2004l/);
    await isOnceCooked(bob);
    await bob.types("\x03");
    await bob.says(/dropped the line that was still to be done: “one”/);
    assertEquals(await bob.ends(), 0);
  },

  "a passphrase is asked for before the terminal is taken, and seen by nobody": async (
    { kind, build },
  ) => {
    using home = atHome(build);
    makeProfile(home.profile, { passphrase: "correct hörse", texts: ["the sealed text"] });
    await using alice = new ClientInTerminal(kind, home.build, ["client", "alice"]);
    await alice.at.program.shows(/Passphrase of '[^']*': $/);
    await alice.types("wrong\r");
    await alice.at.program.shows(/That is another one\. Passphrase of '[^']*': $/);
    await alice.types("correct hx\x7förse\r");
    await alice.asks("alice");
    await alice.types("/history bob\r");
    await alice.says(/the sealed text/);
    assertMatch(await alice.at.stty("-a"), isRaw);
    await alice.quits();
    assert(!/corre|wrong/.test(alice.at.program.screen));
  },

  "who gives up at the passphrase has the terminal as it was": async ({ kind, build }) => {
    using home = atHome(build);
    makeProfile(home.profile, { passphrase: "correct hörse" });
    await using alice = new ClientInTerminal(kind, home.build, ["client", "alice"]);
    await alice.at.program.shows(/Passphrase of '[^']*': $/);
    await alice.types("ab\x03");
    assertEquals(await alice.ends(), 130);
    assertMatch(await alice.at.stty("-a"), isCooked);
    assertEquals(count(alice, "\x1b[?1049h"), 0);
  },

  "another client of that name takes over, and what was half typed is no message": async (
    { kind, build },
  ) => {
    using home = atHome(build);
    await using bob = new ClientInTerminal(kind, home.build, ["client", "bob"]);
    await bob.asks("bob");
    await bob.types("half a line");
    await bob.asks("bob", "half a line");
    await using second = new Program(home.build, "client", "bob", "--take-over");
    await bob.says(/another p2pchat of yours took over as bob; this one leaves/);
    await isGivenBack(bob);
    await second.quits();
  },
};

for (const build of builds) {
  for (const kind of terminalKinds) {
    for (const [name, run] of Object.entries(cases)) {
      Deno.test({
        name: `${build.name}, ${kind}: ${name}`,
        ignore: !hasTerminal,
        fn: () => run({ kind, build }),
      });
    }
  }
}
