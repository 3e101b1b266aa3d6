/**
 * The sentences for what goes wrong with conversations.
 *
 * @module
 */

import type { CertificateTerms } from "../../../shared/crypto/identity.ts";
import { formatAddress } from "../../../shared/net/address.ts";
import { clientIdRule } from "../../../shared/protocol/client_id.ts";
import type { ConversationProblem } from "../../problems/conversation_problem.ts";
import type { Sentences } from "./sentences.ts";

/** Blocked people that are named, at most. */
const keysShown = 10;

export const conversationSentences: Sentences<ConversationProblem> = {
  "not-an-id": ({ id }) => `The id '${id}' is not ${clientIdRule}`,
  "not-a-peer": ({ to }) =>
    `'${to}' is neither an address such as 127.0.0.1:5557 nor the id of a client`,
  "that-is-yourself": () => "That is yourself; /chat takes somebody else",
  "no-conversation": ({ to, open }) =>
    `No conversation is called ${to}: ` +
    (open.length === 0 ? "none is open; /chat opens one" : `there is ${open.join(", ")}`),
  "not-connected": ({ name, plaintext }) =>
    plaintext === true
      ? `${name} is not connected; /chat IP:PORT calls a program of the original kind where it listens`
      : `${name} is not connected; /chat ${name} first`,
  "caller-contradicted": ({ name, presentedFingerprint, serverFingerprint }) =>
    `Somebody has called as ${name} with the key ${presentedFingerprint}, and the server names ` +
    `${serverFingerprint}: one of them is wrong. /switch ${name} answers all the same; to call the ` +
    `other one, /close ${name} first`,
  "call-not-taken": ({ reason }) => `Cannot take a call: ${reason}`,
  "cannot-begin": ({ name, reason }) => `Cannot begin a conversation with ${name}: ${reason}`,
  "wrong-peer": ({ expected, answered }) =>
    `you called ${expected}, and ${answered} answers there: ${expected} has left that address, or the ` +
    `server is wrong. Nothing was sent; /chat ${answered} if you mean ${answered}`,
  "own-key": () => "that is yourself, by your name and by your key",
  "namesake": ({ name }) => `somebody with another key than yours goes by your name, ${name}`,
  "other-key": ({ name }) => `${name} has another key than expected`,
  "replaced-key": ({ name, shown, latest }) =>
    `${name} shows an encryption key that ${name} has replaced: its certificate ` +
    `${
      shown === undefined ? "has no number" : `is ${certificateWords(shown)}`
    }, and another key's ` +
    `is ${
      certificateWords(latest)
    }. Either that is an old copy of their profile, or somebody has ` +
    "stolen the old key",
  "audit-by-unknown": ({ name }) => `${name} wants to compare messages and is no contact`,
  "too-many-links-of-one-peer": ({ max }) => `more than ${max} links with one peer`,
  "too-many-links-of-one-host": ({ max }) =>
    `more than ${max} links with people at one host whom you do not know`,
  blocked: ({ name }) => `${name} is blocked; /unblock ${name} first`,
  "no-key-to-block": ({ who }) =>
    `No key of ${who} is known. /block takes somebody who encrypts, or the fingerprint of a key`,
  "too-many-blocked": ({ who }) =>
    `Cannot block ${who}: so many keys are blocked that no more can be; --contacts-only refuses all ` +
    "whom you do not know",
  "not-blocked": ({ who, blocked }) => `${who} is not blocked: ${thoseWhoAre(blocked)}`,
  "no-key-to-ignore": ({ who }) =>
    `No key of ${who} is known. /ignore takes somebody who encrypts, or the fingerprint of a key`,
  "too-many-ignored": ({ who }) =>
    `Cannot ignore ${who}: so many keys are ignored that no more can be; /unignore one first`,
  "not-ignored": ({ who, ignored }) => `${who} is not ignored: ${thoseWhoAre(ignored)}`,
  "no-key-to-nick": ({ who }) =>
    `No key of ${who} is known, and a local name is that of a key: /nick takes somebody who encrypts`,
  "not-a-local-name": ({ localName }) =>
    `“${localName}” can be no local name: such a name has ${clientIdRule}`,
  "local-name-alike": ({ localName, similarTo }) =>
    `“${localName}” looks like ${similarTo}, which is somebody else: choose another local name`,
  "too-many-local-names": ({ who }) =>
    `Cannot give ${who} a local name: so many people have one that no more can; /nick NAME takes one away`,
  "no-local-name": ({ who }) => `${who} has no local name; /nick shows who has one`,
  "away-too-long": ({ max }) =>
    `What you say of your absence is too long: at most ${max} bytes are passed on`,
  "no-contact": ({ name, address, person }) =>
    `${name ?? formatAddress(address)}${person === undefined ? "" : `, with the key ${person},`} ` +
    "is no contact, and you let in contacts only",
  "not-encrypted": ({ name, address, known }) => {
    const place = formatAddress(address);
    const who = name ?? place;
    return known === undefined
      ? `${who} cannot encrypt: what is said could be read and changed on the way. Start the client ` +
        "with --allow-plaintext to talk to such programs all the same"
      : `${who} at ${place} did not encrypt, though ${known} has a key: either that is somebody else, ` +
        "or somebody in the middle has taken the encryption away";
  },
  "no-answer-as-encrypted": ({ name, address, known }) => {
    const who = name ?? formatAddress(address);
    const remedy = known === undefined
      ? ", or start the client with --allow-plaintext to talk to programs that cannot"
      : "";
    return `${who} does not answer as a client that encrypts does: it is slow, or cannot encrypt. ` +
      `Try again${remedy}`;
  },
  "cannot-look-up-key": ({ name, reason }) => `Cannot look up the key of ${name}: ${reason}`,
  "key-not-saved": ({ name, reason }) =>
    `Cannot save the key of ${name}: ${reason}. Next time it will be new again`,
  "certificate-not-saved": ({ name, reason }) =>
    `Cannot save which encryption key ${name} uses now: ${reason}. One that came before it may be ` +
    "taken again",
  "cannot-note-contact": ({ name, reason }) => `Cannot save that you know ${name}: ${reason}`,
  "no-words-yet": ({ name }) =>
    `There are no words to compare yet: /verify ${name} shows them once both of you have typed it`,
  "no-key-to-verify": ({ name }) => `${name} talks in plaintext: there is no key to verify`,
  "not-kept": ({ reason }) => `Cannot save the message: ${reason}. It was not sent`,
  "sent-not-kept": ({ name, reason }) =>
    `What was sent to ${name} is not in the history: ${reason}`,
  "shown-not-noted": ({ reason }) =>
    `${reason}; what was shown will be shown again at the next start`,
  "store-failed": ({ doing, name, reason, keyed }) =>
    `Cannot ${storeActions[doing]} ${name}: ${reason}` +
    (doing === "mark-shown"
      ? "; it will be shown again at the next start"
      : doing === "receive" && keyed
      ? "; it will be sent again"
      : ""),
  "contacts-not-listed": ({ reason }) => `Cannot tell the server who your contacts are: ${reason}`,
  "cannot-watch": ({ reason }) => `Cannot look up whose presence to ask for: ${reason}`,
  "mail-not-kept": ({ name, reason }) => `Cannot save what came from ${name} by mail: ${reason}`,
  "too-many-unanswered": ({ name, count }) =>
    `${name} has sent ${count} messages that you have not answered; no more are accepted until you ` +
    `/accept ${name}`,
  "too-many-unanswered-of-all": ({ name }) =>
    "People whom you do not know have sent as much as is kept for all of them, so what " +
    `${name} sends is not accepted until you /accept ${name}`,
};

/** The date is its owner's word, and only shown. */
function certificateWords({ number, dateS }: CertificateTerms): string {
  return `number ${number}, dated ${new Date(dateS * 1_000).toISOString().slice(0, 10)}`;
}

const storeActions: Readonly<
  Record<(ConversationProblem & { code: "store-failed" })["doing"], string>
> = {
  receive: "save what came from",
  "mark-shown": "save what was shown from",
  "mark-delivered": "save what was delivered to",
  "mark-read": "save what was read by",
  renumber: "send again what waits for",
  deliver: "deliver what waits for",
  confirm: "confirm what came from",
};

function thoseWhoAre(
  keys: readonly { readonly name: string | undefined; readonly fingerprint: string }[],
): string {
  if (keys.length === 0) return "nobody is";
  const shown = keys.slice(0, keysShown).map(({ name, fingerprint }) => name ?? fingerprint);
  return `there is ${shown.join(", ")}${keys.length > keysShown ? ", …" : ""}`;
}
