/**
 * Bytes as text: base64url without padding (RFC 4648 section 5).
 *
 * @module
 */

/** Writes bytes as text, four characters for three bytes. */
export function toBase64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Reads what {@linkcode toBase64url} has written.
 *
 * @param length The number of bytes that the text has to have.
 * @returns Undefined if the text is of another length or form. So no two texts give the same bytes.
 */
export function fromBase64url(text: string, length: number): Uint8Array | undefined {
  // What anybody may send is not decoded in vain.
  if (text.length !== Math.ceil(length * 4 / 3)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    // The decoder ignores spaces, padding and left-over bits.
    return toBase64url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
