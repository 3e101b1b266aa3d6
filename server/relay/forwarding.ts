/**
 * Forwarding from one connection to another. What has not been taken at one end is not read at the other, so
 * that a slow reader slows the sender, and nothing piles up here.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";

/** What is forwarded from. */
export interface Source {
  read(into: Uint8Array): Promise<number | null>;
}

/** What is forwarded to. */
export interface Destination {
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
}

/** Bytes in the buffer of a direction in which nothing flows: there are many of these. */
const idleBytes = 512;

/** Bytes in a buffer that is lent: fewer reads of more bytes take half the time. */
const lentBytes = 256 * 1024;

/** Large buffers that are lent at once. Whoever gets none goes on with a small one. */
const lentMax = 64;

/** Large buffers, which are lent while much flows. */
export class Buffers {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];
  #lent = 0;

  /** @returns Undefined if all are lent. */
  lend(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#lent >= lentMax) return undefined;
    this.#lent++;
    return this.#spare.pop() ?? new Uint8Array(lentBytes);
  }

  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    this.#lent--;
    this.#spare.push(buffer);
  }

  /** Frees those that nobody uses. */
  free(): void {
    this.#spare.length = 0;
  }
}

/**
 * Forwards what comes, and its end.
 *
 * @param forwarded Told how many bytes have been forwarded. What it returns is waited for before more is read.
 * @throws {Error} If one of the connections breaks.
 */
export async function forward(
  from: Source,
  to: Destination,
  buffers: Buffers,
  forwarded: (bytes: number) => Promise<void> | undefined,
): Promise<void> {
  const small = new Uint8Array(idleBytes);
  let large: Uint8Array<ArrayBuffer> | undefined;
  try {
    for (let count; (count = await from.read(large ?? small)) !== null;) {
      await writeAll(to, (large ?? small).subarray(0, count));
      const pause = forwarded(count);
      if (pause !== undefined) await pause;
      if (large === undefined) {
        if (count === idleBytes) large = buffers.lend();
      } else if (count < idleBytes) {
        buffers.giveBack(large);
        large = undefined;
      }
    }
    await to.closeWrite();
  } finally {
    if (large !== undefined) buffers.giveBack(large);
  }
}
