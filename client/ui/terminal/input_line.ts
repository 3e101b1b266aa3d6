/**
 * The line that is being typed, and for whom: whom the prompt named when its first letter was typed.
 *
 * @module
 */

import type { Recipient } from "../session.ts";
import type { BegunFor } from "./line_queue.ts";

/** A line that Enter sends although it was begun for somebody else, since the user was asked. */
interface AskedLine {
  readonly line: string;
  readonly recipient: Recipient;
}

/** For whom a line is that is put aside. */
export interface HeldLine {
  readonly begunFor: BegunFor | undefined;
  readonly asked: AskedLine | undefined;
}

/** What an input line needs of the screen. */
interface EditedLine {
  /** What is typed. */
  readonly line: string;
  /** Types something. */
  write(text: string): void;
}

/** The input line of a terminal. */
export class InputLine {
  readonly #edited: EditedLine;
  /** Whom the prompt names. */
  readonly #named: () => BegunFor;
  #begunFor: BegunFor | undefined;
  #asked: AskedLine | undefined;

  constructor(edited: EditedLine, named: () => BegunFor) {
    this.#edited = edited;
    this.#named = named;
  }

  get isEmpty(): boolean {
    return this.#edited.line === "";
  }

  /** Takes note that a key was pressed, and what it does is done. */
  pressed(): void {
    this.#begunFor = this.isEmpty ? undefined : this.#begunFor ?? this.#named();
  }

  /** For whom the line is, to be {@linkcode restore restored} with it. */
  get held(): HeldLine {
    return { begunFor: this.#begunFor, asked: this.#asked };
  }

  /** As {@linkcode held}, and it is another line's turn. */
  take(): HeldLine {
    const { held } = this;
    this.#begunFor = this.#asked = undefined;
    return held;
  }

  /** A line is back that was {@linkcode take taken}. */
  restore({ begunFor, asked }: HeldLine): void {
    this.#begunFor = begunFor;
    this.#asked = asked;
  }

  /** A line is entered. @returns For whom it is. */
  enter(line: string): BegunFor {
    const begunFor = this.#asked?.line === line ? this.#asked.recipient : this.#begunFor;
    this.#begunFor = this.#asked = undefined;
    return begunFor ?? this.#named();
  }

  /**
   * Puts a line back that was refused, unless another one has been begun meanwhile.
   *
   * @param begunFor For whom it was begun, and still is.
   * @param asked For whom it is if the user enters it once more as it is.
   * @returns Whether it is back.
   */
  putBack(line: string, begunFor: Recipient, asked: Recipient): boolean {
    if (!this.isEmpty) return false;
    this.#edited.write(line);
    this.#begunFor = begunFor;
    this.#asked = { line, recipient: asked };
    return true;
  }
}
