/**
 * Lines that report on a program and must neither fail nor hold it up: its log, and what it says at its start.
 *
 * @module
 */

import { type ByteSink, writeAll } from "../net/write_all.ts";
import { systemClock, type TimerClock, within } from "../time/clock.ts";

/** What may wait for a reader, in UTF-16 code units. */
const waitingMax = 1024 * 1024;

/** How long the last lines have at the end of the program, in milliseconds. */
const endMs = 1_000;

/**
 * Writes lines in their order. A line that finds no room, since nobody reads or the disk is full, is dropped
 * and counted; the count stands before the first line that can be written again.
 */
export class LineWriter {
  readonly #sink: ByteSink;
  readonly #clock: TimerClock;
  readonly #saysDropped: (count: number) => string;
  #waiting: string[] = [];
  #waitingLength = 0;
  #dropped = 0;
  #writing: Promise<void> | undefined;

  /**
   * @param sink Where the lines go, such as `Deno.stderr`.
   * @param saysDropped The line that tells how many were dropped.
   */
  constructor(
    sink: ByteSink,
    saysDropped: (count: number) => string,
    clock: TimerClock = systemClock,
  ) {
    this.#sink = sink;
    this.#saysDropped = saysDropped;
    this.#clock = clock;
  }

  /** Writes a line, soon. @param line Without a line end. */
  write(line: string): void {
    if (this.#waitingLength + line.length > waitingMax) {
      this.#dropped++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#writing ??= this.#writeAll();
  }

  /** Waits until all is written, or has had the time to. Never rejected. */
  async end(): Promise<void> {
    if (this.#writing !== undefined) await within(endMs, this.#writing, this.#clock);
  }

  async #writeAll(): Promise<void> {
    // The lines of one turn go together.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      this.#waiting = [];
      const dropped = this.#dropped;
      const text = (dropped === 0 ? lines : [this.#saysDropped(dropped), ...lines]).join("\n");
      try {
        await writeAll(this.#sink, new TextEncoder().encode(text + "\n"));
        this.#dropped -= dropped;
      } catch {
        this.#dropped += lines.length;
      }
      // What was being written took up room as well.
      this.#waitingLength = this.#waiting.reduce((sum, line) => sum + line.length, 0);
    }
    this.#writing = undefined;
  }
}
