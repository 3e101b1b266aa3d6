/**
 * Opening what a profile keeps: who one is, and with that what was said.
 *
 * @module
 */

import { join } from "node:path";
import { type Clock, systemClock } from "../../shared/time/clock.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { makeVisible } from "../../shared/text/visible.ts";
import { writeAllSync } from "../../shared/net/write_all.ts";
import { UserError } from "../user_error.ts";
import { keepIdentity, readIdentity, unlockIdentity } from "./profile.ts";
import type { AskPassphrase } from "./ask_passphrase.ts";
import { openStore, type Store, storeKeyOf } from "../store/store.ts";

/** What a profile keeps. Disposing of it closes the store. */
export interface OpenProfile extends Disposable {
  readonly identity: Identity;
  readonly store: Store;
}

/** How a profile is opened. */
export interface OpenProfileOptions {
  /** Whether it is of no use where it is not there yet; else it is made. */
  readonly mustExist?: boolean;
}

/**
 * Opens a profile.
 *
 * @param directory The profile's.
 * @param askPassphrase Asked where the identity is under one; the messages are sealed then.
 * @throws {Error} A sentence for people where something is in the way, with its cause.
 */
export function openProfile(
  directory: string,
  askPassphrase: AskPassphrase,
  { mustExist = false }: OpenProfileOptions = {},
): OpenProfile {
  const kept = mustExist ? readIdentity(directory) : keepIdentity(directory);
  if (kept === undefined) {
    throw new UserError(
      `There is no identity in '${
        makeVisible(directory)
      }', and so no message; --profile names another ` +
        "directory",
    );
  }
  const identity = unlockIdentity(kept, askPassphrase);
  const sealed = "box" in kept.file;
  const store = openStore(join(directory, "store.db"), {
    textKey: storeKeyOf(identity),
    sealed,
    onConvert: conversionProgress(sealed, sayOnStandardError),
  });
  return { identity, store, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

/** How long nothing is said of a conversion, and how long then between two lines of it. */
const progressMs = 1_000;

/**
 * Says how far a conversion of all messages is, where it takes its time.
 *
 * @param sealed Whether they are being sealed; else they are made readable.
 */
export function conversionProgress(
  sealed: boolean,
  say: (line: string) => void,
  clock: Clock = systemClock,
): (done: number, total: number) => void {
  let saidAt = clock.now();
  return (done, total) => {
    if (clock.now() - saidAt < progressMs) return;
    saidAt = clock.now();
    const what = sealed ? "sealing your messages" : "making your messages readable";
    say(`* ${what}: ${done} of ${total}`);
  };
}

/** Standard output is for what was asked for. */
function sayOnStandardError(line: string): void {
  writeAllSync(Deno.stderr, new TextEncoder().encode(line + "\n"));
}
