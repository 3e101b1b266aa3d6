/**
 * JSON values, one a line, over a connection between two programs of one user.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { closeQuietly } from "../../shared/net/close_quietly.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { writeTimeoutMs } from "../../shared/protocol/limits.ts";
import { systemClock, within } from "../../shared/time/clock.ts";

/** What is read of a connection. */
export type Read =
  | { readonly is: "value"; readonly value: unknown }
  /** It has ended, or something else than such lines came: nothing more does. */
  | { readonly is: "end" }
  /** Nothing has come in time. */
  | { readonly is: "silence" };

const lineFeed = 0x0a;
const ended: Read = { is: "end" };
const utf8 = new TextEncoder();

/** A connection as lines. Disposing of it closes it. */
export class JsonLines implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #lineMax: number;
  #left = new Uint8Array();
  #writing: Promise<void> = Promise.resolve();

  /** @param lineMax Bytes of a line that is read, at most. */
  constructor(conn: Deno.Conn, lineMax: number) {
    this.#conn = conn;
    this.#lineMax = lineMax;
  }

  /** Reads the next value. Never throws. @param timeoutMs How long nothing of it may come. */
  async read(timeoutMs: number): Promise<Read> {
    for (;;) {
      const end = this.#left.indexOf(lineFeed);
      if (end > this.#lineMax || end < 0 && this.#left.length > this.#lineMax) return ended;
      if (end >= 0) {
        const line = this.#left.subarray(0, end);
        this.#left = this.#left.subarray(end + 1);
        return parsed(line);
      }
      const chunk = new Uint8Array(64 * 1024);
      const reading = this.#conn.read(chunk);
      try {
        if (!await within(timeoutMs, reading, systemClock)) return { is: "silence" };
        const count = await reading;
        if (count === null) return ended;
        this.#left = concat([this.#left, chunk.subarray(0, count)]);
      } catch {
        return ended;
      }
    }
  }

  /** Writes a value, behind those before. @throws {Error} If the other side is gone, or does not read. */
  write(value: unknown): Promise<void> {
    const bytes = utf8.encode(JSON.stringify(value) + "\n");
    return this.#writing = this.#writing.then(async () => {
      if (await within(writeTimeoutMs, writeAll(this.#conn, bytes), systemClock)) return;
      throw new Deno.errors.TimedOut();
    });
  }

  [Symbol.dispose](): void {
    closeQuietly(this.#conn);
  }
}

function parsed(line: Uint8Array): Read {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(line);
    return { is: "value", value: JSON.parse(text) };
  } catch {
    return ended;
  }
}
