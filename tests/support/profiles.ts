/**
 * Profiles that hold something, made without a client.
 *
 * @module
 */

import { encodeIdentity, plainIdentity, sealIdentity } from "../../client/profile/identity_file.ts";
import { openStore, storeKeyOf } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { draft, keyOf, stream } from "./store_fixture.ts";

/** What it costs to try a passphrase in a test: next to nothing. */
export const cheap = { N: 2, r: 1, p: 1 };

/** What a profile holds. */
export interface ProfileContent {
  /** What its identity is under, and seals its messages. None unless given. */
  readonly passphrase?: string;
  /** What alice has written to bob. */
  readonly texts?: readonly string[];
  /** What bob, who is a contact then, has written to alice, behind that. */
  readonly received?: readonly string[];
}

/** Makes a profile of alice's. @returns Her identity. */
export function makeProfile(
  directory: string,
  { passphrase, texts = [], received = [] }: ProfileContent,
): Identity {
  const identity = Identity.generate();
  const file = passphrase === undefined
    ? plainIdentity(identity)
    : sealIdentity(identity, passphrase, cheap);
  Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
  Deno.writeTextFileSync(`${directory}/identity.json`, encodeIdentity(file), { mode: 0o600 });
  const sealed = passphrase !== undefined;
  using store = openStore(`${directory}/store.db`, { textKey: storeKeyOf(identity), sealed });
  const key = keyOf(2);
  const { id: conversation } = store.conversations.open({ self: "alice", name: "bob", key });
  store.outgoing.accept(
    texts.map((text, i) => draft(conversation, text, { sentAtMs: i })),
  );
  if (received.length > 0) store.knownPeers.remember("bob", key);
  store.incoming.receive(conversation, stream(received), Date.now());
  return identity;
}

/** Makes a profile of the identity in another one, as on another machine. */
export function copyIdentity(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true, mode: 0o700 });
  Deno.copyFileSync(`${from}/identity.json`, `${to}/identity.json`);
}
