/**
 * Frames and pieces of bytes, without this project's codec.
 *
 * @module
 */

/** A frame: its length in two bytes, and its bytes. */
export function framed(bytes: Uint8Array): Uint8Array {
  return new Uint8Array([bytes.length >> 8, bytes.length & 0xff, ...bytes]);
}

/** Bytes as a connection brings them: in pieces of these sizes, again and again. */
export function* piecesOf(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) yield bytes.slice(at, at += sizes[i % sizes.length]!);
}

/**
 * Takes what fits from the first of the pieces that have come.
 *
 * @returns How many bytes; undefined if no piece has come.
 */
export function takeInto(buffer: Uint8Array, pieces: Uint8Array[]): number | undefined {
  const first = pieces.shift();
  if (first === undefined) return undefined;
  const count = Math.min(first.length, buffer.length);
  buffer.set(first.subarray(0, count));
  if (count < first.length) pieces.unshift(first.subarray(count));
  return count;
}
