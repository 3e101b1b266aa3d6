/**
 * The front end for scripts: commands come line by line from standard input, and each event goes out as
 * a line. `name: text` is a message (`name [plaintext]: text` where it was not encrypted), `* …` a notice, `  …` a row of a list, all on standard output; what
 * went wrong goes to standard error.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
import { aborted } from "../../shared/clock.ts";
import { makeVisible } from "../../shared/visible.ts";
import { writeAll } from "../../shared/write_all.ts";
import type { ChatClient } from "../client.ts";
import { runLine } from "../commands.ts";
import type { ChatEvent } from "../events.ts";
import { type Wording, wordingOf } from "./wording.ts";

/** An event's lines, as scripts read them, each with its line end. */
export function plainText(event: ChatEvent): string {
  return textOf(event, wordingOf(event));
}

function textOf(event: ChatEvent, wording: Wording | undefined): string {
  if (event.type === "delivered") return `* delivered to ${makeVisible(event.name)}\n`;
  if (wording === undefined) return "";
  const { tone, name, mark, lines } = wording;
  switch (tone) {
    case "message":
      // One line an event, whatever the message holds.
      return `${name}${mark === undefined ? "" : ` ${mark}`}: ${lines.join("␊")}\n`;
    case "notice":
      return lines.map((line) => `* ${line}\n`).join("");
    case "list":
      return lines.map((line) => `${line}\n`).join("");
    case "problem":
      return lines.map((line) => `error: ${line}\n`).join("");
  }
}

/** Whether an event says that something went wrong. */
export function isProblem(event: ChatEvent): boolean {
  return wordingOf(event)?.tone === "problem";
}

const utf8 = new TextEncoder();

/** Characters waiting to be printed at which {@linkcode LinePrinter.room} makes a peer wait. */
const waitingMax = 256 * 1024;

/** Prints events, in order. */
export class LinePrinter {
  #printing: Promise<void> = Promise.resolve();
  #waiting = 0;
  readonly #onClosed: () => void;

  /** @param onClosed Told that nobody reads what is printed any more. */
  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  /** Prints an event. */
  readonly print = (event: ChatEvent): void => {
    const wording = wordingOf(event);
    const text = textOf(event, wording);
    if (text === "") return;
    const sink = wording?.tone === "problem" ? Deno.stderr : Deno.stdout;
    this.#waiting += text.length;
    this.#printing = this.#printing
      .then(() => writeAll(sink, utf8.encode(text)))
      .catch(this.#onClosed)
      .finally(() => this.#waiting -= text.length);
  };

  /** When there is room for more; undefined where there is. */
  readonly room = (): Promise<void> | undefined =>
    this.#waiting > waitingMax ? this.#printing : undefined;

  /** Done when all is printed. */
  async flush(): Promise<void> {
    await this.#printing;
  }
}

/**
 * Runs commands from standard input, each when the one before is done, until `/quit`, the end of the
 * input or the signal. At the end of the input it waits until what was sent has arrived.
 */
export async function runLines(
  client: ChatClient,
  emit: (event: ChatEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const input = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const reader = input.getReader();
  const stopped = aborted(signal);
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), stopped]);
      if (!next || next.done) break;
      if (await Promise.race([runLine(next.value, { client, emit }), stopped])) break;
    }
    if (!signal.aborted) await Promise.race([client.allDelivered(), stopped]);
  } finally {
    // A read of a terminal or a pipe cannot be taken back; the process ends all the same.
    reader.cancel().catch(() => {});
  }
}
