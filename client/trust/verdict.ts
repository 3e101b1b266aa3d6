/**
 * What a key is worth that a peer has presented for a name: trust on first use, as with SSH (RFC 4251
 * section 4.1), held against what the server says.
 *
 * @module
 */

import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import type { RefusingVerdict } from "../events.ts";

/** The result of judging a key. All keys in it are fingerprints. */
export type Verdict =
  | {
    /** The name is new, and nothing speaks against the key. */
    readonly type: "first";
    readonly presentedFingerprint: Fingerprint;
  }
  | {
    /** The key is the one that is saved. */
    readonly type: "known";
    readonly presentedFingerprint: Fingerprint;
    readonly verified: boolean;
    /** The key that the server names, if that is another one. */
    readonly serverFingerprint: Fingerprint | undefined;
  }
  | RefusingVerdict;

/** A key that is saved for a name. */
export interface SavedKey {
  readonly fingerprint: Fingerprint;
  readonly verified: boolean;
}

/**
 * Judges a key.
 *
 * @param presentedFingerprint That of the key that the peer has proven to have.
 * @param saved The key that is saved for the peer's name.
 * @param serverFingerprint That of the key that the server names.
 */
export function judgeKey(
  presentedFingerprint: Fingerprint,
  saved: SavedKey | undefined,
  serverFingerprint: Fingerprint | undefined,
): Verdict {
  const isServersKey = serverFingerprint === presentedFingerprint;
  if (saved === undefined) {
    return serverFingerprint === undefined || isServersKey
      ? { type: "first", presentedFingerprint }
      : { type: "contradicted", presentedFingerprint, serverFingerprint };
  }
  const { fingerprint: savedFingerprint, verified } = saved;
  return savedFingerprint === presentedFingerprint
    ? {
      type: "known",
      presentedFingerprint,
      verified,
      serverFingerprint: isServersKey ? undefined : serverFingerprint,
    }
    : { type: "changed", presentedFingerprint, savedFingerprint, verified, serverFingerprint };
}
