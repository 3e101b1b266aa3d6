/**
 * Who owns which name: the first key that registers it, until it has not been used for the lease.
 *
 * The database is asked for each registration with a key, and for a new one without: never for the
 * refresh of a registration without a key, which is what a server does most.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import type { Clock } from "../../shared/time/clock.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { Log } from "../../shared/process/log.ts";
import { nameUseWrittenMs, newNamesWindowMs } from "../../shared/protocol/limits.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import { HostQuota, type PerHost } from "../limits/limits.ts";
import type { NamesDatabase } from "./names_database.ts";

/** Why somebody does not get a name. */
export type NameRefusal =
  | { readonly refused: "owned" }
  | { readonly refused: "names-full" }
  | { readonly refused: "host-names"; readonly retryInMs: number }
  | { readonly refused: "unavailable" };

/** What names need to know. */
export interface NamesOptions {
  /** How long a name that is not used stays its key's. */
  readonly leaseMs: number;
  /** Names at most. */
  readonly max: number;
  /** New names at most from one host within `newNamesWindowMs`. */
  readonly maxNewPerHost: PerHost;
  readonly clock: Clock;
  /** The time of day, in milliseconds since 1970: leases outlive the process. */
  readonly wallClock: () => number;
  readonly log: Log;
}

interface Row {
  readonly key: PublicKey;
  readonly used_at_ms: number;
}

/** Names that are looked through at once for those that have lapsed. */
const expiryBatch = 200;
/** How long to the next batch, and from the end of a pass to the next. */
const expiryStepMs = 1_000;
const expiryPauseMs = 60 * 60_000;

/** The names of a server, and the keys that own them. */
export class Names {
  readonly #options: NamesOptions;
  readonly #failures: ThrottledLog;
  readonly #sql: Record<"find" | "take" | "batchEnd" | "expire" | "expireRest", StatementSync>;
  /** Whether nobody else can add to the database, so that the count says whether there is any name. */
  readonly #isOurs: boolean;
  #count: number;
  // Within the window. All hosts together take no more than `max`, so that the counter is bounded.
  readonly #newNames: HostQuota;
  #newNamesCount = 0;
  #windowEndsAtMs = 0;
  #expiryDueAtMs = 0;
  /** The name behind which the next batch begins. */
  #expiredUpTo = "";

  constructor({ connection, count }: NamesDatabase, options: NamesOptions) {
    this.#options = options;
    this.#failures = new ThrottledLog(options.log, options.clock);
    this.#count = count;
    this.#newNames = new HostQuota(options.maxNewPerHost);
    this.#isOurs = connection.location() === null;
    this.#sql = {
      find: connection.prepare("SELECT key, used_at_ms FROM names WHERE name = ?"),
      // The condition holds also where another program has taken the name since it was looked for.
      take: connection.prepare(
        `INSERT INTO names VALUES (:name, :key, :now) ON CONFLICT (name) DO UPDATE
         SET key = excluded.key, used_at_ms = excluded.used_at_ms
         WHERE key = excluded.key OR used_at_ms <= :lapsed`,
      ),
      batchEnd: connection.prepare("SELECT name FROM names WHERE name > ? LIMIT 1 OFFSET ?"),
      expire: connection.prepare(
        "DELETE FROM names WHERE name > ? AND name <= ? AND used_at_ms <= ?",
      ),
      expireRest: connection.prepare("DELETE FROM names WHERE name > ? AND used_at_ms <= ?"),
    };
  }

  /**
   * Takes a name for a key that is registered under it now, or uses it again.
   *
   * @returns Why not; undefined where the name is the key's.
   */
  claim(name: string, key: PublicKey, observedHost: string): NameRefusal | undefined {
    const nowMs = this.#options.wallClock();
    try {
      const row = this.#find(name);
      if (row?.key === key) {
        if (this.#isToBeWritten(nowMs - row.used_at_ms)) this.#use(name, key, nowMs);
        return undefined;
      }
      if (row !== undefined && row.used_at_ms > this.#lapsedMs(nowMs)) return { refused: "owned" };
      const refusal = this.#refusalOfNew(row !== undefined, observedHost);
      if (refusal !== undefined) return refusal;
      if (!this.#take(name, key, nowMs)) return { refused: "owned" };
      if (row === undefined) this.#count++;
      this.#newNames.add(observedHost);
      this.#newNamesCount++;
      return undefined;
    } catch (error) {
      return this.#unavailable(error);
    }
  }

  /** Why a name cannot be registered without a key; undefined where it can. */
  refusalWithoutKey(name: string): NameRefusal | undefined {
    if (this.#isOurs && this.#count === 0) return undefined;
    try {
      const row = this.#find(name);
      return row !== undefined && row.used_at_ms > this.#lapsedMs(this.#options.wallClock())
        ? { refused: "owned" }
        : undefined;
    } catch (error) {
      return this.#unavailable(error);
    }
  }

  /** The key whose name it is, if any has it. */
  owner(name: string): { readonly key: PublicKey | undefined } | NameRefusal {
    try {
      const row = this.#find(name);
      const isOwned = row !== undefined &&
        row.used_at_ms > this.#lapsedMs(this.#options.wallClock());
      return { key: isOwned ? row.key : undefined };
    } catch (error) {
      return this.#unavailable(error);
    }
  }

  /**
   * Deletes names that have lapsed, if it is time to: those among the next few, so that it takes no
   * longer however many there are. A name that has lapsed is free also while it is still there.
   */
  expire(): void {
    const { clock, wallClock } = this.#options;
    const nowMs = clock.now();
    if (nowMs < this.#expiryDueAtMs) return;
    this.#expiryDueAtMs = nowMs + expiryPauseMs;
    try {
      const lapsedMs = this.#lapsedMs(wallClock());
      const from = this.#expiredUpTo;
      const end = this.#sql.batchEnd.get(from, expiryBatch - 1) as { name: string } | undefined;
      const { changes } = end === undefined
        ? this.#sql.expireRest.run(from, lapsedMs)
        : this.#sql.expire.run(from, end.name, lapsedMs);
      this.#count -= Number(changes);
      this.#expiredUpTo = end?.name ?? "";
      if (end !== undefined) this.#expiryDueAtMs = nowMs + expiryStepMs;
    } catch (error) {
      this.#unavailable(error);
    }
  }

  #find(name: string): Row | undefined {
    return this.#sql.find.get(name) as Row | undefined;
  }

  /** A name that was used last at this time, or before, is free. */
  #lapsedMs(nowMs: number): number {
    return nowMs - this.#options.leaseMs;
  }

  /** Whether a use of a name is worth a write, by the time since the one that was written last. */
  #isToBeWritten(sinceMs: number): boolean {
    // A clock that was set back must not let a name seem used in days to come.
    return sinceMs < 0 || sinceMs >= Math.min(nameUseWrittenMs, this.#options.leaseMs / 10);
  }

  #use(name: string, key: string, nowMs: number): void {
    try {
      this.#take(name, key, nowMs);
    } catch (error) {
      // Whose name it is, is known. That it was used is written the next time.
      this.#unavailable(error);
    }
  }

  /** @returns Whether the name is the key's now. */
  #take(name: string, key: string, nowMs: number): boolean {
    const { changes } = this.#sql.take.run({
      name,
      key,
      now: nowMs,
      lapsed: this.#lapsedMs(nowMs),
    });
    return changes !== 0;
  }

  #refusalOfNew(isLapsed: boolean, observedHost: string): NameRefusal | undefined {
    const { max, clock } = this.#options;
    const nowMs = clock.now();
    if (nowMs >= this.#windowEndsAtMs) {
      this.#windowEndsAtMs = nowMs + newNamesWindowMs;
      this.#newNames.clear();
      this.#newNamesCount = 0;
    }
    if (this.#newNamesCount >= max || (!isLapsed && this.#count >= max)) {
      return { refused: "names-full" };
    }
    if (this.#newNames.isFull(observedHost)) {
      return { refused: "host-names", retryInMs: this.#windowEndsAtMs - nowMs };
    }
    return undefined;
  }

  #unavailable(error: unknown): NameRefusal {
    this.#failures.error("cannot use the database of names", error);
    return { refused: "unavailable" };
  }
}
