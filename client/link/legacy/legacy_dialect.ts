/**
 * How texts are read and written with legacy programs: with the original in raw text, where each read is one
 * message, and with its relatives as they frame theirs. Bytes in, what they mean out; no I/O and no clock.
 *
 * @module
 */

import type { LegacyItem } from "./legacy_block.ts";
import { farewell, framed, type Framing, type Speaker } from "./legacy_framing.ts";
import { LegacyLines } from "./legacy_lines.ts";

/** How long the rest of a line may take, in milliseconds, before what has come is taken as all of it. */
const restMs = 500;

/** The same for a text that may have no line end. Those that are sent one after another are not one. */
const wholeMs = 50;

/** What nobody says in raw text: the beginning of a CHAT with headers, and a QUIT that is an end. */
const structured = /^(?:CHAT\r?\n|QUIT\r?\n(?:[^\n]+\n)?\r?\n$)/;

/** One conversation in one of the two dialects. */
export class LegacyDialect {
  readonly #self: Speaker;
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** Undefined as long as each read is one message. */
  #lines: LegacyLines | undefined;
  /** Whether a peer that sends raw text ends it with a line end, and so may wait for one in ours. */
  #endsLines = false;
  /** How we have framed the last text of ours. */
  #speaks: Framing | undefined;

  constructor(dialect: "raw" | "lines", self: Speaker) {
    this.#self = self;
    if (dialect === "lines") this.#lines = new LegacyLines();
  }

  /** Takes what a read brought. */
  push(bytes: Uint8Array): LegacyItem[] {
    const text = this.#decoder.decode(bytes, { stream: true });
    // A peer that was called does not say first how it speaks.
    if (structured.test(text)) this.#lines ??= new LegacyLines();
    if (this.#lines !== undefined) return this.#lines.push(text);
    if (text.endsWith("\n")) this.#endsLines = true;
    const message = text.replace(/\r?\n$/, "");
    return message === "" ? [] : [{ type: "text", text: message }];
  }

  /**
   * After how many milliseconds without anything more {@linkcode flush} gives what has come; undefined if
   * there is nothing to give.
   */
  get flushMs(): number | undefined {
    if (!this.#lines?.pending) return undefined;
    return this.#lines.mayBeWhole ? wholeMs : restMs;
  }

  /** Takes what has come as all: nothing more comes, or nothing has come for a while. */
  flush(): LegacyItem[] {
    return this.#lines?.flush() ?? [];
  }

  /**
   * A text of ours as it goes over the wire.
   *
   * @param framing How the peer frames its texts, if it has shown that elsewhere.
   */
  written(text: string, framing = this.framing): string {
    this.#speaks = framing;
    return framed(text, framing, this.#self);
  }

  /** What is said at the end; empty if the peer would show it as a text. */
  get farewell(): string {
    if (this.#lines !== undefined) {
      return farewell(this.#lines.framing ?? this.#speaks ?? "lines", this.#self);
    }
    const speaks = this.#speaks ?? "none";
    // A peer that ends raw text with a line end does not know QUIT.
    return speaks === "lines" ? "" : farewell(speaks, this.#self);
  }

  /** How the peer frames its texts, as far as it has shown that. */
  get framing(): Framing {
    if (this.#lines !== undefined) return this.#lines.framing ?? "lines";
    return this.#endsLines ? "lines" : "none";
  }
}
