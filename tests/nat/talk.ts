/**
 * Two people who talk in a laboratory in which something happens.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Build, builds, Program } from "../support/program.ts";
import { Laboratory, type Mapping, type RouterOptions, unavailable } from "./laboratory.ts";
import type { Host, Router } from "./machines.ts";

const port = 5555;
const metricsPort = 9155;
/** How often it is looked for an answer of a client before it is asked again. */
const answerTriesMax = 50;

/** The router in front of somebody; undefined if there is none. */
type Front = Mapping | RouterOptions | undefined;

/** Two people who talk, in a laboratory. */
export class Talk implements AsyncDisposable {
  readonly laboratory: Laboratory;
  readonly #build: Build;
  readonly #stack = new AsyncDisposableStack();
  machine!: Host;
  server!: Program;
  readonly hosts: Host[] = [];
  readonly routers: (Router | undefined)[] = [];
  alice!: Program;
  bob!: Program;
  #said = 0;

  private constructor(laboratory: Laboratory, build: Build) {
    this.laboratory = this.#stack.use(laboratory);
    this.#build = build;
  }

  static async open(build: Build, fronts: readonly [Front, Front]): Promise<Talk> {
    const talk = new Talk(await Laboratory.open(), build);
    talk.machine = await talk.laboratory.host("rendezvous");
    await talk.startServer();
    for (const [i, front] of fronts.entries()) {
      const options = typeof front === "string" ? { mapping: front } : front;
      const behind = options && await talk.laboratory.router(`router-${i}`, options);
      talk.routers.push(behind);
      talk.hosts.push(await talk.laboratory.host(`host-${i}`, { ...behind && { behind } }));
    }
    talk.bob = talk.#start("bob", talk.hosts[1]!);
    await talk.bob.says(/^\* registered as bob/);
    talk.alice = talk.#start("alice", talk.hosts[0]!);
    await talk.alice.says(/^\* registered as alice/);
    await talk.alice.types("/chat bob");
    await talk.hears(talk.alice, talk.bob);
    await talk.bob.types("/chat alice");
    await talk.hears(talk.bob, talk.alice);
    return talk;
  }

  async startServer(): Promise<void> {
    const { address } = this.machine;
    const listens = ["--host", address, "--port", String(port), "--ephemeral"]
      .concat("--metrics", `${address}:${metricsPort}`);
    this.server = this.#stack.use(
      new Program(this.machine.build(this.#build), "server", ...listens),
    );
    await this.server.says(/^p2pchat server listening on /);
  }

  /** The ways that the server has counted. */
  async counted(): Promise<string[]> {
    const { name, address } = this.machine;
    const page = `http://${address}:${metricsPort}/metrics`;
    // It is a network of its own, which this process is not in.
    const script = `console.log(await (await fetch("${page}")).text())`;
    const figures = await this.laboratory.inside(name, `${Deno.execPath()} eval '${script}'`);
    return [...figures.matchAll(/^p2pchat_paths_total\{path="(.*)"\} [1-9]/gm)]
      .map(([, path]) => path!);
  }

  #start(name: string, host: Host): Program {
    const server = `${this.machine.address}:${port}`;
    const program = new Program(host.build(this.#build), "client", name, server, "--register");
    return this.#stack.use(program);
  }

  /** Has one say something. @returns How long it took until the other heard it, in seconds. */
  async hears(from: Program, to: Program): Promise<number> {
    const text = `message ${++this.#said}`;
    const fromMs = performance.now();
    await from.types(text);
    await to.says(new RegExp(`: ${text}$`));
    return (performance.now() - fromMs) / 1_000;
  }

  /** Waits until the conversation goes a way that a pattern matches. */
  async goes(way: RegExp): Promise<void> {
    // A better way is tried for ever less often.
    for (let tries = 0; tries < 900; tries++) {
      const before = this.alice.out.length;
      await this.alice.types("/path bob");
      // What is typed behind a question that waits would wait as well, and be counted as slow.
      for (let n = 0; n < answerTriesMax && !this.#saysWay(before); n++) await pause(100);
      if (this.alice.out.slice(before).some((line) => way.test(line))) return;
    }
    throw new Error(`not on the way ${way}:\n${this.alice.out.join("\n")}`);
  }

  /** Whether alice's client has said by which way it goes, since it had said so many lines. */
  #saysWay(since: number): boolean {
    return this.alice.out.slice(since).some((line) => /^(direct|punched|relayed) /.test(line));
  }

  /**
   * Has the two talk on for a while, one after the other, as long as something goes on.
   *
   * @returns How long a message took at most, in seconds.
   */
  async goesOnWhile(happening: Promise<void>): Promise<number> {
    let isOver = false;
    const over = happening.finally(() => isOver = true);
    let longest = 0;
    while (!isOver) {
      for (const [from, to] of [[this.alice, this.bob], [this.bob, this.alice]] as const) {
        longest = Math.max(longest, await this.hears(from, to));
        await pause(100);
      }
      await this.alice.types("/peers");
    }
    await over;
    return longest;
  }

  /** How often alice's client has changed the way since it was asked first, as far as was seen. */
  get switches(): number {
    const ways = this.alice.out.map((line) => /^\s*bob +(punched|relayed|[0-9[])/.exec(line)?.[1])
      .filter((way) => way !== undefined);
    return ways.filter((way, i) => i > 0 && way !== ways[i - 1]).length;
  }

  /** Asserts that all was heard, in order, and nothing twice. */
  async endsWell(): Promise<void> {
    await this.hears(this.alice, this.bob);
    const heard = [...this.alice.out, ...this.bob.out]
      .map((line) => /: message (\d+)$/.exec(line)?.[1]).filter((n) => n !== undefined);
    assertEquals(
      heard.map(Number).toSorted((a, b) => a - b),
      Array.from({ length: this.#said }, (_, i) => i + 1),
    );
    await this.alice.quits();
    // Whichever way it went: that she leaves is heard, and not only noticed.
    await this.bob.says(/^\* alice has left/);
    await this.bob.quits();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Lets time pass. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Tests what becomes of a conversation. */
export function testTalk(
  name: string,
  fronts: readonly [Front, Front],
  fn: (talk: Talk) => Promise<void>,
  which = builds,
): void {
  for (const build of which) {
    Deno.test({
      name: `${build.name}: ${name}`,
      ignore: unavailable !== undefined,
      fn: async () => {
        await using talk = await Talk.open(build, fronts);
        await fn(talk);
        await talk.endsWell();
      },
    });
  }
}
