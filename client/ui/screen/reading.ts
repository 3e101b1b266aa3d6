/**
 * How far the user has read a conversation: the store knows, and is told once something was on the screen.
 *
 * @module
 */

import { readable } from "../readable.ts";
import type { Session } from "../session.ts";
import { type Drawn, joined, lastReceived } from "./drawn.ts";
import { end, type PageRows } from "./page.ts";
import { messagesOf, unseenWith } from "./talks.ts";
import type { View } from "./view.ts";

/** Messages that are read at once, in search of the last that came. */
const pageSize = 200;

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
 * @param page What was.
 * @returns Whether the view has to say something else of what is new.
 */
export function noteDrawn(
  session: Session,
  view: View,
  { drawn, ends }: Omit<PageRows, "rows">,
): boolean {
  view.isMissed = false;
  view.tallEnds.note(ends);
  if (drawn !== undefined) view.drawn = joined(view.drawn, drawn);
  const { unreadAbove, unreadBelow } = view;
  if (view.unread > 0) noteUnread(session, view, drawn && view.drawn);
  const { row, hidden } = view.position;
  // Of a message of which some rows are hidden, the rest is below.
  const below = view.unread === 0 || view.position === end
    ? 0
    : unseenWith(session, view.name, hidden > 0 ? row - 1 : row).count;
  view.unreadBelow = below;
  return view.unreadAbove !== unreadAbove || view.unreadBelow !== unreadBelow;
}

/**
 * Notes that messages are on the screen while the user looks at another window: they are unread, and new when the
 * user is back.
 *
 * @returns Whether the view has to say something else of what is new.
 */
export function noteMissed(session: Session, view: View): boolean {
  if (view.unread === 0 || view.isMissed) return false;
  view.isMissed = true;
  const { newFrom } = view;
  view.newFrom = unseenWith(session, view.name).first ?? newFrom;
  return view.newFrom !== newFrom;
}

function noteUnread(session: Session, view: View, drawn: Drawn | undefined): void {
  const { received = [], behind = Infinity } = drawn ?? {};
  let unseen = unseenWith(session, view.name);
  // All before a message counts as seen with it, and so has to have been on the screen.
  if (unseen.first !== undefined && behind < unseen.first) {
    for (const { id } of received) readable(() => session.client.acknowledge(id), false);
    unseen = unseenWith(session, view.name);
  }
  view.unread = unseen.count;
  view.unreadAbove = view.position === end ? unseen.count : 0;
  view.newFrom ??= unseen.first;
}

/**
 * The user says that they have read all up to a row of the store, whether it was on the screen or not: they have gone
 * to the end by a key, or have answered.
 */
export function readUpTo(session: Session, view: View, row: number): void {
  const messages = messagesOf(session, view.name);
  let unseen = unseenWith(session, view.name);
  for (let before = row + 1; unseen.first !== undefined && unseen.first < before;) {
    const page = messages.before(before, pageSize);
    const [first] = page;
    if (first === undefined) break;
    // With the last of a key, all before it of that key.
    for (const { id } of lastReceived(page)) readable(() => session.client.acknowledge(id), false);
    unseen = unseenWith(session, view.name);
    before = first.row;
  }
  view.unread = unseen.count;
  view.unreadAbove = Math.min(view.unreadAbove, unseen.count);
  view.unreadBelow = Math.min(view.unreadBelow, unseen.count);
}
