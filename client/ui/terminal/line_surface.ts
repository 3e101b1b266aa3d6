/**
 * The input line below all that is printed: it is taken off the screen, what happened is printed, and it is drawn
 * again.
 *
 * @module
 */

import { drawn, erased, left, type Picture, type ScreenSize } from "./drawing.ts";
import type { Surface } from "./surface.ts";
import type { TerminalDevice } from "./terminal_device.ts";

/** The stream of lines, and the input line below it. */
export class LineSurface implements Surface {
  readonly #device: TerminalDevice;
  /** What is on the screen; undefined if nothing is. */
  #picture: Picture | undefined;

  constructor(device: TerminalDevice) {
    this.#device = device;
  }

  get room(): ScreenSize {
    return this.#device.size;
  }

  draw(line: Picture): void {
    this.#device.write(drawn(this.#picture, line));
    this.#picture = line;
  }

  leave(line: Picture): void {
    this.#device.write(drawn(this.#picture, line) + left(line));
    this.#picture = undefined;
  }

  print(rowsFor: (columns: number) => readonly string[]): void {
    this.#takeOff();
    this.#device.write(rowsFor(this.room.columns).join("\n") + "\n");
  }

  clear(): void {
    this.#takeOff();
    this.#device.write("\n".repeat(this.#device.size.rows) + "\x1b[H");
  }

  giveBack(): void {
    if (this.#picture !== undefined) this.#device.write(left(this.#picture));
    this.#picture = undefined;
  }

  takeOver(): void {
    // A shell may have written meanwhile: the line is drawn where the cursor is.
    this.#device.write("\r\x1b[J");
    this.#picture = undefined;
  }

  takes(): boolean {
    return false;
  }

  #takeOff(): void {
    if (this.#picture !== undefined) this.#device.write(erased(this.#picture));
    this.#picture = undefined;
  }
}
