/**
 * Every reason that goes over the wire in an ERROR, with its code: sentences for whoever is at the other
 * end, without a full stop. They name no option and no command, since the other program may have others.
 *
 * @module
 */

import { type Fault, fault } from "./status.ts";

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
