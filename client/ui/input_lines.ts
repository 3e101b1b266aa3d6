/**
 * The lines of a program's input. Bytes that are not text are no lines: what they were meant to be is unknown,
 * and a character in their place would go out as if it had been written.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";

/** A line; its text, or what is wrong with it. */
export type InputLine = { readonly text: string; readonly why?: undefined } | InputFault;

/** A line that is no text. */
export interface InputFault {
  readonly text?: undefined;
  /** Counted from 1. */
  readonly number: number;
  readonly why: "not-utf8" | "too-long";
  /** How it begins, with U+FFFD for what is no text: enough to tell whether it was meant as a command. */
  readonly beginning: string;
}

/** Bytes of a line at most, if nothing else is said. A message has far fewer. */
const usualBytesMax = 64 * 1024;

/** Bytes that are kept of a line that is no text. */
const beginningBytes = 256;

const lineFeed = 10;
const carriageReturn = 13;
const byteOrderMark = "\ufeff";
const nothing = new Uint8Array(0);

/** How bytes are split. */
export interface InputLinesOptions {
  /** Whether what no line end follows is dropped, instead of being the last line. */
  readonly dropsRest?: boolean;
  /** Bytes of a line, at most. */
  readonly bytesMax?: number;
}

/** Splits bytes into lines, which end with LF or CRLF. All that a read has brought come together. */
export class InputLineStream extends TransformStream<Uint8Array<ArrayBuffer>, InputLine[]> {
  constructor({ dropsRest = false, bytesMax = usualBytesMax }: InputLinesOptions = {}) {
    const line = new LineBuffer(bytesMax);
    super({
      transform(bytes, controller) {
        const lines: InputLine[] = [];
        let from = 0;
        for (let to; (to = bytes.indexOf(lineFeed, from)) >= 0; from = to + 1) {
          lines.push(line.end(bytes.subarray(from, to)));
        }
        line.add(bytes.subarray(from));
        if (lines.length > 0) controller.enqueue(lines);
      },
      flush(controller) {
        if (line.length > 0 && !dropsRest) controller.enqueue([line.end(nothing)]);
      },
    });
  }
}

/** The bytes of the line that is being read, as far as they are kept. */
class LineBuffer {
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #number = 1;
  #length = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** How many bytes it has, also of those that are not kept. */
  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const room = this.#bytesMax - this.#length;
    if (room > 0) this.#parts.push(bytes.slice(0, room));
    this.#length += bytes.length;
  }

  /** The line, which these bytes complete. The next one begins. */
  end(rest: Uint8Array): InputLine {
    // Most lines come whole.
    const isWhole = this.#length === 0 && rest.length <= this.#bytesMax;
    if (!isWhole) this.add(rest);
    const bytes = isWhole ? rest : concat(this.#parts);
    const isTooLong = this.#length > this.#bytesMax;
    const number = this.#number++;
    this.#parts = [];
    this.#length = 0;
    const fault = (why: InputFault["why"]): InputFault => {
      const beginning = new TextDecoder().decode(bytes.subarray(0, beginningBytes));
      return { number, why, beginning };
    };
    if (isTooLong) return fault("too-long");
    try {
      const text = this.#utf8.decode(
        bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes,
      );
      return { text: number === 1 && text.startsWith(byteOrderMark) ? text.slice(1) : text };
    } catch {
      return fault("not-utf8");
    }
  }
}
