/**
 * What is known of a server that stands between us and a peer.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";

/** A server that stands between us and a peer. */
export interface RelayPath {
  /** The server, as the user names it. */
  readonly server: string;
  /** The key that a caller has proven to the server; undefined if we have called. */
  readonly callerKey: PublicKey | undefined;
}
