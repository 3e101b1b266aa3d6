/**
 * `p2pchat audit`: compares with somebody which messages each side has.
 *
 * @module
 */

import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { systemClock } from "../../../shared/time/clock.ts";
import { auditPeer } from "../../audit/audit.ts";
import type { OpenProfile } from "../../profile/profile.ts";
import { lookUpOnce } from "../../rendezvous/rendezvous.ts";
import { tcpNetwork } from "../../transport/transport.ts";
import { wordingOf } from "../wording/wording.ts";
import { selfIn } from "./history_command.ts";

/** What to compare. */
export interface AuditOptions {
  /** The peer. */
  readonly name: string;
  /** The user's own id; needed if several of theirs have talked to that name. */
  readonly self: string | undefined;
  /** Servers that may know where the peer is. */
  readonly servers: readonly ServerAddress[];
}

/**
 * Calls somebody, compares, and prints what was found.
 *
 * @param print Takes each line.
 * @returns Whether both sides have the same.
 * @throws {UserError} If the peer cannot be reached, or nothing has been said with them.
 */
export async function runAudit(
  { identity, store }: OpenProfile,
  { name, self, servers }: AuditOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const own = selfIn(store.conversations, name, self);
  const network = tcpNetwork;
  const lookUp = () => lookUpOnce({ id: own, target: name, servers, network, clock: systemClock });
  const report = await auditPeer({ self: own, name, lookUp, network, identity, store });
  const { tone, lines } = wordingOf({ type: "audited", name, report });
  for (const line of lines) print(line);
  return tone !== "problem";
}
