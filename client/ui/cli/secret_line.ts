/**
 * A secret that is typed on one line, key by key.
 *
 * @module
 */

const controlC = 0x03;
const controlD = 0x04;
const backspace = 0x08;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const controlU = 0x15;
const del = 0x7f;

/** What a key does. */
interface Effect {
  /** What the screen shows of it. */
  readonly echo: string;
  /** The secret if that was its end, or that the user has interrupted it; undefined if more is to come. */
  readonly end?: { readonly secret: string } | "interrupted";
}

/** What has been typed of a secret so far. For each of its letters a star is on the screen. */
export class SecretLine {
  #bytes: number[] = [];

  /** Takes the next byte that is typed. */
  take(byte: number): Effect {
    switch (byte) {
      case controlC:
        return { echo: "", end: "interrupted" };
      case controlD:
      case lineFeed:
      case carriageReturn:
        return { echo: "", end: { secret: new TextDecoder().decode(new Uint8Array(this.#bytes)) } };
      case backspace:
      case del:
        return { echo: this.#takeBack() ? erased : "" };
      case controlU: {
        let letters = 0;
        while (this.#takeBack()) letters++;
        return { echo: erased.repeat(letters) };
      }
      default:
        this.#bytes.push(byte);
        return { echo: isContinuation(byte) ? "" : "*" };
    }
  }

  /** Takes back the last letter, which may have several bytes. @returns Whether there was one. */
  #takeBack(): boolean {
    let byte;
    do byte = this.#bytes.pop(); while (byte !== undefined && isContinuation(byte));
    return byte !== undefined;
  }
}

/** Takes a star off the screen. */
const erased = "\b \b";

/** Whether a byte of UTF-8 is not the first one of a letter (RFC 3629 section 3). */
function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
