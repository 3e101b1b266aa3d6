/**
 * What happened, in words.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import { formatServerAddress } from "../../../shared/net/server_address.ts";
import { readAction } from "../../../shared/protocol/action_text.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import type { CloseReason, Dialect, RefusingVerdict, Security, SimilarName } from "../../events.ts";
import { actionMark, messageText, plaintextMark } from "./history_rows.ts";
import { shortTime } from "./local_time.ts";
import { wayText } from "./path_lines.ts";
import { problemSentence } from "./problem_sentences.ts";
import type { ShownEvent } from "./shown.ts";
import { claimed, counted, notice, problem, quoted, type Words } from "./wording_parts.ts";

/** Characters of what somebody says of their absence. */
const awayMax = 120;

/** The words for each event. */
export const eventWords: Words<ShownEvent> = {
  listening: ({ address }) => notice(`listening on ${formatAddress(address)}`),
  "server-lost": ({ problem: lost }) =>
    problem(
      problemSentence(lost) +
        (lost.code === "name-taken" ? "" : ". Trying again; conversations go on"),
    ),
  "registered-again": ({ server }) =>
    notice(`registered again with the server ${formatServerAddress(server)}`),
  displaced: ({ id }) =>
    problem(
      `Another p2pchat of yours, perhaps on another machine, has registered as ${id}: others reach that ` +
        "one now, and it gets the mail. Open conversations go on here; /register takes the name back",
    ),
  opened: (event) => notice(openedLine(event), ...similarLines(event)),
  message: ({ name, sentAtMs, plaintext, ...content }, now) => {
    const text = messageText(content);
    const action = readAction(text);
    const who = `${actionMark} ${makeVisible(name)}`;
    return {
      tone: "message",
      name: makeVisible(name),
      time: shortTime(sentAtMs, now),
      lines: makeVisibleLines(text),
      ...action !== undefined && { action: { who, lines: makeVisibleLines(action) } },
      ...plaintext && { mark: plaintextMark },
    };
  },
  "first-contact": (event) => notice(firstContactLine(event), ...similarLines(event)),
  "key-changed": (event) => problem(...refusedKeyLines(event)),
  "key-refused": (event) => problem(...refusedKeyLines(event)),
  "server-contradicted": ({ name, serverFingerprint, presentedFingerprint, verified }) =>
    problem(
      `The server names a different key for ${name}, ${serverFingerprint}; ${name} has proven to have ` +
        `${presentedFingerprint}, the one ${verified ? "you verified" : "you know"}. ` +
        "The server is wrong or lying",
    ),
  "turned-away": ({ why }) => notice(`turned a call away: ${problemSentence(why)}`),
  "verification-asked": ({ name }) =>
    notice(`${name} wants to make sure that nobody is in the middle: run /verify ${name}`),
  "verification-cut": ({ name }) =>
    problem(
      `The comparison of words with ${name} was cut off before there were any; if that happens again, ` +
        "somebody may be between you, and try until the words fit",
    ),
  waiting: ({ name, count }) =>
    notice(count === 1 ? `waiting for ${name}` : `${count} messages wait for ${name}`),
  deposited: ({ name, count }) => notice(`at the server's mailbox for ${name}${counted(count)}`),
  "deposit-refused": ({ name, why }) =>
    notice(`what waits for ${name} stays on this machine: ${problemSentence(why)}`),
  delivered: ({ name }) => notice(`delivered to ${name}`),
  arrived: ({ name, count }) =>
    notice(
      `delivered to ${name}: ` +
        (count === 1 ? "the message that waited" : `${count} messages that waited`),
    ),
  returned: (event) => notice(returnedLine(event)),
  gathered: ({ calls, keys, mails, fingerprint }) => {
    const what = [
      [calls, "more call by somebody whom you do not know", "more calls by people you do not know"],
      [keys, "new key", "new keys"],
      [mails, "mail that cannot be read", "mails that cannot be read"],
    ] as const;
    const parts = what.filter(([count]) => count > 0)
      .map(([count, one, several]) => `${count} ${count === 1 ? one : several}`);
    const most = fingerprint === undefined
      ? ""
      : `; most with the key ${fingerprint}, which /block ${fingerprint} refuses`;
    return notice(parts.join(", ") + most);
  },
  read: ({ name, count }) => notice(`read by ${name}${counted(count)}`),
  absent: ({ name, text }) =>
    notice(text === "" ? `${name} is away` : `${name} is away: ${quoted(text, awayMax)}`),
  missed: ({ name, count }) =>
    notice(
      count === 1
        ? `a message from ${name} is missing here: ${name} says that it went to another copy of your profile`
        : `${
          claimed(count)
        } messages from ${name} are missing here: ${name} says that they went to another ` +
          "copy of your profile",
    ),
  presence: ({ name, here }) => notice(here ? `${name} is here` : `${name} has gone`),
  unconfirmed: ({ name, texts }) =>
    problem(
      texts.length === 1
        ? `${name} did not confirm your last message, so it may not have arrived: ` +
          quoted(texts[0]!)
        : `${name} did not confirm your last ${texts.length} messages, so they may not have ` +
          `arrived; the first is ${quoted(texts[0]!)}`,
    ),
  closed: ({ name, device, reason, detail }) =>
    notice(
      closeReasons[reason](name, device !== undefined) +
        (detail === undefined ? "" : `: ${problemSentence(detail)}`),
    ),
  problem: ({ problem: what }) => problem(problemSentence(what)),
};

function firstContactLine(
  { name, fingerprint, vouched, keyFromServer, displaced }: ShownEvent & {
    type: "first-contact";
  },
): string {
  if (keyFromServer) {
    return `first contact with ${name}, who is away. The key ${fingerprint} is the server's word: what you ` +
      `write is sealed for whoever has it, until ${name} comes and shows that it is theirs`;
  }
  if (displaced !== undefined) {
    return `first contact with ${name}, whose key ${fingerprint} the server vouches for. Whoever has called ` +
      `as ${name} before had another one, ${displaced}, which is forgotten; run /verify ${name} to ` +
      "confirm the new one";
  }
  return `first contact with ${name}, key ${fingerprint}` +
    (vouched ? "" : ", for which no server vouches") + `; /verify ${name} confirms it`;
}

function similarLines(
  { name, similarTo = [] }: { readonly name: string; readonly similarTo?: readonly SimilarName[] },
): string[] {
  return similarTo.map((other) =>
    `${name} is NOT ${other.name}, ${standings[other.standing]}: the two names only look alike`
  );
}

const standings: Readonly<Record<SimilarName["standing"], string>> = {
  verified: "whom you have verified",
  contact: "whom you know",
  unknown: "who has called you before",
};

function openedLine(event: ShownEvent & { type: "opened" }): string {
  const { name, dialect, security, cause, contact, isCurrent, waiting } = event;
  const place = wayText(event);
  const who = name === place ? name : `${name} (${place})`;
  const isUnknown = cause === "call" && !contact && !isCurrent;
  const what = isUnknown
    ? `${who} calls`
    : cause === "call"
    ? `${who} has called`
    : `connected to ${who}`;
  const waited = waiting === 0 ? "" : `; sending ${waitedWords(waiting)}`;
  const hint = isCurrent
    ? ""
    : isUnknown
    ? `; /chat ${name} answers`
    : `; /switch ${name} to answer`;
  return what + dialects[dialect] + securities[security] + waited + hint;
}

function waitedWords(count: number): string {
  return count === 1 ? "the message that waited" : `the ${count} messages that waited`;
}

function returnedLine(event: ShownEvent & { type: "returned" }): string {
  const { name, isNews, isAgain, hasCalled, isCurrent, delivered, waiting } = event;
  const who = `${name} is here${isAgain ? " again" : ""}`;
  const link = hasCalled ? `${name} has called` : `connected to ${name}`;
  const what = isNews ? who : link;
  const messages = delivered + waiting === 1 ? "message" : "messages";
  const of = waiting === 0 ? "" : ` of ${delivered + waiting}`;
  if (delivered > 0) return `${what}: ${delivered}${of} ${messages} delivered`;
  if (waiting > 0) return `${what}; sending ${waitedWords(waiting)}`;
  return `${who} and has called${isCurrent ? "" : `; /switch ${name} to answer`}`;
}

const dialects: Readonly<Record<Dialect, string>> = {
  p2pchat: "",
  raw: ", who sends raw text: messages are not confirmed, and names are not sent",
  lines: ", who sends lines of text: messages are not confirmed",
};

const securities: Readonly<Record<Security, string>> = {
  plaintext: "; nothing is encrypted",
  encrypted: ", encrypted",
  verified: ", verified",
};

function refusedKeyLines(
  { name, verdict }: { readonly name: string; readonly verdict: RefusingVerdict },
): string[] {
  const { presentedFingerprint, serverFingerprint } = verdict;
  const isServers = serverFingerprint === presentedFingerprint;
  return [
    ...refusalLines(name, verdict),
    `shown  ${presentedFingerprint}`,
    ...serverFingerprint === undefined
      ? []
      : [`The server names ${isServers ? "the key shown" : serverFingerprint}`],
    `Either ${name} has a new machine, or somebody else uses that name. Ask ${name} some other way, ` +
    `such as by phone; /trust ${name} accepts the key shown`,
  ];
}

function refusalLines(name: string, verdict: RefusingVerdict): string[] {
  switch (verdict.type) {
    case "changed":
      return [
        `${name} has ANOTHER KEY than before and was refused:`,
        `${verdict.verified ? "verified" : "known"}  ${verdict.savedFingerprint}`,
      ];
    case "rejected":
      return [`${name} shows the key whose words differed from yours and was refused:`];
    case "contradicted":
      return [`${name} does not show the key that the server names and was refused:`];
  }
}

const closeReasons: Readonly<
  Record<CloseReason, (name: string, hasKey: boolean) => string>
> = {
  "you-left": (name) => `you left ${name}`,
  "peer-left": (name) => `${name} has left`,
  lost: (name, hasKey) =>
    // One without a key may have called from a passing address, at which it does not listen.
    `the connection to ${name} is lost` + (hasKey ? `; /chat ${name} calls again` : ""),
  silent: (name) => `the connection to ${name} is dead`,
  broken: (name) => `the conversation with ${name} broke`,
  refused: (name) => `${name} was turned away`,
};
