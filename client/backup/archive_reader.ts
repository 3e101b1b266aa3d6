/**
 * Reading a backup. Everything in it is checked before anything of it is used.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { writeAll } from "../../shared/net/write_all.ts";
import { BackupFailure } from "./backup_failure.ts";
import { chunksOf } from "./chunks.ts";
import {
  type BackedUpFile,
  decodeManifest,
  type Manifest,
  manifestBytesMax,
  manifestName,
} from "./manifest.ts";
import { blockBytes, decodeTarHeader, paddedSize, type TarEntry } from "./tar_header.ts";

/** A backup that has been checked. Disposing of it closes the file. */
export class Archive implements Disposable {
  readonly manifest: Manifest;
  readonly #file: Deno.FsFile;
  /** Where its first file begins, in bytes. */
  readonly #start: number;

  private constructor(file: Deno.FsFile, manifest: Manifest, start: number) {
    this.#file = file;
    this.manifest = manifest;
    this.#start = start;
  }

  /**
   * Opens a backup and checks all of it.
   *
   * @throws {BackupFailure} If it is none, is damaged, or is of a later version.
   * @throws {Error} If the system does not allow it.
   */
  static async open(path: string): Promise<Archive> {
    if (!(await Deno.stat(path)).isFile) throw new BackupFailure({ is: "foreign" });
    const file = await Deno.open(path, { read: true });
    try {
      const manifest = await readManifest(file);
      const start = await file.seek(0, Deno.SeekMode.Current);
      const archive = new Archive(file, manifest, start);
      for (const entry of manifest.files) await archive.#readFile(entry, () => {});
      await readEnd(file);
      return archive;
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Writes its files to a directory, for their owner alone.
   *
   * @throws {BackupFailure} If it has been changed since it was checked.
   * @throws {Error} If the system does not allow it.
   */
  async extractTo(directory: string): Promise<void> {
    await this.#file.seek(this.#start, Deno.SeekMode.Start);
    for (const file of this.manifest.files) {
      const options = { createNew: true, write: true, mode: 0o600 };
      using target = await Deno.open(join(directory, file.name), options);
      await this.#readFile(file, (chunk) => writeAll(target, chunk));
      await target.sync();
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  async #readFile({ name, bytes, sha256 }: BackedUpFile, take: Take): Promise<void> {
    const header = await readHeader(this.#file);
    if (header?.name !== name || header.size !== bytes) throw damaged();
    const hash = createHash("sha256");
    let left = bytes;
    for await (const chunk of chunksOf(this.#file, paddedSize(bytes))) {
      const own = chunk.subarray(0, left);
      hash.update(own);
      await take(own);
      left -= own.length;
    }
    if (hash.digest("hex") !== sha256) throw damaged();
  }
}

/** Whether a file looks like a backup at its beginning. @throws {Error} If the system does not allow it. */
export async function beginsLikeBackup(path: string): Promise<boolean> {
  if (!(await Deno.stat(path)).isFile) return false;
  using file = await Deno.open(path, { read: true });
  return (await readHeader(file))?.name === manifestName;
}

type Take = (chunk: Uint8Array) => void | Promise<void>;

async function readManifest(file: Deno.FsFile): Promise<Manifest> {
  const header = await readHeader(file);
  if (header?.name !== manifestName) throw new BackupFailure({ is: "foreign" });
  if (header.size > manifestBytesMax) throw damaged();
  const bytes = await readBytes(file, paddedSize(header.size));
  return decodeManifest(new TextDecoder().decode(bytes.subarray(0, header.size)));
}

async function readHeader(file: Deno.FsFile): Promise<TarEntry | undefined> {
  const bytes = await readBytes(file, blockBytes);
  return bytes.length === blockBytes ? decodeTarHeader(bytes) : undefined;
}

/** An archive ends with two blocks of zeros; programs that copy one may add more. */
async function readEnd(file: Deno.FsFile): Promise<void> {
  let size = 0;
  for await (const chunk of chunksOf(file)) {
    if (chunk.some((byte) => byte !== 0)) throw damaged();
    size += chunk.length;
  }
  if (size < 2 * blockBytes) throw damaged();
}

/** Reads so many bytes, or fewer if the file ends before. */
async function readBytes(file: Deno.FsFile, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  for await (const chunk of chunksOf(file, size)) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

function damaged(): BackupFailure {
  return new BackupFailure({ is: "damaged" });
}
