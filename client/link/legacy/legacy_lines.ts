/**
 * What the original's relatives send a peer: a CHAT with headers, then lines of text, then QUIT and an empty
 * line. Some send each message as a CHAT of its own, with the text in a line that is not a header. Both are
 * read here. Text in, what it means out; no I/O and no clock.
 *
 * @module
 */

import { isClientId } from "../../../shared/protocol/client_id.ts";
import { messageBytesMax } from "../../../shared/protocol/limits.ts";

/** What a line means. */
export type LegacyItem =
  | { readonly type: "id"; readonly id: string }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "quit" };

const openingHeader = /^(clientID|IP|Port): ?(.*)$/i;

/** The id that a relative gives in what it says first; undefined if it gives none. */
export function idIn(bytes: Uint8Array): string | undefined {
  const items = new LegacyLines().push(new TextDecoder().decode(bytes));
  return items.find((item) => item.type === "id")?.id;
}

/** Reads the lines of one relative. */
export class LegacyLines {
  #rest = "";
  #inOpening = false;
  #quitting = false;

  /** Whether a line has begun and not ended, or QUIT may be all that comes. */
  get pending(): boolean {
    return this.#rest !== "" || this.#quitting;
  }

  /** Takes what a read brought, decoded. */
  push(text: string): LegacyItem[] {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    const items = lines.flatMap((line) =>
      this.#take(line.endsWith("\r") ? line.slice(0, -1) : line)
    );
    // A line that does not end is shown in parts: nothing else limits it.
    return this.#rest.length > messageBytesMax ? [...items, ...this.flush()] : items;
  }

  /** Takes what has come as all: some end no lines, and some send no line behind QUIT. */
  flush(): LegacyItem[] {
    const rest = this.#rest;
    this.#rest = "";
    const items = rest === "" ? [] : this.#take(rest);
    if (!this.#quitting) return items;
    this.#quitting = false;
    return [...items, { type: "quit" }];
  }

  #take(line: string): LegacyItem[] {
    if (this.#quitting) {
      this.#quitting = false;
      // A QUIT that no empty line follows is a text.
      return line === ""
        ? [{ type: "quit" }]
        : [{ type: "text", text: "QUIT" }, ...this.#take(line)];
    }
    if (line === "CHAT") {
      this.#inOpening = true;
      return [];
    }
    if (line === "") {
      this.#inOpening = false;
      return [];
    }
    if (this.#inOpening) {
      const [, name, value] = openingHeader.exec(line) ?? [];
      if (name !== undefined) {
        const isId = name.toLowerCase() === "clientid" && isClientId(value!.trim());
        return isId ? [{ type: "id", id: value!.trim() }] : [];
      }
    } else if (line === "QUIT") {
      this.#quitting = true;
      return [];
    }
    return [{ type: "text", text: line }];
  }
}
