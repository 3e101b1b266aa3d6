/**
 * The front end for scripts: commands come line by line from standard input, and each event goes out as
 * a line. `name: text` is a message (`name [plaintext]: text` where it was not encrypted), `* …` a notice,
 * `  …` a row of a list, all on standard output; what went wrong goes to standard error.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { aborted } from "../../../shared/time/clock.ts";
import { makeVisible } from "../../../shared/text/visible.ts";
import { writeAll } from "../../../shared/net/write_all.ts";
import type { ChatClient } from "../../client.ts";
import { overlaps, runLine } from "../commands/commands.ts";
import type { ChatEvent } from "../../events.ts";
import type { HistoryRow } from "../wording/history_rows.ts";
import { type Wording, wordingOf } from "../wording/wording.ts";

/** An event's lines, as scripts read them, each with its line end. */
export function plainText(event: ChatEvent, now?: Date): string {
  return textOf(event, wordingOf(event, now));
}

function textOf(event: ChatEvent, wording: Wording | undefined): string {
  if (event.type === "delivered") return `* delivered to ${makeVisible(event.name)}\n`;
  if (wording === undefined) return "";
  const { tone, name, mark, lines, rows = [] } = wording;
  switch (tone) {
    case "message":
      // One line an event, whatever the message holds.
      return `${name}${mark === undefined ? "" : ` ${mark}`}: ${lines.join("␊")}\n`;
    case "notice":
      return lines.map((line) => `* ${line}\n`).join("");
    case "list":
      return lines.map((line) => `${line}\n`).join("");
    case "history":
      return [...lines, ...rows.map(rowText)].map((line) => `${line}\n`).join("");
    case "problem":
      return lines.map((line) => `error: ${line}\n`).join("");
  }
}

function rowText({ time, who, state, lines }: HistoryRow): string {
  return `  ${time}  ${who}  ${state === "" ? "" : `${state}  `}${lines.join("␊")}`;
}

/** Whether an event says that something went wrong. */
export function isProblem(event: ChatEvent): boolean {
  return wordingOf(event)?.tone === "problem";
}

const utf8 = new TextEncoder();

/** Characters waiting to be printed at which {@linkcode LinePrinter.room} makes a peer wait. */
const waitingMax = 256 * 1024;

/** Lines of the input that are being done at once. */
const overlappingMax = 1_024;

type Sink = Pick<typeof Deno.stdout, "write">;

/** What goes out in one write. */
interface Batch {
  readonly sink: Sink;
  text: string;
}

/** Prints events, in order. */
export class LinePrinter {
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

  /** Prints an event. */
  readonly print = (event: ChatEvent): void => {
    const wording = wordingOf(event);
    const text = textOf(event, wording);
    if (text === "") return;
    const { out, err } = this.#sinks;
    const sink = wording?.tone === "problem" ? err : out;
    this.#waiting += text.length;
    if (this.#next?.sink === sink) this.#next.text += text;
    else this.#begin({ sink, text });
  };

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

  /** When there is room for more; undefined where there is. */
  readonly room = (): Promise<void> | undefined =>
    this.#waiting > waitingMax ? this.#printing : undefined;

  /**
   * When all is printed; undefined where it is. Rejected where something could not be, so that nobody has
   * seen it.
   */
  readonly printed = (): Promise<void> | undefined =>
    this.#waiting === 0 && !this.#failed ? undefined : this.#printing.then(() => {
      if (this.#failed) throw new Error("Nobody reads what is printed");
    });

  /** Done when all is printed. */
  async flush(): Promise<void> {
    await this.#printing;
  }
}

/**
 * Runs commands from standard input until `/quit`, the end of the input or the signal: each when the one
 * before is done, only messages not, so that many of them are written to the disk at once. At the end of
 * the input it waits until what was sent has arrived.
 */
export async function runLines(
  client: ChatClient,
  emit: (event: ChatEvent) => void,
  signal: AbortSignal,
  input: ReadableStream<Uint8Array<ArrayBuffer>> = Deno.stdin.readable,
): Promise<void> {
  const reader = input
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .getReader();
  const stopped = aborted(signal);
  // A read of a terminal or a pipe cannot be taken back; the process ends all the same.
  const stopReading = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stopReading);
  const running: Promise<boolean>[] = [];
  const settled = () => Promise.race([Promise.all(running.splice(0)), stopped]);
  try {
    while (!signal.aborted) {
      const { done, value: line } = await reader.read();
      if (done) break;
      const overlapping = overlaps(line);
      if (!overlapping || running.length >= overlappingMax) await settled();
      const run = runLine(line, { client, emit });
      if (overlapping) running.push(run);
      else if (await Promise.race([run, stopped])) break;
    }
    await settled();
    if (!signal.aborted) await Promise.race([client.allDelivered(), stopped]);
  } finally {
    signal.removeEventListener("abort", stopReading);
    stopReading();
  }
}
