/**
 * Bytes as text: base64url without padding (RFC 4648 section 5).
 *
 * @module
 */

/** Bytes as text, four characters for three. */
export function toBase64url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/**
 * Gives back what {@linkcode toBase64url} was given; undefined where the text is none of its, or stands for
 * another number of bytes. So no two texts are the same bytes.
 */
export function fromBase64url(text: string, length: number): Uint8Array | undefined {
  // What a stranger sends is not decoded for nothing.
  if (text.length !== Math.ceil(length * 4 / 3)) return undefined;
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    // The decoder passes over spaces, padding, and bits that are left over.
    return toBase64url(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}
