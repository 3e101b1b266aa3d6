/**
 * Every reason that goes over the wire in an ERROR, with its code: a sentence for the user on the other
 * side, without a full stop. They name no option and no command, since the other program may have others.
 *
 * @module
 */

import { fatalFault, type Fault, fault } from "./status.ts";

/** What a client finds wrong with what a peer says, beside malformed messages. */
export const peerFaults = {
  notAnOpening: fatalFault(400, "A conversation begins with CHAT and CHATACK"),
  invalidClientId: fatalFault(400, "The clientID is not valid"),
  unknownPurpose: fatalFault(400, "The Purpose of a CHAT is audit or is left out"),
  plaintextAudit: fatalFault(426, "An audit needs an encrypted link"),
  auditOnly: fault(400, "This link is for AUDIT only"),
  auditNeedsKey: fault(426, "AUDIT needs an encrypted link"),
  nothingToCompare: fault(403, "There is nothing here that you could compare"),
  invalidStream: fault(400, "The Stream of a RESET is not 128 bits in hexadecimal"),
  verifyOutOfTurn: fatalFault(400, "A VERIFY came out of turn"),
  otherNonce: fatalFault(403, "The Nonce of a VERIFY does not match its Commit"),
} as const;

/** Reasons for which a client does not talk to a peer. */
export const refusals = {
  encryptedOnly: fault(
    426,
    "This client talks encrypted only, as p2pchat does from version 0.2 on",
  ),
  encryptedOnlyWith: (name: string): Fault =>
    fault(426, `This client talks to ${name} encrypted only`),
  otherKey: (name: string): Fault =>
    fault(403, `This client knows another key of ${name}, and its user has not accepted yours`),
  namesake: (name: string): Fault => fault(403, `This is ${name} already`),
  wrongPeer: (expected: string, answered: string): Fault =>
    fault(403, `You have called ${expected} and reached ${answered}`),
  cannotLookUpKeys: fault(500, "This client cannot look up keys at the moment"),
  tooManyLinks: fault(429, "You have as many links with this client as one may have"),
  notAnswered: (count: number): Fault =>
    fault(429, `The user has not answered ${count} messages; wait for that`),
} as const;
