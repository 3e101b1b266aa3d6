/**
 * Whether the user looks at the terminal's window, as far as the terminal says so. Many do, if they are asked: xterm
 * and those after it report when their window gets the focus, and when it loses it.
 *
 * @module
 */

import type { TerminalModes } from "./terminal_device.ts";

/** Has a terminal report its focus, as `CSI I` and `CSI O` (xterm, Control Sequences: FocusIn/FocusOut). */
export const focusReports: TerminalModes = { on: "\x1b[?1004h", off: "\x1b[?1004l" };

/** The focus of a terminal's window. Of one that reports nothing, nothing is known. */
export class Focus {
  #hasFocus: boolean | undefined;

  /** Whether the window is known to have the focus. */
  get isHere(): boolean {
    return this.#hasFocus === true;
  }

  /** Whether the window is known not to have it. */
  get isElsewhere(): boolean {
    return this.#hasFocus === false;
  }

  /** The terminal has reported it. */
  reported(hasFocus: boolean): void {
    this.#hasFocus = hasFocus;
  }

  /** A key was pressed: the window has the focus, even if the report of that was lost. */
  pressed(): void {
    if (this.#hasFocus !== undefined) this.#hasFocus = true;
  }
}
