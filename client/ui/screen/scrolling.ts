/**
 * Where in a conversation the user looks, as they go back and forth in it.
 *
 * @module
 */

import { end, type Pages } from "./page.ts";
import type { View } from "./view.ts";

/** Goes back or forth by a page. @param pages Reads the view as it is when that is called. */
export function scroll(view: View, pages: () => Pages, to: "up" | "down", height: number): void {
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
