/**
 * Every sentence that a person reads is made in this room, from facts and codes. This is also the one place
 * where text from outside becomes text for a terminal: all of it passes the sanitiser, once.
 *
 * @module
 */

import { errorMessage } from "../../../shared/errors/error_message.ts";
import { makeVisible, makeVisibleLines } from "../../../shared/text/visible.ts";
import type { ConversationState } from "../../events.ts";
import type { AskedPassphrase } from "../../profile/profile.ts";
import type { HistoryEntry } from "../../store/store.ts";
import { UserError } from "../../user_error.ts";
import { answerWords } from "./answer_words.ts";
import { candidateRows } from "./candidate_rows.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import type { Diagnosis } from "../../doctor/doctor.ts";
import { doctorRows } from "./doctor_lines.ts";
import { eventWords } from "./event_words.ts";
import { messageText, plaintextMark, stateWords } from "./history_rows.ts";
import { profileWords } from "./profile_words.ts";
import { lineProblemWords } from "./line_problem_words.ts";
import { clockTime, fullTime } from "./local_time.ts";
import { type Person, personChange } from "./person_change.ts";
import { problemSentence } from "./problem_sentences.ts";
import { shellQuoted } from "./shell_quoted.ts";
import type { Shown } from "./shown.ts";
import { alarmText, listPart, statusParts } from "./status_words.ts";
import {
  absenceText,
  foundLineText,
  newLineText,
  notificationText,
  titleText,
  unreadText,
  viewedMessage,
  windowTitleText,
} from "./view_words.ts";
import type { Wording, Words } from "./wording_parts.ts";

export type { HistoryRow } from "./history_rows.ts";
export type {
  Answer,
  ArrivedEvent,
  GatheredEvent,
  LineProblem,
  Notify,
  ProfileAnswer,
  Shown,
  ThemeChoice,
  ThemeName,
} from "./shown.ts";
export type { ServerState, StatusPart } from "./status_words.ts";
export type { Wording } from "./wording_parts.ts";

const words: Words<Shown> = {
  ...eventWords,
  ...answerWords,
  ...lineProblemWords,
  ...profileWords,
};

/**
 * Puts something into words.
 *
 * @param now The time of day: what is from another day is shown with its date.
 */
export function wordingOf(shown: Shown, now: Date = new Date()): Wording {
  const wordsOf = words[shown.type] as (shown: Shown, now: Date) => Wording;
  return wordsOf(shown, now);
}

/** The words of a full screen. What they make is safe to print. */
export const viewWords = {
  message: viewedMessage,
  absence: absenceText,
  title: titleText,
  status: statusParts,
  list: listPart,
  alarm: alarmText,
  unread: unreadText,
  newLine: newLineText,
  foundLine: foundLineText,
  notification: notificationText,
  windowTitle: windowTitleText,
  time: clockTime,
  name: makeVisible,
  candidates: candidateRows,
};

/** What an error says to a user, safe to print on one line. It has no full stop at its end. */
export function errorSentence(error: unknown): string {
  return makeVisible(
    error instanceof UserError ? problemSentence(error.problem) : errorMessage(error),
  );
}

/**
 * What stands before the line that is typed: who the user is, whom the line goes to, and how many messages
 * that peer lacks.
 *
 * @param self The user's own id.
 * @param to The peer of the current conversation; or, if a command is under way that changes which one that is,
 * whom it turns to, if it says so.
 */
export function promptText(
  self: string,
  to:
    | Pick<ConversationState, "name" | "waiting">
    | { readonly turningTo: string | undefined }
    | undefined,
): string {
  if (to === undefined) return `${self}> `;
  if ("turningTo" in to) {
    return `${self} ${to.turningTo === undefined ? "" : `→ ${makeVisible(to.turningTo)} `}…> `;
  }
  const { name, waiting } = to;
  return `${self} → ${makeVisible(name)}${waiting === 0 ? "" : ` (${waiting} waiting)`}> `;
}

/** The prompt while earlier lines are searched, safe to print. @param part What is searched for. */
export function searchPromptText(
  { part, isFound }: { readonly part: string; readonly isFound: boolean },
): string {
  return `search “${makeVisible(part)}”${isFound ? "" : ", which is in no line"}> `;
}

/** Says how many rows of a line that is typed have no room above the others. */
export function rowsAboveText(count: number): string {
  return `${count} ${count === 1 ? "row" : "rows"} above`;
}

/** What stands in a terminal that is given back by a program that may not stop itself. */
export const stopAgainText = "Ctrl+Z once more, within 3 seconds, stops p2pchat; else it goes on";

/** What a passphrase is asked for. */
export type PassphraseFor =
  | AskedPassphrase & { readonly what: "identity" }
  | { readonly what: "new" | "copy" | "again" };

/** The prompt for a passphrase, safe to print. */
export function passphrasePrompt(asked: PassphraseFor): string {
  switch (asked.what) {
    case "identity": {
      const again = asked.attempt === 1 ? "" : "That is another one. ";
      const where = asked.path === undefined ? "the copy" : shellQuoted(asked.path);
      return makeVisible(`${again}Passphrase of ${where}:`);
    }
    case "new":
      return "New passphrase, empty for none:";
    case "copy":
      return "Passphrase for the copy:";
    case "again":
      return "The same again:";
  }
}

/**
 * A message of a written-out history, as people read it: its lines, safe to print. Further lines are
 * indented, so that none can pass for a message of its own.
 *
 * @param self The user's own id.
 * @param before The message before, if there is one: a line says if another person of that name begins here.
 */
export function exportedLines(
  entry: HistoryEntry,
  self: string,
  before: HistoryEntry | undefined,
): string[] {
  const { name, direction, sentAtMs, state, plaintext } = entry;
  const own = direction === "out";
  const time = fullTime(sentAtMs);
  const mark = own
    ? state === "waiting" || state === "deposited" ? ` [${stateWords[state]}]` : ""
    : plaintext
    ? ` ${plaintextMark}`
    : "";
  const [first, ...further] = makeVisibleLines(messageText(entry));
  const change = personChange(entry, before);
  return [
    ...change === undefined ? [] : [change],
    `${time} ${makeVisible(own ? self : name)}${mark}: ${first}`,
    ...further.map((line) => `${" ".repeat(time.length)} │${mark} ${line}`),
  ];
}

/**
 * The end of a written-out history, as people read it.
 *
 * @param last The last message.
 * @param present Whose key is saved now for that name.
 */
export function exportedEnd(last: HistoryEntry, present: Person): string[] {
  const change = personChange(present, last);
  return change === undefined ? [] : [change];
}

/** What somebody is told who does not wait until a message has arrived. */
export function interruptedText(name: string): string {
  return makeVisible(`Interrupted; the message is kept, and waits for ${name}`);
}

/** What was found out about a network, as lines, safe to print. */
export function doctorLines(server: ServerAddress, diagnosis: Diagnosis): string[] {
  const rows = doctorRows(server, diagnosis);
  const width = Math.max(...rows.map(([what]) => what.length));
  return rows.map(([what, found]) => makeVisible(`${what.padEnd(width)}  ${found}`));
}

/** The text of a message of a written-out history, for programs. */
export function exportedText(entry: HistoryEntry): string {
  return messageText(entry);
}
