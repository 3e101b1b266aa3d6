/**
 * The view of one conversation: what is new in it, and what stands between its messages. The messages themselves
 * are in the store.
 *
 * @module
 */

import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import type { Theme } from "../theme.ts";
import { viewWords } from "../wording/wording.ts";
import type { Notice } from "./blocks.ts";
import type { Drawn } from "./drawn.ts";
import { Notices } from "./notices.ts";
import { end, type Position } from "./page.ts";
import { TallEnds } from "./tall_ends.ts";

/** A conversation on the screen, or the place for what belongs to none, whose name is empty. */
export class View {
  readonly name: string;
  /** Messages that came and were not on the screen. */
  unread = 0;
  /** How many of these stand above what is on the screen, while that is the end of the conversation. */
  unreadAbove = 0;
  /** How many of them stand below what is on the screen. */
  unreadBelow = 0;
  /** The row of the first of them, as the line above it shows until the user leaves. */
  newFrom: number | undefined;
  /** The row of the message that the user has gone to, as the line above it shows. */
  found: number | undefined;
  /** Whether that is known of what has come while the user looks at another window. */
  isMissed = false;
  /** The messages that were on the screen lately. */
  drawn: Drawn | undefined;
  readonly tallEnds = new TallEnds();
  /** The row of the last message that there was when the view was drawn last, and when a line was entered last. */
  drawnTo = 0;
  enteredAt = 0;
  /** Whether something has happened beside messages that the user should see. */
  hasNews = false;
  /** Whether it was the current one. */
  wasCurrent = false;
  /** Whether the user has taken it off the list. */
  isHidden = false;
  here: boolean | undefined;
  waiting = 0;
  position: Position = end;
  readonly #notices = new Notices();
  /** The row in the store up to which the user has cleared it. */
  #cleared: number | undefined;
  #absence: { readonly sinceMs: number; text: string } | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether what was said before is left out where it is now. */
  get isCleared(): boolean {
    return this.#cleared !== undefined && this.position === end;
  }

  /** How many messages stay unread as it is on the screen now; what comes at its end is about to be read. */
  get unreadHere(): number {
    return this.position === end ? this.unreadAbove : this.unread;
  }

  /** The row in the store up to which nothing is shown where it is now; 0 if all is. */
  get clearedRow(): number {
    return this.isCleared ? this.#cleared! : 0;
  }

  /** What stands between the messages, where it is now. */
  get notices(): readonly Notice[] {
    return this.isCleared ? this.#notices.sinceCleared : this.#notices.all;
  }

  /** Puts something behind the last message. */
  add(notice: Notice): void {
    this.#notices.add(notice);
  }

  /** Leaves out what was said so far, as long as it is at its end. @param row That of the last message. */
  clear(row: number): void {
    this.#cleared = row;
    this.#notices.clear();
    this.position = end;
  }

  /** Goes to where new messages appear. */
  goToEnd(): void {
    this.position = end;
    this.found = undefined;
  }

  /** The user has entered a line: what is sent stands at the end. */
  entered(): void {
    this.enteredAt = this.drawnTo;
    this.#notices.entered();
    this.goToEnd();
  }

  /** What was entered last was said to the peer: the answers of commands that stood there have done their work. */
  replied(): void {
    this.#notices.takeOffAnswered();
  }

  /** Takes the answers of commands off it. @returns Whether there were any. */
  takeOffAnswers(): boolean {
    return this.#notices.takeOffAnswers();
  }

  /** Shows again what was cleared. */
  uncover(): void {
    this.#cleared = undefined;
  }

  /** The peer has gone. It is one line an absence. @param who What the user calls them. */
  left(nowMs: number, afterRow: number, who: string): void {
    this.here = false;
    if (this.#absence !== undefined) return;
    const absence = { sinceMs: nowMs, text: viewWords.absence(who, nowMs) };
    this.#absence = absence;
    this.add({ afterRow, rows: (...size) => centred(absence.text, ...size) });
  }

  /** The peer is back. @param who What the user calls them. */
  returned(nowMs: number, who: string): void {
    this.here = true;
    if (this.#absence === undefined) return;
    this.#absence.text = viewWords.absence(who, this.#absence.sinceMs, nowMs);
    this.#absence = undefined;
  }

  /** The user turns to something else. */
  leave(): void {
    this.goToEnd();
    this.#notices.takeOffAnswers("visit");
    this.newFrom = undefined;
    this.unreadAbove = this.unreadBelow = 0;
  }
}

function centred(text: string, columns: number, theme: Theme): string[] {
  return rowsOf(text, columns).map((row) =>
    theme.notice(" ".repeat(Math.max(0, Math.floor((columns - columnsOf(row)) / 2))) + row)
  );
}
