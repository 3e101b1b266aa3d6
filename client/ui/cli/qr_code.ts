/**
 * QR codes of characters.
 *
 * @module
 */

import encodeQR from "qr";

/** How many light modules surround a code (ISO/IEC 18004). */
const quietZone = 4;

/** Black on white, from the fixed part of the palette: themes change the other colours. */
const blackOnWhite = "\x1b[38;5;16;48;5;231m";
const reset = "\x1b[0m";

/** A QR code. */
export interface QrCode {
  readonly lines: readonly string[];
  /** Characters of each line on a screen. */
  readonly columns: number;
}

/**
 * Makes a QR code; each line has two rows of its modules. A text of capitals, digits and `$%*+-./:` takes
 * the least room.
 *
 * @param colours Whether the terminal obeys colours. Without them the light modules are drawn, which is right
 * for light letters on a dark background; most readers also take the reverse.
 */
export function qrCode(text: string, { colours }: { colours: boolean }): QrCode {
  const rows = encodeQR(text, "raw", { ecc: "low", border: quietZone });
  const lines: string[] = [];
  for (let y = 0; y < rows.length; y += 2) {
    const lower = rows[y + 1];
    const line = rows[y]!.map((isDark, x) =>
      halves[Number(isDark === colours)]![Number((lower?.[x] ?? false) === colours)]
    ).join("");
    lines.push(colours ? blackOnWhite + line + reset : line);
  }
  return { lines, columns: rows.length };
}

/** Indexed by whether the upper half is drawn, then by whether the lower one is. */
const halves = [[" ", "▄"], ["▀", "█"]];
