/**
 * Why a line was not done, in words.
 *
 * @module
 */

import { shorten } from "../../../shared/text/quote.ts";
import { UserError } from "../../user_error.ts";
import { problemSentence } from "./problem_sentences.ts";
import type { LineProblem } from "./shown.ts";
import { problem, type Words } from "./wording_parts.ts";

/** Characters of a command that is named in a sentence. */
const commandMax = 80;

/** The words for each problem with a line. */
export const lineProblemWords: Words<LineProblem> = {
  usage: ({ usage, help }) => problem(`Usage: ${usage} (${help})`),
  "unknown-command": ({ name, near }) =>
    problem(
      `There is no /${name}; ` +
        (near.length === 0 ? "" : `did you mean ${oneOf(near.map((one) => `/${one}`))}? `) +
        "/help shows all commands, and // begins a message with a slash",
    ),
  path: ({ path }) =>
    problem(`not sent: there is no command /${path}; // begins a message with a slash: //${path}`),
  "turn-failed": ({ command }) => problem(`not sent: ${shorten(command, commandMax)} failed`),
  "too-many-lines": ({ count, max }) =>
    problem(
      `${count} ${count === 1 ? "line was" : "lines were"} not taken: ${max} waited to be done. ` +
        "What follows is sent to nobody until you /chat or /switch to somebody",
    ),
  "meant-command": ({ line, command }) =>
    problem(`Did you mean /${command}? Enter once more sends “${line}” as a message`),
  "paste-too-long": ({ max }) =>
    problem(
      `What you have pasted is too long for one message, which has at most ${inThousands(max)} ` +
        "bytes. Nothing of it was taken",
    ),
  "begun-for-another": ({ begunFor = "nobody", failed, current, asks }) =>
    problem(
      (failed === undefined
        ? `not sent: this line was begun for ${begunFor}, and you now talk to ${current}`
        : `not sent: ${shorten(failed, commandMax)} failed, and you still talk to ${current}`) +
        (asks ? `: Enter sends it to ${current}, Ctrl+U drops it` : ""),
    ),
  "not-a-line": ({ number, why }) => problem(`Line ${number} ${lineFaults[why]}: it was not sent`),
  "nobody-current": (refusal) => problem(nobodyCurrent(refusal)),
  "not-found": ({ number, count }) =>
    problem(
      count === 0
        ? "Nothing was found that you could go to: /search WORDS finds messages, and numbers them"
        : `'${number}' is not the number of a message that was found: they have 1 to ${count}`,
    ),
  "not-a-count": ({ given, name }) =>
    problem(
      `'${given}' is not a number of messages: /history ${name} 50 shows the last 50 with ${name}`,
    ),
  "count-out-of-range": ({ count, max }) =>
    problem(
      `Cannot show ${count} messages, only 1 to ${max}; ` +
        "p2pchat history export NAME writes all of them",
    ),
  "not-yes-or-no": ({ given, name }) =>
    problem(
      `'${given}' is neither yes nor no: /verify ${name} yes if you see the same words, else ` +
        `/verify ${name} no`,
    ),
  failed: ({ error }) => problem(failure(error)),
};

function inThousands(count: number): string {
  return count.toLocaleString("en-US");
}

function oneOf(words: readonly string[]): string {
  const [last, ...before] = words.toReversed();
  return before.length === 0 ? last! : `${before.toReversed().join(", ")} or ${last}`;
}

const lineFaults: Readonly<Record<(LineProblem & { type: "not-a-line" })["why"], string>> = {
  "not-utf8": "is not UTF-8",
  "too-long": "is longer than a message can be",
};

function nobodyCurrent(
  { command, names, looking }: LineProblem & { type: "nobody-current" },
): string {
  switch (command) {
    case "close":
      return "No conversation is current; /close NAME closes one of /peers";
    case "hide":
    case "audit":
    case "path":
      return `No conversation is current; /${command} NAME names one`;
    case "msg":
      if (looking !== undefined) {
        return `not sent: you only look at what ${looking} writes; /chat ${looking} answers, and ` +
          "what you have typed comes back then";
      }
      return names.length === 0
        ? "No conversation is open: /chat IP:PORT or /chat NAME opens one"
        : `No conversation is current: /switch to one of ${names.join(", ")}`;
  }
}

function failure(error: unknown): string {
  if (error instanceof UserError) return problemSentence(error.problem);
  // A text that is too long, say.
  if (error instanceof RangeError) return error.message;
  return `Something failed: ${error}`;
}
