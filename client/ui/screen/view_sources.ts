/**
 * What the views of a full screen know of the store, and of the words.
 *
 * @module
 */

import type { NameFor } from "../local_names.ts";
import type { OwnSigns } from "../own_signs.ts";
import type { Session } from "../session.ts";
import type { ViewSurroundings } from "../terminal/terminal.ts";
import type { Shown } from "../wording/wording.ts";
import { StoredMessages } from "./stored_messages.ts";
import { isHidden, lastRowOf, messagesOf, unhide } from "./talks.ts";
import type { ViewSources } from "./view_list.ts";

/** What views know. @param session The session, once there is one. */
export function viewSources(
  session: () => Session | undefined,
  { rowsOf, isElsewhere }: Pick<ViewSurroundings, "rowsOf" | "isElsewhere">,
  own: OwnSigns,
  nameFor: NameFor,
): ViewSources {
  const stored = new StoredMessages((name) => messagesOf(session(), name));
  return {
    lastRow: (name) => lastRowOf(session(), name),
    isStored: (message) => stored.has(message),
    isHidden: (view) => isHidden(session(), view),
    unhide: (view) => unhide(session(), view),
    rowsOf: (...shown) => ownRows(rowsOf(...shown), shown[0], own),
    nameFor,
    isElsewhere,
    nowMs: Date.now,
  };
}

/** Rows of what is shown: those that have what somebody wrote are left as they are. */
function ownRows(rows: string[], shown: Shown, own: OwnSigns): string[] {
  return shown.type === "message" || shown.type === "history" ? rows : rows.map(own);
}
