/**
 * Writing all bytes.
 *
 * @module
 */

/** Something that bytes can be written to. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes until the sink has taken all bytes, since one write may take fewer.
 *
 * @throws {Error} What the sink throws, for example if the connection is gone.
 */
export async function writeAll(sink: ByteSink, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await sink.write(bytes.subarray(at));
}

/** {@linkcode writeAll} for a sink that blocks. */
export function writeAllSync(
  sink: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let at = 0; at < bytes.length;) at += sink.writeSync(bytes.subarray(at));
}
