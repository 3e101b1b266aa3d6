// What the user has said before, as lines: from the store, and never more of it than is asked for.

import { assertEquals } from "@std/assert";
import type { HistoryEntry } from "../../../../client/store/store.ts";
import { earlierLines } from "../../../../client/ui/terminal/earlier_lines.ts";
import { entry, MessageList } from "../../../support/screen_fixture.ts";

function linesOf(entries: HistoryEntry[]) {
  const messages = new MessageList(entries);
  const history = (_name: string | undefined, limit: number, point = {}) =>
    messages.before((point as { before: number }).before, limit);
  return { messages, lines: earlierLines({ history }, "bob") };
}

Deno.test("own messages are lines again, the latest first, and none of them a command", () => {
  const { lines } = linesOf([
    entry(1, { text: "/etc/hosts is a file" }),
    entry(2, { direction: "in" }),
    entry(3, { text: "two\nlines" }),
    entry(5, { text: "", unreadable: true }),
  ]);
  assertEquals([...lines], [
    { text: "two\nlines", typed: 9 },
    { text: "//etc/hosts is a file", typed: 21 },
  ]);
});

Deno.test("of a long conversation only as much is read as is gone back to, and not all of it", () => {
  const all = Array.from({ length: 6_000 }, (_, i) => entry(i, { direction: "out" }));
  const { lines, messages } = linesOf(all);
  assertEquals(lines.next().value?.text, "text 5999");
  assertEquals(messages.most, 100);
  assertEquals([...lines].length, 4_999);
});

Deno.test("a store that cannot be read has no lines", () => {
  const history = () => {
    throw new Error("It is locked");
  };
  assertEquals([...earlierLines({ history }, "bob")], []);
});
