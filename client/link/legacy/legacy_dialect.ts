/**
 * How texts are read and written with legacy programs: with the original in raw text, where each read is one
 * message, and with its relatives in lines. Bytes in, what they mean out; no I/O and no clock.
 *
 * @module
 */

import { type LegacyItem, LegacyLines } from "./legacy_lines.ts";

/** One conversation in one of the two dialects. */
export class LegacyDialect {
  /** Undefined if each read is one message. */
  readonly #lines: LegacyLines | undefined;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Whether the peer ends its texts with a line end, and so may wait for one in ours. */
  #endsLines: boolean;

  constructor(dialect: "raw" | "lines") {
    this.#endsLines = dialect === "lines";
    this.#lines = this.#endsLines ? new LegacyLines() : undefined;
  }

  /** Takes what a read brought. */
  push(bytes: Uint8Array): LegacyItem[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (this.#lines !== undefined) return this.#lines.push(text);
    if (text.endsWith("\n")) this.#endsLines = true;
    const message = text.replace(/\r?\n$/, "");
    return message === "" ? [] : [{ type: "text", text: message }];
  }

  /** Whether something has come that {@linkcode flush} gives once nothing more comes. */
  get pending(): boolean {
    return this.#lines?.pending ?? false;
  }

  /** Takes what has come as all: nothing more comes, or nothing has come for a while. */
  flush(): LegacyItem[] {
    return this.#lines?.flush() ?? [];
  }

  /** A text of ours as it goes over the wire. */
  written(text: string): string {
    return this.#endsLines ? text.replaceAll("\n", " ") + "\r\n" : text;
  }

  /** What is said at the end; empty if the peer would show it as a text. */
  get farewell(): string {
    return this.#lines === undefined ? "" : "QUIT\r\n\r\n";
  }
}
