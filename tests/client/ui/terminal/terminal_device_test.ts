// On a real pseudo-terminal: an error that nobody catches leaves the terminal as it was.

import { assert, assertMatch } from "@std/assert";
import { hasTerminal } from "../../../support/terminal_program.ts";

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
