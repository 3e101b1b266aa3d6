/**
 * `p2pchat history export`: writes out all messages with somebody.
 *
 * @module
 */

import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import {
  type Asked,
  type AskedHistory,
  askForHistory,
  selfIn,
} from "../../local_control/local_control.ts";
import { problemOf } from "../../user_error.ts";
import { exportHistory, type HistorySink } from "./history_export.ts";
import type { HistoryFormat } from "./history_formats.ts";
import { openOwnProfile } from "./own_profile.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { say, sayOnStandardError } from "./say.ts";

/** Which messages to write out, and where they are. */
export interface HistoryExport extends Asked {
  /** Where the passphrase of the profile is, if that is not to be asked for. */
  readonly passphrase: PassphraseSource | undefined;
}

/**
 * Writes all messages with somebody, oldest first. The running client of the user's name reads them, if there
 * is one, which spares the user the passphrase. Else they are read here, beside a client that does not answer
 * as well: reading is in nobody's way.
 *
 * @throws {UserError} If there are none, or they cannot be read or written.
 */
export async function runHistoryExport(
  options: HistoryExport,
  format: HistoryFormat,
  sink: HistorySink,
): Promise<void> {
  const { name, self } = options;
  const asked = await askIfPossible(options);
  if (asked !== undefined) return await exportHistory({ name, ...asked }, format, sink);
  using temporary = new TemporaryDirectory();
  const copyTo = () => temporary.make();
  const { passphrase } = options;
  const opening = { mustExist: true, passphrase, copyTo };
  using profile = await openOwnProfile(options.profile, opening);
  const { conversations, history, knownPeers } = profile.store;
  const own = selfIn(conversations, name, self);
  const key = knownPeers.find(name)?.key;
  const entries = history.export(own, name);
  await exportHistory({ name, key, self: own, entries }, format, sink);
}

/** @returns Undefined if no client runs, or it cannot be asked, of which the user is told. */
async function askIfPossible(asked: Asked): Promise<AskedHistory | undefined> {
  try {
    return await askForHistory(asked);
  } catch (error) {
    const why = problemOf(error);
    const cannotBeAsked = ["running-client-silent", "running-client-of-other-version"];
    if (!cannotBeAsked.includes(why.code)) throw error;
    say({ type: "client-passed-over", why }, sayOnStandardError);
    return undefined;
  }
}
