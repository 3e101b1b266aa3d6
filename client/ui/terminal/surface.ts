/**
 * What a line that is edited is drawn on: below what was printed, or at the foot of a full screen.
 *
 * @module
 */

import type { Picture, ScreenSize } from "./drawing.ts";

/** Where the input line is drawn, and what stands beside it. */
export interface Surface {
  /** The room that there is for the input line. */
  readonly room: ScreenSize;
  /** Draws the input line as it is now. */
  draw(line: Picture): void;
  /** The line is done. @param line All its rows. */
  leave(line: Picture): void;
  /** Prints rows above the input line. @param rowsFor Lays them out for so many columns. */
  print(rowsFor: (columns: number) => readonly string[]): void;
  /** Clears the screen. What was on it is above it, and not lost. */
  clear(): void;
  /** Prepares for the terminal to be given back. Nothing is drawn until it is taken over. */
  giveBack(): void;
  /** The terminal is taken again, and somebody else may have drawn on it meanwhile. */
  takeOver(): void;
  /** Takes a key before the input line does. @returns Whether it is one of the surface's own. */
  takes(key: string): boolean;
}
