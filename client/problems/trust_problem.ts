/**
 * What can go wrong with keys, as codes and fields.
 *
 * @module
 */

import type { Fingerprint } from "../../shared/crypto/public_key.ts";

/** What goes wrong with keys. */
export type TrustProblem =
  | {
    /** No key was refused for a name that the user could accept. */
    readonly code: "no-refused-key";
    readonly name: string;
  }
  | {
    /** Several keys were refused for a name, and the user has not said which to accept. */
    readonly code: "several-refused-keys";
    readonly name: string;
    readonly fingerprints: readonly Fingerprint[];
  }
  | {
    /** The key that the user names is none of those that were refused for a name. */
    readonly code: "not-a-refused-key";
    readonly name: string;
    /** What the user has named. */
    readonly fingerprint: string;
    readonly fingerprints: readonly Fingerprint[];
  }
  | {
    /** A key cannot be saved, since so many are. */
    readonly code: "no-room-for-key";
    readonly name: string;
  }
  | {
    /** The user has accepted a key, but what waits for its owner is still meant for the one before. */
    readonly code: "not-reassigned";
    readonly name: string;
    /** That of the accepted key. */
    readonly fingerprint: Fingerprint;
    readonly reason: string;
  };
