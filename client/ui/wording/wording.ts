/**
 * What happened, in words. The one place where text from outside becomes text for a terminal: all of it
 * passes the sanitiser here.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import { errorMessage } from "../../../shared/errors/error_message.ts";
import { shorten } from "../../../shared/text/quote.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import type { ChatEvent, CloseReason, Contact, Dialect, Security } from "../../events.ts";
import type { PresenceStatus } from "../../rendezvous/rendezvous.ts";
import { formatServerAddress } from "../../../shared/net/server_address.ts";
import { UserError } from "../../user_error.ts";
import { agrees, auditLines } from "./audit_lines.ts";
import { type HistoryRow, historyRows, plaintextMark } from "./history_rows.ts";
import { shortTime } from "./local_time.ts";
import { problemSentence } from "./problem_sentences.ts";

/** What a front end shows: what happened, or several such things as one. */
export type ShownEvent = ChatEvent | ArrivedEvent;

/** Messages that waited are delivered. */
export interface ArrivedEvent {
  readonly type: "arrived";
  readonly name: string;
  readonly count: number;
}

/** What kind of thing is said, for whoever colours it. */
export type Tone = "message" | "notice" | "list" | "history" | "problem";

/** Something to show. */
export interface Wording {
  readonly tone: Tone;
  /** Who speaks, of a message. */
  readonly name?: string;
  /** What each line is marked with, of a message. */
  readonly mark?: string;
  /** When it was written, of a message. */
  readonly time?: string;
  /** What is said, safe to print. */
  readonly lines: readonly string[];
  /** The messages, of a history; its only line is above them. */
  readonly rows?: readonly HistoryRow[];
}

/** What an error says to a user, safe to print on one line. It has no full stop at its end. */
export function errorSentence(error: unknown): string {
  return makeVisible(
    error instanceof UserError ? problemSentence(error.problem) : errorMessage(error),
  );
}

/**
 * Puts an event into words; undefined where there is nothing to say.
 *
 * @param now What is of another day is said with its date.
 */
export function wordingOf(event: ShownEvent, now: Date = new Date()): Wording | undefined {
  switch (event.type) {
    case "listening":
      return notice(`listening on ${formatAddress(event.address)}`);
    case "registered": {
      const lasting = event.expiresS === undefined ? "" : ", refreshed while this runs";
      const kept = event.keyed ? "" : "; it keeps the name for nobody's key";
      return notice(
        `registered as ${event.id} at ${formatAddress(event.address)} ` +
          `with the server ${formatServerAddress(event.server)}${lasting}${kept}`,
      );
    }
    case "unregistered":
      return notice(`unregistered: the server has forgotten ${event.id}`);
    case "server-lost":
      return problem(`${problemSentence(event.problem)}. Trying again; conversations go on`);
    case "registered-again":
      return notice(`registered again with the server ${formatServerAddress(event.server)}`);
    case "clients":
      return list(clientLines(event));
    case "bridged":
      return notice(bridgedLine(event));
    case "calling":
      return notice(
        `calling ${event.name === undefined ? "" : `${event.name} at `}` +
          formatAddress(event.address),
      );
    case "opened":
      return notice(openedLine(event));
    case "message":
      return {
        tone: "message",
        name: makeVisible(event.name),
        time: shortTime(event.sentAtMs, now),
        lines: makeVisibleLines(event.text),
        ...event.plaintext && { mark: plaintextMark },
      };
    case "remembered":
      return notice(
        `${event.name} is new here; the key ${event.fingerprint} is remembered. ` +
          `/verify ${event.name} makes sure of it`,
      );
    case "key-refused":
      return { tone: "problem", lines: keyRefusedLines(event).map(makeVisible) };
    case "server-contradicted":
      return problem(
        `The server names another key for ${event.name}, ${event.said}; ${event.name} has proven to ` +
          `have ${event.shown}, the one ${
            event.verified ? "you verified" : "you know"
          }. The server ` +
          "is wrong or lies",
      );
    case "turned-away":
      return notice(`turned a call away: ${event.why}`);
    case "trusted":
      return notice(
        `${event.name}'s key is ${event.fingerprint} from now on; /chat ${event.name} calls again`,
      );
    case "verification-asked":
      return notice(
        `${event.name} wants to make sure that nobody is in the middle: /verify ${event.name}`,
      );
    case "verification-waits":
      return notice(`waiting until ${event.name} types /verify as well`);
    case "verification-words":
      return { tone: "notice", lines: verificationLines(event).map(makeVisible) };
    case "verified":
      return notice(`${event.name} is verified: the key ${event.fingerprint} is theirs`);
    case "not-verified":
      return problem(
        `The words differ, so somebody is between you and ${event.name}, and has read what was said. ` +
          "The key is forgotten and the conversation ended",
      );
    case "away":
      return notice(
        `talking to ${event.name}, who cannot be reached; what you write waits. ` +
          problemSentence(event.why),
      );
    case "kept":
      return notice(
        event.count === 1
          ? `waiting for ${event.name}`
          : `${event.count} messages wait for ${event.name}`,
      );
    case "deposited":
      return notice(`at the server's mailbox for ${event.name}${counted(event.count)}`);
    case "not-deposited":
      return notice(
        `what waits for ${event.name} stays on this machine: ` +
          problemSentence(event.why),
      );
    case "delivered":
      return undefined;
    case "arrived":
      return notice(
        `delivered to ${event.name}: ` +
          (event.count === 1 ? "the message that waited" : `${event.count} messages that waited`),
      );
    case "read":
      return notice(`read by ${event.name}${counted(event.count)}`);
    case "missed":
      return notice(
        event.count === 1
          ? `a message of ${event.name}'s is not here: it went to another copy of your profile`
          : `${event.count} messages of ${event.name}'s are not here: they went to another copy of ` +
            "your profile",
      );
    case "presence":
      return notice(event.here ? `${event.name} is here` : `${event.name} has gone`);
    case "who":
      return list(whoLines(event, now));
    case "history":
      return {
        tone: "history",
        lines: [makeVisible(historyTitle(event))],
        rows: historyRows(event.entries, now),
      };
    case "audited": {
      const lines = auditLines(event.name, event.report).map(makeVisible);
      return { tone: agrees(event.report) ? "list" : "problem", lines };
    }
    case "undelivered":
      return problem(
        event.texts.length === 1
          ? `${event.name} did not confirm your last message, so it may not have arrived: ` +
            quoted(event.texts[0]!)
          : `${event.name} did not confirm your last ${event.texts.length} messages, so they may ` +
            `not have arrived; the first is ${quoted(event.texts[0]!)}`,
      );
    case "closed":
      return notice(
        `${closeReasons[event.reason](event.name)}` +
          (event.detail === undefined ? "" : `: ${makeVisible(event.detail)}`),
      );
    case "switched":
      return notice(`talking to ${event.name}`);
    case "peers":
      return list(peerLines(event));
    case "help":
      return list(aligned(event.rows));
    case "hint":
      return notice(event.hint);
    case "waiting":
      return notice(`still waiting for ${makeVisible(event.command)} …`);
    case "problem":
      return problem(
        typeof event.problem === "string" ? event.problem : problemSentence(event.problem),
      );
  }
}

function notice(line: string): Wording {
  return { tone: "notice", lines: [makeVisible(line)] };
}

function problem(line: string): Wording {
  return { tone: "problem", lines: [makeVisible(line)] };
}

function list(lines: readonly string[]): Wording {
  return { tone: "list", lines: lines.map(makeVisible) };
}

function clientLines({ count, clients, selfId }: ChatEvent & { type: "clients" }): string[] {
  if (clients.length === 0) return ["nobody is registered"];
  const title = count === 1 ? "1 client is registered:" : `${count} clients are registered:`;
  const rows = clients.map(({ id, address }) =>
    [id, formatAddress(address) + (id === selfId ? "  (you)" : "")] as const
  );
  const more = count - clients.length;
  return [title, ...aligned(rows), ...more > 0 ? [`  and ${more} more`] : []];
}

function bridgedLine({ found }: ChatEvent & { type: "bridged" }): string {
  if (found === undefined) return "nobody else is registered yet; try /bridge again later";
  const { id, address } = found;
  const place = formatAddress(address);
  return id === ""
    ? `the server names a client at ${place}; /chat ${place} opens a conversation`
    : `${id} is at ${place}; /chat ${id} opens a conversation`;
}

function openedLine(event: ChatEvent & { type: "opened" }): string {
  const { name, address, dialect, security, called, current, waiting } = event;
  const place = formatAddress(address);
  const who = name === place ? name : `${name} (${place})`;
  const what = called === "by-us" ? `connected to ${who}` : `${who} has called`;
  const waited = waiting === 0
    ? ""
    : waiting === 1
    ? "; sending the message that waited"
    : `; sending the ${waiting} messages that waited`;
  const hint = current ? "" : `; /switch ${name} to answer`;
  return what + dialects[dialect] + securities[security] + waited + hint;
}

const dialects: Readonly<Record<Dialect, string>> = {
  p2pchat: "",
  raw: ", who writes raw text: messages are not confirmed, and names are not sent",
  lines: ", who writes lines of text: messages are not confirmed",
};

const securities: Readonly<Record<Security, string>> = {
  plaintext: "; nothing is encrypted",
  encrypted: ", encrypted",
  verified: ", verified",
};

function keyRefusedLines({ name, verdict }: ChatEvent & { type: "key-refused" }): string[] {
  const { presentedFingerprint: shown, serverFingerprint } = verdict;
  const server = serverFingerprint === undefined
    ? []
    : [`The server names ${serverFingerprint === shown ? "the key shown" : serverFingerprint}`];
  const [title, before] = verdict.type === "changed"
    ? [
      `${name} has ANOTHER KEY than before, and was refused:`,
      [`${verdict.verified ? "verified" : "known"}  ${verdict.savedFingerprint}`],
    ]
    : verdict.type === "rejected"
    ? [`${name} shows the key whose words were not yours, and was refused:`, []]
    : [`What ${name} shows is not the key that the server names, and was refused:`, []];
  return [
    title,
    ...before,
    `shown  ${shown}`,
    ...server,
    `Either ${name} has a new machine, or somebody goes by that name. Ask by another way; ` +
    `/trust ${name} accepts the key shown`,
  ];
}

function verificationLines({ name, words }: ChatEvent & { type: "verification-words" }): string[] {
  return [
    `${name} sees the same four words, if nobody is in the middle:`,
    `    ${words.join("  ")}`,
    `compare them by voice, then /verify ${name} yes, or /verify ${name} no if they differ`,
  ];
}

function peerLines({ peers }: ChatEvent & { type: "peers" }): string[] {
  if (peers.length === 0) return ["no conversation is open; /chat opens one"];
  const rows = peers.map(({ name, address, dialect, security, waiting, current }) => [
    name,
    address === undefined ? "away" : formatAddress(address),
    security + (dialect === "p2pchat" ? "" : `, ${dialect}`) +
    (waiting === 0 ? "" : `, ${waiting} waiting`) + (current ? "  (current)" : ""),
  ]);
  return [
    peers.length === 1 ? "1 conversation is open:" : `${peers.length} conversations are open:`,
    ...aligned(rows),
  ];
}

function whoLines({ people }: ChatEvent & { type: "who" }, now: Date): string[] {
  if (people.length === 0) return ["you have talked to nobody yet; /chat opens a conversation"];
  const rows = people.map((person) => [
    person.name,
    whereabouts(person),
    shortTime(person.lastAtMs, now),
    person.waiting === 0 ? "" : `${person.waiting} waiting`,
  ]);
  return [
    people.length === 1 ? "you talk to 1 person:" : `you talk to ${people.length} people:`,
    ...aligned(rows),
  ];
}

function whereabouts({ connected, presence }: Contact): string {
  if (connected) return "here, connected";
  return presence === undefined ? "not known" : presences[presence];
}

const presences: Readonly<Record<PresenceStatus, string>> = {
  online: "here",
  // Nobody answers for a program that does not keep its connection to the server.
  registered: "registered",
  away: "not here",
};

function historyTitle({ name, words, entries }: ChatEvent & { type: "history" }): string {
  const { length } = entries;
  const whose = name === undefined ? "" : ` with ${name}`;
  if (words !== undefined) {
    const found = quoted(words);
    if (length === 0) return `no message${whose} has ${found}`;
    return length === 1
      ? `1 message${whose} has ${found}:`
      : `${length} messages${whose} have ${found}:`;
  }
  if (length === 0) return `no message${whose} yet`;
  return length === 1 ? `the last message${whose}:` : `the last ${length} messages${whose}:`;
}

const closeReasons: Readonly<Record<CloseReason, (name: string) => string>> = {
  "you-left": (name) => `you left ${name}`,
  "peer-left": (name) => `${name} has left`,
  lost: (name) => `the connection to ${name} is lost; /chat ${name} calls again`,
  silent: (name) => `the connection to ${name} is dead`,
  broken: (name) => `the conversation with ${name} broke`,
  refused: (name) => `${name} was turned away`,
};

/** Rows whose columns begin at one place each. What stands in all but the last is ASCII. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    `  ${row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i]!)).join("  ")}`
      .trimEnd()
  );
}

/** How many, behind what is said of them; one goes without saying. */
function counted(count: number): string {
  return count === 1 ? "" : `: ${count} messages`;
}

function quoted(text: string): string {
  return `“${shorten(text, 60)}”`;
}
