/**
 * What the user asked for, in words.
 *
 * @module
 */

import { type Address, formatAddress, isNowhere } from "../../../shared/net/address.ts";
import { formatServerAddress } from "../../../shared/net/server_address.ts";
import { isClientId } from "../../../shared/protocol/client_id.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import type { PresenceStatus } from "../../rendezvous/rendezvous.ts";
import { agrees, auditLines } from "./audit_lines.ts";
import { historyRows } from "./history_rows.ts";
import { pathLines, wayText } from "./path_lines.ts";
import { shortTime } from "./local_time.ts";
import { problemSentence } from "./problem_sentences.ts";
import type { Answer } from "./shown.ts";
import {
  aligned,
  list,
  notice,
  type OfType,
  problem,
  quoted,
  type Words,
} from "./wording_parts.ts";

/** The words for each answer. */
export const answerWords: Words<Answer> = {
  registered: ({ id, address, server, expiresS, keyed }) =>
    notice(
      `registered as ${id} ${registeredPlace(address, formatServerAddress(server))}` +
        (expiresS === undefined ? "" : ", refreshed while this runs") +
        (keyed ? "" : "; it does not reserve the name for your key"),
    ),
  notifying: ({ what }) =>
    notice(what === undefined ? "no terminal tells of messages here" : notifyTexts[what]),
  theme: (theme) => notice(themeLine(theme)),
  "others-registered": ({ names, count }) => notice(othersLine(names, count)),
  unregistered: ({ id }) => notice(`unregistered: the server has forgotten ${id}`),
  clients: (answer) => list(...clientLines(answer)),
  bridged: (answer) => notice(bridgedLine(answer)),
  calling: ({ name, address }) =>
    notice(`calling ${name === undefined ? "" : `${name} at `}${formatAddress(address)}`),
  away: ({ name, why }) =>
    notice(
      `talking to ${name}, who cannot be reached; what you write waits` +
        (why === undefined ? "" : `. ${problemSentence(why)}`),
    ),
  switched: ({ name }) => notice(`talking to ${name}`),
  hidden: ({ name }) =>
    notice(
      `${name} is off the list on the screen until something new comes; /switch ${name} takes that back`,
    ),
  accepted: ({ name }) => notice(`${name} is a contact now; /chat ${name} answers`),
  blocked: ({ name, fingerprint }) =>
    notice(
      name === undefined
        ? `the key ${fingerprint} is blocked; /unblock ${fingerprint} takes that back`
        : `${name} is blocked, by the key ${fingerprint}; /unblock ${name} takes that back`,
    ),
  unblocked: ({ keys }) =>
    notice(
      ...keys.map(({ name, fingerprint }) =>
        name === undefined
          ? `the key ${fingerprint} is not blocked any more`
          : `${name} is not blocked any more, nor is the key ${fingerprint}`
      ),
    ),
  ignored: ({ name, fingerprint }) =>
    notice(
      `${
        name ?? `the key ${fingerprint}`
      } is ignored: what comes is kept and not shown; /unignore ${
        name ?? fingerprint
      } takes that back`,
    ),
  unignored: ({ keys }) =>
    notice(
      ...keys.map(({ name, fingerprint }) =>
        `${
          name ?? `the key ${fingerprint}`
        } is not ignored any more; what came meanwhile is in /history`
      ),
    ),
  visiting: ({ servers }) =>
    servers.length === 0
      ? notice("you are at no other server than your own; /visit SERVER")
      : list("you are also at:", ...servers.map((server) => `  ${server}`)),
  visited: ({ server, place }) =>
    notice(`you are at ${server} as well from now on; /chat NAME@${place} calls somebody there`),
  unvisited: ({ server }) => notice(`you are not at ${server} any more`),
  ignoring: ({ keys }) =>
    keys.length === 0 ? notice("nobody is ignored") : list(
      "ignored:",
      ...keys.map(({ name, fingerprint }) =>
        `  ${name === undefined ? "" : `${name} `}${fingerprint}`
      ),
    ),
  "gone-away": ({ text }) =>
    notice(`you are away: ${quoted(text)}; each contact who writes is told so once`),
  "came-back": ({ wasAway }) => notice(wasAway ? "you are here again" : "you are not away"),
  nicked: ({ name, localName }) =>
    notice(
      `you call ${name} ~${localName} here, and nobody else sees it; /nick ${name} takes it back`,
    ),
  unnicked: ({ name }) => notice(`${name} is called ${name} again`),
  nicks: ({ named }) =>
    named.length === 0
      ? notice("you have given nobody a local name; /nick LOCALNAME NAME does")
      : list(
        "local names:",
        ...aligned(named.map(({ name, localName }) => [`~${localName}`, name])),
      ),
  trusted: ({ name, fingerprint }) =>
    notice(`${name}'s key is ${fingerprint} from now on; /chat ${name} calls again`),
  "verification-waits": ({ name }) =>
    notice(`waiting for ${name} to run /verify as well; /verify ${name} no stops waiting`),
  "verification-withdrawn": ({ name }) =>
    notice(`not waiting for ${name} any more; no words were compared, and nothing has changed`),
  "verification-words": ({ name, words }) =>
    notice(
      `${name} sees the same four words if nobody is in the middle:`,
      `    ${words.join("  ")}`,
      `compare them by voice, then /verify ${name} yes, or /verify ${name} no if they differ`,
    ),
  verified: ({ name, fingerprint }) =>
    notice(`${name} is verified: the key ${fingerprint} is theirs`),
  "not-verified": ({ name }) =>
    problem(
      `The words differ, so somebody is between you and ${name} and has read what was said. ` +
        "The key is forgotten and the conversation ended",
    ),
  contacts: (answer, now) => list(...contactLines(answer, now)),
  history: (answer, now) => ({
    tone: "history",
    lines: [makeVisible(historyTitle(answer))],
    rows: historyRows(answer.entries, now, answer.present),
    ...answer.words !== undefined && answer.entries.length > 0 && { numbered: numberedHint },
  }),
  "gone-to": ({ name, entries, present }, now) => ({
    tone: "history",
    lines: [makeVisible(`what was said with ${name} then:`)],
    rows: historyRows(entries, now, present),
  }),
  audited: ({ name, report }) => (agrees(report) ? list : problem)(...auditLines(name, report)),
  "path-report": ({ report }) => list(...pathLines(report)),
  conversations: (answer) => list(...conversationLines(answer)),
  help: ({ rows, examples }) =>
    list(
      ...aligned(rows),
      ...examples.map((line, i) => `  ${i === 0 ? "for example" : "           "}  ${line}`),
    ),
  hint: ({ hint }) => notice(hints[hint]),
  serving: ({ others }) =>
    notice(
      "a server runs in this client, and ends with it; others type p2pchat client NAME, and behind it",
      // In a row of its own, which is copied as a whole. In some shells a question mark stands for any letter.
      ...others.map((address, i) => `${i === 0 ? "    " : " or "}'${address}'`),
    ),
  "here-ended": () =>
    notice(
      "if the server of this machine ran in another client of yours, it has ended with that: end this client and start " +
        "it again, and the server runs in this one",
    ),
  "still-waiting": ({ command }) =>
    notice(`still waiting for ${command ?? "the message to go out"} …`),
  "taken-over": ({ id }) => notice(`another p2pchat of yours took over as ${id}; this one leaves`),
  "lines-dropped": ({ lines }) =>
    notice(
      lines.length === 1
        ? `dropped the line that was still to be done: ${quoted(lines[0]!)}`
        : `dropped ${lines.length} lines that were still to be done; the first is ` +
          quoted(lines[0]!),
    ),
  "lines-refused": ({ lines }) =>
    notice(
      lines.length === 1
        ? `${quoted(lines[0]!)} was not sent; the up arrow brings it back`
        : `${lines.length} more lines were not sent; the up arrow brings them back; the first is ` +
          quoted(lines[0]!),
    ),
  // That speaks for itself.
  cleared: () => list(),
  "leave-asked": ({ waiting }) =>
    notice(
      "Ctrl+C again, or /quit, leaves everyone" +
        (waiting === 0
          ? ""
          : `; Ctrl+C drops ${waiting === 1 ? "the line" : `${waiting} lines`} still to be done`),
    ),
  left: ({ names }) => notice(`you left ${namesLine(names)}`),
  "pasted-slash": () =>
    notice(
      "what is pasted is a message, also with a slash at its beginning; type the slash of a command yourself",
    ),
};

/** How somebody is reached that names no address. */
const overServer = "over the server alone";

const notifyTexts = {
  off: "the terminal tells of no message",
  mention: "the terminal tells of messages that name you",
  all: "the terminal tells of every message",
} as const;

const themeTexts = {
  dark: "colours for a dark background",
  light: "colours for a light background",
  none: "no colours",
} as const;

function themeLine({ choice, inUse, isKept }: OfType<Answer, "theme">): string {
  if (inUse === undefined) return "no terminal has colours here";
  const kept = isKept === undefined
    ? ""
    : isKept
    ? ", also at the next start"
    : "; that could not be kept for the next start";
  if (choice !== "auto") return `${themeTexts[inUse]}${kept}`;
  // What the terminal will answer is not known yet.
  return isKept === undefined || inUse === "none"
    ? `${themeTexts[inUse]} (auto)${kept}`
    : `colours by the background of the terminal${kept}`;
}

/** People who are named in a line, at most. */
const namedMax = 8;

function namesLine(names: readonly string[]): string {
  const more = names.length - namedMax;
  const named = names.slice(0, namedMax).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}

function othersLine(names: readonly string[], count: number): string {
  const more = count - names.length;
  const all = more > 0 ? `${names.join(", ")} and ${more} more` : names.join(", ");
  return `also registered: ${all}; /chat ${names[0]} talks to ${
    names.length > 1 ? "one of them" : "them"
  }`;
}

function registeredPlace(address: Address, server: string): string {
  return isNowhere(address)
    ? `with the server ${server}, over which alone others reach you`
    : `at ${formatAddress(address)} with the server ${server}`;
}

function clientLines({ count, clients, selfId }: Answer & { type: "clients" }): string[] {
  if (clients.length === 0) return ["nobody is registered"];
  const title = count === 1 ? "1 client is registered:" : `${count} clients are registered:`;
  const rows = clients.map(({ id, address }) =>
    [
      // A legacy server lists any text, which could look like another row.
      isClientId(id) ? id : quoted(id),
      (isNowhere(address) ? overServer : formatAddress(address)) + (id === selfId ? "  (you)" : ""),
    ] as const
  );
  const more = count - clients.length;
  return [title, ...aligned(rows), ...more > 0 ? [`  and ${more} more`] : []];
}

function bridgedLine({ found }: Answer & { type: "bridged" }): string {
  if (found === undefined) return "nobody else is registered yet; try /bridge again later";
  const { id, address } = found;
  const place = formatAddress(address);
  if (isNowhere(address)) return `${id} is reached ${overServer}; /chat ${id} opens a conversation`;
  return id === ""
    ? `the server names a client at ${place}; /chat ${place} opens a conversation`
    : `${id} is at ${place}; /chat ${id} opens a conversation`;
}

function contactLines({ contacts }: Answer & { type: "contacts" }, now: Date): string[] {
  if (contacts.length === 0) return ["you have talked to nobody yet; /chat opens a conversation"];
  const rows = contacts.map(({ name, person, connected, presence, lastAtMs, waiting }) => [
    name,
    person === undefined ? "here, plaintext" : whereabouts(connected, presence),
    lastAtMs === 0 ? "" : shortTime(lastAtMs, now),
    waiting === 0 ? "" : `${waiting} waiting`,
  ]);
  const title = contacts.length === 1
    ? "you talk to 1 person:"
    : `you talk to ${contacts.length} people:`;
  return [title, ...aligned(rows)];
}

function whereabouts(connected: boolean, presence: PresenceStatus | undefined): string {
  if (connected) return "here, connected";
  return presence === undefined ? "unknown" : presences[presence];
}

const presences: Readonly<Record<PresenceStatus, string>> = {
  online: "here",
  // A client that does not keep its connection to the server may be gone.
  registered: "registered",
  away: "not here",
};

function conversationLines(
  { conversations, current }: Answer & { type: "conversations" },
): string[] {
  if (conversations.length === 0) return ["no conversation is open; /chat opens one"];
  const rows = conversations.map((state) => {
    const { conversation, name, devices, dialect, security, keyFromServer, waiting } = state;
    const { address, ...way } = devices.find(({ connected }) => connected) ?? {};
    return [
      name,
      address === undefined ? "away" : wayText({ address, ...way }),
      security + (keyFromServer ? ", key from the server" : "") +
      (dialect === "p2pchat" ? "" : `, ${dialect}`) +
      (waiting === 0 ? "" : `, ${waiting} waiting`) +
      (conversation === current ? "  (current)" : ""),
    ];
  });
  const title = conversations.length === 1
    ? "1 conversation is open:"
    : `${conversations.length} conversations are open:`;
  return [title, ...aligned(rows)];
}

const numberedHint = "/goto and a number shows one of them where it was said";

function historyTitle(
  { name, words, ignored = [], entries }: Answer & { type: "history" },
): string {
  const { length } = entries;
  const whose = name === undefined ? "" : ` with ${name}`;
  if (words !== undefined) {
    const searched = words.split(/\s+/).filter((word) => !ignored.includes(word));
    const found = quoted(searched.join(" ")) + ignoredWords(ignored);
    if (length === 0) return `no message${whose} has ${found}`;
    return length === 1
      ? `1 message${whose} has ${found}:`
      : `${length} messages${whose} have ${found}:`;
  }
  if (length === 0) return `no message${whose} yet`;
  return length === 1 ? `the last message${whose}:` : `the last ${length} messages${whose}:`;
}

/** So many words that were not searched for are named. */
const ignoredMax = 3;

function ignoredWords(ignored: readonly string[]): string {
  if (ignored.length === 0) return "";
  const more = ignored.length - ignoredMax;
  const named = ignored.slice(0, ignoredMax).map((word) => quoted(word)).join(", ");
  return `; ${named}${more > 0 ? ` and ${more} more` : ""} cannot be searched for`;
}

const hints: Readonly<Record<(Answer & { type: "hint" })["hint"], string>> = {
  "local-only": "only this machine can call you; start without --host to let others",
  "server-line-not-encrypted":
    "the connection to the server is not encrypted: anyone on the way can see whom you look for and " +
    "change what the server says; put tls:// before its address if the server supports it",
};
