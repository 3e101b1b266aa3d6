/**
 * A terminal that knows no escape sequences (`TERM=dumb`), as an editor's: it edits and echoes lines itself, and
 * gives them whole. What is being typed in it is not known.
 *
 * @module
 */

import type { LineScreen, LineScreenEvents } from "./line_screen.ts";
import type { TerminalDevice } from "./terminal_device.ts";

/** Of a line without an end, UTF-16 code units at most; what is behind them counts as another line. */
const lineMax = 64 * 1024;

/** The lines of a terminal that has no escape sequences. */
export class DumbScreen implements LineScreen {
  /** The user may be typing at any time, so that nothing may be put in, and nobody may become the current one. */
  readonly line = "?";
  readonly #device: TerminalDevice;
  readonly #events: LineScreenEvents;
  readonly #utf8 = new TextDecoder();
  #begun = "";
  #prompt: string | undefined;
  /** Whether the cursor stands behind a prompt. */
  #isPrompted = false;

  constructor(device: TerminalDevice, events: LineScreenEvents) {
    this.#device = device;
    this.#events = events;
  }

  read(): void {
    this.#device.read((bytes) => this.#take(bytes)).then(() => this.#events.ended());
  }

  write(): void {
    // It is not known whether there is room for it.
  }

  prompt(prompt: string): void {
    if (this.#isPrompted && this.#prompt === prompt) return;
    if (this.#isPrompted) this.#device.write("\n");
    this.#prompt = prompt;
    this.#isPrompted = true;
    this.#device.write(prompt);
  }

  print(rows: readonly string[]): void {
    if (rows.length === 0) return;
    if (this.#isPrompted) this.#device.write("\n");
    this.#isPrompted = false;
    this.#device.write(rows.join("\n") + "\n");
  }

  clear(): void {
    // There is no way to.
  }

  askBackground(): void {
    // There is no way to.
  }

  askFocus(): void {
    // There is no way to.
  }

  end(): void {
    if (this.#isPrompted) this.#device.write("\n");
    this.#isPrompted = false;
  }

  close(): void {
    // It was never taken.
  }

  #take(bytes: Uint8Array): void {
    const lines = (this.#begun + this.#utf8.decode(bytes, { stream: true })).split(/\r?\n/);
    this.#begun = lines.pop()!;
    if (this.#begun.length > lineMax) {
      lines.push(this.#begun.slice(0, lineMax));
      this.#begun = "";
    }
    for (const line of lines) {
      // The terminal has echoed the end of the line as well.
      this.#isPrompted = false;
      this.#events.entered(line);
    }
  }
}
