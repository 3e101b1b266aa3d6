/**
 * What happens, and what is answered, as objects for programs. Texts and names are raw: who shows them to people has
 * to make them harmless first.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import { formatServerAddress } from "../../../shared/net/server_address.ts";
import { fingerprintOf, type PublicKey } from "../../../shared/crypto/public_key.ts";
import type { ContactState, PathReport } from "../../conversations/conversations.ts";
import type { ClientEvent, DeviceState, PeerRef, Way } from "../../events.ts";
import type { HistoryEntry } from "../../store/store.ts";
import { type Problem, UserError } from "../../user_error.ts";
import { failureKind } from "../failure_kind.ts";
import { errorSentence } from "../wording/wording.ts";

/** An object that is printed as one line. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Somebody, in what is printed. What is not known of them is null. */
export interface Party {
  readonly name: string;
  /** The fingerprint of their key. */
  readonly person: string | null;
  readonly device: string | null;
}

/** Somebody who has this key. */
export function partyOf(name: string, key: PublicKey | undefined): Party {
  return { name, person: key === undefined ? null : fingerprintOf(key), device: key ?? null };
}

/** What went wrong: `code` is one of a few words, `problem` the very thing. */
export function failureRecord(error: unknown): JsonRecord {
  return {
    code: failureKind(error),
    ...error instanceof UserError && { problem: error.code },
    message: errorSentence(error),
  };
}

/** An event. `event` says which, and its other fields are those of the schema. */
export function eventRecord(event: ClientEvent): JsonRecord {
  const { type, ...fields } = event;
  return { event: type, ...fieldsOf(event, fields) };
}

function fieldsOf(event: ClientEvent, fields: object): JsonRecord {
  switch (event.type) {
    case "message": {
      const { conversation, id, stream, seq, kind, plaintext, text, unreadable } = event;
      const sentAt = timeText(event.sentAtMs);
      const where = { id, stream, seq, kind };
      const what = { text, sentAt, plaintext, unreadable };
      return { conversation, from: refParty(event), ...where, ...what };
    }
    case "delivered":
    case "read": {
      const { conversation, id, have, of } = event;
      const more = event.type === "read" ? { count: event.count } : { waiting: event.waiting };
      return { conversation, to: refParty(event), id, have, of, ...more };
    }
    case "waiting":
    case "deposited":
      return { conversation: event.conversation, to: refParty(event), count: event.count };
    case "deposit-refused":
      return { conversation: event.conversation, to: refParty(event), ...problemRecord(event.why) };
    case "unconfirmed":
      return { conversation: event.conversation, to: refParty(event), texts: event.texts };
    case "absent":
      return { conversation: event.conversation, from: refParty(event), text: event.text };
    case "missed":
      return { conversation: event.conversation, from: refParty(event), count: event.count };
    case "opened": {
      const { conversation, dialect, security, cause, contact, waiting, similarTo } = event;
      const how = { dialect, security, cause, contact, waiting, similarTo };
      return { conversation, with: refParty(event), ...wayRecord(event), ...how };
    }
    case "path-changed":
      return { conversation: event.conversation, with: refParty(event), ...wayRecord(event) };
    case "closed": {
      const { conversation, reason, detail } = event;
      return { conversation, with: refParty(event), reason, ...detail && problemRecord(detail) };
    }
    case "verification-asked":
    case "verification-cut":
      return { conversation: event.conversation, with: refParty(event) };
    case "verification-words":
      return { conversation: event.conversation, with: refParty(event), words: event.words };
    case "listening":
      return { address: formatAddress(event.address) };
    case "registered-again":
      return { server: formatServerAddress(event.server) };
    case "server-lost":
    case "problem":
      return problemRecord(event.problem);
    case "turned-away":
      return problemRecord(event.why);
    case "displaced":
    case "presence":
    case "first-contact":
    case "key-changed":
    case "key-refused":
    case "server-contradicted":
      return { ...fields };
  }
}

/** A message of the history. */
export function entryRecord(entry: HistoryEntry, self: Party): JsonRecord {
  const { name, key, direction, id, text, unreadable, sentAtMs, atMs, state, plaintext } = entry;
  const peer = partyOf(name, key);
  const [from, to] = direction === "out" ? [self, peer] : [peer, self];
  const times = { sentAt: timeText(sentAtMs), keptAt: timeText(atMs) };
  return { id, direction, from, to, ...times, state, plaintext, text, unreadable };
}

/** Somebody whom the user talks to. */
export function contactRecord({ lastAtMs, devices, ...contact }: ContactState): JsonRecord {
  const { name, presence, connected, waiting } = contact;
  const person = contact.person ?? null;
  const lastAt = lastAtMs === 0 ? undefined : timeText(lastAtMs);
  return {
    ...{ name, person, presence, connected, waiting, lastAt },
    devices: devices.map(deviceRecord),
  };
}

/** By which ways a conversation goes. */
export function pathRecord({ paths, whyRelayed, whyNotPunched }: PathReport): JsonRecord {
  return {
    paths: paths.map(({ roundTripMs, ...way }) => ({ ...wayRecord(way), roundTripMs })),
    ...whyRelayed && { why: problemRecord(whyRelayed) },
    ...whyNotPunched && { whyNotPunched: problemRecord(whyNotPunched) },
  };
}

/** A time as RFC 3339 has it, in UTC. @param ms Milliseconds since 1970. */
export function timeText(ms: number): string {
  // A peer's clock may say anything.
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

function deviceRecord({ device, address, connected, relayedBy, punched }: DeviceState) {
  const at = address === undefined ? undefined : formatAddress(address);
  return { device: device ?? null, connected, address: at, relayedBy, ...punchedFields(punched) };
}

function wayRecord({ address, relayedBy, punched }: Way): JsonRecord {
  return { address: formatAddress(address), relayedBy, ...punchedFields(punched) };
}

function punchedFields(over: Way["punched"]): JsonRecord {
  return over === undefined ? {} : { punched: true, punchedOver: over };
}

function refParty({ name, person, device }: PeerRef): Party {
  return { name, person: person ?? null, device: device ?? null };
}

function problemRecord(problem: Problem): JsonRecord {
  return failureRecord(new UserError(problem));
}
