/**
 * Sentences for what can go wrong with calls and conversations.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import { clientIdRule } from "../../../shared/protocol/client_id.ts";
import type { ConversationProblem } from "../../problems/conversation_problem.ts";
import type { AuditProblem, ConnectorProblem, Problem } from "../../user_error.ts";
import type { Sentences } from "./sentences.ts";

/** Says another problem, which is a part of the one that is being said. */
type Say = (problem: Problem) => string;

/** Comparing what both sides have. */
export const auditSentences = (say: Say): Sentences<AuditProblem> => ({
  "audit-answers-do-not-fit": () =>
    "Cannot compare: the other side's answers do not fit together; it may have been talking " +
    "meanwhile, or its program is another one; try again",
  "nothing-to-compare": ({ self, name }) =>
    `Cannot compare with ${name}: ${self} has no conversation with ${name}`,
  "not-found-by-server": ({ name }) =>
    `Cannot compare with ${name}: the server does not say where ${name} is`,
  "peer-does-not-encrypt": ({ name }) => `${name} does not encrypt`,
  "audit-not-possible": ({ name, detail }) =>
    `Cannot compare with ${name}: ${detail === undefined ? "the connection ended" : say(detail)}`,
});

/** Calls: from a name to an open link. */
export const connectorSentences = (say: Say): Sentences<ConnectorProblem> => ({
  "not-registered": ({ name }) => `The server knows no ${name}; /info shows whom it knows`,
  "look-up-not-possible": ({ name, answered }) =>
    `The server cannot look up ${name}: it named ${answered}; /chat IP:PORT`,
  "too-many-links": ({ max }) => `Cannot call: ${max} conversations are open; /close one first`,
  "call-refused": ({ name, address, detail }) =>
    `The call to ${name ?? formatAddress(address)} was given up: ${detailOf(detail, say)}`,
  "call-ended": ({ address, detail }) =>
    `Whoever is at ${formatAddress(address)} ended the call: ${detailOf(detail, say)}`,
});

/** Conversations. */
export const conversationSentences: Sentences<ConversationProblem> = {
  "not-an-id": ({ id }) => `The id '${id}' is not ${clientIdRule}`,
  "not-a-peer": ({ to }) =>
    `'${to}' is neither an address such as 127.0.0.1:5557 nor the id of a client`,
  "that-is-yourself": () => "That is yourself; /chat with another client",
  "no-conversation": ({ to, open }) =>
    `No conversation is called ${to}: ` +
    (open.length === 0 ? "none is open; /chat opens one" : `there is ${open.join(", ")}`),
  "not-connected": ({ name }) => `${name} is not connected; /chat ${name} first`,
  "caller-contradicted": ({ name, presentedFingerprint, serverFingerprint }) =>
    `Somebody has called as ${name} with the key ${presentedFingerprint}, and the server names ` +
    `${serverFingerprint}: one of them is wrong. /switch ${name} answers all the same; to call the ` +
    `other one, /close ${name} first`,
  "call-not-taken": ({ reason }) => `Cannot take a call: ${reason}`,
  "cannot-begin": ({ name, reason }) => `Cannot begin a conversation with ${name}: ${reason}`,
  "wrong-peer": ({ expected, answered }) =>
    `${answered} answers where ${expected} should: the server may be wrong; /chat ${answered} if you ` +
    "mean that",
  "own-key": () => "that is yourself, by your name and by your key",
  "namesake": ({ name }) => `somebody with another key than yours goes by your name, ${name}`,
  "other-key": ({ name }) => `${name} has another key than expected`,
  "too-many-links-of-one-peer": ({ max }) => `more than ${max} links with one peer`,
  "not-encrypted": ({ name, address, known }) => {
    const place = formatAddress(address);
    return known === undefined
      ? `${
        name ?? place
      } cannot encrypt: what is said could be read and changed on the way. Start ` +
        "the client with --allow-plaintext to talk to such programs all the same"
      : `${name ?? place} at ${place} did not encrypt, though ${known} has a key: either that is ` +
        "somebody else, or somebody in the middle has taken the encryption away";
  },
  "no-answer-as-encrypted": ({ name, address, known }) =>
    `${
      name ?? formatAddress(address)
    } does not answer as a client that encrypts does: it is slow, ` +
    "or cannot encrypt. Try again" +
    (known === undefined
      ? ", or start the client with --allow-plaintext to talk to programs that cannot"
      : ""),
  "cannot-look-up-key": ({ name, reason }) => `Cannot look up the key of ${name}: ${reason}`,
  "key-not-saved": ({ name, reason }) =>
    `Cannot save the key of ${name}: ${reason}. Next time it will be new again`,
  "cannot-note-contact": ({ name, reason }) => `Cannot note that you know ${name}: ${reason}`,
  "no-words-yet": ({ name }) =>
    `There are no words to compare yet: /verify ${name} shows them once both of you have typed it`,
  "no-key-to-verify": ({ name }) => `${name} talks in plaintext: there is no key to verify`,
  "not-kept": ({ reason }) => `Cannot keep the message: ${reason}. It was not sent`,
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
  "cannot-watch": ({ reason }) => `Cannot see whom to watch: ${reason}`,
  "mail-not-kept": ({ name, reason }) => `Cannot keep what came from ${name} by mail: ${reason}`,
  "too-many-unanswered": ({ name, count }) =>
    `${name} has sent ${count} messages that you have not answered, and no more are taken: ` +
    `/chat ${name} takes them`,
};

const storeActions: Readonly<
  Record<(ConversationProblem & { code: "store-failed" })["doing"], string>
> = {
  receive: "keep what came from",
  "mark-shown": "note what was shown of",
  "mark-delivered": "note what is delivered to",
  "mark-read": "note what was read by",
  renumber: "send again what waits for",
  deliver: "deliver what waits for",
  confirm: "confirm what came from",
};

function detailOf(detail: Problem | undefined, say: Say): string {
  return detail === undefined ? "it hung up" : say(detail);
}
