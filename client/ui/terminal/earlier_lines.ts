/**
 * What the user has said to somebody in earlier runs, as lines to go back to. It is in the store anyway.
 *
 * @module
 */

import type { ChatClient } from "../../client.ts";
import { readable } from "../readable.ts";
import { messageLine } from "../commands/commands.ts";
import type { LineText } from "./edited_line.ts";

/** Messages that are read at a time, and that are looked through at most: there may be a million of the peer's. */
const pageSize = 100;
const readMax = 5_000;

/** The lines, the latest first. It ends where the store cannot be read. */
export function* earlierLines(
  client: Pick<ChatClient, "history">,
  name: string,
): Generator<LineText> {
  let before = Number.MAX_SAFE_INTEGER;
  for (let read = 0; read < readMax; read += pageSize) {
    const entries = readable(() => client.history(name, pageSize, { before }), []);
    for (const { direction, unreadable, text } of entries.toReversed()) {
      if (direction === "in" || unreadable) continue;
      const line = messageLine(text);
      yield { text: line, typed: line.length };
    }
    if (entries.length < pageSize) return;
    before = entries[0]!.row;
  }
}
