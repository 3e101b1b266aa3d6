/**
 * What stands around the conversation that is seen: the title, the list and the status line.
 *
 * @module
 */

import type { NameFor } from "../local_names.ts";
import type { Session } from "../session.ts";
import { viewWords } from "../wording/wording.ts";
import type { ScreenContent } from "./layout.ts";
import { end } from "./page.ts";
import type { RoundTrip } from "./round_trip.ts";
import type { ServerWatch } from "./server_watch.ts";
import { wayOf } from "./talks.ts";
import type { ViewList } from "./view_list.ts";

/** What the status line tells beside what the views know. */
interface Watched {
  /** Whose client it is. */
  readonly self: string;
  readonly server: ServerWatch;
  readonly roundTrip: RoundTrip;
  /** What the user calls somebody. */
  readonly nameFor: NameFor;
  /** Whether the user only looks at what somebody writes whom they do not know. */
  readonly isUnknown: boolean;
}

/** What stands around the view that is seen, now. */
export function surroundingsOf(
  session: Session | undefined,
  views: ViewList,
  { self, server, roundTrip, nameFor, isUnknown }: Watched,
): Pick<ScreenContent, "title" | "list" | "alarm" | "status"> {
  const { all, seen } = views;
  const name = seen.name === "" ? undefined : seen.name;
  const at = all.indexOf(seen);
  const { security, way, isKeyFromServer = false } = session && name !== undefined
    ? wayOf(session, name) ?? {}
    : {};
  if (way !== undefined) roundTrip.want(session, seen.name);
  return {
    title: viewWords.title({
      self,
      server: server.server,
      talks: all.length,
      unread: views.unread,
      now: new Date(),
    }),
    list: all.map((view) => ({
      name: viewWords.name(nameFor(view.name)),
      isSeen: view === seen,
      here: view.here,
      unread: views.unreadIn(view),
      hasNews: view.hasNews,
      waiting: view.waiting,
    })),
    alarm: viewWords.alarm(server.state),
    status: viewWords.status({
      name: name && nameFor(name),
      number: at >= 0 && at < 9 ? at + 1 : undefined,
      isUnknown,
      security,
      isKeyFromServer,
      here: seen.here,
      way,
      roundTripMs: roundTrip.of(seen.name),
      waiting: session?.current?.waiting ?? 0,
      server: server.state,
      isScrolled: seen.position !== end,
      unreadAbove: seen.unreadAbove,
      unreadBelow: seen.unreadBelow,
      news: views.news.map(({ name, unread }) => ({ name: nameFor(name), unread })),
    }),
  };
}
