/**
 * Somebody who uses the program through its lines, whichever version it is. What they look for is names, texts
 * and addresses: the sentences around them differ between versions.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Place, temporaryDirectory } from "../support/places.ts";
import { type Build, Program, run } from "../support/program.ts";

const timeoutMs = 30_000;

/** A person with a home directory, whose programs come and go. */
export class Person implements AsyncDisposable {
  readonly #home: Place = temporaryDirectory();
  #program: Program | undefined;

  constructor(
    readonly id: string,
    /** The version they use. It can be changed while no client runs. */
    public build: Build,
    readonly server: string,
  ) {}

  get profile(): string {
    return `${this.#home.path}/.config/p2pchat`;
  }

  get atHome(): Build {
    return { ...this.build, home: this.#home.path };
  }

  /** Starts a client. @returns Where it listens. */
  async starts(...more: string[]): Promise<string> {
    this.#program = new Program(this.atHome, "client", this.id, "0", this.server, ...more);
    return (await this.#program.says(/127\.0\.0\.1:\d+/))[0];
  }

  async types(line: string): Promise<void> {
    await this.#running.types(line);
  }

  /** Types a line, if there is one, and waits for what is printed from then on. @returns The match. */
  async sees(pattern: RegExp, line?: string): Promise<RegExpExecArray> {
    const program = this.#running;
    const from = program.out.length;
    if (line !== undefined) await program.types(line);
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      for (const printed of program.out.slice(from)) {
        const match = pattern.exec(printed);
        if (match !== null) return match;
      }
      const all = [...program.out, ...program.err].join("\n");
      assert(Date.now() < deadline, `${this.id} waited in vain for ${pattern} in:\n${all}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Waits for what the client that runs prints, or has printed. @returns The match. */
  async saw(pattern: RegExp): Promise<RegExpExecArray> {
    return await this.#running.says(pattern);
  }

  /** Says something to somebody who is there, and waits until they have read it. */
  async tells(other: Person, text: string): Promise<void> {
    await Promise.all([other.sees(messageOf(this.id, text)), this.types(text)]);
  }

  /** @param warnings What they have been warned of, line by line. */
  async quits(...warnings: RegExp[]): Promise<void> {
    const program = this.#running;
    await program.quits();
    const all = program.err.join("\n");
    assertEquals(program.err.length, warnings.length, all);
    for (const [i, warning] of warnings.entries()) assertMatch(program.err[i]!, warning);
    await this.#forget();
  }

  async isKilled(): Promise<void> {
    this.#running.kill("SIGKILL");
    await this.#forget();
  }

  /** Runs a command to its end. @returns Its exit code and its output. */
  runs(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return run(this.atHome, args);
  }

  /** What was said with somebody, as `history export` writes it for programs. */
  async history(name: string): Promise<Record<string, unknown>[]> {
    const { code, out, err } = await this.runs("history", "export", name, "--format", "json");
    assertEquals([code, err], [0, ""]);
    return JSON.parse(out);
  }

  /** Waits until all that was said to somebody has reached them. */
  async hasDelivered(name: string): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    const isOnTheWay = ({ state }: Record<string, unknown>) =>
      state === "waiting" || state === "deposited";
    while ((await this.history(name)).some(isOnTheWay)) {
      assert(Date.now() < deadline, `what ${this.id} has said to ${name} does not arrive`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forget();
    this.#home[Symbol.dispose]();
  }

  async #forget(): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    this.#program = undefined;
  }

  get #running(): Program {
    assert(this.#program !== undefined, `${this.id} runs no client`);
    return this.#program;
  }
}

/** Of what a client of now that registers with a server of 0.3.0 on its machine, which has no realm, warns. */
export const uncheckedServer = /^error: The server at \S+ does not say by which address it goes: /;

/** How a message is printed. */
export function messageOf(name: string, text: string): RegExp {
  return new RegExp(`^${RegExp.escape(name)}: ${RegExp.escape(text)}$`);
}

/** A line in which these words stand, in this order. */
export function lineOf(...words: string[]): RegExp {
  return new RegExp(words.map((word) => `(?<![\\w-])${RegExp.escape(word)}(?![\\w-])`).join(".*"));
}
