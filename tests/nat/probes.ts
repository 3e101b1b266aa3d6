/**
 * What the machines of the laboratory can reach, seen from a program on each.
 *
 * @module
 */

import { type Build, Program } from "../support/program.ts";
import type { Host } from "./machines.ts";

const source = new URL("probe.ts", import.meta.url).pathname;
const config = new URL("../../deno.json", import.meta.url).pathname;

const probe: Build = {
  name: "probe",
  command: Deno.execPath(),
  args: ["run", "--quiet", "--config", config, "--unstable-net", "--allow-net", source],
};

/** A program on a machine that sends, listens and connects. */
export class Probe implements AsyncDisposable {
  readonly #program: Program;
  #count = 0;

  constructor(host: Host) {
    this.#program = new Program(host.build(probe));
  }

  async listens(transport: "tcp" | "udp", port: number): Promise<void> {
    await this.#does(`${transport} listen ${port}`);
  }

  /** Sends a datagram from the port that it listens on. */
  async sends(host: string, port: number, text: string): Promise<void> {
    await this.#does(`udp send ${host} ${port} ${text}`);
  }

  /** Waits for a datagram. @returns From where it came. */
  async hears(text: string): Promise<string> {
    const [, from] = await this.#program.says(new RegExp(`^udp from (\\S+) ${text}$`));
    return from!;
  }

  /** Whether a datagram has come. */
  hasHeard(text: string): boolean {
    return this.#program.out.some((line) => line.startsWith("udp") && line.endsWith(` ${text}`));
  }

  /** Connects. @returns As which address the other side sees it, or why it failed. */
  async connects(host: string, port: number): Promise<string> {
    const said = await this.#does(`tcp connect ${host} ${port}`);
    return said.replace(/^connected as /, "");
  }

  /** How often somebody has connected. */
  get calls(): number {
    return this.#program.out.filter((line) => line.startsWith("tcp from ")).length;
  }

  /** Waits until somebody connects. */
  async isCalled(): Promise<void> {
    await this.#program.says(/^tcp from /);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }

  async #does(what: string): Promise<string> {
    const number = ++this.#count;
    await this.#program.types(`${number} ${what}`);
    const [, said] = await this.#program.says(new RegExp(`^${number} (.*)$`));
    return said!;
  }
}
