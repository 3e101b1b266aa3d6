/**
 * The table of verbs: who says each, and what it must and may carry. Whatever else a message carries
 * is ignored, so that either side can learn new headers first.
 *
 * @module
 */

import type { Fault } from "./status.ts";
import { header, type Message } from "./message.ts";
import { messageFaults } from "./reasons.ts";

/**
 * Who speaks: a client to its server, a server to its client, the peer that dialed, the peer that was
 * dialed, or either peer once their link is open.
 */
export type Speaker = "client" | "server" | "initiator" | "responder" | "peer";

interface Verb {
  readonly from: readonly Speaker[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Whether lines that are no headers are let pass, since the wild has them here. */
  readonly bareLines?: true;
}

/** Every verb of the protocol. */
export const verbs = {
  REGISTER: {
    from: ["client"],
    required: ["clientID", "IP", "Port"],
    optional: ["Version", "Expires", "Key", "Nonce", "Signature"],
  },
  REGACK: {
    from: ["server"],
    required: ["clientID", "IP", "Port"],
    optional: ["Version", "Expires", "Status"],
  },
  UNREGISTER: {
    from: ["client"],
    required: ["clientID"],
    optional: ["Version", "Key", "Nonce", "Signature"],
  },
  QUIT: {
    from: ["client"],
    required: ["clientID"],
    optional: ["Version", "Key", "Nonce", "Signature"],
  },
  UNREGACK: { from: ["server"], required: ["clientID"], optional: ["Version"] },
  BRIDGE: { from: ["client"], required: ["clientID"], optional: ["Version", "Target"] },
  BRIDGEACK: {
    from: ["server"],
    required: [],
    optional: ["clientID", "IP", "Port", "Version", "Fingerprint"],
  },
  INFO: {
    from: ["client"],
    required: [],
    optional: ["Version", "Limit", "After"],
    bareLines: true,
  },
  INFOACK: { from: ["server"], required: ["Count"], optional: ["Version", "Client", "After"] },
  WATCH: { from: ["client"], required: ["Version"], optional: ["Target"] },
  WATCHACK: { from: ["server"], required: [], optional: ["Version", "Presence", "Mailbox"] },
  PRESENCE: { from: ["server"], required: ["Presence"], optional: [] },
  DEPOSIT: {
    from: ["client"],
    required: ["clientID", "Version", "Target", "Key", "Id", "Data"],
    optional: [],
  },
  DEPOSITACK: { from: ["server"], required: ["Id"], optional: ["Version"] },
  MAIL: { from: ["server"], required: ["Count"], optional: [] },
  COLLECT: {
    from: ["client"],
    required: ["clientID", "Version"],
    optional: ["After", "Taken"],
  },
  COLLECTACK: { from: ["server"], required: ["Count"], optional: ["Version", "Number", "Data"] },
  CHAT: {
    from: ["initiator"],
    required: ["clientID"],
    optional: ["IP", "Port", "Version", "Encryption", "Purpose"],
    bareLines: true,
  },
  CHATACK: {
    from: ["responder"],
    required: ["clientID"],
    optional: ["IP", "Port", "Version", "Encryption", "Purpose"],
  },
  MSG: {
    from: ["peer"],
    required: ["Id", "Text"],
    optional: ["Stream", "Seq", "Floor", "Prev", "Sent"],
  },
  ACK: { from: ["peer"], required: ["Id"], optional: [] },
  READ: { from: ["peer"], required: ["Id"], optional: [] },
  RESET: { from: ["peer"], required: ["Stream"], optional: [] },
  AUDIT: { from: ["peer"], required: ["Id"], optional: ["Stream", "From", "To", "Ids"] },
  AUDITACK: { from: ["peer"], required: ["Id"], optional: ["Stream", "Count", "Digest", "Entry"] },
  VERIFY: { from: ["peer"], required: [], optional: ["Commit", "Nonce"] },
  BYE: { from: ["peer"], required: [], optional: ["Reason"] },
  PING: { from: ["client", "peer"], required: [], optional: ["Id"] },
  PONG: { from: ["server", "peer"], required: [], optional: ["Id"] },
  ERROR: {
    from: ["server", "responder", "peer"],
    required: ["Code", "Reason"],
    optional: ["Retry-After", "Min-Expires", "Nonce", "Realm"],
  },
} as const satisfies Record<string, Verb>;

/** The name of a verb. */
export type VerbName = keyof typeof verbs;

const byName: ReadonlyMap<string, Verb> = new Map(Object.entries(verbs));

/**
 * Holds a message against the table.
 *
 * @returns What is wrong with it, or undefined where `from` may send it as it is.
 */
export function check(message: Message, from: Speaker): Fault | undefined {
  const verb = byName.get(message.verb);
  if (verb === undefined || !verb.from.includes(from)) {
    return messageFaults.unexpectedVerb(message.verb, said(from).join(", "));
  }
  if (message.bare.length > 0 && verb.bareLines !== true) {
    return messageFaults.bareLine(message.verb, message.bare[0]!);
  }
  for (let i = 0; i < verb.required.length; i++) {
    const name = verb.required[i]!;
    if (header(message, name) === undefined) {
      return messageFaults.missingHeader(message.verb, name);
    }
  }
  return undefined;
}

function said(from: Speaker): string[] {
  return [...byName].filter(([, verb]) => verb.from.includes(from)).map(([name]) => name);
}

/** The version of the protocol that this program speaks. */
export const protocolVersion = "1";

/** Whether the sender speaks this protocol, and not only what the wild speaks. */
export function speaksVersion1(message: Message): boolean {
  const version = header(message, "Version");
  return version !== undefined && /^[1-9][0-9]*$/.test(version);
}
