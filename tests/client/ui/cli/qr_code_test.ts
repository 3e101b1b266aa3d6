// deno-lint-ignore-file no-control-regex -- colours are escape sequences
import { assert, assertEquals, assertMatch } from "@std/assert";
import decodeQR from "qr/decode.js";
import { qrCode } from "../../../../client/ui/cli/qr_code.ts";

const text = "P2PCHAT:ABCD-EFGH-IJKL-MNOP-QRST-UVWX-YZ23-4567";

/** The characters of each line, without colours. */
function charactersOf(lines: readonly string[]): string[][] {
  return lines.map((line) => [...line.replaceAll(/\x1b\[[\d;]*m/g, "")]);
}

/** Reads a code from a screen on which dots are dark or light. */
function read(lines: readonly string[], drawn: "dark" | "light"): string {
  const characters = charactersOf(lines);
  // A reader needs more than a dot for each module.
  const scale = 4;
  const width = characters[0]!.length * scale;
  const height = lines.length * 2 * scale;
  const data = new Uint8Array(width * height * 3);
  for (let at = 0; at < width * height; at++) {
    const row = Math.floor(at / width / scale);
    const character = characters[row >> 1]![Math.floor(at % width / scale)]!;
    const isDrawn = (row % 2 === 0 ? "▀█" : "▄█").includes(character);
    if (isDrawn === (drawn === "light")) data.fill(0xff, at * 3, at * 3 + 3);
  }
  return decodeQR({ width, height, data }, { timeLimit: 10_000 });
}

for (const [colours, drawn] of [[true, "dark"], [false, "light"]] as const) {
  Deno.test(`a QR code ${colours ? "with" : "without"} colours can be read, and has its quiet zone`, () => {
    const { lines, columns } = qrCode(text, { colours });
    const characters = charactersOf(lines);
    assertEquals(columns, 33, "capitals and digits fit into version 2");
    for (const line of characters) assertEquals(line.length, columns);
    const quiet = drawn === "dark" ? " " : "█";
    for (const [y, line] of characters.entries()) {
      const edges = y < 2 || y >= lines.length - 2
        ? line
        : [...line.slice(0, 4), ...line.slice(-4)];
      assert(edges.every((character) => character === quiet), `line ${y} is not quiet`);
    }
    assertEquals(read(lines, drawn), text);
  });
}

Deno.test("a QR code sets its colours on each line, and resets them", () => {
  const { lines } = qrCode(text, { colours: true });
  for (const line of lines) assertMatch(line, /^\x1b\[38;5;16;48;5;231m[ ▀▄█]{33}\x1b\[0m$/);
  for (const line of qrCode(text, { colours: false }).lines) assertMatch(line, /^[ ▀▄█]{33}$/);
});
