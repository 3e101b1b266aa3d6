/**
 * `p2pchat history export`: writes out all messages with somebody.
 *
 * @module
 */

import { wait } from "../../../shared/time/clock.ts";
import type { OpenProfile } from "../../profile/profile.ts";
import type { HistoryEntry } from "../../store/store.ts";
import { TemporaryDirectory } from "../../../shared/process/temporary_directory.ts";
import {
  type Asked,
  type AskedHistory,
  askForHistory,
  selfIn,
} from "../../local_control/local_control.ts";
import { problemOf } from "../../user_error.ts";
import { type ExportedHistory, exportHistory, type HistorySink } from "./history_export.ts";
import type { HistoryFormat } from "./history_formats.ts";
import { openOwnProfile } from "./own_profile.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { say, sayOnStandardError } from "./say.ts";

/** Which messages to write out, and where they are. */
export interface HistoryExport extends Asked {
  /** Where the passphrase of the profile is, if that is not to be asked for. */
  readonly passphrase: PassphraseSource | undefined;
  /** Only messages that were kept at this time or later: milliseconds since 1970, UTC. */
  readonly sinceMs: number;
  /** Whether what comes and goes later is written out as well, until the program is ended. */
  readonly follows: boolean;
}

/** How often it is looked for more, in milliseconds. */
const lookMs = 500;

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
  using source = new HistorySource(options);
  const { follows, sinceMs } = options;
  let behind = 0;
  do {
    const history = await source.behind(behind);
    const entries = noted(history.entries, sinceMs, (row) => behind = row);
    if (!await exportHistory({ ...history, entries }, format, sink)) return;
    if (follows) await wait(lookMs, new AbortController().signal);
  } while (follows);
}

/** Those since a time. @param note Told the row of each. */
async function* noted(
  entries: Iterable<HistoryEntry> | AsyncIterable<HistoryEntry>,
  sinceMs: number,
  note: (row: number) => void,
): AsyncGenerator<HistoryEntry> {
  for await (const entry of entries) {
    note(entry.row);
    if (entry.atMs >= sinceMs) yield entry;
  }
}

/** Where messages are read: from the client that runs, or from the store, which is then opened once. */
class HistorySource implements Disposable {
  readonly #options: HistoryExport;
  readonly #held = new DisposableStack();
  #profile: OpenProfile | undefined;

  constructor(options: HistoryExport) {
    this.#options = options;
  }

  /** The messages behind a row. @throws {UserError} If there are none at all, or they cannot be read. */
  async behind(row: number): Promise<ExportedHistory> {
    const { name, self } = this.#options;
    const asked = this.#profile === undefined ? await askIfPossible(this.#options, row) : undefined;
    if (asked !== undefined) return { name, ...asked };
    const { identity, store } = this.#profile ??= await this.#open();
    const own = selfIn(store.conversations, name, self);
    const key = store.knownPeers.find(name)?.key;
    const entries = store.history.export(own, name, row);
    return { name, key, ownKey: identity.publicKey, self: own, entries };
  }

  [Symbol.dispose](): void {
    this.#held.dispose();
  }

  async #open(): Promise<OpenProfile> {
    const temporary = this.#held.use(new TemporaryDirectory());
    const copyTo = () => temporary.make();
    const { passphrase, profile } = this.#options;
    return this.#held.use(await openOwnProfile(profile, { mustExist: true, passphrase, copyTo }));
  }
}

/** @returns Undefined if no client runs, or it cannot be asked, of which the user is told. */
async function askIfPossible(asked: Asked, row: number): Promise<AskedHistory | undefined> {
  try {
    return await askForHistory(asked, row);
  } catch (error) {
    const why = problemOf(error);
    const cannotBeAsked = ["running-client-silent", "running-client-of-other-version"];
    if (!cannotBeAsked.includes(why.code)) throw error;
    say({ type: "client-passed-over", why }, sayOnStandardError);
    return undefined;
  }
}
