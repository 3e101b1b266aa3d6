/**
 * A profile: the directory with what makes a client who it is. The identity is in `identity.json`, made
 * on first use.
 *
 * A file that is there is never made anew, whatever is wrong with it: a key that is lost is lost for all
 * who know it.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { Identity } from "../../shared/crypto/identity.ts";
import { fileReason } from "../../shared/errors/file_error.ts";
import { identityFileBytesMax, passphraseAttemptsMax } from "../../shared/protocol/limits.ts";
import { makeVisible } from "../../shared/text/visible.ts";
import { writeAllSync } from "../../shared/net/write_all.ts";
import { UserError } from "../user_error.ts";
import { askKnownPassphrase, type AskPassphrase } from "./ask_passphrase.ts";
import {
  decodeIdentity,
  encodeIdentity,
  type IdentityFile,
  plainIdentity,
  sealIdentity,
  unsealIdentity,
} from "./identity_file.ts";
import { createPrivateFile, replacePrivateFile, writePrivateFile } from "./private_file.ts";

type Input = Pick<typeof Deno.stdin, "readSync">;
type Output = Pick<typeof Deno.stdout, "writeSync">;

/** An identity where it is kept. */
export interface KeptIdentity {
  readonly path: string;
  readonly file: IdentityFile;
  /** Whether there was none before. */
  readonly isNew: boolean;
}

/**
 * Reads the identity of a profile. If there is none, makes one, and the profile's directory.
 *
 * @throws {UserError} If the identity cannot be read, is damaged or can be read by others, or the new one
 * cannot be written. The cause is the system's error, if there was one.
 */
export function keepIdentity(directory: string): KeptIdentity {
  const kept = readIdentity(directory);
  if (kept !== undefined) return kept;
  const path = pathIn(directory);
  const file = plainIdentity(Identity.generate());
  const isNew = trying("make an identity in", path, () => {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    return createPrivateFile(path, encodeIdentity(file));
  });
  if (isNew) return { path, file, isNew };
  // Of several that start at once another has made it.
  const made = readIdentity(directory);
  if (made !== undefined) return made;
  throw new UserError(
    `Cannot use the identity in ${
      quoted(path)
    }: a link there leads nowhere, or in a circle; correct it`,
  );
}

/**
 * The identity of a profile; undefined where there is none.
 *
 * @throws {UserError} Where there is one that cannot be read, can be read by others, or is damaged.
 */
export function readIdentity(directory: string): KeptIdentity | undefined {
  const path = pathIn(directory);
  return trying("use the identity in", path, () => {
    using file = openIfThere(path);
    if (file === undefined) return undefined;
    refuseWrongKind(path, file);
    const advice = "import a copy of it with --replace, or move it away for a new one";
    return { path, file: decode(file, advice), isNew: false };
  });
}

/**
 * Takes an identity from under its passphrase, where it has one.
 *
 * @throws {UserError} Where there is nobody to ask, or nobody who knows it.
 */
export function unlockIdentity(
  { path, file }: Pick<KeptIdentity, "path" | "file">,
  askPassphrase: AskPassphrase,
): Identity {
  if (!("box" in file)) return file.identity;
  for (let attempt = 1; attempt <= passphraseAttemptsMax; attempt++) {
    const again = attempt === 1 ? "" : "That is another one. ";
    const passphrase = askKnownPassphrase(`${again}Passphrase of ${quoted(path)}:`, askPassphrase);
    // Whoever gives none gives up: no identity is under an empty one.
    if (passphrase === "") break;
    const identity = trying("use the identity in", path, () => unsealIdentity(file, passphrase));
    if (identity !== undefined) return identity;
  }
  const where = quoted(path);
  throw new UserError(
    `Cannot use the identity in ${where}: its passphrase was not given; try again`,
  );
}

/**
 * Puts an identity that is kept under another passphrase, or under none where it is empty.
 *
 * @throws {UserError} Where the file cannot be written, or has been changed in the meantime.
 */
export function setPassphrase(kept: KeptIdentity, identity: Identity, passphrase: string): void {
  const next = passphrase === "" ? plainIdentity(identity) : sealIdentity(identity, passphrase);
  trying("change the passphrase of", kept.path, () => {
    const current = readIdentity(dirname(kept.path));
    if (current === undefined || encodeIdentity(current.file) !== encodeIdentity(kept.file)) {
      throw new UserError("it has been changed in the meantime; try again");
    }
    replacePrivateFile(kept.path, encodeIdentity(next));
  });
}

/**
 * Writes an identity to a new file, for its owner alone, or to standard output.
 *
 * @throws {UserError} Where there is a file already, or the system does not let it.
 */
export function exportIdentity(to: string | Output, file: IdentityFile): void {
  const text = encodeIdentity(file);
  trying("export the identity to", to, () => {
    if (typeof to === "string") writePrivateFile(to, text);
    else writeAllSync(to, new TextEncoder().encode(text));
  });
}

/**
 * Reads an exported identity from a file or from standard input.
 *
 * @throws {UserError} Where there is none, or the system does not let it.
 */
export function readExported(from: string | Input): IdentityFile {
  return trying("import the identity in", from, () => {
    const advice = "take what p2pchat identity export has written";
    if (typeof from !== "string") return decode(from, advice);
    using file = Deno.openSync(from, { read: true });
    return decode(file, advice);
  });
}

/** What became of an import. */
export interface Imported {
  /** Whether the profile had this very identity before; it is left as it was. */
  readonly wasThere: boolean;
  /** Where the identity that had been there is now. */
  readonly replaced?: string;
}

/**
 * Makes an identity the profile's.
 *
 * @param replace Whether it may take the place of another, which is then kept beside it.
 * @throws {UserError} Where another is there, or the system does not let it.
 */
export function importIdentity(
  directory: string,
  file: IdentityFile,
  { replace }: { replace: boolean },
): Imported {
  const path = pathIn(directory);
  const there = replace ? readable(directory) : readIdentity(directory);
  if (there === undefined) {
    return trying("import the identity to", path, () => {
      Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
      if (createPrivateFile(path, encodeIdentity(file))) return { wasThere: false };
      throw new UserError("another has just been made there; try again");
    });
  }
  if (there !== "unreadable" && there.file.publicKey === file.publicKey) {
    return { wasThere: true };
  }
  return trying("import the identity to", path, () => {
    if (!replace) throw new UserError("another is there; --replace keeps that one beside it");
    const replaced = keepBeside(path);
    replacePrivateFile(path, encodeIdentity(file));
    return { wasThere: false, replaced };
  });
}

/** What is damaged, or others can read, can be replaced as well: it is kept, too. */
function readable(directory: string): KeptIdentity | "unreadable" | undefined {
  try {
    return readIdentity(directory);
  } catch {
    return "unreadable";
  }
}

/** Gives a file another name that is free, beside its own. */
function keepBeside(path: string): string {
  for (let n = 1;; n++) {
    const beside = `${path}.old-${n}`;
    try {
      Deno.linkSync(path, beside);
      return beside;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

function pathIn(directory: string): string {
  return join(directory, "identity.json");
}

function openIfThere(path: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function refuseWrongKind(path: string, file: Deno.FsFile): void {
  const { isFile, mode } = file.statSync();
  if (!isFile) throw new UserError("that is no file; move it away for a new one");
  if (Deno.build.os === "windows" || (mode! & 0o077) === 0) return;
  throw new UserError(
    `its mode is ${(mode! & 0o777).toString(8).padStart(4, "0")}, so that others can get at your ` +
      `key; chmod 600 ${quoted(path)}`,
  );
}

function decode(source: Input, advice: string): IdentityFile {
  try {
    return decodeIdentity(readText(source));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UserError(`${error.message}; ${advice}`, { cause: error });
  }
}

/** All that there is, if it is not longer than any identity's file. */
function readText(source: Input): string {
  const bytes = new Uint8Array(identityFileBytesMax + 1);
  let length = 0;
  for (let count; (count = source.readSync(bytes.subarray(length))); length += count);
  if (length > identityFileBytesMax) throw new SyntaxError("it is too long to be an identity");
  return new TextDecoder().decode(bytes.subarray(0, length));
}

/** Does something with a file. What fails becomes a sentence that begins with what it was. */
function trying<T>(action: string, place: string | Input | Output, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const where = typeof place === "string"
      ? quoted(place)
      : `standard ${"readSync" in place ? "input" : "output"}`;
    throw new UserError(`Cannot ${action} ${where}: ${fileReason(cause)}`, { cause });
  }
}

/** A path as a shell takes it, too. */
function quoted(path: string): string {
  return `'${makeVisible(path).replaceAll("'", "'\\''")}'`;
}
