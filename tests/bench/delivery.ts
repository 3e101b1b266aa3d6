/**
 * What people get: from Enter in one program until the other shows the message, each on a disk before it
 * goes on; and how many a second if they are piped in.
 *
 * @module
 */

import { join } from "node:path";
import type { Bench } from "./bench.ts";
import type { Report } from "./report.ts";
import { startServerProcess } from "./server_process.ts";
import { median, quantile } from "./statistics.ts";

const messages = 500;
/** Messages in which both are still being compiled, and which do not count. */
const warmUp = 50;
const burst = 20_000;
const bursts = 3;
const mostMs = 10;

/** Measures delivery between two client programs, over a server that introduces them. */
export async function measureDelivery(bench: Bench): Promise<Report> {
  const state = await Deno.makeTempDir({ prefix: "p2pchat-bench-" });
  try {
    await using server = await startServerProcess("rendezvous_server.ts", bench);
    const place = `127.0.0.1:${server.port}`;
    await using bob = new ClientProgram("bob", place, state, bench.signal);
    await bob.type("/register");
    await bob.says("registered as bob");
    await using alice = new ClientProgram("alice", place, state, bench.signal);
    await alice.type("/chat bob");
    await alice.says("connected to bob");
    // What is taken of somebody unknown is little.
    await bob.type("/accept alice");
    await bob.says("alice is a contact now");
    const ms: number[] = [];
    for (let n = 0; n < warmUp + messages; n++) {
      const begin = performance.now();
      await alice.type(`message number ${n} of some length;`);
      await bob.says(`message number ${n} `);
      ms.push(performance.now() - begin);
    }
    const rates: number[] = [];
    for (let i = 0; i < bursts; i++) {
      const lines = Array.from({ length: burst }, (_, n) => `burst ${i} message ${n};`);
      const begin = performance.now();
      await alice.type(lines.join("\n"));
      await bob.says(`burst ${i} message ${burst - 1};`);
      rates.push(burst / (performance.now() - begin) * 1000);
    }
    const counted = ms.slice(warmUp);
    const typical = median(counted);
    return {
      rows: [
        {
          figure: "message, from Enter to shown",
          ours: `${typical.toFixed(1)} (${quantile(counted, 0.99).toFixed(1)}) ms`,
          bar: { text: `at most ${mostMs} ms`, holds: typical <= mostMs },
        },
        {
          figure: "messages a second piped from program to program",
          ours: median(rates).toFixed(0),
        },
      ],
      notes: [
        `Delivery: two clients with stores on a disk; median (99th percentile) of ${messages}; bursts of\n` +
        `${burst}, until the last is shown, median of ${bursts}. Not pinned.`,
      ],
    };
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

/** A client, with pipes. */
class ClientProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  /** What has been printed behind what was waited for last. */
  #printed = "";
  #wanted: string | undefined;
  #looked = Promise.withResolvers<void>();

  constructor(id: string, server: string, state: string, signal: AbortSignal) {
    const main = new URL("../../main.ts", import.meta.url).pathname;
    const compiled = Deno.env.get("P2PCHAT") ?? "";
    const [path, ...args] = compiled === "" ? [Deno.execPath(), "run", "-A", main] : [compiled];
    this.#child = new Deno.Command(path!, {
      args: [...args, "client", id, "0", server, "--profile", join(state, id)],
      stdin: "piped",
      stdout: "piped",
      signal,
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read();
    // A reader gets an error; at the end nobody reads any more.
    this.#looked.promise.catch(() => {});
  }

  async type(line: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(line + "\n"));
  }

  /** Waits for something to be printed, and passes over it. */
  async says(words: string): Promise<void> {
    this.#wanted = words;
    while (!this.#look()) {
      this.#looked = Promise.withResolvers();
      this.#looked.promise.catch(() => {});
      await this.#looked.promise;
    }
  }

  #look(): boolean {
    const at = this.#printed.indexOf(this.#wanted!);
    // What is waited for may be cut in two.
    const end = at < 0 ? -this.#wanted!.length : at + this.#wanted!.length;
    this.#printed = this.#printed.slice(end);
    return at >= 0;
  }

  /** Reads all the time: a program that nobody listens to waits. */
  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#printed += text;
      this.#looked.resolve();
    }
    this.#looked.reject(new Error(`It ended before it said: ${this.#wanted}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#reading;
    await this.#input.close().catch(() => {});
  }
}
