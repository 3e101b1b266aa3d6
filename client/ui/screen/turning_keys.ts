/**
 * The keys that turn to another conversation.
 *
 * @module
 */

import type { View } from "./view.ts";
import type { ViewList } from "./view_list.ts";

/** Where a key turns to, which may be nowhere; undefined if it is none that turns. */
export function turnBy(
  key: string,
  views: ViewList,
): { readonly to: View | undefined } | undefined {
  const { all } = views;
  const number = /^alt\+([1-9])$/.exec(key)?.[1];
  if (number !== undefined) return { to: all[Number(number) - 1] };
  const at = all.indexOf(views.seen);
  switch (key) {
    case "alt+a":
      return { to: views.news[0] };
    // As `cd -` of shells. What weechat has for it, Alt+/, is Esc and the slash of a command to a terminal.
    case "alt+-":
      return { to: views.left };
    case "ctrl+n":
      return { to: all[(at + 1) % all.length] };
    case "ctrl+p":
      return { to: all.at(at <= 0 ? -1 : at - 1) };
    default:
      return undefined;
  }
}
