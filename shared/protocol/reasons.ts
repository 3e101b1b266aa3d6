/**
 * Every reason that goes over the wire in an ERROR, with its code: a sentence for the user on the other
 * side, without a full stop. They name no option and no command, since the other program may have others.
 *
 * @module
 */

import { quote } from "../text/quote.ts";
import { clientIdRule } from "./client_id.ts";
import {
  awayBytesMax,
  fullRetryS,
  headersMax,
  legacyListBytesMax,
  lineBytesMax,
  mailMessageBytesMax,
  mailRetryS,
  messageBytesMax,
  pendingRequestsMax,
  relayJoinMs,
} from "./limits.ts";
import { fatalFault, type Fault, fault } from "./status.ts";

/** What is wrong with the bytes, the lines or the headers of a message. */
export const messageFaults = {
  invalidUtf8: fatalFault(400, "A message is not valid UTF-8"),
  longLine: fatalFault(413, `A line has at most ${lineBytesMax} bytes`),
  longMessage: fatalFault(413, `A message has at most ${messageBytesMax} bytes`),
  longMailMessage: fatalFault(
    413,
    `A message with a mail has at most ${mailMessageBytesMax} bytes`,
  ),
  longList: fatalFault(413, `A list of clients has at most ${legacyListBytesMax} bytes`),
  tooManyHeaders: fatalFault(413, `A message has at most ${headersMax} header lines`),
  notAVerb: (line: string): Fault =>
    fault(400, `The start line ${quote(line)} is not a verb such as REGISTER`),
  controlCharacter: (line: string): Fault => fault(400, `${line} holds a control character`),
  unexpectedVerb: (verb: string, expected: string): Fault =>
    fault(400, `The verb ${quote(verb)} cannot be sent here; expected is one of ${expected}`),
  bareLine: (verb: string, line: string): Fault =>
    fault(400, `${verb} has the line ${quote(line)} without a header name`),
  missingHeader: (verb: string, name: string): Fault =>
    fault(400, `${verb} needs the header ${name}`),
  invalidEscape: fault(400, "A Text has an escape other than \\\\ \\n \\r \\t \\uXXXX"),
  invalidPosition: fault(400, "The Stream, Seq, Floor, Prev and Sent of a MSG do not fit together"),
} as const;

/** What a server finds wrong with the values of a request. */
export const requestFaults = {
  invalidClientId: (id: string): Fault => fault(400, `The id ${quote(id)} is not ${clientIdRule}`),
  invalidIp: (ip: string): Fault =>
    fault(400, `The IP ${quote(ip)} is not an IPv4 or IPv6 address`),
  invalidPort: (port: string): Fault =>
    fault(400, `The Port ${quote(port)} is not a number from 1 to 65535`),
  invalidExpires: (expires: string): Fault =>
    fault(400, `Expires ${quote(expires)} is not a number of seconds`),
  shortExpires: (seconds: string): Fault =>
    fault(423, `A registration lasts at least ${seconds} seconds`),
  invalidLimit: (limit: string): Fault =>
    fault(400, `The Limit ${quote(limit)} is not a number from 1`),
  invalidKey: (key: string): Fault =>
    fault(400, `The Key ${quote(key)} is not 32 bytes in base64url without padding`),
  invalidSignature: (signature: string): Fault =>
    fault(400, `The Signature ${quote(signature)} is not 64 bytes in base64url without padding`),
  invalidDialed: (dialed: string): Fault =>
    fault(400, `The Dialed ${quote(dialed)} is not an address with its port`),
  invalidInstance: (instance: string): Fault =>
    fault(400, `The Instance ${quote(instance)} is not 128 bits in hexadecimal`),
  invalidMailId: (id: string): Fault =>
    fault(400, `The Id ${quote(id)} is not 128 bits in hexadecimal`),
  invalidMailNumbers: fault(400, "After and Taken are numbers of mails"),
  invalidData: fault(400, "The Data is not base64url without padding"),
  longMail: (bytes: number): Fault => fault(413, `A mail has at most ${bytes} bytes`),
  invalidContacts: (parts: number): Fault =>
    fault(400, `Epoch, Part, Parts (${parts} at most) and Data of CONTACTS do not fit together`),
  tooManyContacts: (max: number): Fault => fault(413, `A list has at most ${max} contacts`),
  invalidToken: (token: string): Fault =>
    fault(400, `The Token ${quote(token)} is not 128 bits in hexadecimal`),
  tooManyTargets: (max: number): Fault => fault(400, `WATCH names at most ${max} clients`),
  tooManyTaken: (max: number): Fault => fault(400, `COLLECT takes at most ${max} mails`),
} as const;

/** After that a call that nobody has taken is over. */
const relayRetryS = relayJoinMs / 1000;

/** What a server refuses to a client. */
export const serverFaults = {
  keyWithoutVersion: fault(400, "A Key needs the header Version"),
  unsigned: fault(401, "Send the request again, signed with this Nonce"),
  otherAddress: (dialed: string): Fault =>
    fault(421, `This server does not go by the address ${dialed}`),
  wrongSignature: fault(403, "The Signature was not made with the Key for this request"),
  notAuthenticated: fault(403, "Register with a key on this connection first"),
  authApart: fault(403, "A client has registered on this connection; AUTH needs one of its own"),
  otherClient: (id: string): Fault =>
    fault(403, `This connection is registered as ${id}, which is not the clientID here`),
  idOfOtherHost: (id: string): Fault => fault(403, `The id ${id} is registered from another host`),
  idOfOtherKey: (id: string): Fault =>
    fault(403, `The id ${id} belongs to a key that has not signed this request`),
  keyRequired: fault(403, "This server registers only clients that have a key"),
  unknownClient: (id: string): Fault => fault(404, `No client ${id} is registered`),
  notRegisteredByYou: (id: string): Fault =>
    fault(404, `Another instance has registered ${id} since then, and stays registered`),
  displaced: (id: string): Fault => fault(409, `Another instance has registered ${id} since then`),
  ownId: (id: string): Fault => fault(404, `The id ${id} is your own; name another client`),
  nameWithoutKey: (name: string): Fault => fault(404, `No key owns the name ${name} here`),
  nameOfOtherKey: (name: string): Fault => fault(403, `The name ${name} belongs to another key`),
  tooManyConnections: later(
    fullRetryS,
    fatalFault(503, "The server is full: it takes no more connections; try again later"),
  ),
  tooManyConnectionsOfHost: (host: string): Fault =>
    later(fullRetryS, fatalFault(429, `The server takes no more connections from ${host}`)),
  tooManyRegistrations: later(
    fullRetryS,
    fault(503, "The server is full: it takes no more registrations"),
  ),
  tooManyRegistrationsOfHost: (host: string): Fault =>
    later(fullRetryS, fault(429, `The server takes no more registrations from ${host}`)),
  tooManyNames: later(fullRetryS, fault(503, "The server is full: it keeps no more names")),
  tooManyNewNamesOfHost: (host: string): Fault =>
    fault(429, `The server takes no more new names from ${host} today`),
  mailboxFull: (name: string): Fault =>
    later(mailRetryS, fault(507, `The mailbox of ${name} is full`)),
  mailboxShareFull: (name: string): Fault =>
    later(mailRetryS, fault(507, `The mailbox of ${name} takes no more from you`)),
  tooMuchMailOfSender: later(mailRetryS, fault(429, "The server keeps no more mail from you")),
  tooMuchMailOfHost: (host: string): Fault =>
    later(mailRetryS, fault(429, `The server keeps no more mail from ${host}`)),
  tooMuchMail: later(mailRetryS, fault(503, "The server is full: it keeps no more mail")),
  tooManyContactsOfHost: (host: string): Fault =>
    later(mailRetryS, fault(429, `The server keeps no more lists of contacts from ${host}`)),
  tooManyContacts: later(
    mailRetryS,
    fault(503, "The server is full: it keeps no more lists of contacts"),
  ),
  contactsUnavailable: later(
    fullRetryS,
    fault(503, "The server's lists of contacts are unavailable at the moment"),
  ),
  tooManyRequests: fault(429, "You ask too often; try again later"),
  noMailbox: fault(503, "This server keeps no mail"),
  mailboxUnavailable: later(
    fullRetryS,
    fault(503, "The server's mailbox is unavailable at the moment"),
  ),
  namesUnavailable: later(
    fullRetryS,
    fault(503, "The server's list of names is unavailable at the moment"),
  ),
  noRelay: fault(503, "This server relays nothing"),
  notCallable: (name: string): Fault =>
    fault(404, `No client ${name} is here that takes calls over the relay`),
  relayFull: later(fullRetryS, fault(503, "The server is full: it relays no more conversations")),
  tooManyRelays: later(fullRetryS, fault(429, "The server relays no more conversations for you")),
  tooManyRelaysOfHost: (host: string): Fault =>
    later(fullRetryS, fault(429, `The server relays no more conversations for ${host}`)),
  tooManyCalls: (name: string): Fault =>
    later(relayRetryS, fault(429, `Too many calls wait for ${name}`)),
  relayUsedUp: later(
    mailRetryS,
    fault(429, "The server has relayed as much of what you say as it does in a day"),
  ),
  noReflector: fault(503, "This server does not tell clients at which UDP address they are seen"),
  reflectorFull: later(
    relayRetryS,
    fault(503, "The server is full: too many clients ask where they are seen"),
  ),
  joinApart: fault(403, "JOIN needs a connection of its own"),
  noSuchCall: fault(404, "There is no such call, or it is over"),
  notJoined: fault(404, "The other client has not come in time"),
  tlsRequired: fatalFault(426, "This server speaks TLS: its address begins with tls://"),
  late: fatalFault(408, "The message took too long to arrive"),
  failed: fault(500, "The server failed to answer; its log says more"),
} as const;

/** What a client finds wrong with what a peer says, beside malformed messages. */
export const peerFaults = {
  notAnOpening: fatalFault(400, "A conversation begins with CHAT and CHATACK"),
  invalidClientId: fatalFault(400, "The clientID is not valid"),
  unknownPurpose: fatalFault(400, "The Purpose of a CHAT is audit or is left out"),
  plaintextAudit: fatalFault(426, "An audit needs an encrypted link"),
  auditOnly: fault(400, "This link is for AUDIT only"),
  auditNeedsKey: fault(426, "AUDIT needs an encrypted link"),
  tooManyQuestions: fatalFault(
    429,
    `At most ${pendingRequestsMax} AUDITs may wait for an answer`,
  ),
  pathsNeedKey: fault(426, "PATHS needs an encrypted link"),
  tooManyPaths: fatalFault(429, "One PATHS at a time may wait for an answer"),
  nothingToCompare: fault(
    403,
    "This client compares messages only with people whom its user has answered",
  ),
  invalidStream: fault(400, "The Stream of a RESET is not 128 bits in hexadecimal"),
  invalidToken: fault(400, "The Token is not 128 bits in hexadecimal"),
  longAway: fault(400, `The Text of an AWAY has at most ${awayBytesMax} bytes`),
  verifyOutOfTurn: fatalFault(400, "A VERIFY came out of turn"),
  otherNonce: fatalFault(403, "The Nonce of a VERIFY does not match its Commit"),
} as const;

/** Reasons for which a client does not talk to a peer. */
export const refusals = {
  encryptedOnly: fault(
    426,
    "This client talks only over encrypted connections, unless its user starts it with the option " +
      "allow-plaintext",
  ),
  encryptedOnlyWith: (name: string): Fault =>
    fault(426, `This client talks to ${name} only over encrypted connections`),
  otherKey: (name: string): Fault =>
    fault(403, `This client knows another key of ${name}, and its user has not accepted yours`),
  replacedKey: fault(403, "This client knows a later certificate of yours, for another X25519 key"),
  namesake: (name: string): Fault => fault(403, `This client itself goes by the name ${name}`),
  wrongPeer: (expected: string, answered: string): Fault =>
    fault(403, `This call was for ${expected}, but ${answered} answered`),
  cannotLookUpKeys: fault(500, "This client cannot look up keys at the moment"),
  tooManyLinks: fault(429, "You have as many connections to this client as it allows"),
  tooManyLinksOfHost: fault(429, "This client has as many callers from your host as it allows"),
  notWanted: fault(403, "This client's user does not want to hear from you"),
  contactsOnly: fault(403, "This client talks only to people whom its user knows"),
  notMeant: fault(403, "This call was for somebody else"),
  notAnswered: (count: number): Fault =>
    fault(429, `The user has not answered ${count} of your messages; wait for an answer`),
  tooManyNotAnswered: fault(
    429,
    "This client takes no more messages from people whom its user has not answered",
  ),
} as const;

/** What is wrong with an AUDIT. */
export const auditFaults = {
  range: (numbers: number): Fault =>
    fault(400, `An AUDIT asks for a Stream, From and To, ${numbers} numbers at most`),
  ids: (count: number): Fault => fault(400, `An AUDIT asks for at most ${count} Ids`),
} as const;

/** A fault after which the request may be made again, in so many seconds. */
function later(retryAfterS: number, fault: Fault): Fault {
  return { ...fault, retryAfterS };
}
