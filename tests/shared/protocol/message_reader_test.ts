import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encode, type Message, message } from "../../../shared/protocol/message.ts";
import {
  MessageReader,
  type MessageReaderOptions,
} from "../../../shared/protocol/message_reader.ts";
import type { Fault } from "../../../shared/protocol/status.ts";
import {
  headersMax,
  legacyListBytesMax,
  lineBytesMax,
  mailMessageBytesMax,
  messageBytesMax,
} from "../../../shared/protocol/limits.ts";
import { codePoint } from "../../support/code_point.ts";

const utf8 = new TextEncoder();

function readAll(chunks: Uint8Array[], options?: MessageReaderOptions): (Message | Fault)[] {
  const reader = new MessageReader(options);
  return chunks.flatMap((chunk) => [...reader.messages(chunk)]);
}

function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks = [];
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes.length === 0 ? 1 : sizes[i % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

// Pieces for which it matters where a chunk ends.
const piece = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("PING\r\n\r\n", "INFO\nLimit: 3\n\n", "\r\n", "\n", "\r"),
  },
  { weight: 3, arbitrary: fc.string({ unit: codePoint }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("Text: é漢🙂\r\n", "MSG\r\n", "no colon\n", "\0", "a:b\n"),
  },
  { weight: 1, arbitrary: fc.constantFrom("x".repeat(lineBytesMax), "A: b\n".repeat(headersMax)) },
).map((text) => utf8.encode(text));
const stream = fc.array(
  fc.oneof({ weight: 12, arbitrary: piece }, {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 4 }),
  }),
  { maxLength: 24 },
).map((pieces) => new Uint8Array(pieces.flatMap((bytes) => [...bytes])));

Deno.test("MessageReader gives the same for any chunking", () => {
  fc.assert(
    fc.property(
      stream,
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
      (bytes, sizes) => {
        const bytewise = readAll(cut(bytes, []));
        assertEquals(readAll([bytes]), bytewise);
        assertEquals(readAll(cut(bytes, sizes)), bytewise);
        // Nothing here is too long for a message.
        assertEquals(readAll(cut(bytes, sizes), { longVerb: "PING" }), bytewise);
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("MessageReader holds each limit exactly, for any chunking", () => {
  const head = "MSG\r\n";
  const line = (bytes: number) => "A: ".padEnd(bytes - 2, "x") + "\r\n";
  const filler = (bytes: number) => line(4096).repeat(3) + line(bytes - 3 * 4096);
  const cases: [name: string, text: string, code: number | undefined][] = [
    ["longest line", head + line(lineBytesMax) + "\r\n", undefined],
    ["one byte more", head + line(lineBytesMax + 1) + "\r\n", 413],
    ["most headers", head + "A: b\r\n".repeat(headersMax) + "\r\n", undefined],
    ["one header more", head + "A: b\r\n".repeat(headersMax + 1) + "\r\n", 413],
    ["longest message", head + filler(messageBytesMax - 7) + "\r\n", undefined],
    ["one byte more", head + filler(messageBytesMax - 6) + "\r\n", 413],
  ];
  for (const [name, text, code] of cases) {
    const bytes = utf8.encode("PING\r\n\r\n" + text + "PING\r\n\r\n");
    for (const sizes of [[bytes.length], [1], [7], [1_000]]) {
      const items = readAll(cut(bytes, sizes));
      const got = items.map((item) => "verb" in item ? item.verb : item.code);
      assertEquals(got, code === undefined ? ["PING", "MSG", "PING"] : ["PING", code], name);
    }
  }
});

Deno.test("MessageReader takes messages of one verb that are as long as a mail's, for any chunking", () => {
  const line = "A: ".padEnd(4_094, "x") + "\r\n";
  const filled = (head: string, bytes: number) => {
    const lines = Math.floor((bytes - head.length - 2) / line.length);
    const left = bytes - head.length - 2 - lines * line.length;
    return head + line.repeat(lines) + (left > 0 ? "B: ".padEnd(left - 2, "y") + "\r\n" : "") +
      "\r\n";
  };
  const head = "DEPOSIT\r\n";
  const cases: [text: string, code: number | undefined][] = [
    [filled(head, mailMessageBytesMax), undefined],
    [filled(head, mailMessageBytesMax + 1), 413],
    [filled("DEPOSIT\n", mailMessageBytesMax), undefined],
    [filled("\r\n\n" + head, mailMessageBytesMax), undefined],
    [filled("DEPOSI\r\n", messageBytesMax + 1), 413],
    [filled("XDEPOSIT\r\n", messageBytesMax + 1), 413],
    [filled("INFO\r\nDEPOSIT\r\n", messageBytesMax + 1), 413],
    [filled("MSG\r\n", messageBytesMax), undefined],
    ["DEPOSIT\r\n" + "A: b\r\n".repeat(headersMax + 1) + "\r\n", 413],
  ];
  for (const [text, code] of cases) {
    const verb = /[A-Z]+/.exec(text)![0];
    for (const before of ["", "PING\r\n\r\n", head + "\r\n"]) {
      const bytes = utf8.encode(before + text + "PING\r\n\r\n");
      const first = before === "" ? [] : [before.trimEnd()];
      for (const sizes of [[bytes.length], [1], [7], [1_000], [16_384]]) {
        const items = readAll(cut(bytes, sizes), { longVerb: "DEPOSIT" });
        const got = items.map((item) => "verb" in item ? item.verb : item.code);
        assertEquals(got, [...first, ...code === undefined ? [verb, "PING"] : [code]]);
      }
    }
  }
});

Deno.test("MessageReader takes a list of any number of lines, up to its bytes, for any chunking", () => {
  const listed = (verb: string, lines: number) =>
    `${verb}\r\n${"bob 127.0.0.1:5557\r\n".repeat(lines)}`;
  const filled = (bytes: number) => {
    const line = "x".repeat(98) + "\r\n";
    const start = "INFOACK\r\n" + line.repeat(Math.floor((bytes - 200) / 100));
    return start + "x".repeat(bytes - start.length - 4) + "\r\n\r\n";
  };
  const cases: [said: string, expected: (string | number)[]][] = [
    [listed("INFOACK", headersMax + 1) + "\r\n", ["INFOACK", "PING"]],
    [listed("INFOACK", 2_000) + "\r\n", ["INFOACK", "PING"]],
    [listed("INFOACL", headersMax + 1) + "\r\n", [413]],
    [filled(legacyListBytesMax), ["INFOACK", "PING"]],
    [filled(legacyListBytesMax + 1), [413]],
    ["INFOACK\r\n" + "x".repeat(lineBytesMax) + "\r\n\r\n", [413]],
    ["INFOACK\r\nb\x07b 127.0.0.1:5557\r\n\r\n", ["INFOACK", "PING"]],
    ["INFOACL\r\nb\x07b 127.0.0.1:5557\r\n\r\n", [400, "PING"]],
  ];
  for (const [said, expected] of cases) {
    for (const sizes of [[Infinity], [1], [7], [1_000], [16_384]]) {
      const bytes = utf8.encode(said + "PING\r\n\r\n");
      const items = readAll(cut(bytes, sizes), {
        listVerb: "INFOACK",
        longVerb: "COLLECTACK",
      });
      const got = items.map((item) => "verb" in item ? item.verb : item.code);
      assertEquals(got, expected, `${said.length} bytes, ${sizes}`);
    }
  }
});

Deno.test("MessageReader gives back what was encoded, and nothing is pending after it", () => {
  const sent = [message("PING"), message("MSG", [["Id", "1"], ["Text", "é漢🙂"]])];
  const reader = new MessageReader();
  const bytes = utf8.encode(sent.map(encode).join(""));
  assertEquals([...reader.messages(bytes)], sent);
  assertEquals(reader.pending, false);
  assertEquals([...reader.messages(bytes.subarray(0, 3))], []);
  assert(reader.pending);
  assertEquals([...reader.messages(bytes.subarray(3))], sent);
  assertEquals(reader.pending, false);
});

Deno.test("MessageReader goes on after a malformed message and ends at one that is not UTF-8", () => {
  const bytes = utf8.encode("GET / HTTP/1.1\r\n\r\nPING\r\n\r\nPING\r\nA: ?\r\n\r\nPING\r\n\r\n");
  bytes[bytes.indexOf(0x3f)] = 0xff;
  for (const sizes of [[bytes.length], [1]]) {
    const items = readAll(cut(bytes, sizes));
    assertEquals(items.map((item) => "verb" in item ? item.verb : `${item.code} ${item.fatal}`), [
      "400 false",
      "PING",
      "400 true",
    ]);
  }
});
