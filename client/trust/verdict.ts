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
    /** Whether the server names this key. */
    readonly vouched: boolean;
    /** The key of an unknown sender that it takes the place of, since the server names this one. */
    readonly displacedFingerprint?: Fingerprint;
  }
  | {
    /** The key is the one that is saved. */
    readonly type: "known";
    readonly presentedFingerprint: Fingerprint;
    readonly verified: boolean;
    /** Whether the server names this key. */
    readonly vouched: boolean;
    /** The key that the server names, if that is another one. */
    readonly serverFingerprint: Fingerprint | undefined;
  }
  | RefusingVerdict;

/** A key that is saved for a name. */
export interface SavedKey {
  readonly fingerprint: Fingerprint;
  readonly verified: boolean;
  /** Whether it is only known from calls: its owner is no contact, and no server has vouched for it. */
  readonly provisional: boolean;
}

/**
 * Judges a key. One that is only provisional holds until a server names another: anybody could have called by that
 * name while its owner was away.
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
  const vouched = serverFingerprint === presentedFingerprint;
  const isContradicted = serverFingerprint !== undefined && !vouched;
  if (saved === undefined || saved.provisional) {
    const isSaved = saved?.fingerprint === presentedFingerprint;
    if (isContradicted && (saved === undefined || isSaved)) {
      return { type: "contradicted", presentedFingerprint, serverFingerprint };
    }
    if (saved === undefined) return { type: "first", presentedFingerprint, vouched };
    if (vouched && !isSaved) {
      const displacedFingerprint = saved.fingerprint;
      return { type: "first", presentedFingerprint, vouched, displacedFingerprint };
    }
  }
  const { fingerprint: savedFingerprint, verified } = saved;
  return savedFingerprint === presentedFingerprint
    ? {
      type: "known",
      presentedFingerprint,
      verified,
      vouched,
      serverFingerprint: isContradicted ? serverFingerprint : undefined,
    }
    : { type: "changed", presentedFingerprint, savedFingerprint, verified, serverFingerprint };
}
