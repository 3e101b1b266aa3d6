/**
 * What one side knows of a try to meet another one through their routers, at the same moment.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";

/** What one side knows of a try. */
export interface MeetOptions {
  /** Where the other side may be. Their hosts are IP addresses. */
  readonly candidates: readonly Address[];
  /** Known to both sides and nobody else: `punchTokenBytes` bytes. */
  readonly token: Uint8Array;
  /** Whether our calls count. Exactly one side's do: else each might keep another connection. */
  readonly calls: boolean;
  /** Gives the try up. */
  readonly signal: AbortSignal;
}
