/**
 * Where in a conversation the user looks, as they go back and forth in it.
 *
 * @module
 */

import { end, type Pages, type Position } from "./page.ts";
import type { View } from "./view.ts";

/**
 * Where the user goes: by a page; to what is new, and then to the first message; to the end, where what is new stays
 * so; or to the last message, having read all.
 */
export type Scroll = "up" | "down" | "first" | "end" | "last";

/**
 * Where a key goes to in the view; undefined if it is none that does. Home and End are those of the line.
 *
 * @param isTwice Whether it was the last key as well.
 */
export function scrollBy(key: string, isTwice: boolean): Scroll | undefined {
  switch (key) {
    case "page-up":
      return "up";
    case "page-down":
      return "down";
    case "alt+home":
    case "ctrl+home":
    case "alt+<":
      return "first";
    case "alt+end":
    case "ctrl+end":
    case "alt+>":
      return "last";
    case "escape":
      return isTwice ? "end" : undefined;
    default:
      return undefined;
  }
}

/** Goes back or forth. @param pages Reads the view as it is when that is called. */
export function scroll(view: View, pages: () => Pages, to: Scroll, height: number): void {
  if (to === "end" || to === "last") return view.goToEnd();
  if (to === "first") {
    view.uncover();
    view.position = firstOf(view, pages(), height);
    return;
  }
  // A row of what was there stays.
  const by = Math.max(1, height - 1);
  if (to === "up" && view.isCleared) return view.uncover();
  const { position } = view;
  view.position = to === "up" ? pages().up(position, by, height) : pages().down(position, by);
  if (view.position.row === end.row && view.position.hidden === 0) view.position = end;
}

/** Goes to a message. */
export function goTo(view: View, pages: () => Pages, row: number, height: number): void {
  view.uncover();
  view.found = row;
  view.position = pages().around(row, height);
}

/** Where the line above what is new is on the screen, if one is further down; else where the first message is. */
function firstOf({ position, newFrom }: View, pages: Pages, height: number): Position {
  const toNew = newFrom === undefined ? undefined : pages.from(newFrom, height);
  return toNew !== undefined && isBehind(position, toNew) ? toNew : pages.from(0, height);
}

function isBehind(one: Position, other: Position): boolean {
  return one.row > other.row || one.row === other.row && one.hidden < other.hidden;
}
