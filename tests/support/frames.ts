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
