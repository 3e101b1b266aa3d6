/**
 * QR codes of characters.
 *
 * @module
 */

import encodeQR from "qr";

/** Modules of light that are to be around a code (ISO/IEC 18004). */
const quietZone = 4;

/** Black on white, of the palette's fixed part: themes change the other colours. */
const blackOnWhite = "\x1b[38;5;16;48;5;231m";
const reset = "\x1b[0m";

/** A QR code. */
export interface QrCode {
  readonly lines: readonly string[];
  /** Characters that each line has on a screen. */
  readonly columns: number;
}

/**
 * Makes a QR code, two rows of its modules a line. A text of capitals, digits and `$%*+-./:` takes least
 * room.
 *
 * @param colours Whether the terminal obeys colours. Without them what is light is drawn, as is right for
 * light letters on a dark ground; most readers take the reverse, too.
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

/** By whether the upper half is drawn, and then the lower one. */
const halves = [[" ", "▄"], ["▀", "█"]];
