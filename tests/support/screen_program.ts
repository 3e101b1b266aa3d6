/**
 * A client with a full screen, and what stands on that.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Build } from "./program.ts";
import { Screen } from "./screen.ts";
import { TerminalProgram } from "./terminal_program.ts";

/** How the program is started. */
export interface ScreenBuild extends Build {
  /** Whether a shell starts it that takes the terminal if it is stopped, and then lets it go on. */
  readonly hasJobs?: boolean;
}

/** A client in a terminal of 80 columns and 24 rows. */
export class ScreenProgram implements AsyncDisposable {
  readonly program: TerminalProgram;
  readonly screen = new Screen(80, 24);
  #fed = 0;
  #terminal: string | undefined;

  constructor(build: ScreenBuild, ...args: string[]) {
    const start = (program: string) => `sh -c 'echo pid $$; exec "$@"' sh ${program}`;
    const run = (program: string) =>
      build.hasJobs ? `set -m; ${start(program)}; echo stopped; fg` : start(program);
    // A Ctrl+C for the program would end dash as well, which has to tell of the end.
    const shell = (program: string) =>
      `trap : INT; stty cols 80 rows 24; tty; ${run(program)}; echo ended $?; stty -a; cat`;
    this.program = new TerminalProgram({
      ...build,
      hasScreen: true,
      shell,
    }, ...args);
  }

  types(keys: string): Promise<void> {
    return this.program.types(keys);
  }

  /** Waits until the screen is as wanted. @returns Its rows. */
  async sees(wanted: RegExp | ((rows: string[]) => boolean)): Promise<string[]> {
    const isSeen = typeof wanted === "function"
      ? wanted
      : (rows: string[]) => wanted.test(rows.join("\n"));
    for (;;) {
      const sent = this.program.screen;
      await this.screen.shows(sent.slice(this.#fed).replaceAll("\r\n", "\n"));
      this.#fed = sent.length;
      const rows = this.screen.rows.map((row) => row.trimEnd());
      if (isSeen(rows)) return rows;
      await this.program.shows(/[^]/, this.#fed).catch(() => {
        assert(false, `in vain for ${wanted} on:\n${rows.join("\n")}`);
      });
    }
  }

  /** Makes the terminal another size. */
  async resizes(columns: number, rows: number): Promise<void> {
    await this.sees(() => true);
    this.screen.resize(columns, rows);
    await this.stty("cols", String(columns), "rows", String(rows));
  }

  /** Runs stty on the terminal. @returns What it says. */
  async stty(...args: string[]): Promise<string> {
    this.#terminal ??= (await this.program.shows(/(\/dev\/pts\/\d+)/))[1]!;
    const command = new Deno.Command("stty", { args: ["-F", this.#terminal, ...args] });
    const { success, stdout } = await command.output();
    assert(success, `stty ${args}`);
    return new TextDecoder().decode(stdout);
  }

  /** The id of the client's process. */
  async pid(): Promise<number> {
    return Number((await this.program.shows(/pid (\d+)/))[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.screen[Symbol.dispose]();
    await this.program[Symbol.asyncDispose]();
  }
}
