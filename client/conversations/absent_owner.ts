/**
 * Turning to somebody who is away, and whom this client has never met: by the key that the server names. Until they
 * have shown that it is theirs, it is the word of the server and no more.
 *
 * @module
 */

import { fingerprintOf } from "../../shared/crypto/public_key.ts";
import type { Connector } from "../connector/connector.ts";
import type { EventSink } from "../events.ts";
import type { Store } from "../store/store.ts";
import type { Trust } from "../trust/trust.ts";
import { UserError } from "../user_error.ts";

/** What meeting them needs. */
export interface AbsentOwnerOptions {
  readonly self: { readonly id: string; readonly fingerprint: string };
  readonly store: Pick<Store, "blockedKeys" | "certificates" | "conversations" | "serverKeys">;
  readonly trust: Trust;
  readonly connector: Pick<Connector, "sealingKeysOf">;
  readonly sink: Pick<EventSink, "emit">;
}

/**
 * Remembers the key that the server has just named for somebody who is away, whom the user turns to. They are a
 * contact from then on.
 *
 * @param name One for which no key is known.
 * @returns Whether the key is known now. Not if the server names none, or one that is refused.
 * @throws {UserError} If the key is blocked, or the store fails.
 */
export function meetAbsentOwner(
  { self, store, trust, connector, sink }: AbsentOwnerOptions,
  name: string,
): boolean {
  const keys = connector.sealingKeysOf(name);
  if (keys === undefined) return false;
  const { key, agreement, terms } = keys;
  const fingerprint = fingerprintOf(key);
  if (fingerprint === self.fingerprint) return false;
  if (store.blockedKeys.has(fingerprint)) throw new UserError({ code: "blocked", name });
  const verdict = trust.judge(name, key, fingerprint, true);
  if (verdict.type === "known") return true;
  if (verdict.type !== "first") {
    sink.emit({ type: "key-refused", name, verdict });
    return false;
  }
  // The mark comes first: a key must not seem to be proven if we are stopped in between.
  store.serverKeys.add(store.conversations.open({ self: self.id, name, key }, { agreement }).id);
  switch (trust.meet(name, key, true, true)) {
    case "another-is-known":
      return false;
    case "full":
      throw new UserError({ code: "no-room-for-key", name });
    case "remembered": {
      // Whoever shows this certificate to a server understands it in mail.
      store.certificates.note(key, { agreement, ...terms, inMail: true });
      const similarTo = trust.similarTo(name);
      sink.emit({
        type: "first-contact",
        name,
        fingerprint,
        vouched: true,
        keyFromServer: true,
        ...similarTo.length > 0 && { similarTo },
      });
      return true;
    }
  }
}
