/**
 * The user's absence: a contact who writes meanwhile is told of it, once. Nobody else is, and what tells it is no
 * message, so that two who are both away do not go on telling each other.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import { isAwayText, writeAway } from "../../shared/protocol/away.ts";
import { awayBytesMax } from "../../shared/protocol/limits.ts";
import { type EventSink, withEmit } from "../events.ts";
import type { Link } from "../link/link.ts";
import { UserError } from "../user_error.ts";
import { mayBeUnknown } from "./unknown_sender.ts";

/** Who has been told is remembered of so many. */
const toldMax = 1_024;

/** A conversation, as far as it matters here. */
interface Companion {
  readonly links: readonly Pick<Link, "say" | "features">[];
  readonly isUnknownSender: boolean;
}

/** Whether the user is away, and who knows it. */
export class Absence {
  readonly #find: (conversation: string) => Companion | undefined;
  #text: string | undefined;
  #told = new BoundedMap<string, true>(toldMax);

  /** @param find The conversation of an id. */
  constructor(find: (conversation: string) => Companion | undefined) {
    this.#find = find;
  }

  /** The user is away from now on. @param text What they say of it. @throws {UserError} If that is too long. */
  begin(text: string): void {
    if (!isAwayText(text)) throw new UserError({ code: "away-too-long", max: awayBytesMax });
    this.#text = text;
    this.#told = new BoundedMap(toldMax);
  }

  /** The user is back. @returns Whether they were away. */
  end(): boolean {
    const wasAway = this.#text !== undefined;
    this.#text = undefined;
    return wasAway;
  }

  /** A sink that passes everything on, and has this answer the messages that come. */
  noting(sink: EventSink): EventSink {
    return withEmit(sink, (event) => {
      sink.emit(event);
      // Behind the acknowledgement.
      if (event.type === "message") queueMicrotask(() => this.#tell(event.conversation));
    });
  }

  #tell(id: string): void {
    const text = this.#text;
    if (text === undefined || this.#told.has(id)) return;
    const conversation = this.#find(id);
    const link = conversation?.links.find(({ features }) => features.includes("away"));
    if (conversation === undefined || link === undefined || mayBeUnknown(conversation)) return;
    this.#told.set(id, true);
    link.say(writeAway(text));
  }
}
