/**
 * What the original's relatives send a peer: a CHAT with headers, then lines of text, then QUIT and an empty
 * line; or a CHAT for each text. Text in, what it means out; no I/O and no clock.
 *
 * @module
 */

import { messageBytesMax } from "../../../shared/protocol/limits.ts";
import { type LegacyIntroduction, type LegacyItem, readBlock, texts } from "./legacy_block.ts";
import type { Framing } from "./legacy_framing.ts";

/** What some send between QUIT and the empty line. */
const quitDetail = /^(?:Goodbye!|(?:client)?id: ?.*)$/i;

/** How a relative introduces itself in what it says first; undefined if it does not. */
export function introductionIn(bytes: Uint8Array): LegacyIntroduction | undefined {
  const lines = new LegacyLines();
  const items = [...lines.push(new TextDecoder().decode(bytes)), ...lines.flush()];
  return items.find((item) => item.type === "introduction")?.introduction;
}

/** Reads the lines of one relative. */
export class LegacyLines {
  #rest = "";
  /** The lines of a CHAT that is not complete. */
  #block: string[] | undefined;
  #blockLength = 0;
  /** QUIT, and what has come behind it. */
  #quitting: string[] | undefined;
  #isOpening = true;
  #framing: Framing | undefined;

  /** How the relative frames its texts; undefined if it has sent none. */
  get framing(): Framing | undefined {
    return this.#framing;
  }

  /** Whether a line or a CHAT has begun and not ended, or QUIT may be all that comes. */
  get pending(): boolean {
    return this.#rest !== "" || this.#block !== undefined || this.#quitting !== undefined;
  }

  /** Whether what is pending is a text that may have no line end: the relative has ended none so far. */
  get mayBeWhole(): boolean {
    const isText = this.#block === undefined && this.#quitting === undefined;
    return isText && (this.#framing === undefined || this.#framing === "none");
  }

  /** Takes what a read brought, decoded. */
  push(text: string): LegacyItem[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    const items = lines.flatMap((line) =>
      this.#take(line.endsWith("\r") ? line.slice(0, -1) : line, "lines")
    );
    // What does not end is shown in parts: nothing else limits it.
    const length = this.#rest.length + this.#blockLength;
    return length > messageBytesMax ? [...items, ...this.flush()] : items;
  }

  /** Takes what has come as all: some end no lines, and some send no line behind QUIT. */
  flush(): LegacyItem[] {
    const rest = this.#rest;
    this.#rest = "";
    const items = rest === "" ? [] : this.#take(rest, this.#framing ?? "none");
    return [...items, ...this.#endBlock(), ...this.#endQuit(false)];
  }

  #take(line: string, framing: Framing): LegacyItem[] {
    if (this.#quitting !== undefined) return this.#takeBehindQuit(line, framing);
    if (this.#block !== undefined) {
      if (line === "") return this.#endBlock();
      this.#blockLength += line.length;
      this.#block.push(line);
      return [];
    }
    if (line === "") return [];
    if (line === "CHAT") {
      this.#block = [];
      return [];
    }
    if (this.#isOpening && /^ID:/.test(line)) {
      this.#block = [line];
      return [];
    }
    if (line === "QUIT") {
      this.#quitting = [line];
      return [];
    }
    this.#isOpening = false;
    this.#framing = framing;
    return [{ type: "text", text: line }];
  }

  #takeBehindQuit(line: string, framing: Framing): LegacyItem[] {
    const behind = this.#quitting!;
    if (line === "") return this.#endQuit(true);
    if (behind.length === 1 && quitDetail.test(line)) {
      behind.push(line);
      return [];
    }
    // A QUIT that no empty line follows is a text.
    this.#quitting = undefined;
    this.#framing ??= "lines";
    return [...texts(behind), ...this.#take(line, framing)];
  }

  #endQuit(isComplete: boolean): LegacyItem[] {
    const behind = this.#quitting;
    this.#quitting = undefined;
    if (behind === undefined) return [];
    // Somebody who sends lines may have written that.
    const isSaid = behind.length > 1 && !isComplete && this.#framing === "lines";
    return isSaid ? texts(behind) : [{ type: "quit" }];
  }

  #endBlock(): LegacyItem[] {
    const lines = this.#block;
    if (lines === undefined) return [];
    this.#block = undefined;
    this.#blockLength = 0;
    const { items, framing } = readBlock(lines, this.#isOpening);
    this.#isOpening = false;
    this.#framing = framing ?? this.#framing;
    return [...items];
  }
}
