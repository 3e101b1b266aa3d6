import { assertEquals } from "@std/assert";
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
