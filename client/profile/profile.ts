/**
 * A profile: the directory with what makes a client who it is. The identity is in `identity.json`, made
 * on first use; the messages and the keys of others are in `store.db`.
 *
 * An existing identity is never replaced by a new one, whatever is wrong with its file: a lost key is lost for
 * everyone who knows it.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { Identity } from "../../shared/crypto/identity.ts";
import { passphraseAttemptsMax } from "../../shared/protocol/limits.ts";
import { writeAllSync } from "../../shared/net/write_all.ts";
import type { IdentityFault } from "../problems/profile_problem.ts";
import {
  openStore,
  openStoreToRead,
  type Store,
  storeKeyOf,
  type StoreOptions,
} from "../store/store.ts";
import { identityFileName } from "../unsealed_profile.ts";
import { UserError } from "../user_error.ts";
import { attempt, IdentityFailure, unusable } from "./identity_failure.ts";
import {
  encodeIdentity,
  type IdentityFile,
  plainIdentity,
  sealIdentity,
  unsealIdentity,
} from "./identity_file.ts";
import { type Input, readIdentityFrom, readPrivateIdentity } from "./identity_reader.ts";
import { requireOwn } from "../../shared/storage/own_files.ts";
import {
  createPrivateFile,
  type FileCalls,
  keepBeside,
  replacePrivateFile,
  systemCalls,
  writePrivateFile,
} from "../../shared/storage/private_file.ts";

export type { IdentityFile } from "./identity_file.ts";

type Output = Pick<typeof Deno.stdout, "writeSync">;

/**
 * Asks the user for the passphrase of an identity.
 *
 * @returns Null if there is nobody to ask; empty if the user gives up.
 */
export type AskPassphrase = (asked: AskedPassphrase) => string | null | Promise<string | null>;

/** Which passphrase is asked for. */
export interface AskedPassphrase {
  /** The identity's file; undefined for standard input. */
  readonly path: string | undefined;
  /** 1 for the first time; more if what was given before is not the passphrase. */
  readonly attempt: number;
}

/** An identity and the file that it is in. */
export interface StoredIdentity {
  readonly path: string;
  readonly file: IdentityFile;
  /** Whether it has just been made. */
  readonly isNew: boolean;
  /** The file's mode, such as `0755`, if others can get at it and that cannot be changed. */
  readonly exposedMode?: string;
}

/** An open profile. Disposing of it closes the store. */
export interface OpenProfile extends Disposable {
  readonly identity: Identity;
  readonly store: Store;
}

/** How far it is that all messages are sealed, or made readable. */
export interface Conversion {
  readonly to: "sealed" | "readable";
  /** Messages. */
  readonly done: number;
  readonly total: number;
}

/** How a profile is opened. */
export interface OpenProfileOptions {
  /** Whether it must be there; else it is made. */
  readonly mustExist?: boolean;
  /** Waited for when the identity can be used, before the store is opened. */
  readonly onUnlocked?: () => Promise<void>;
  /** Told now and then while messages are converted, because the passphrase is new or gone. */
  readonly onConversion?: (progress: Conversion) => void;
  /** Told if others can get at the identity and that cannot be changed. */
  readonly onExposed?: (exposed: { readonly path: string; readonly mode: string }) => void;
  /**
   * Given if the profile is only to be read: gives the directory for a copy of the store if nothing can be
   * written where that is. It belongs to the caller, who removes it when the profile is closed.
   */
  readonly copyTo?: (() => string) | undefined;
}

/**
 * Opens a profile.
 *
 * @param askPassphrase Asked if the identity is under a passphrase; the messages are sealed then.
 * @throws {UserError} If the identity cannot be used, or the profile must be there and is not.
 * @throws {Error} If the store cannot be opened.
 */
export async function openProfile(
  directory: string,
  askPassphrase: AskPassphrase,
  options: OpenProfileOptions = {},
): Promise<OpenProfile> {
  const { mustExist = false, onUnlocked, onConversion = () => {}, onExposed, copyTo } = options;
  const stored = mustExist ? readIdentity(directory) : ensureIdentity(directory);
  if (stored === undefined) throw new UserError({ code: "no-profile", directory });
  const { path: identityPath, exposedMode: mode } = stored;
  if (mode !== undefined) onExposed?.({ path: identityPath, mode });
  const identity = await unlockIdentity(stored, askPassphrase);
  await onUnlocked?.();
  const sealed = "sealed" in stored.file;
  const to = sealed ? "sealed" : "readable";
  const path = join(directory, "store.db");
  const storeOptions: StoreOptions = {
    textKey: storeKeyOf(identity),
    sealed,
    onConvert: (done, total) => onConversion({ to, done, total }),
  };
  const store = copyTo === undefined
    ? openStore(path, storeOptions)
    : await openStoreToRead(path, { ...storeOptions, copyTo });
  return { identity, store, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

/**
 * Reads the identity of a profile. If there is none, makes one, and the profile's directory.
 *
 * @throws {UserError} If the identity cannot be read, is damaged or can be read by others, or the new one
 * cannot be written. The cause is the system's error, if there was one.
 */
export function ensureIdentity(directory: string, calls: FileCalls = systemCalls): StoredIdentity {
  const stored = readIdentity(directory, calls);
  if (stored !== undefined) return stored;
  const path = pathIn(directory);
  const isNew = attempt("make", path, () => {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    return createPrivateFile(path, encodeIdentity(plainIdentity(Identity.generate())), calls);
  });
  // Of several programs that start at once another may have made it.
  const made = readIdentity(directory, calls);
  if (made !== undefined) return { ...made, isNew };
  throw unusable("use", path, { is: "broken-link" });
}

/**
 * Reads the identity of a profile.
 *
 * @returns Undefined if there is none.
 * @throws {UserError} If it cannot be read, can be read by others, or is damaged.
 */
export function readIdentity(
  directory: string,
  calls: Pick<FileCalls, "chmod"> = systemCalls,
): StoredIdentity | undefined {
  const path = pathIn(directory);
  const found = attempt("use", path, () => {
    requireOwn(directory, [basename(path)]);
    return readPrivateIdentity(path, calls);
  });
  return found && { path, isNew: false, ...found };
}

/**
 * Takes an identity from under its passphrase, if it has one.
 *
 * @param identity The identity, and the file that it is in; undefined for standard input.
 * @throws {UserError} If there is nobody to ask, or the passphrase is not given or wrong.
 */
export async function unlockIdentity(
  { path, file }: { readonly path: string | undefined; readonly file: IdentityFile },
  askPassphrase: AskPassphrase,
): Promise<Identity> {
  if (!("sealed" in file)) return file.identity;
  let wrong = 0;
  while (wrong < passphraseAttemptsMax) {
    const passphrase = await askPassphrase({ path, attempt: wrong + 1 });
    if (passphrase === null) throw new UserError({ code: "nobody-to-ask", passphrase: "present" });
    // An empty answer means that the user gives up: no identity is under an empty passphrase.
    if (passphrase === "") break;
    const identity = attempt("use", path, () => unsealIdentity(file, passphrase));
    if (identity !== undefined) return identity;
    wrong++;
  }
  const fault: IdentityFault = wrong === 0
    ? { is: "no-passphrase" }
    : { is: "wrong-passphrase", times: wrong };
  throw unusable("use", path, fault);
}

/** Puts an identity under a passphrase, or under none if that is empty. It takes half a second, on purpose. */
export function protectIdentity(identity: Identity, passphrase: string): IdentityFile {
  return passphrase === "" ? plainIdentity(identity) : sealIdentity(identity, passphrase);
}

/**
 * Puts a stored identity under another passphrase, or under none if that is empty.
 *
 * @throws {UserError} If the file cannot be written, or has been changed in the meantime.
 */
export function setPassphrase(
  stored: StoredIdentity,
  identity: Identity,
  passphrase: string,
): void {
  const next = protectIdentity(identity, passphrase);
  attempt("change-passphrase", stored.path, () => {
    const current = readIdentity(dirname(stored.path));
    if (current === undefined || encodeIdentity(current.file) !== encodeIdentity(stored.file)) {
      throw new IdentityFailure({ is: "changed" });
    }
    replacePrivateFile(stored.path, encodeIdentity(next));
  });
}

/**
 * Writes an identity to a new private file, or to standard output.
 *
 * @throws {UserError} If there is a file already, or the system does not allow it.
 */
export function exportIdentity(to: string | Output, file: IdentityFile): void {
  const text = encodeIdentity(file);
  attempt("export", typeof to === "string" ? to : undefined, () => {
    if (typeof to === "string") writePrivateFile(to, text);
    else writeAllSync(to, new TextEncoder().encode(text));
  });
}

/**
 * Reads an exported identity from a file or from standard input.
 *
 * @throws {UserError} If there is none, or the system does not allow it.
 */
export function readExported(from: string | Input): IdentityFile {
  return attempt("read-copy", typeof from === "string" ? from : undefined, () => {
    if (typeof from !== "string") return readIdentityFrom(from);
    using file = Deno.openSync(from, { read: true });
    return readIdentityFrom(file);
  });
}

/** What became of an import. */
export interface Imported {
  /** Whether the profile had this very identity before; it is left as it was. */
  readonly wasThere: boolean;
  /** The file with the identity that was there before. */
  readonly replaced?: string;
}

/**
 * Makes an identity the profile's.
 *
 * @param replace Whether it may replace another identity, which is then kept beside it.
 * @throws {UserError} If another is there, or the system does not allow it.
 */
export function importIdentity(
  directory: string,
  file: IdentityFile,
  { replace, calls = systemCalls }: { readonly replace: boolean; readonly calls?: FileCalls },
): Imported {
  const path = pathIn(directory);
  const there = replace ? readIfPossible(directory) : readIdentity(directory, calls);
  if (typeof there === "object" && there.file.publicKey === file.publicKey) {
    return { wasThere: true };
  }
  return attempt("import", path, () => {
    if (there === undefined) {
      Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
      if (createPrivateFile(path, encodeIdentity(file), calls)) return { wasThere: false };
      throw new IdentityFailure({ is: "just-made" });
    }
    if (!replace) throw new IdentityFailure({ is: "another-there" });
    const replaced = keepBeside(path, calls);
    replacePrivateFile(path, encodeIdentity(file));
    return { wasThere: false, replaced };
  });
}

/** An identity that is damaged, or that others can read, can be replaced as well: it is kept, too. */
function readIfPossible(directory: string): StoredIdentity | "unreadable" | undefined {
  try {
    return readIdentity(directory);
  } catch {
    return "unreadable";
  }
}

function pathIn(directory: string): string {
  return join(directory, identityFileName);
}
