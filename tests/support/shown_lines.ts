/**
 * What is shown, and messages to show.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { MessageEvent } from "../../client/events.ts";
import { plainText } from "../../client/ui/script/script.ts";
import { terminalLines } from "../../client/ui/terminal/terminal_lines.ts";
import type { Shown } from "../../client/ui/wording/wording.ts";
import type { OfType } from "../../client/ui/wording/wording_parts.ts";
import { peer } from "./fake_client.ts";

/** When it is shown. */
export const now = new Date(2026, 0, 2, 13, 45);

/** A time of another day, in milliseconds. */
export const yesterday = new Date(2026, 0, 1, 23, 5).getTime();

/** The colours that this program itself sets. */
// deno-lint-ignore no-control-regex
export const sgr = /\x1b\[[0-9;]*m/g;

/** The rows of a terminal, by default a very wide one, without colours. */
export function seenLines(shown: Shown, columns = 1_000): string[] {
  return terminalLines(shown, now, columns);
}

/** A message from bob. */
export function message(text: string, more: Partial<MessageEvent> = {}): MessageEvent {
  const place = { stream: undefined, seq: undefined, kind: "text" } as const;
  const event = { ...peer("bob"), ...place, type: "message", id: "1", plaintext: false } as const;
  return { ...event, text, sentAtMs: now.getTime(), ...more };
}

/** Things to show, by their types, and how each reads. */
type Words = {
  [T in Shown["type"]]?: [shown: Omit<OfType<Shown, T>, "type">, printed: string][];
};

/** Tests how things read, word for word. */
export function testWords(words: Words): void {
  for (const [type, cases] of Object.entries(words)) {
    for (const [shown, printed] of cases as [object, string][]) {
      Deno.test(`${type} reads '${printed}'`, () => {
        assertEquals(plainText({ ...shown, type } as Shown, now), printed + "\n");
      });
    }
  }
}
