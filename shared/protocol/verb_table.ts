/**
 * The table of verbs: who says each of them, and which headers it has. PROTOCOL.md repeats it.
 *
 * @module
 */

/**
 * Who says something: a client to its server, a server to its client, the peer that dialed, the peer that was
 * dialed, or either peer when their link is open.
 */
export type Speaker = "client" | "server" | "initiator" | "responder" | "peer";

/** What is known of a verb. Senders may add other headers, which readers ignore. */
export interface Verb {
  readonly from: readonly Speaker[];
  readonly required: readonly string[];
  readonly optional: readonly string[];
  /** Whether lines that are not headers are allowed, because legacy programs send them. */
  readonly bareLines?: true;
}

/** Every verb of the protocol. */
export const verbs = {
  REGISTER: {
    from: ["client"],
    required: ["clientID", "IP", "Port"],
    optional: [
      "Version",
      "Expires",
      "Key",
      "Nonce",
      "Signature",
      "Dialed",
      "Instance",
      "Features",
      "Refresh",
      "Agreement",
      "Path",
    ],
  },
  REGACK: {
    from: ["server"],
    required: ["clientID", "IP", "Port"],
    optional: ["Version", "Expires", "Status"],
  },
  UNREGISTER: {
    from: ["client"],
    required: ["clientID"],
    optional: ["Version", "Key", "Nonce", "Signature", "Dialed", "Instance", "Path"],
  },
  QUIT: {
    from: ["client"],
    required: ["clientID"],
    optional: ["Version", "Key", "Nonce", "Signature", "Dialed", "Instance", "Path"],
  },
  DISPLACED: { from: ["server"], required: ["clientID"], optional: [] },
  UNREGACK: { from: ["server"], required: ["clientID"], optional: ["Version"] },
  AUTH: {
    from: ["client"],
    required: ["clientID", "Version", "Key"],
    optional: ["Features", "Nonce", "Dialed", "Signature"],
  },
  AUTHACK: {
    from: ["server"],
    required: ["clientID"],
    optional: ["Version", "Mailbox", "Features"],
  },
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
  WATCH: {
    from: ["client"],
    required: ["Version"],
    optional: ["Target", "Features"],
  },
  WATCHACK: {
    from: ["server"],
    required: [],
    optional: ["Version", "Presence", "Mailbox", "Features", "Contacts"],
  },
  CONTACTS: {
    from: ["client"],
    required: ["clientID", "Version", "Epoch", "Part", "Parts"],
    optional: ["Data"],
  },
  CONTACTSACK: { from: ["server"], required: ["Contacts"], optional: ["Version"] },
  PRESENCE: { from: ["server"], required: ["Presence"], optional: [] },
  DEPOSIT: {
    from: ["client"],
    required: ["clientID", "Version", "Target", "Key", "Id", "Data"],
    optional: ["Token"],
  },
  DEPOSITACK: { from: ["server"], required: ["Id"], optional: ["Version"] },
  MAIL: { from: ["server"], required: ["Count"], optional: [] },
  COLLECT: {
    from: ["client"],
    required: ["clientID", "Version"],
    optional: ["After", "Taken", "Key", "Nonce", "Dialed", "Signature"],
  },
  COLLECTACK: {
    from: ["server"],
    required: ["Count"],
    optional: ["Version", "Number", "Data", "Nonce"],
  },
  RELAY: {
    from: ["client"],
    required: ["clientID", "Version", "Target"],
    optional: ["Key", "Token"],
  },
  REFLECT: {
    from: ["client"],
    required: ["clientID", "Version"],
    optional: ["Ports", "Key", "Nonce", "Dialed", "Signature"],
  },
  REFLECTACK: {
    from: ["server"],
    required: ["Port", "Certificate"],
    optional: ["Version", "Second-Port"],
  },
  RELAYACK: { from: ["server"], required: ["Nonce"], optional: ["Version"] },
  RELAYED: {
    from: ["server"],
    required: ["clientID", "Target", "From-Key", "Nonce"],
    optional: [],
  },
  JOIN: {
    from: ["client"],
    required: ["clientID", "Version", "Key", "Nonce", "Dialed", "Signature"],
    optional: [],
  },
  JOINACK: { from: ["server"], required: [], optional: ["Version"] },
  CHAT: {
    from: ["initiator"],
    required: ["clientID"],
    optional: ["IP", "Port", "Version", "Encryption", "Purpose", "Features"],
    bareLines: true,
  },
  CHATACK: {
    from: ["responder"],
    required: ["clientID"],
    optional: ["IP", "Port", "Version", "Encryption", "Purpose", "Features"],
  },
  MSG: {
    from: ["peer"],
    required: ["Id", "Text"],
    optional: ["Stream", "Seq", "Floor", "Prev", "Sent"],
  },
  ACK: { from: ["peer"], required: ["Id"], optional: [] },
  READ: { from: ["peer"], required: ["Id"], optional: [] },
  RESET: { from: ["peer"], required: ["Stream"], optional: [] },
  TOKEN: { from: ["peer"], required: ["Token"], optional: ["Server"] },
  AWAY: { from: ["peer"], required: ["Text"], optional: [] },
  AUDIT: { from: ["peer"], required: ["Id"], optional: ["Stream", "From", "To", "Ids"] },
  AUDITACK: { from: ["peer"], required: ["Id"], optional: ["Stream", "Count", "Digest", "Entry"] },
  PATHS: { from: ["peer"], required: ["Id"], optional: ["Candidate", "Certificate"] },
  PATHSACK: { from: ["peer"], required: ["Id"], optional: ["Candidate", "Certificate"] },
  VERIFY: { from: ["peer"], required: [], optional: ["Commit", "Nonce"] },
  BYE: { from: ["peer"], required: [], optional: ["Reason"] },
  PING: { from: ["client", "peer"], required: [], optional: ["Id", "Time"] },
  PONG: {
    from: ["server", "peer"],
    required: [],
    optional: ["Id", "Time", "Seen", "Seen-Port", "Features"],
  },
  ERROR: {
    from: ["server", "responder", "peer"],
    required: ["Code", "Reason"],
    optional: [
      "Retry-After",
      "Min-Expires",
      "Nonce",
      "Realm",
      "Features",
      "Fingerprint",
      "Key",
      "Agreement",
    ],
  },
} as const satisfies Record<string, Verb>;
