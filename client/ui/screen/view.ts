/**
 * The view of one conversation: what is new in it, and what stands between its messages. The messages themselves
 * are in the store.
 *
 * @module
 */

import { dim } from "@std/fmt/colors";
import { columnsOf, rowsOf } from "../../../shared/text/columns.ts";
import { viewWords } from "../wording/wording.ts";
import type { Notice } from "./blocks.ts";
import { end, type Position } from "./page.ts";

/** Lines beside the messages that are kept: the latest. */
const noticesMax = 500;

/** A conversation on the screen, or the place for what belongs to none, whose name is empty. */
export class View {
  readonly name: string;
  /** Messages that came and were not on the screen. */
  unread = 0;
  /** The first of them, as the line above it shows until the user leaves. */
  newFrom: string | undefined;
  /** Whether something has happened beside messages that the user should see. */
  hasNews = false;
  /** Whether it was the current one. */
  wasCurrent = false;
  here: boolean | undefined;
  waiting = 0;
  position: Position = end;
  /** The row in the store up to which the user has cleared it. */
  clearedRow = 0;
  notices: Notice[] = [];
  #absence: { readonly sinceMs: number; readonly notice: Notice } | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Puts something behind the last message. */
  add(notice: Notice): void {
    this.notices.push(notice);
    if (this.notices.length > noticesMax) this.notices.shift();
  }

  /** A message has come that is not on the screen. */
  received(id: string): void {
    this.unread++;
    this.newFrom ??= id;
  }

  /** The peer has gone. It is one line an absence. */
  left(nowMs: number, afterRow: number): void {
    this.here = false;
    if (this.#absence !== undefined) return;
    const notice = absenceNotice(viewWords.absence(this.name, nowMs), afterRow);
    this.#absence = { sinceMs: nowMs, notice };
    this.add(notice);
  }

  /** The peer is back. */
  returned(nowMs: number): void {
    this.here = true;
    if (this.#absence === undefined) return;
    const { sinceMs, notice } = this.#absence;
    this.#absence = undefined;
    const at = this.notices.indexOf(notice);
    if (at === -1) return;
    const text = viewWords.absence(this.name, sinceMs, nowMs);
    this.notices[at] = absenceNotice(text, notice.afterRow);
  }

  /** The user turns to something else. */
  leave(): void {
    this.position = end;
    if (this.unread === 0) this.newFrom = undefined;
  }
}

function absenceNotice(text: string, afterRow: number): Notice {
  return { afterRow, rows: (columns) => centred(text, columns) };
}

function centred(text: string, columns: number): string[] {
  return rowsOf(text, columns).map((row) =>
    dim(" ".repeat(Math.max(0, Math.floor((columns - columnsOf(row)) / 2))) + row)
  );
}
