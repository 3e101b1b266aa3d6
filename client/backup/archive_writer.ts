/**
 * Writing a backup: a tar archive of a profile's files, which any program that knows tar can unpack.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeAll } from "../../shared/net/write_all.ts";
import { chunksOf } from "./chunks.ts";
import { backedUpNames, encodeManifest, manifestName } from "./manifest.ts";
import { blockBytes, encodeTarHeader, paddedSize } from "./tar_header.ts";

/**
 * Writes a backup to a new file for its owner alone.
 *
 * @param directory Where the files are that go into it. No other program may write to them.
 * @param madeAtMs The time of day: milliseconds since 1970, UTC.
 * @throws {Error} If the system does not allow it.
 */
export async function writeArchive(
  path: string,
  directory: string,
  madeAtMs: number,
): Promise<void> {
  const files = [];
  for (const name of backedUpNames) files.push({ name, ...await measured(join(directory, name)) });
  const manifest = new TextEncoder().encode(encodeManifest({ madeAtMs, files }));
  using archive = await Deno.open(path, { createNew: true, write: true, mode: 0o600 });
  const writeEntry = async (name: string, size: number, content: Chunks) => {
    await writeAll(archive, encodeTarHeader({ name, size }, madeAtMs));
    for await (const chunk of content) await writeAll(archive, chunk);
    await writeAll(archive, new Uint8Array(paddedSize(size) - size));
  };
  await writeEntry(manifestName, manifest.length, [manifest]);
  for (const { name, bytes } of files) {
    using file = await Deno.open(join(directory, name), { read: true });
    await writeEntry(name, bytes, chunksOf(file, bytes));
  }
  // The end of an archive.
  await writeAll(archive, new Uint8Array(2 * blockBytes));
  await archive.sync();
}

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

async function measured(path: string): Promise<{ bytes: number; sha256: string }> {
  using file = await Deno.open(path, { read: true });
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of chunksOf(file)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}
