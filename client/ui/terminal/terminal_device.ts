/**
 * The terminal itself: standard input and output. Keys come as they are pressed, and what is pasted is marked as
 * such (bracketed paste), until the terminal is given back; that happens on every way out that leaves a program
 * the time for it.
 *
 * @module
 */

import { writeAll, writeAllSync } from "../../../shared/net/write_all.ts";
import { within } from "../../../shared/time/clock.ts";
import type { ScreenSize } from "./drawing.ts";
import { PendingAnswer } from "./pending_answer.ts";

/** What may wait to be written, in UTF-16 code units, before a peer has to wait. */
const waitingMax = 16 * 1024;

/** How long the last lines have at the end of the program, in milliseconds. */
const endMs = 1_000;

/** Bytes that are read at a time; a terminal gives at most 4,095. */
const readBytesMax = 16 * 1024;

/** A terminal of which nothing is known is taken for one of this size. */
const usualSize: ScreenSize = { columns: 80, rows: 24 };

/** What the terminal is sent when it is taken, and when it is given back. */
export interface TerminalModes {
  readonly on: string;
  readonly off: string;
}

const paste: TerminalModes = { on: "\x1b[?2004h", off: "\x1b[?2004l" };
const none: TerminalModes = { on: "", off: "" };

/** The terminal that the program runs in. */
export class TerminalDevice {
  readonly #hasEscapes: boolean;
  readonly #onEnd: () => void;
  #modes: TerminalModes;
  readonly #giveBackNow = () => {
    this.#leave((text) => this.#writeNow(text));
    this.#endRaw();
  };
  #isTaken = false;
  #isRaw = false;
  /** What may come that nobody has typed. */
  readonly #answer = new PendingAnswer();
  readonly #report = new PendingAnswer();
  #isReporting = false;
  /** Done when keys do what they did before the terminal was taken. */
  #ending: Promise<void> | undefined;
  #isGone = false;
  #waiting = "";
  #writing: Promise<void> | undefined;

  /**
   * @param hasEscapes Whether the terminal knows escape sequences. One that does not gives whole lines, which it
   *   has echoed.
   * @param onEnd Told when the terminal has ended, as when its window was closed.
   * @param modes What else it is sent when it is taken and given back.
   */
  constructor(hasEscapes: boolean, onEnd: () => void, modes = none) {
    this.#modes = { on: modes.on + paste.on, off: paste.off + modes.off };
    this.#hasEscapes = hasEscapes;
    this.#onEnd = onEnd;
    addEventListener("unload", this.#giveBackNow);
    addEventListener("error", this.#giveBackNow);
  }

  /** Whether the terminal has ended. */
  get isGone(): boolean {
    return this.#isGone;
  }

  get size(): ScreenSize {
    try {
      const { columns, rows } = Deno.consoleSize();
      return { columns: columns || usualSize.columns, rows: rows || usualSize.rows };
    } catch {
      return usualSize;
    }
  }

  /** Has keys come as they are pressed, and pastes marked. */
  take(): void {
    if (!this.#hasEscapes) return;
    this.#isTaken = true;
    this.#isRaw = true;
    this.#try(() => Deno.stdin.setRaw(true));
    // An error may come next, and what it writes must not come before.
    this.#writeInTurn(this.#modes.on);
    if (this.#isReporting) this.#report.await();
  }

  /**
   * Asks the terminal something, if it is taken. Its answer comes as keys do, and must not be typed into what has the
   * terminal next: while it may still come, keys are still not echoed in a terminal that is given back.
   *
   * @param withinMs How long that may be, in milliseconds; by default half a second.
   */
  ask(question: string, withinMs?: number): void {
    if (!this.#isTaken) return;
    this.write(question);
    this.#answer.await(withinMs);
  }

  /** The answer has come. */
  answered(): void {
    this.#answer.came();
  }

  /**
   * Has the terminal report something, if it is taken, whenever it is. Some report at once how things stand: that is
   * no more to be typed into what has the terminal next than an answer.
   */
  report(reports: TerminalModes): void {
    if (!this.#isTaken || this.#isReporting) return;
    this.#isReporting = true;
    this.#modes = { on: this.#modes.on + reports.on, off: reports.off + this.#modes.off };
    this.write(reports.on);
    this.#report.await();
  }

  /** A report has come. */
  reported(): void {
    this.#report.came();
  }

  /** Gives the terminal back as it was. */
  giveBack(): void {
    // A terminal that takes nothing must not hold up the end of the program.
    this.#leave((text) => this.#writeInTurn(text));
    const pending = [this.#answer.over, this.#report.over].filter((one) => one !== undefined);
    if (pending.length === 0) this.#endRaw();
    else this.#ending ??= Promise.all(pending).then(() => this.#endRaw());
  }

  /** Gives the terminal back, and listens for nothing any more. */
  close(): void {
    this.giveBack();
    const forget = () => {
      removeEventListener("unload", this.#giveBackNow);
      removeEventListener("error", this.#giveBackNow);
    };
    if (this.#ending === undefined) forget();
    else this.#ending.then(forget);
  }

  /** Reads until the terminal ends. Never rejected. */
  async read(onBytes: (bytes: Uint8Array) => void): Promise<void> {
    const buffer = new Uint8Array(readBytesMax);
    for (;;) {
      const length = await Deno.stdin.read(buffer).catch(() => null);
      if (length === null) return this.#end();
      onBytes(buffer.subarray(0, length));
    }
  }

  /** Writes a text, soon, if the terminal is still there. */
  write(text: string): void {
    if (this.#isGone || text === "") return;
    this.#waiting += text;
    this.#writing ??= this.#writeAll();
  }

  /** When there is room for more; undefined if there is. A terminal that is stopped, as by Ctrl+S, takes nothing. */
  room(): Promise<void> | undefined {
    return this.#waiting.length > waitingMax ? this.#writing : undefined;
  }

  /** When everything so far is on the screen; undefined if it is. Rejects if the terminal has ended. */
  shown(): Promise<void> | undefined {
    const check = () => {
      if (this.#isGone) throw new Error("The terminal has ended");
    };
    if (this.#isGone) return Promise.reject(new Error("The terminal has ended"));
    return this.#writing?.then(check);
  }

  /** Waits until all is written and a terminal that was given back is so, or that has had the time to. Never rejected. */
  async flush(): Promise<void> {
    await this.#ending;
    if (this.#writing !== undefined) await within(endMs, this.#writing);
  }

  #leave(write: (text: string) => void): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    // What has ended cannot be given back.
    if (!this.#isGone) write(this.#modes.off);
  }

  #endRaw(): void {
    this.#ending = undefined;
    if (!this.#isRaw || this.#isTaken) return;
    this.#isRaw = false;
    if (!this.#isGone) this.#try(() => Deno.stdin.setRaw(false));
  }

  /** Writes at once if nothing waits; else behind that. */
  #writeInTurn(text: string): void {
    if (this.#writing === undefined) this.#writeNow(text);
    else this.write(text);
  }

  /** Writes at once, before what waits: behind an error the program does nothing any more. */
  #writeNow(text: string): void {
    this.#try(() => writeAllSync(Deno.stdout, bytesOf(text)));
  }

  async #writeAll(): Promise<void> {
    // What belongs to one turn goes together.
    await Promise.resolve();
    while (this.#waiting !== "" && !this.#isGone) {
      const text = this.#waiting;
      this.#waiting = "";
      await writeAll(Deno.stdout, bytesOf(text)).catch(() => this.#end());
    }
    this.#writing = undefined;
  }

  #end(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#waiting = "";
    this.#onEnd();
  }

  /** Does something that fails if the terminal has ended. */
  #try(work: () => void): void {
    try {
      work();
    } catch {
      this.#end();
    }
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
