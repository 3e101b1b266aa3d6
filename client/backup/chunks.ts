/**
 * Reading a file piece by piece: it may be longer than memory.
 *
 * @module
 */

const chunkBytes = 256 * 1024;

/**
 * Reads from where a file is. A chunk is good until the next one is read.
 *
 * @param size So many bytes, or fewer if it ends before; all that there are unless given.
 * @throws {Error} If the system does not allow it.
 */
export async function* chunksOf(
  file: Pick<Deno.FsFile, "read">,
  size = Infinity,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void> {
  const buffer = new Uint8Array(Math.min(chunkBytes, size));
  for (let left = size; left > 0;) {
    const length = await file.read(buffer.subarray(0, Math.min(buffer.length, left)));
    if (length === null) return;
    yield buffer.subarray(0, length);
    left -= length;
  }
}
