/**
 * `p2pchat audit`: compares with somebody which messages each side has.
 *
 * @module
 */

import { makeVisible } from "../../../shared/text/visible.ts";
import { auditPeer } from "../../audit/audit_call.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { agrees, auditLines } from "../wording/audit_lines.ts";
import { selfIn } from "./history_command.ts";
import type { OpenProfile } from "../../profile/profile.ts";

/** What is to be compared. */
export interface AuditOptions {
  /** With whom. */
  readonly name: string;
  /** One's own id; needed where several have talked to that name. */
  readonly self: string | undefined;
  /** Who may know where they are. */
  readonly servers: readonly ServerAddress[];
}

/**
 * Calls somebody, compares, and prints what was found.
 *
 * @returns Whether both sides have the same.
 * @throws {UserError} Where they cannot be reached, or nothing has been said with them.
 */
export async function runAudit(
  { identity, store }: OpenProfile,
  { name, self: named, servers }: AuditOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const self = selfIn(store.conversations, name, named);
  const report = await auditPeer({ self, name, servers, identity, store });
  for (const line of auditLines(name, report)) print(makeVisible(line));
  return agrees(report);
}
