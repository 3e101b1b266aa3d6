// On a real pseudo-terminal: whatever happens, who has the terminal next has it as it was, and only what was typed.

import { assert, assertMatch } from "@std/assert";
import { hasTerminal, TerminalProgram } from "../../../support/terminal_program.ts";

Deno.test({
  name: "an error while something is written leaves no other screen, and no raw mode",
  ignore: !hasTerminal,
  fn: async () => {
    const script = new URL("../../../support/failing_terminal.ts", import.meta.url).pathname;
    const { stdout } = await new Deno.Command("script", {
      args: ["-qfec", `'${Deno.execPath()}' run -A '${script}'; stty -a`, "/dev/null"],
      stdin: "null",
      stderr: "null",
      env: { TERM: "xterm-256color", NO_COLOR: "1" },
    }).output();
    const screen = new TextDecoder().decode(stdout);
    const given = screen.lastIndexOf("\x1b[?1049l");
    assert(given > screen.indexOf("\x1b[?1049h"), "it is still on the other screen");
    assertMatch(screen.slice(given), /something that nobody has thought of/);
    assertMatch(screen, / icanon [^]* echo /);
  },
});

Deno.test({
  name: "an answer that comes when the terminal is given back is nothing that its next user gets",
  ignore: !hasTerminal,
  fn: async () => {
    const script = new URL("../../../support/asking_terminal.ts", import.meta.url).pathname;
    await using program = new TerminalProgram({
      ...{ name: "asking", command: Deno.execPath(), args: ["run", "-A", script] },
      shell: (program) => `${program}; echo ended; stty -a; cat`,
    });
    await program.shows(/\[question\][^]*\[given back\]/);
    await program.types("the answer\r");
    const { input } = await program.shows(/ended\r\n[^]*echoke/);
    assertMatch(input, / icanon [^]* echo /);
    await program.types("typed\r");
    await program.shows(/typed\r\ntyped/);
    assert(!program.screen.includes("answer"), program.screen);
  },
});
