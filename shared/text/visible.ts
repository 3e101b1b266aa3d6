/**
 * The only sanitiser between text from outside and a terminal. A terminal obeys what it gets: escape
 * sequences move the cursor, set the clipboard and change the title; bidirectional overrides show text in
 * another order. Here such characters become visible instead.
 *
 * @module
 */

// C0, C1 and DEL; characters that set the direction of text (Unicode's Bidi_Control); line and paragraph
// separators; interlinear marks; halves of surrogate pairs.
const unsafe = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufff9-\ufffb]/gu;

/**
 * Makes a text safe to print on one line. Control characters become their pictures (ESC is `␛`, a line feed
 * is `␊`), and characters without a picture become their code, such as `<U+202E>`.
 */
export function makeVisible(text: string): string {
  return text.replaceAll(unsafe, (c) => {
    const code = c.codePointAt(0)!;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "␡";
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** {@linkcode makeVisible} for each line of a text. A tab becomes four spaces. */
export function makeVisibleLines(text: string): string[] {
  return text.replaceAll("\t", "    ").split(/\r?\n/).map(makeVisible);
}
