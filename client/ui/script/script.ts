/**
 * The front end for scripts: commands come line by line from standard input, and everything that is shown
 * goes out as lines. `name: text` is a message (`name [plaintext]: text` if it was not encrypted), `* …` a
 * notice, `  …` a row of a list, all on standard output; what went wrong goes to standard error.
 *
 * @module
 */

import { aborted, systemClock } from "../../../shared/time/clock.ts";
import { fitted } from "../../../shared/process/fitted.ts";
import { commandIn, isMessage, type LineOutcome, runLine } from "../commands/commands.ts";
import { type InputFault, InputLineStream } from "../input_lines.ts";
import { type NameFor, ownNames, withLocalNames } from "../local_names.ts";
import { type Output, OutputQueue } from "../output_queue.ts";
import { Returns } from "../returns.ts";
import type { Display, Session } from "../session.ts";
import { type HistoryRow, type Shown, type Wording, wordingOf } from "../wording/wording.ts";

/** What is shown, as lines for scripts, each with its line end. */
export function plainText(shown: Shown, now?: Date): string {
  return textOf(wordingOf(shown, now));
}

function textOf({ tone, name, mark, lines, rows = [] }: Wording): string {
  switch (tone) {
    case "message":
      // A message is one line, whatever it contains.
      return `${name}${mark === undefined ? "" : ` ${mark}`}: ${lines.join("␊")}\n`;
    case "notice":
      return lines.map((line) => `* ${line}\n`).join("");
    case "list":
      return lines.map((line) => `${line}\n`).join("");
    case "history":
      return [...lines, ...rows.flatMap(rowTexts)].map((line) => `${line}\n`).join("");
    case "problem":
      return lines.map((line) => `error: ${line}\n`).join("");
  }
}

function rowTexts({ above, below, time, who, state, lines }: HistoryRow): string[] {
  return [
    ...above === undefined ? [] : [`  ${above}`],
    `  ${time}  ${who}  ${state === "" ? "" : `${state}  `}${lines.join("␊")}`,
    ...below === undefined ? [] : [`  ${below}`],
  ];
}

/** Lines of the input that are under way at once, at most. */
const overlappingMax = 1_024;

/** Prints what is shown, in order. */
export class LinePrinter implements Display {
  readonly #queue: OutputQueue;
  readonly #returns = new Returns((shown) => this.#print(shown));
  readonly #nameFor: NameFor;
  #hasLost = false;
  readonly #outputs: { readonly out: Output; readonly err: Output };

  /**
   * @param onClosed Told that nobody reads what is printed any more.
   * @param nameFor What the user calls people.
   */
  constructor(
    onClosed: () => void,
    outputs = { out: Deno.stdout as Output, err: Deno.stderr as Output },
    nameFor = ownNames,
  ) {
    this.#nameFor = nameFor;
    this.#queue = new OutputQueue(onClosed);
    this.#outputs = outputs;
  }

  show(shown: Shown): void {
    this.#returns.take(shown);
  }

  #print(shown: Shown): void {
    const wording = wordingOf(withLocalNames(shown, this.#nameFor));
    if (shown.type === "unconfirmed") this.#hasLost = true;
    const { out, err } = this.#outputs;
    const output = wording.tone === "problem" ? err : out;
    this.#queue.print(fitted(textOf(wording), output), output);
  }

  /** Whether a message that was sent may not have arrived, and does not wait either. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** See {@linkcode OutputQueue.failure}. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#queue.failure;
  }

  isIdle(): boolean {
    return false;
  }

  room(): Promise<void> | undefined {
    return this.#queue.room();
  }

  shown(): Promise<void> | undefined {
    return this.#queue.shown();
  }

  /** Done when all is printed. */
  async flush(): Promise<void> {
    this.#returns.end();
    await this.#queue.flush();
  }
}

/** How lines are run. */
export interface RunLinesOptions {
  readonly input: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Whether the input is typed: then only Enter ends a line, and what is left at the end is none. */
  readonly isTyped: boolean;
  /** Whether the first line that fails is the last one. Then none is begun before the one before is done. */
  readonly strict: boolean;
}

/**
 * Runs commands from an input until `/quit`, its end, or the signal. Each begins when the one before is done,
 * except for messages, so that many of them are written to the disk at once. At the end it waits until what
 * was sent has arrived.
 *
 * @param display Shows the answers.
 * @returns Whether no line has failed, or was given up because of the signal.
 */
export async function runLines(
  session: Session,
  display: Display,
  signal: AbortSignal,
  { input, isTyped, strict }: RunLinesOptions,
): Promise<boolean> {
  const overlapping = { session, show: (shown: Shown) => display.show(shown), clock: undefined };
  const context = { ...overlapping, clock: systemClock };
  const reader = input.pipeThrough(new InputLineStream({ dropsRest: isTyped })).getReader();
  const stopped = aborted(signal).then((): LineOutcome[] => ["failed"]);
  // A read of a terminal or a pipe cannot be taken back; the process ends nevertheless.
  const stopReading = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stopReading);
  // It may have come while the client registered.
  if (signal.aborted) stopReading();
  // A terminal whose window is closed may end with an error.
  const end = { done: true, value: undefined } as const;
  const read = () => isTyped ? reader.read().catch(() => end) : reader.read();
  const running: Promise<LineOutcome>[] = [];
  let hasFailed = false;
  /** Waits for lines. @returns Whether the next one may be begun. */
  const done = async (lines: readonly Promise<LineOutcome>[]): Promise<boolean> => {
    const outcomes = await Promise.race([Promise.all(lines), stopped]);
    const failed = outcomes.includes("failed");
    hasFailed ||= failed;
    return !signal.aborted && !outcomes.includes("quit") && !(failed && strict);
  };
  try {
    for (let isMore = true; isMore;) {
      const { done: isEnd, value: lines } = await read();
      if (isEnd) break;
      for (const line of lines) {
        const overlaps = !strict && line.text !== undefined && isMessage(line.text);
        if (!overlaps || running.length >= overlappingMax) isMore = await done(running.splice(0));
        if (!isMore) break;
        if (overlaps) running.push(runLine(line.text, overlapping));
        else if (line.text === undefined) isMore = await done([refuse(line, session, display)]);
        else isMore = await done([runLine(line.text, context)]);
        if (!isMore) break;
      }
    }
    await done(running);
    if (!signal.aborted) await Promise.race([session.client.allDelivered(), stopped]);
  } finally {
    signal.removeEventListener("abort", stopReading);
    stopReading();
  }
  return !hasFailed;
}

/** Says that a line is no text. If it was meant as a command, it may have been one that turns to somebody. */
function refuse(
  { number, why, beginning }: InputFault,
  session: Session,
  display: Display,
): Promise<LineOutcome> {
  const command = commandIn(beginning);
  if (command !== undefined) session.turnToNobody(command);
  display.show({ type: "not-a-line", number, why });
  return Promise.resolve("failed");
}
