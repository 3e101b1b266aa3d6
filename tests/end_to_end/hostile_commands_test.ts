// Whatever a server says to a command that runs in a terminal, no row of it passes for one of the program's own.

import { assert, assertEquals } from "@std/assert";
import { HostileServer } from "../support/hostile_server.ts";
import { forgedAnywhere, obeyed } from "../support/hostile_text/hostile_text.ts";
import { makeProfile } from "../support/profiles.ts";
import { atHome, builds } from "../support/program.ts";
import { Screen } from "../support/screen.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const columns = 60;
/** Without a blank, at which it would be broken. */
const forged = "error:the-disk-is-full";

/** What is run, and what each row begins with that says something of the server. */
const commands: readonly (readonly [args: string[], own: RegExp])[] = [
  [["doctor", "SERVER"], /^(?:server|encrypted|addresses|IPv6|UDP|TCP|relay|clock|so) {2,}| {2}│ /],
  [["send", "bob", "hello", "--as", "alice", "--server", "SERVER"], /^p2pchat: | {2}│ /],
  [["audit", "bob", "--as", "alice", "--server", "SERVER"], /^p2pchat: | {2}│ /],
  // Its standard input is a pipe.
  [["client", "alice", "0", "SERVER", "--no-register"], /^(?:error: The server|\* |$)|^ {2}│ /],
];

for (const build of builds) {
  for (const [args, own] of commands) {
    Deno.test({
      name: `${build.name}: hostile words of a server to p2pchat ${args[0]}`,
      ignore: !hasTerminal,
      fn: async () => {
        using home = atHome(build);
        // It compares with nobody whom the user has never talked to.
        if (args[0] === "audit") makeProfile(home.profile, { received: ["hello"] });
        using server = new HostileServer();
        const said = `\u202ehere ${forgedAnywhere(forged, columns)}`;
        server.answer = `ERROR\r\nCode: 400\r\nReason: ${said}\r\n\r\n`;
        const shell = (program: string) => `echo /info | ${program}`;
        const isScript = args[0] === "client";
        await using program = new TerminalProgram(
          { ...home.build, ...isScript && { shell, hasScreen: true } },
          ...args.map((word) => word.replace("SERVER", server.place)),
        );
        await program.ends();
        using screen = new Screen(columns, 20);
        await screen.shows(program.screen.replaceAll("\r\n", "\n"));
        const { rows } = screen;
        // The doctor has no use for what it says.
        if (args[0] !== "doctor") assert(rows.some((row) => row.includes(forged)), rows.join("\n"));
        assertEquals(rows.filter((row) => !own.test(row) || obeyed.test(row)), []);
      },
    });
  }
}
