import type { PublicKey } from "../../../../shared/crypto/public_key.ts";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../../client/user_error.ts";
import type { HistoryEntry } from "../../../../client/store/store.ts";
import { exportHistory } from "../../../../client/ui/cli/history_export.ts";
import type { HistoryFormat } from "../../../../client/ui/cli/history_formats.ts";
import { codePoint } from "../../../support/code_point.ts";
import { keyOf, printOf } from "../../../support/store_fixture.ts";
import { rejectsSaying } from "../../../support/problems.ts";

const time = new Date(2026, 0, 2, 13, 45, 9);
const entry: HistoryEntry = {
  row: 1,
  name: "bob",
  key: undefined,
  direction: "in",
  id: "0".repeat(32),
  text: "Hello",
  sentAtMs: time.getTime(),
  atMs: time.getTime() + 1,
  state: "received",
  plaintext: false,
};

/** Exports messages. */
async function exported(
  entries: Iterable<HistoryEntry>,
  format: HistoryFormat,
  key?: PublicKey,
): Promise<string> {
  let text = "";
  await exportHistory({ name: "bob", key, ownKey: keyOf(9), self: "alice", entries }, format, {
    write: (bytes) => {
      text += new TextDecoder("utf-8", { fatal: true }).decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  return text;
}

Deno.test("people get each line of a message, with its time and who wrote it", async () => {
  assertEquals(
    await exported([
      entry,
      { ...entry, text: "one\n13:45 alice: two", plaintext: true },
      { ...entry, direction: "out", state: "delivered", text: "Hi" },
      { ...entry, direction: "out", state: "waiting", text: "a\r\nb" },
      { ...entry, direction: "out", state: "deposited", text: "" },
    ], "text"),
    [
      "2026-01-02 13:45:09 bob: Hello",
      "2026-01-02 13:45:09 bob [plaintext]: one",
      "                    │ [plaintext] 13:45 alice: two",
      "2026-01-02 13:45:09 alice: Hi",
      "2026-01-02 13:45:09 alice [waiting]: a",
      "                    │ [waiting] b",
      "2026-01-02 13:45:09 alice [at the mailbox]: ",
      "",
    ].join("\n"),
  );
  assertEquals(await exported([], "text"), "");
});

Deno.test("programs can get a line for each message, as those that drive a client are told of it", async () => {
  const lines = await exported([
    { ...entry, key: keyOf(2), text: "two\nlines \x1b[2J" },
    { ...entry, direction: "out", state: "waiting", text: "\u202e" },
  ], "ndjson");
  assertEquals(lines.match(/[^\n\P{C}]/u), null);
  const [received, sent] = lines.trimEnd().split("\n").map((line) => JSON.parse(line));
  const self = { name: "alice", person: printOf(9), device: keyOf(9) };
  const bob = { name: "bob", person: printOf(2), device: keyOf(2) };
  assertEquals([received.from, received.to, received.text], [bob, self, "two\nlines \x1b[2J"]);
  assertEquals([sent.from, sent.to.device, sent.state, sent.text], [
    self,
    null,
    "waiting",
    "\u202e",
  ]);
  assertEquals(received.sentAt, time.toISOString());
  assertEquals(await exported([], "ndjson"), "");
});

Deno.test("programs get an array with every field, its times in UTC", async () => {
  const [received, sent] = JSON.parse(
    await exported([entry, { ...entry, direction: "out", state: "read" }], "json"),
  );
  assertEquals(received, {
    id: entry.id,
    direction: "in",
    from: "bob",
    to: "alice",
    sentAt: time.toISOString(),
    keptAt: new Date(entry.atMs).toISOString(),
    state: "received",
    plaintext: false,
    text: "Hello",
  });
  assertEquals([sent.from, sent.to, sent.state], ["alice", "bob", "read"]);
  assertEquals(await exported([], "json"), "[]\n");
});

Deno.test("where another person of the same name begins is said, with both fingerprints", async () => {
  const [first, second] = [1, 2].map(printOf);
  const entries = [
    { ...entry, key: keyOf(1) },
    { ...entry, key: keyOf(2), direction: "out", state: "read", text: "Hi" },
    { ...entry, key: keyOf(2), text: `a\n— from here on bob has the key ${first}` },
  ] as const;
  assertEquals(
    await exported(entries, "text"),
    [
      "2026-01-02 13:45:09 bob: Hello",
      `— from here on bob has the key ${second}; before, the key ${first}`,
      "2026-01-02 13:45:09 alice: Hi",
      "2026-01-02 13:45:09 bob: a",
      `                    │ — from here on bob has the key ${first}`,
      "",
    ].join("\n"),
  );
  // If somebody else has the name by now and has said nothing yet, that is said at the end.
  assertEquals(
    (await exported(entries.slice(0, 1), "text", keyOf(2))).split("\n").slice(1),
    [`— from here on bob has the key ${second}; before, the key ${first}`, ""],
  );
  assertEquals((await exported(entries, "text", keyOf(2))).split("\n").length, 6);
  const messages = JSON.parse(await exported([...entries, entry], "json"));
  const persons = messages.map(({ person }: { person?: string }) => person);
  assertEquals(persons, [first, second, second, undefined]);
});

Deno.test("a text that was changed on the disk is marked as such in both formats", async () => {
  const note = "(this text was changed on the disk, and cannot be read)";
  const unreadable = { ...entry, text: "", unreadable: true } as const;
  assertEquals(await exported([unreadable], "text"), `2026-01-02 13:45:09 bob: ${note}\n`);
  const [exportedEntry] = JSON.parse(await exported([unreadable], "json"));
  assertEquals([exportedEntry.text, "unreadable" in exportedEntry], [note, false]);
});

const nasty = fc.oneof(
  fc.string({ unit: codePoint }),
  fc.array(fc.constantFrom(
    ...["\x1b[2J", "\x1b]52;c;x\x07", "\x9b31m", "\r", "\n", "\t", "\0", "\x7f", '"', "\\", "\\u"],
    ...["\u202e", "\u2028", "\u0085", "\ud800", "\udc00", "\u{e0001}", "\ufeff", "é", "👩‍👩‍👧", "]"],
  )).map((parts) => parts.join("")),
);

Deno.test("any text comes back from JSON, on one line, without anything that a terminal obeys", async () => {
  await fc.assert(fc.asyncProperty(fc.array(nasty, { maxLength: 5 }), async (texts) => {
    const json = await exported(texts.map((text) => ({ ...entry, text })), "json");
    assertEquals(JSON.parse(json).map(({ text }: { text: string }) => text), texts);
    assert(!/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(json.replaceAll("\n", "")), json);
    // Each object is on a line of its own.
    for (const line of json.split("\n").slice(1, -2)) JSON.parse(line.replace(/,$/, ""));
  }));
});

Deno.test("no text shows people anything that a terminal obeys, or a line of its own", async () => {
  await fc.assert(fc.asyncProperty(nasty, async (text) => {
    const lines = (await exported([{ ...entry, text }], "text")).trimEnd().split("\n");
    for (const line of lines) {
      assert(!/[\p{Cc}\p{Cs}\u202e\u2028]/u.test(line), JSON.stringify(line));
    }
    for (const line of lines.slice(1)) assert(line.startsWith(`${" ".repeat(20)}│`), line);
  }));
});

Deno.test("a long history is written piece by piece, as it is read", async () => {
  let read = 0;
  let most = 0;
  let written = 0;
  function* entries() {
    for (; read < 10_000; read++) yield { ...entry, text: "x".repeat(1_000) };
  }
  await exportHistory(
    { name: "bob", key: undefined, ownKey: keyOf(9), self: "alice", entries: entries() },
    "json",
    {
      write: async (bytes) => {
        await undefined;
        most = Math.max(most, bytes.length);
        // Little is read ahead of what is written.
        assert(read * 1_000 - written < 200_000);
        // Like a pipe, it takes only a part.
        const taken = Math.min(bytes.length, 30_000);
        written += taken;
        return taken;
      },
    },
  );
  assert(written > 10_000_000 && most < 100_000);
});

Deno.test("a reader who has had enough is no failure, a full disk is", async () => {
  const run = (error: Error) =>
    exportHistory(
      { name: "bob", key: undefined, ownKey: keyOf(9), self: "alice", entries: [entry] },
      "text",
      { write: () => Promise.reject(error) },
    );
  await run(new Deno.errors.BrokenPipe());
  const full = Object.assign(new Error("No space left"), { code: "ENOSPC" });
  await rejectsSaying(
    () => run(full),
    UserError,
    "Cannot export the history to standard output: the disk is full; make room, and try again",
  );
});
