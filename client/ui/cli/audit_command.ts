/**
 * `p2pchat audit`: compares with somebody which messages each side has.
 *
 * @module
 */

import { systemClock } from "../../../shared/time/clock.ts";
import { auditPeer, type AuditReport } from "../../audit/audit.ts";
import {
  type Asked,
  askForAudit,
  selfIn,
  takeNameOrAsk,
} from "../../local_control/local_control.ts";
import { lookUpOnce } from "../../rendezvous/rendezvous.ts";
import { tcpNetwork } from "../../transport/transport.ts";
import { wordingOf } from "../wording/wording.ts";
import { openOwnProfile } from "./own_profile.ts";
import type { OpenServers } from "./asked_servers.ts";
import type { PassphraseSource } from "./passphrase_source.ts";

/** What to compare. */
export interface AuditOptions extends Asked {
  /** Where the passphrase of the profile is, if that is not to be asked for. */
  readonly passphrase: PassphraseSource | undefined;
  /** Finds the servers that may know where the peer is. A client that runs asks its own. */
  readonly openServers: OpenServers;
}

/**
 * Compares with somebody, and prints what was found. The running client of the user's name does it, if there
 * is one; else the peer is called from here.
 *
 * @param print Takes each line.
 * @returns Whether both sides have the same.
 * @throws {UserError} If the peer cannot be reached, or nothing has been said with them.
 */
export async function runAudit(
  options: AuditOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const { name } = options;
  const report = await askForAudit(options) ?? await auditAlone(options);
  const { tone, lines } = wordingOf({ type: "audited", name, report });
  for (const line of lines) print(line);
  return tone !== "problem";
}

async function auditAlone(options: AuditOptions): Promise<AuditReport> {
  const { profile: directory, passphrase, name, waitMs } = options;
  using profile = await openOwnProfile(directory, { mustExist: true, passphrase });
  const { identity, store } = profile;
  const self = selfIn(store.conversations, name, options.self);
  const ask = () => askForAudit({ ...options, self });
  const taken = await takeNameOrAsk(directory, self, waitMs, ask);
  if ("answer" in taken) return taken.answer;
  using _name = taken.name;
  await using opened = await options.openServers();
  const { servers } = opened;
  const network = tcpNetwork;
  const lookUp = () => lookUpOnce({ id: self, target: name, servers, network, clock: systemClock });
  const serverHost = () => servers[0]!.host;
  return await auditPeer({ self, name, lookUp, network, serverHost, identity, store });
}
