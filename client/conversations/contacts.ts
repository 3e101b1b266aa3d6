/**
 * Whom the user talks to, as the store and the server know them.
 *
 * @module
 */

import { watchedMax } from "../../shared/protocol/limits.ts";
import { type Fingerprint, fingerprintOf } from "../../shared/crypto/public_key.ts";
import type { ConversationState, DeviceState } from "../events.ts";
import type { PresenceStatus, Rendezvous } from "../rendezvous/rendezvous.ts";
import type { ConversationRecord, Store } from "../store/store.ts";
import type { Conversation } from "./conversation.ts";

type Stored = Pick<Store, "conversations" | "blockedKeys">;

/** Somebody whom the user talks to, and whether they are there. */
export interface ContactState {
  readonly name: string;
  /** Undefined for a peer without a key. */
  readonly person: Fingerprint | undefined;
  readonly devices: readonly DeviceState[];
  /** By the server's word; undefined if it says nothing. */
  readonly presence: PresenceStatus | undefined;
  /** Whether there is a connection to them. */
  readonly connected: boolean;
  /** Messages that they lack. */
  readonly waiting: number;
  /** When something was last said, by either side: milliseconds since 1970, UTC; 0 if nothing was. */
  readonly lastAtMs: number;
  /** Its place among the others by when the conversation began, the same in each run: any numbers that grow. */
  readonly began: number;
}

/** Contacts that are listed, at most. */
const contactsMax = 60;
/** Names that are known, at most. */
const namesMax = 1_000;

/**
 * Those whom the user talks to: peers without a key while they are there, then contacts, then unknown senders, of
 * each the latest first.
 *
 * @param open The conversations that there are.
 * @param known What is known of each by its name.
 * @throws {UserError} If the store cannot be read.
 */
export function contactStates(
  stored: Stored,
  selfId: string,
  open: readonly Conversation[],
  known: {
    readonly state: (name: string) => ConversationState | undefined;
    readonly presence: (name: string) => PresenceStatus | undefined;
  },
): ContactState[] {
  const plaintext = open.filter(({ key, links }) => key === undefined && links.length > 0)
    .map(({ name, stored: id }) => {
      const { person, devices = [], waiting = 0 } = known.state(name) ?? {};
      const { lastAtMs } = stored.conversations.get(id);
      const link = { presence: undefined, connected: true };
      return { name, person, devices, waiting, lastAtMs, ...link, began: id };
    });
  const contacts = latest(stored, selfId, contactsMax).flatMap(
    ({ id, name, key, lastAtMs, outgoing }) => {
      if (key === undefined) return [];
      const {
        devices = [{ device: key, address: undefined, connected: false }],
      } = known.state(name) ?? {};
      return [{
        name,
        person: fingerprintOf(key),
        devices,
        presence: known.presence(name),
        connected: devices.some(({ connected }) => connected),
        waiting: outgoing.last - outgoing.acknowledged,
        lastAtMs,
        began: id,
      }];
    },
  );
  return [...plaintext, ...contacts];
}

/** The names of those who were talked to, contacts first. @throws {UserError} If the store fails. */
export function knownNames(stored: Stored, selfId: string): string[] {
  return latest(stored, selfId, namesMax).map(({ name }) => name);
}

/**
 * Whether the server may have to watch others now that there is somebody more to watch; undefined if it is not
 * known who. That is read from the store, which is left alone if nobody would be told: a server that registers us
 * is told everything.
 */
export function isNewsToServer(
  rendezvous: Pick<Rendezvous, "connection" | "watches">,
  name: string | undefined,
): boolean {
  return rendezvous.connection !== undefined &&
    (name === undefined || !rendezvous.watches(name));
}

/**
 * Whom to watch: those of open conversations whom the user has answered, then other contacts, those who were
 * talked to last first, then unknown senders.
 *
 * @throws {UserError} If the store cannot be read.
 */
export function namesToWatch(
  stored: Stored,
  selfId: string,
  conversations: readonly Conversation[],
): string[] {
  const open = conversations.filter(({ key }) => key !== undefined);
  const lately = latest(stored, selfId, watchedMax).filter(({ key }) => key !== undefined);
  const names = [
    ...open.filter(({ answered }) => answered).map(({ peerId }) => peerId),
    ...lately.map(({ name }) => name),
    ...open.map(({ peerId }) => peerId),
  ];
  return [...new Set(names)].slice(0, watchedMax);
}

/**
 * The latest conversations, those with contacts first: however many strangers write, they displace none. Nobody is
 * among them whom the user has blocked.
 */
function latest(
  { conversations, blockedKeys }: Stored,
  selfId: string,
  limit: number,
): ConversationRecord[] {
  const contacts = conversations.listContacts(selfId, limit);
  const known = new Set(contacts.map(({ id }) => id));
  const others = conversations.list(selfId, limit).filter(({ id }) => !known.has(id));
  return [...contacts, ...others]
    .filter(({ key }) => key === undefined || !blockedKeys.has(fingerprintOf(key)))
    .slice(0, limit);
}
