// The thread of an honest client: it says PING, waits for the answer, and after a pause says it again.

import { writeAll } from "../../shared/net/write_all.ts";
import { wait } from "../../shared/time/clock.ts";
import type { HonestCourse, Latencies } from "./honest_client.ts";

/** How long an answer may take before it counts as lost, in milliseconds. */
const patienceMs = 10_000;

const ping = "PING\r\n\r\n";

const utf8 = new TextEncoder();
const forever = new AbortController().signal;
const thread = self as unknown as {
  onmessage: (event: MessageEvent<HonestCourse | "latencies">) => void;
  postMessage(message: unknown): void;
};

let tookMs: number[] = [];
let lost = 0;

thread.onmessage = ({ data }) => {
  if (data === "latencies") thread.postMessage(takeLatencies());
  else run(data);
};

async function run(course: HonestCourse): Promise<void> {
  let answered = false;
  for (;;) {
    try {
      for await (const ms of course.anew ? anew(course) : kept(course)) {
        tookMs.push(ms);
        if (!answered) thread.postMessage("answered");
        answered = true;
      }
    } catch (error) {
      if (!answered) throw error;
      lost++;
    }
    await wait(course.everyMs, forever);
  }
}

/** One connection for all requests. */
async function* kept(course: HonestCourse): AsyncGenerator<number> {
  using line = await Line.connect(course);
  for (;;) {
    const startedAtMs = performance.now();
    await line.ask(ping);
    yield performance.now() - startedAtMs;
    await wait(course.everyMs, forever);
  }
}

/** A connection for each request, which is a part of the time that it takes. */
async function* anew(course: HonestCourse): AsyncGenerator<number> {
  for (;;) {
    const startedAtMs = performance.now();
    using line = await Line.connect(course);
    await line.ask(ping);
    yield performance.now() - startedAtMs;
    await wait(course.everyMs, forever);
  }
}

class Line implements Disposable {
  readonly #buffer = new Uint8Array(64 * 1024);

  private constructor(readonly conn: Deno.TcpConn) {}

  static async connect({ address, greeting }: HonestCourse): Promise<Line> {
    const conn = await Deno.connect({ hostname: address.host, port: address.port });
    conn.setNoDelay(true);
    const line = new Line(conn);
    for (const message of greeting) await line.ask(message);
    return line;
  }

  /** Sends a message. @returns What is read until the end of the message that answers it. */
  async ask(message: string): Promise<string> {
    const late = setTimeout(() => this.conn.close(), patienceMs);
    try {
      await writeAll(this.conn, utf8.encode(message));
      for (let reply = "";;) {
        const count = await this.conn.read(this.#buffer);
        if (count === null) throw new Error(`The server ended the connection after ${reply}`);
        reply += new TextDecoder().decode(this.#buffer.subarray(0, count));
        if (reply.endsWith("\r\n\r\n")) {
          if (reply.startsWith("ERROR")) throw new Error(`The server answered ${reply}`);
          return reply;
        }
      }
    } finally {
      clearTimeout(late);
    }
  }

  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // It was too late.
    }
  }
}

function takeLatencies(): Latencies {
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.ceil(part * (sorted.length - 1))] ?? Infinity;
  const latencies = { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1), lost };
  tookMs = [];
  lost = 0;
  return latencies;
}
