/**
 * The program in a terminal, which util-linux's `script` makes.
 *
 * @module
 */

import { type Place, temporaryDirectory } from "./places.ts";
import { argumentsOf, type Build, environmentAt } from "./program.ts";

/** Whether a terminal can be had here. */
export const hasTerminal = Deno.build.os === "linux" &&
  (await new Deno.Command("sh", { args: ["-c", "command -v script"] }).output()).success;

const columns = 60;

/** How the program is started in a terminal. */
interface TerminalBuild extends Build {
  /** Whether a client uses the whole screen; else it has one stream of lines. */
  readonly hasScreen?: boolean;
  /** What the shell runs in the terminal; by default the program in its own place. */
  readonly shell?: (program: string) => string;
}

const instead = (program: string) => `exec ${program}`;

/** The program in a terminal: what is typed are keys, what comes is what a screen would be sent. */
export class TerminalProgram implements AsyncDisposable {
  /** All that the screen has been sent. */
  screen = "";

  /** The same, with the lines that were broken in one piece. */
  get unbroken(): string {
    return unbroken(this.screen);
  }

  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  readonly #home: Place | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(build: TerminalBuild, ...more: string[]) {
    const { command, args, home, shell = instead, env } = build;
    this.#home = home === undefined ? temporaryDirectory() : undefined;
    // Releases before know no other.
    const isPlain = !build.hasScreen && build.registersAtStart && more[0] === "client";
    const all = [...more, ...isPlain ? ["--plain"] : []];
    const words = [command, ...args, ...argumentsOf(build, all)].map((word) => `'${word}'`).join(
      " ",
    );
    this.#child = new Deno.Command("script", {
      args: ["-qfec", `stty cols ${columns} rows 20; ${shell(words)}`, "/dev/null"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      clearEnv: true,
      // Else the shell is that of whoever runs this, and each does other things behind a Ctrl+C.
      env: {
        ...environmentAt(home ?? this.#home!.path),
        SHELL: "/bin/sh",
        TERM: "xterm-256color",
        ...env,
      },
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  /** Presses keys. */
  async types(keys: string): Promise<void> {
    await this.typesBytes(new TextEncoder().encode(keys));
  }

  /** Sends what keys send, or a part of that. */
  async typesBytes(bytes: Uint8Array): Promise<void> {
    await this.#keys.write(bytes);
  }

  /**
   * Waits until the screen has been sent something, in one line or in a broken one.
   *
   * @param from How much of what it was sent is not looked at.
   * @returns All that came before it, and with it.
   */
  async shows(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    for (;;) {
      const screen = this.screen.slice(from);
      const match = pattern.exec(screen) ?? pattern.exec(unbroken(screen));
      if (match !== null) return match;
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => late.reject(new Error(`no ${pattern} in ${JSON.stringify(this.screen)}`)),
        30_000,
      );
      await Promise.race([this.#changed.promise, late.promise]).finally(() => clearTimeout(timer));
    }
  }

  /** Takes the terminal away, as closing its window does. The program is not waited for. */
  async closesWindow(): Promise<void> {
    // The terminal is that of `script`, and goes with it.
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  /** Waits for its end. @returns Its exit code, when all that it said is on the screen. */
  async ends(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // If it still runs: without `script` there is no terminal, and without a terminal the program ends.
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#keys.close().catch(() => {});
    await this.#reading;
    this.#home?.[Symbol.dispose]();
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.screen += text;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}

function unbroken(screen: string): string {
  return screen.replaceAll(/\r\n *│ (\[plaintext\] )?/g, " ");
}
