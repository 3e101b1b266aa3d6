/**
 * Where messages end, in bytes: at an empty line. A load generator that parsed more would be measured
 * instead of the server.
 *
 * @module
 */

const LF = 0x0a;
const CR = 0x0d;

/** Counts the ends of messages in what one connection receives. */
export class MessageEnds {
  #lineIsEmpty = false;

  /** Takes the first `length` of some bytes. @returns How many messages end in them. */
  count(bytes: Uint8Array, length: number): number {
    let ends = 0;
    let lineIsEmpty = this.#lineIsEmpty;
    for (let i = 0; i < length; i++) {
      const byte = bytes[i];
      if (byte === LF) {
        if (lineIsEmpty) ends++;
        lineIsEmpty = true;
      } else if (byte !== CR) {
        lineIsEmpty = false;
      }
    }
    this.#lineIsEmpty = lineIsEmpty;
    return ends;
  }
}
