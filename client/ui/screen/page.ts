/**
 * The part of a conversation that is on the screen. It is read from the store around a position, never the whole:
 * to scroll back goes on without an end, and takes as long at the first message as at the last.
 *
 * @module
 */

import type { HistoryEntry } from "../../store/store.ts";
import { type Block, type Section, tail } from "./blocks.ts";
import { type Drawn, drawnOf } from "./drawn.ts";
import { type TallEnd, TallEnds } from "./tall_ends.ts";

/** What was said with somebody, oldest first. */
export interface Messages {
  /** The last messages before a row of the store. */
  before(row: number, limit: number): HistoryEntry[];
  /** The first messages behind a row of the store. */
  behind(row: number, limit: number): HistoryEntry[];
}

/** The last row on the screen: that of a block, of which some rows are below the screen. */
export interface Position {
  readonly row: number;
  readonly hidden: number;
}

/** What is on the screen. */
export interface PageRows {
  readonly rows: readonly string[];
  /**
   * The messages that were on the screen with them: those whose last rows are, and of those that came and are taller
   * than the screen the ones of which both ends were; undefined if there are none.
   */
  readonly drawn: Drawn | undefined;
  /** The ends of messages that are taller than the screen. */
  readonly ends: readonly TallEnd[];
}

/** The end of a conversation, where new messages appear. */
export const end: Position = { row: tail, hidden: 0 };

/** Reads a conversation in parts. */
export class Pages {
  readonly #messages: Messages;
  readonly #blocksOf: (section: Section) => Block[];

  constructor(messages: Messages, blocksOf: (section: Section) => Block[]) {
    this.#messages = messages;
    this.#blocksOf = blocksOf;
  }

  /**
   * The rows above a position, with it.
   *
   * @param aboveRow Only what is said behind a row of the store.
   * @param before The ends of tall messages that were on the screen before.
   */
  rowsAt(position: Position, height: number, aboveRow = 0, before = new TallEnds()): PageRows {
    const section = this.#upTo(position.row, height);
    const first = section.entries.findIndex(({ row }) => row > aboveRow);
    const from = first === -1 ? section.entries.length : first;
    const entries = section.entries.slice(from);
    const entryBefore = section.entries[from - 1] ?? section.before;
    const blocks = this.#blocksOf({ ...section, entries, before: entryBefore });
    const bottom = Math.max(0, rowCount(blocks) - position.hidden);
    const top = Math.max(0, bottom - height);
    const rows = blocks.flatMap(({ rows }) => rows).slice(top, bottom);
    const ends: TallEnd[] = [];
    let at = 0;
    const isDrawn = entries.map(({ row, direction }, i) => {
      const { rows, aboveRows } = blocks[i]!;
      const first = at + aboveRows;
      at += rows.length;
      const hasLast = at > top && at <= bottom;
      if (direction === "out" || at - first <= height) return hasLast;
      const here: TallEnd[] = [];
      if (first >= top && first < bottom) here.push({ row, which: "first" });
      if (hasLast) here.push({ row, which: "last" });
      ends.push(...here);
      const was = (which: TallEnd["which"]) =>
        here.some((end) => end.which === which) || before.has({ row, which });
      return here.length > 0 && was("first") && was("last");
    });
    const firstDrawn = isDrawn.indexOf(true);
    const drawn = drawnOf(
      entries.filter((_, i) => isDrawn[i]),
      entries[firstDrawn - 1] ?? entryBefore,
    );
    return { rows, drawn, ends };
  }

  /** Where one is so many rows further up; at most where the first message is at the top. */
  up(position: Position, by: number, height: number): Position {
    const blocks = this.#blocksOf(this.#upTo(position.row, height + by));
    const total = rowCount(blocks);
    const bottom = total - position.hidden;
    const next = Math.max(bottom - by, Math.min(height, total));
    return next >= bottom ? position : positionOf(blocks, next);
  }

  /** Where one is so many rows further down; at most at the end. */
  down(position: Position, by: number): Position {
    if (position.row === tail) return { row: tail, hidden: Math.max(0, position.hidden - by) };
    const here = this.#upTo(position.row, 1);
    const behind = this.#messages.behind(position.row, by + 1);
    const isEnd = behind.length <= by;
    const blocks = this.#blocksOf({ ...here, entries: [...here.entries, ...behind], isEnd });
    const bottom = (blocks[0]?.rows.length ?? 0) - position.hidden + by;
    return isEnd && bottom >= rowCount(blocks) ? end : positionOf(blocks, bottom);
  }

  /** Where one is if the message of a row is at the top, with the lines above it; the end if all behind it has room. */
  from(row: number, height: number): Position {
    const [before] = this.#messages.before(row, 1);
    // Each of them has a row at least.
    const entries = this.#messages.behind(row - 1, height + 1);
    const isEnd = entries.length <= height;
    const blocks = this.#blocksOf({ entries, before, isEnd });
    return isEnd && rowCount(blocks) <= height ? end : positionOf(blocks, height);
  }

  /** Where one is if the message of a row is in the middle, as far as there is something around it. */
  around(row: number, height: number): Position {
    const blocks = this.#blocksOf(this.#upTo(row, height));
    const own = blocks.at(-1)?.rows.length ?? 0;
    const below = Math.max(Math.floor((height - own) / 2), height - rowCount(blocks), 0);
    return this.down({ row, hidden: 0 }, below);
  }

  #upTo(row: number, limit: number): Section {
    // One more, since what stands above a message depends on the one before it.
    const entries = this.#messages.before(row === tail ? tail : row + 1, limit + 1);
    const before = entries.length > limit ? entries.shift() : undefined;
    return { entries, before, isEnd: row === tail };
  }
}

function rowCount(blocks: readonly Block[]): number {
  return blocks.reduce((count, { rows }) => count + rows.length, 0);
}

/** The position below so many rows. */
function positionOf(blocks: readonly Block[], count: number): Position {
  let left = count;
  for (const { row, rows } of blocks) {
    if (left <= rows.length && rows.length > 0) return { row, hidden: rows.length - left };
    left -= rows.length;
  }
  return end;
}
