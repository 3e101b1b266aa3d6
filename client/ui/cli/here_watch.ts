/**
 * The end of a server that is named as `here`, and does not run in this client: the client in which it ran may have
 * ended. No other one takes its place, since they have given up their access to its data.
 *
 * @module
 */

import { type EventSink, withEmit } from "../../events.ts";
import type { Display } from "../session.ts";

/** A sink that passes everything on, and has the user told what to do if the server of this machine ends, once each time. */
export function tellingEndOfHere(sink: EventSink, display: Pick<Display, "show">): EventSink {
  let isTold = false;
  return withEmit(sink, (event) => {
    sink.emit(event);
    if (event.type === "registered-again") isTold = false;
    if (event.type !== "server-lost" || isTold) return;
    isTold = true;
    display.show({ type: "here-ended" });
  });
}
