import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  encode,
  encodeInto,
  header,
  headerValues,
  type Message,
  message,
  parse,
} from "../../../shared/protocol/message.ts";
import { MessageReader } from "../../../shared/protocol/message_reader.ts";
import { headersMax } from "../../../shared/protocol/limits.ts";
import { type Fault, isFault } from "../../../shared/protocol/status.ts";
import { codePoint } from "../../support/code_point.ts";

const utf8 = new TextEncoder();

/** The lines of one encoded message, without line ends and without the empty line. */
function linesOf(encoded: string): string[] {
  return encoded.split("\r\n").slice(0, -2);
}

function withoutControls(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "");
}

const verb = fc.stringMatching(/^[A-Z]{1,16}$/);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,20}$/);
const value = fc.oneof(fc.string(), fc.string({ unit: codePoint }))
  .map((text) => withoutControls(text).replaceAll(/^ +| +$/g, ""));
const bareLine = fc.oneof(
  fc.string(),
  fc.string({ unit: codePoint }),
  fc.constant("Requesting all"),
)
  .map(withoutControls)
  .filter((line) => line !== "" && !/^[A-Za-z][A-Za-z0-9-]*:/.test(line));
const validMessage: fc.Arbitrary<Message> = fc.record({
  verb,
  headers: fc.array(fc.tuple(name, value), { maxLength: 20 }),
  bare: fc.oneof(fc.constant([]), fc.array(bareLine, { maxLength: 5 })),
});
// Mostly what encode refuses, at every possible position.
const anyMessage: fc.Arbitrary<Message> = fc.record({
  verb: fc.oneof(verb, fc.string({ unit: codePoint })),
  headers: fc.array(
    fc.tuple(
      fc.oneof(name, fc.string()),
      fc.oneof(value, fc.string({ unit: codePoint }), fc.string()),
    ),
    { maxLength: 4 },
  ),
  bare: fc.oneof(fc.constant([]), fc.array(fc.string(), { maxLength: 2 })),
});

Deno.test("parse gives back any message that was encoded", () => {
  fc.assert(fc.property(validMessage, (sent) => {
    assertEquals(parse(linesOf(encode(sent))), sent);
  }));
});

Deno.test("MessageReader gives back any message that was encoded", () => {
  fc.assert(fc.property(validMessage, (sent) => {
    assertEquals([...new MessageReader().messages(utf8.encode(encode(sent)))], [sent]);
  }));
});

Deno.test("encode takes whatever parse gave, so that no message can be read and not passed on", () => {
  const line = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.string({ unit: codePoint, minLength: 1 }),
    fc.tuple(name, fc.string()).map(([name, text]) => `${name}:${text}`),
  );
  fc.assert(fc.property(fc.oneof(verb, line), fc.array(line), (first, others) => {
    const item = parse([first, ...others]);
    if (!isFault(item)) assertEquals(parse(linesOf(encode(item))), item);
  }));
});

Deno.test("encodeInto writes the bytes of encode, or -1 if the message needs encode", () => {
  fc.assert(
    fc.property(
      fc.oneof(validMessage, anyMessage),
      fc.nat(600),
      fc.nat(20),
      (sent, size, at) => {
        const bytes = new Uint8Array(size);
        const end = encodeInto(sent, bytes, at);
        const expected = encodedOrUndefined(sent);
        const fits = expected !== undefined && at + expected.length <= size;
        if (fits && sent.bare.length === 0 && /^[\r\n -~]*$/.test(expected)) {
          assertEquals(end, at + expected.length);
          assertEquals(new TextDecoder().decode(bytes.subarray(at, end)), expected);
        } else {
          assertEquals(end, -1);
        }
      },
    ),
    { numRuns: 500 },
  );
});

function encodedOrUndefined(sent: Message): string | undefined {
  try {
    return encode(sent);
  } catch {
    return undefined;
  }
}

Deno.test("no text makes parse throw, and no bytes MessageReader", () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: codePoint })), (lines) => {
    assert(typeof parse(lines) === "object");
  }));
  fc.assert(fc.property(fc.array(fc.uint8Array()), (chunks) => {
    const reader = new MessageReader();
    const items = chunks.flatMap((chunk) => [...reader.messages(chunk)]);
    for (const item of items) assert(typeof item === "object");
  }));
});

Deno.test("encode throws if a value or a name would be read as something else", () => {
  const refused: [why: string, message: Message][] = [
    ["CR in a value", message("MSG", [["Text", "a\rb"]])],
    ["LF in a value", message("MSG", [["Text", "a\nQUIT"]])],
    ["a header injected by a value", message("MSG", [["Text", "a\r\nTarget: bob"]])],
    ["a message injected by a value", message("MSG", [["Text", "a\r\n\r\nQUIT"]])],
    ["NUL", message("MSG", [["Text", "\0"]])],
    ["ESC", message("MSG", [["Text", "\x1b[2J"]])],
    ["DEL", message("MSG", [["Text", "\x7f"]])],
    ["a C1 control", message("MSG", [["Text", "\x9b2J"]])],
    ["a leading space", message("MSG", [["Text", " a"]])],
    ["a trailing space", message("MSG", [["Text", "a "]])],
    ["a space alone", message("MSG", [["Text", " "]])],
    ["an empty name", message("MSG", [["", "a"]])],
    ["a name with a colon", message("MSG", [["A: b", "a"]])],
    ["a name with a space", message("MSG", [["A b", "a"]])],
    ["a name that begins with a digit", message("MSG", [["1A", "a"]])],
    ["a name with a line end", message("MSG", [["A\r\nB", "a"]])],
    ["a name with a letter beyond ASCII", message("MSG", [["Naïve", "a"]])],
    ["an empty verb", message("")],
    ["a verb in small letters", message("msg")],
    ["a verb that is too long", message("A".repeat(17))],
    ["a verb with a line end", message("MSG\r\nQUIT")],
    ["an empty bare line", { verb: "INFO", headers: [], bare: [""] }],
    ["a bare line with a line end", { verb: "INFO", headers: [], bare: ["a\r\nb"] }],
    ["a bare line that is a header", { verb: "INFO", headers: [], bare: ["Limit: 1"] }],
  ];
  for (const [why, sent] of refused) {
    assertThrows(() => encode(sent), TypeError, "Cannot encode", why);
    assertEquals(encodeInto(sent, new Uint8Array(256), 0), -1, why);
  }
});

Deno.test("header finds a name without regard to case, the first of several, and without the spaces around it", () => {
  const item = parse(["MSG", "TEXT:one", "text:   two  words  ", "Empty:", "Id: 1"]) as Message;
  assertEquals(header(item, "Text"), "one");
  assertEquals(headerValues(item, "tExT"), ["one", "two  words"]);
  assertEquals(header(item, "Empty"), "");
  assertEquals(header(item, "Missing"), undefined);
  assertEquals(headerValues(item, "Missing"), []);
  assertEquals(item.headers[0], ["TEXT", "one"]);
});

Deno.test("parse keeps lines that are not headers as they are", () => {
  const bare = [
    "Requesting clients",
    "  indented: text  ",
    ": no name",
    "1: digit first",
    "a b: c",
  ];
  assertEquals(parse(["INFO", bare[0]!, "Limit: 3", ...bare.slice(1)]), {
    verb: "INFO",
    headers: [["Limit", "3"]],
    bare,
  });
});

function faultOf(item: Message | Fault): [code: number, fatal: boolean] | undefined {
  return isFault(item) ? [item.code, item.fatal] : undefined;
}

Deno.test("a start line that is not a verb is 400 and does not end the connection", () => {
  for (const line of ["", "info", "GET / HTTP/1.1", " INFO", "INFO ", "INFO\0", "A".repeat(17)]) {
    const item = parse([line, "A: b"]);
    assertEquals(faultOf(item), [400, false], line);
  }
});

Deno.test("every control character in a header or a bare line is 400", () => {
  const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code))
    .filter((c) => /\p{Cc}/u.test(c));
  assertEquals(controls.length, 65);
  for (const control of controls) {
    for (const line of [`Text: a${control}b`, `Text: ${control}`, `Te${control}xt: a`, control]) {
      const item = parse(["MSG", line]);
      assertEquals(faultOf(item), [400, false], JSON.stringify(line));
    }
  }
});

Deno.test("parse takes as many header lines as the limit says, with bare lines", () => {
  const lines = (count: number) => ["INFO", "bare", ...Array(count - 1).fill("A: b")];
  assert(!isFault(parse(lines(headersMax))));
  const item = parse(lines(headersMax + 1));
  assertEquals(faultOf(item), [413, true]);
});
