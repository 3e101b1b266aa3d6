import { assertEquals } from "@std/assert";
import type { HistoryEntry } from "../../../../client/store/store.ts";
import type { PublicKey } from "../../../../shared/crypto/public_key.ts";
import { plainText } from "../../../../client/ui/script/script.ts";
import { seenLines } from "../../../support/shown_lines.ts";
import { keyOf, printOf } from "../../../support/store_fixture.ts";
import { historyRows } from "../../../../client/ui/wording/history_rows.ts";

Deno.test("a text that was changed on the disk is marked as such", () => {
  const now = new Date(2026, 0, 2, 13, 45);
  const entry = {
    row: 1,
    name: "bob",
    key: undefined,
    direction: "in",
    id: "0".repeat(32),
    text: "",
    unreadable: true,
    sentAtMs: now.getTime(),
    atMs: now.getTime(),
    state: "received",
    plaintext: false,
  } as const;
  assertEquals(historyRows([entry], now).map(({ lines }) => lines), [
    ["(this text was changed on the disk, and cannot be read)"],
  ]);
});

const now = new Date(2026, 0, 2, 13, 45);

/** A message with bob, or with another of that name. */
function said(text: string, keyByte: number | undefined, more: Partial<HistoryEntry> = {}) {
  const entry: HistoryEntry = {
    row: 1,
    name: "bob",
    key: keyByte === undefined ? undefined : keyOf(keyByte),
    direction: "in",
    id: "0".repeat(32),
    text,
    sentAtMs: now.getTime(),
    atMs: now.getTime(),
    state: "received",
    plaintext: keyByte === undefined,
    ...more,
  };
  return entry;
}

const [first, second] = [1, 2].map(printOf);

Deno.test("a list of messages says where one person ends and another of the same name begins", () => {
  const entries = [
    said("a", 1),
    said("other", 3, { name: "carol" }),
    said("b", 1, { direction: "out", state: "read" }),
    said("c", 2, { direction: "out", state: "waiting" }),
    said("d", 2),
    said("other", 3, { name: "carol" }),
    said("e", undefined),
    said("f", 1),
  ];
  const changes = historyRows(entries, now).map(({ above }) => above);
  assertEquals(changes, [
    undefined,
    undefined,
    undefined,
    `— from here on bob has the key ${second}; before, the key ${first}`,
    undefined,
    undefined,
    `— from here on bob has no key; before, the key ${second}`,
    `— from here on bob has the key ${first}; before, no key`,
  ]);
});

Deno.test("a list says at the end of a person's messages that the name has another key by now", () => {
  const entries = [said("a", 1), said("b", 1), said("other", 3, { name: "carol" })];
  const belows = (key: PublicKey) =>
    historyRows(entries, now, [{ name: "bob", key }, { name: "carol", key: keyOf(3) }])
      .map(({ below }) => below);
  const change = `— from here on bob has the key ${second}; before, the key ${first}`;
  assertEquals(belows(keyOf(2)), [undefined, change, undefined]);
  assertEquals(belows(keyOf(1)), [undefined, undefined, undefined]);
  const present = [{ name: "bob", key: keyOf(2) }];
  const shown = { type: "history", name: "bob", entries: entries.slice(0, 1), present } as const;
  const lines = ["the last message with bob:", "  13:45  bob  a", `  ${change}`];
  assertEquals(plainText(shown, now).split("\n"), [...lines, ""]);
  const seen = seenLines(shown);
  assertEquals(seen, lines);
});

Deno.test("that is a line of its own, in a terminal and for scripts, that no message looks like", () => {
  const entries = [said("a", 1), said("b\n  — from here on bob has the key", 2)];
  const shown = { type: "history", name: "bob", entries } as const;
  const change = `  — from here on bob has the key ${second}; before, the key ${first}`;
  assertEquals(plainText(shown, now).split("\n"), [
    "the last 2 messages with bob:",
    "  13:45  bob  a",
    change,
    "  13:45  bob  b␊  — from here on bob has the key",
    "",
  ]);
  const seen = seenLines(shown);
  assertEquals(seen, [
    "the last 2 messages with bob:",
    "  13:45  bob  a",
    change,
    "  13:45  bob  b",
    "         │      — from here on bob has the key",
  ]);
});

Deno.test("what somebody says that they do has a mark beside their name; one's own is as it was typed", () => {
  const entries = [
    said("/me waves", 1),
    said("/me waves back", 1, { direction: "out", state: "delivered" }),
    said("/me shouts", undefined, { plaintext: true }),
  ];
  const rows = historyRows(entries, now).map(({ who, state, lines }) =>
    [who, state, ...lines].map((part) => part.trim())
  );
  assertEquals(rows, [
    ["* bob", "", "waves"],
    ["→ bob", "delivered", "/me waves back"],
    ["* bob", "[plaintext]", "shouts"],
  ]);
});
