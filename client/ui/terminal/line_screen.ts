/**
 * A screen with an input line: what the terminal's front end draws on, whether or not it can edit lines there.
 *
 * @module
 */

import type { Shown } from "../wording/wording.ts";
import type { LineText } from "./edited_line.ts";
import type { LineHistory } from "./line_history.ts";

/** A screen with an input line below all that is printed. */
export interface LineScreen {
  /** What is typed and not entered. */
  readonly line: string;
  /** The same, to be set again; undefined if it is not known. */
  content?: LineText;
  /** Has keys and lines taken from now on. */
  read(): void;
  /** Types something. */
  write(text: string): void;
  /** Shows a prompt before the input line. @param prompt Safe to print. */
  prompt(prompt: string): void;
  /** Prints rows above the input line. */
  print(rows: readonly string[]): void;
  /** Asks the terminal for the colour of its background. See {@linkcode LineScreenEvents.answered}. */
  askBackground(): void;
  /** Asks the terminal to report its focus. See {@linkcode LineScreenEvents.focused}. */
  askFocus(): void;
  /** Clears the screen, as far as that is possible. */
  clear(): void;
  /** Leaves the input line as it is; no other one is shown any more. */
  end(): void;
  /** Gives the terminal back. */
  close(): void;
}

/** What a screen tells of. */
export interface LineScreenEvents {
  /** A line is entered: as {@linkcode runLine} takes it. */
  entered(line: string): void;
  /** The lines that were entered before in the conversation that is current. */
  history(): LineHistory;
  /** A key was pressed, or something was pasted: what that does is still to be done. */
  typing(): void;
  /** A key was pressed, and what it does is done. */
  pressed(): void;
  /** Ctrl+C, in an empty line. */
  interrupted(): void;
  /** The end of the input, as by Ctrl+D. */
  ended(): void;
  /** The terminal has said what colour its background has. */
  answered(text: string): void;
  /** The terminal has said whether its window has the focus. */
  focused(hasFocus: boolean): void;
  /** What Tab makes of a beginning: what could stand there instead of its last word, and that word. */
  complete(beginning: string): [readonly string[], string];
  /** Something is to be shown that the user should know of what they do. */
  show(shown: Extract<Shown, { type: "paste-too-long" | "pasted-slash" }>): void;
}
