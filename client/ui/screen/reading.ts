/**
 * How far the user has read a conversation: the store knows, and is told once something was on the screen.
 *
 * @module
 */

import { readable } from "../readable.ts";
import type { Session } from "../session.ts";
import { type Drawn, joined } from "./drawn.ts";
import { end } from "./page.ts";
import { unseenWith } from "./talks.ts";
import type { View } from "./view.ts";

/** The user turns to a conversation. @returns The row of the first message that is new, if there is one. */
export function beginReading(session: Session | undefined, view: View): number | undefined {
  const { first, count } = unseenWith(session, view.name);
  view.unread = count;
  view.newFrom = first;
  return first;
}

/**
 * Notes that messages were on the screen.
 *
 * @returns Whether the view has to say something else of what is new.
 */
export function noteDrawn(session: Session, view: View, drawn: Drawn): boolean {
  view.drawn = joined(view.drawn, drawn);
  if (view.unread === 0) return false;
  const { received, behind } = view.drawn;
  let unseen = unseenWith(session, view.name);
  // All before a message counts as seen with it, and so has to have been on the screen.
  if (unseen.first !== undefined && behind < unseen.first) {
    for (const { id } of received) readable(() => session.client.acknowledge(id), false);
    unseen = unseenWith(session, view.name);
  }
  const before = view.unreadAbove;
  view.unread = unseen.count;
  view.unreadAbove = view.position === end ? unseen.count : 0;
  view.newFrom ??= unseen.first;
  return view.unreadAbove !== before;
}
