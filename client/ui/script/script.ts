/**
 * The front end for scripts: commands come line by line from standard input, and everything that is shown
 * goes out as lines. `name: text` is a message (`name [plaintext]: text` if it was not encrypted), `* …` a
 * notice, `  …` a row of a list, all on standard output; what went wrong goes to standard error.
 *
 * @module
 */

import { aborted, systemClock } from "../../../shared/time/clock.ts";
import { writeAll } from "../../../shared/net/write_all.ts";
import { fitted } from "../../../shared/process/fitted.ts";
import { commandIn, isMessage, type LineOutcome, runLine } from "../commands/commands.ts";
import type { Display, Session } from "../session.ts";
import { type HistoryRow, type Shown, type Wording, wordingOf } from "../wording/wording.ts";
import { type InputFault, InputLineStream } from "./input_lines.ts";

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

const utf8 = new TextEncoder();

/** Characters waiting to be printed at which {@linkcode LinePrinter.room} makes a peer wait. */
const waitingMax = 256 * 1024;

/** Lines of the input that are under way at once, at most. */
const overlappingMax = 1_024;

type Sink = Pick<typeof Deno.stdout, "write" | "isTerminal">;

/** What goes out in one write. */
interface Batch {
  readonly sink: Sink;
  text: string;
}

/** Prints what is shown, in order. */
export class LinePrinter implements Display {
  #printing: Promise<void> = Promise.resolve();
  /** The last of those whose printing has not begun. */
  #next: Batch | undefined;
  #waiting = 0;
  #failure: { readonly cause: unknown } | undefined;
  #hasLost = false;
  readonly #onClosed: () => void;
  readonly #sinks: { readonly out: Sink; readonly err: Sink };

  /** @param onClosed Told that nobody reads what is printed any more. */
  constructor(
    onClosed: () => void,
    sinks = { out: Deno.stdout as Sink, err: Deno.stderr as Sink },
  ) {
    this.#onClosed = onClosed;
    this.#sinks = sinks;
  }

  show(shown: Shown): void {
    const wording = wordingOf(shown);
    if (shown.type === "unconfirmed") this.#hasLost = true;
    const { out, err } = this.#sinks;
    const sink = wording.tone === "problem" ? err : out;
    const text = fitted(textOf(wording), sink);
    this.#waiting += text.length;
    if (this.#next?.sink === sink) this.#next.text += text;
    else this.#begin({ sink, text });
  }

  /** Whether a message that was sent may not have arrived, and does not wait either. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** Why nothing is printed any more, other than that nobody reads it: they have had enough, as `head` has. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure?.cause instanceof Deno.errors.BrokenPipe ? undefined : this.#failure;
  }

  isIdle(): boolean {
    return false;
  }

  room(): Promise<void> | undefined {
    return this.#waiting > waitingMax ? this.#printing : undefined;
  }

  shown(): Promise<void> | undefined {
    return this.#waiting === 0 && this.#failure === undefined
      ? undefined
      : this.#printing.then(() => {
        if (this.#failure !== undefined) throw new Error("Nobody reads what is printed");
      });
  }

  /** Done when all is printed. */
  async flush(): Promise<void> {
    await this.#printing;
  }

  #begin(batch: Batch): void {
    this.#next = batch;
    this.#printing = this.#printing.then(async () => {
      if (this.#next === batch) this.#next = undefined;
      try {
        await writeAll(batch.sink, utf8.encode(batch.text));
      } catch (cause) {
        this.#failure ??= { cause };
        this.#onClosed();
      }
      this.#waiting -= batch.text.length;
    });
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
  const reader = input.pipeThrough(new InputLineStream(isTyped)).getReader();
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
  if (command !== undefined) session.turnFailed(command);
  display.show({ type: "not-a-line", number, why });
  return Promise.resolve("failed");
}
