// The lines of a script's input, whichever way its bytes are cut, and what is none.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type InputLine, InputLineStream } from "../../../client/ui/input_lines.ts";
import { codePoint } from "../../support/code_point.ts";

const utf8 = new TextEncoder();

/** The lines in chunks of bytes. */
async function linesOf(chunks: readonly Uint8Array[], dropsRest = false): Promise<InputLine[]> {
  const bytes = ReadableStream.from(chunks.map((chunk) => new Uint8Array(chunk)));
  return (await Array.fromAsync(bytes.pipeThrough(new InputLineStream({ dropsRest })))).flat();
}

const text = (text: string): InputLine => ({ text });

const cases: [input: string, lines: string[]][] = [
  ["", []],
  ["one", ["one"]],
  ["one\n", ["one"]],
  ["one\r\ntwo", ["one", "two"]],
  ["\n\none\n\n", ["", "", "one", ""]],
  ["one\rtwo\r\n", ["one\rtwo"]],
  ["\ufeff/chat bob\n\ufeffx\n", ["/chat bob", "\ufeffx"]],
  ["é漢🙂\n", ["é漢🙂"]],
];

for (const [input, lines] of cases) {
  Deno.test(`${JSON.stringify(input)} has ${lines.length} lines`, async () => {
    assertEquals(await linesOf([utf8.encode(input)]), lines.map(text));
    // Byte by byte.
    assertEquals(
      await linesOf([...utf8.encode(input)].map((b) => Uint8Array.of(b))),
      lines.map(text),
    );
  });
}

Deno.test("a line that is not UTF-8 is named, and the others are lines", async () => {
  const parts = ["one\n", [0xff, 0x0a], "three\n", [0xc3, 0x0a, 0xa9, 0x0a], "six", [0xe9]];
  const bytes = parts.map((part) =>
    typeof part === "string" ? utf8.encode(part) : Uint8Array.from(part)
  );
  const fault = (number: number, beginning = "\ufffd"): InputLine => (
    { number, why: "not-utf8", beginning }
  );
  assertEquals(
    await linesOf(bytes),
    [text("one"), fault(2), text("three"), fault(4), fault(5), fault(6, "six\ufffd")],
  );
});

Deno.test("a line that is far too long is named, and does not take up memory", async () => {
  const long = new Uint8Array(40_000).fill(0x61);
  assertEquals(await linesOf([utf8.encode("one\n"), long, long, utf8.encode("\nthree\n")]), [
    text("one"),
    { number: 2, why: "too-long", beginning: "a".repeat(256) },
    text("three"),
  ]);
  const longest = "a".repeat(64 * 1024);
  assertEquals(await linesOf([utf8.encode(longest + "\n")]), [text(longest)]);
});

Deno.test("what no Enter ends is no line if the input is typed", async () => {
  assertEquals(await linesOf([utf8.encode("one\ntwo")], true), [text("one")]);
});

Deno.test("lines are the same however their bytes are cut", async () => {
  const line = fc.string({ unit: codePoint }).map((line) =>
    line.replaceAll(/[\r\n\ufeff\p{Cs}]/gu, "")
  );
  await fc.assert(fc.asyncProperty(
    fc.array(line, { minLength: 1, maxLength: 5 }),
    fc.array(fc.nat(40), { maxLength: 8 }),
    async (lines, cuts) => {
      const bytes = utf8.encode(lines.join("\n") + "\n");
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const chunks = at.slice(1).map((to, i) => bytes.subarray(at[i], to));
      assertEquals(await linesOf(chunks), lines.map(text));
    },
  ));
});
