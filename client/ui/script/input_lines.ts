/**
 * The lines of a script's input. Bytes that are not text are no lines: what they were meant to be is unknown,
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
}

/** Bytes of a line at most. A message has far fewer. */
const lineBytesMax = 64 * 1024;

const lineFeed = 10;
const carriageReturn = 13;
const byteOrderMark = "\ufeff";

/** Splits bytes into lines, which end with LF or CRLF. */
export class InputLineStream extends TransformStream<Uint8Array<ArrayBuffer>, InputLine> {
  /** @param dropsRest Whether what no line end follows is dropped, instead of being the last line. */
  constructor(dropsRest: boolean) {
    const line = new LineBuffer();
    super({
      transform(bytes, controller) {
        let from = 0;
        for (let to; (to = bytes.indexOf(lineFeed, from)) >= 0; from = to + 1) {
          line.add(bytes.subarray(from, to));
          controller.enqueue(line.take());
        }
        line.add(bytes.subarray(from));
      },
      flush(controller) {
        if (line.length > 0 && !dropsRest) controller.enqueue(line.take());
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

  /** How many bytes it has, also of those that are not kept. */
  get length(): number {
    return this.#length;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    if (this.#length <= lineBytesMax) this.#parts.push(bytes.slice());
    else this.#parts = [];
  }

  /** The line, which is complete. The next one begins. */
  take(): InputLine {
    const bytes = concat(this.#parts);
    const isTooLong = this.#length > lineBytesMax;
    const number = this.#number++;
    this.#parts = [];
    this.#length = 0;
    if (isTooLong) return { number, why: "too-long" };
    try {
      const text = this.#utf8.decode(
        bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes,
      );
      return { text: number === 1 && text.startsWith(byteOrderMark) ? text.slice(1) : text };
    } catch {
      return { number, why: "not-utf8" };
    }
  }
}
