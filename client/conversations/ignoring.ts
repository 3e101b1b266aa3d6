/**
 * People whom the user does not want to hear. What they send is taken, kept and confirmed as ever; nobody is told of
 * it, neither a person nor a script.
 *
 * @module
 */

import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import { type ClientEvent, type EventSink, withEmit } from "../events.ts";
import type { Store } from "../store/store.ts";

/** What hiding them needs. */
export interface IgnoringOptions {
  readonly self: { readonly id: string };
  readonly store: Pick<Store, "ignoredKeys" | "incoming">;
}

/** A sink that is told nothing of those who are ignored, but for what the user has asked for. */
export function hideIgnored(
  sink: EventSink,
  { self, store }: IgnoringOptions,
): EventSink {
  return withEmit(sink, (event) => {
    const person = unaskedBy(event);
    if (person === undefined || !isIgnored(person)) sink.emit(event);
    else if (event.type === "message") settle(event.id);
  });

  /** If the store cannot be read it is better to show too much. */
  function isIgnored(person: Fingerprint): boolean {
    try {
      return store.ignoredKeys.has(person);
    } catch {
      return false;
    }
  }

  /** It does not wait to be shown; its sender is not told that it was seen. */
  function settle(id: string): void {
    try {
      store.incoming.acknowledge(self.id, id);
    } catch {
      // It comes up at the next start again, and is not shown then either.
    }
  }
}

/** Who has caused an event that the user has not asked for; undefined if nobody has, or it concerns their safety. */
function unaskedBy(event: ClientEvent): Fingerprint | undefined {
  switch (event.type) {
    case "message":
    case "absent":
    case "verification-asked":
      return event.person;
    case "first-contact":
      return event.unasked ? event.fingerprint : undefined;
    case "opened":
      return event.cause === "chat" ? undefined : event.person;
    case "closed":
      return event.reason === "you-left" ? undefined : event.person;
    default:
      return undefined;
  }
}
