/**
 * What a backup says of itself, in its first file:
 *
 * ```json
 * {
 *   "version": 1,
 *   "madeAt": "2026-01-02T13:45:09.000Z",
 *   "files": [
 *     { "name": "identity.json", "bytes": 431, "sha256": "9f86d0…" },
 *     { "name": "store.db", "bytes": 65536, "sha256": "60303a…" }
 *   ]
 * }
 * ```
 *
 * @module
 */

import { BackupFailure } from "./backup_failure.ts";

/** What is in a backup, in this order, behind the manifest: the very files of a profile. */
export const backedUpNames = ["identity.json", "store.db"] as const;

/** The name of the manifest. */
export const manifestName = "p2pchat-backup.json";

/** Bytes of a manifest, at most. */
export const manifestBytesMax = 4 * 1024;

const version = 1;

/** A file in a backup. */
export interface BackedUpFile {
  readonly name: typeof backedUpNames[number];
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What a backup says of itself. */
export interface Manifest {
  /** When it was made: milliseconds since 1970, UTC. */
  readonly madeAtMs: number;
  readonly files: readonly BackedUpFile[];
}

/** A manifest as text. */
export function encodeManifest({ madeAtMs, files }: Manifest): string {
  const madeAt = new Date(madeAtMs).toISOString();
  return JSON.stringify({ version, madeAt, files }, undefined, 2) + "\n";
}

/** Reads a manifest. @throws {BackupFailure} If it is damaged, or of a later version. */
export function decodeManifest(text: string): Manifest {
  const manifest = parse(text);
  if (typeof manifest.version === "number" && manifest.version > version) {
    throw new BackupFailure({ is: "newer", version: manifest.version, known: version });
  }
  const { madeAt, files } = manifest;
  const madeAtMs = typeof madeAt === "string" ? Date.parse(madeAt) : NaN;
  if (manifest.version !== version || Number.isNaN(madeAtMs) || !areFiles(files)) {
    throw new BackupFailure({ is: "damaged" });
  }
  return { madeAtMs, files };
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function areFiles(files: unknown): files is BackedUpFile[] {
  return Array.isArray(files) && files.length === backedUpNames.length &&
    files.every((file: unknown, i) => isFile(file) && file.name === backedUpNames[i]);
}

function isFile(value: unknown): value is BackedUpFile {
  const { bytes, sha256 } = { ...value as object } as Record<string, unknown>;
  return Number.isSafeInteger(bytes) && Number(bytes) > 0 &&
    typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256);
}
