/**
 * Waiting without giving way to anything else.
 *
 * @module
 */

/** Does nothing for so many milliseconds: for what has to be done at once, and is over soon. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
