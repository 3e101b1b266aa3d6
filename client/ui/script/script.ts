/**
 * The front end for scripts: commands come line by line from standard input, and everything that is shown
 * goes out as lines. `name: text` is a message (`name [plaintext]: text` if it was not encrypted), `* …` a
 * notice, `  …` a row of a list, all on standard output; what went wrong goes to standard error.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { aborted, systemClock } from "../../../shared/time/clock.ts";
import { writeAll } from "../../../shared/net/write_all.ts";
import { isMessage, type LineOutcome, runLine } from "../commands/commands.ts";
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

function rowTexts({ above, time, who, state, lines }: HistoryRow): string[] {
  return [
    ...above === undefined ? [] : [`  ${above}`],
    `  ${time}  ${who}  ${state === "" ? "" : `${state}  `}${lines.join("␊")}`,
  ];
}

const utf8 = new TextEncoder();

/** Characters waiting to be printed at which {@linkcode LinePrinter.room} makes a peer wait. */
const waitingMax = 256 * 1024;

/** Lines of the input that are under way at once, at most. */
const overlappingMax = 1_024;

type Sink = Pick<typeof Deno.stdout, "write">;

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
  #failed = false;
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
    const text = textOf(wording);
    const { out, err } = this.#sinks;
    const sink = wording.tone === "problem" ? err : out;
    this.#waiting += text.length;
    if (this.#next?.sink === sink) this.#next.text += text;
    else this.#begin({ sink, text });
  }

  isIdle(): boolean {
    return false;
  }

  room(): Promise<void> | undefined {
    return this.#waiting > waitingMax ? this.#printing : undefined;
  }

  shown(): Promise<void> | undefined {
    return this.#waiting === 0 && !this.#failed ? undefined : this.#printing.then(() => {
      if (this.#failed) throw new Error("Nobody reads what is printed");
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
      } catch {
        this.#failed = true;
        this.#onClosed();
      }
      this.#waiting -= batch.text.length;
    });
  }
}

/**
 * Runs commands from standard input until `/quit`, the end of the input or the signal. Each begins when the
 * one before is done, except for messages, so that many of them are written to the disk at once. At the end
 * of the input it waits until what was sent has arrived.
 *
 * @param display Shows the answers.
 */
export async function runLines(
  session: Session,
  display: Display,
  signal: AbortSignal,
  input: ReadableStream<Uint8Array<ArrayBuffer>> = Deno.stdin.readable,
): Promise<void> {
  const context = { session, show: (shown: Shown) => display.show(shown), clock: systemClock };
  const reader = input
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .getReader();
  const stopped = aborted(signal);
  // A read of a terminal or a pipe cannot be taken back; the process ends nevertheless.
  const stopReading = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stopReading);
  const running: Promise<LineOutcome>[] = [];
  const settled = () => Promise.race([Promise.all(running.splice(0)), stopped]);
  try {
    while (!signal.aborted) {
      const { done, value: line } = await reader.read();
      if (done) break;
      const overlapping = isMessage(line);
      if (!overlapping || running.length >= overlappingMax) await settled();
      const run = runLine(line, context);
      if (overlapping) running.push(run);
      else if (await Promise.race([run, stopped]) === "quit") break;
    }
    await settled();
    if (!signal.aborted) await Promise.race([session.client.allDelivered(), stopped]);
  } finally {
    signal.removeEventListener("abort", stopReading);
    stopReading();
  }
}
