/**
 * The line that is being typed, and for whom: whom the prompt named when its first letter was typed.
 *
 * @module
 */

import type { Recipient } from "../session.ts";
import type { LineText } from "./edited_line.ts";
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
  /** What is typed, as it can be set again; undefined if that is not known. */
  content?: LineText;
  /** Types something. */
  write(text: string): void;
}

/** A line that was refused, and for whom it was begun. */
interface RefusedLine {
  readonly line: string;
  readonly begunFor: Recipient;
}

/** The input line of a terminal. */
export class InputLine {
  readonly #edited: EditedLine;
  /** Whom the prompt names. */
  readonly #named: () => BegunFor;
  #begunFor: BegunFor | undefined;
  #asked: AskedLine | undefined;
  /** A line that was put back, as long as no key was pressed since then. */
  #back: RefusedLine | undefined;
  /** A line that was put back, and has made room for a command. */
  #aside: RefusedLine | undefined;

  constructor(edited: EditedLine, named: () => BegunFor) {
    this.#edited = edited;
    this.#named = named;
  }

  get isEmpty(): boolean {
    return this.#edited.line === "";
  }

  /** Takes note that a key was pressed, and what it does is done. */
  pressed(): void {
    this.#makeRoom();
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
    this.#begunFor = this.#asked = this.#back = undefined;
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
    this.#back = { line, begunFor };
    return true;
  }

  /**
   * The line that has made room for a command is back, if there is room for it again.
   *
   * @param recipient Who is the current one. A line that was begun for nobody is for them if it is entered as it is.
   * @param instead Whether it takes the place of what is typed.
   */
  comeBack(recipient: Recipient, instead = false): void {
    const aside = this.#aside;
    if (aside === undefined || (!this.isEmpty && !instead)) return;
    this.#aside = undefined;
    this.#edited.content = { text: "", typed: 0 };
    const { line, begunFor } = aside;
    const isForNobody = begunFor.conversation === undefined && begunFor.failed === undefined;
    this.putBack(line, begunFor, isForNobody ? recipient : begunFor);
  }

  /** A slash that is typed right behind a line that was put back begins a command, and not the end of that line. */
  #makeRoom(): void {
    const back = this.#back;
    this.#back = undefined;
    const { content } = this.#edited;
    if (back === undefined || content === undefined) return;
    const { length } = back.line;
    const { text, typed } = content;
    // What is pasted there belongs to the line.
    if (typed <= length || !text.startsWith(`${back.line}/`)) return;
    this.#edited.content = { text: text.slice(length), typed: typed - length };
    this.#begunFor = this.#asked = undefined;
    this.#aside = back;
  }
}
