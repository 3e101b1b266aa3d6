/**
 * Which key owns which name: the first one that registers it, until the name has not been used for the lease.
 *
 * The database is asked for each registration with a key, and for each new one without, but never for the
 * refresh of a registration without a key, which is what a server does most.
 *
 * @module
 */

import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import { nameUseWrittenMs, serverBusyTimeoutMs } from "../../shared/protocol/limits.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { openDatabase } from "../../shared/storage/database.ts";
import { Batches } from "../../shared/time/batches.ts";
import type { LapseTime, TimeStore } from "../checked_time/checked_time.ts";
import { Agreements } from "./agreements.ts";
import { type NewNameRefusal, NewNames, type NewNamesOptions } from "./new_names.ts";
import { migrations } from "./schema.ts";
import { timeTable } from "./time_table.ts";

/** A database of names, and the realm of its server. Disposing of it closes it. */
export interface NamesDatabase extends Disposable {
  readonly connection: DatabaseSync;
  /** How many names there are. */
  readonly count: number;
  /** 128 random bits in hexadecimal, which stay with the database. */
  readonly realm: string;
  /** The latest time that its server has seen. */
  readonly time: TimeStore;
}

/**
 * Opens the database of names in a directory, and makes both if they are missing.
 *
 * @param directory Undefined keeps the database in memory only.
 * @throws {DatabaseError} If it cannot be opened.
 */
export function openNamesDatabase(directory: string | undefined): NamesDatabase {
  const count = (connection: DatabaseSync) =>
    (connection.prepare("SELECT count(*) AS count FROM names").get() as { count: number }).count;
  const path = directory === undefined ? ":memory:" : join(directory, "names.db");
  let realm = "";
  const connection = openDatabase(path, migrations, {
    prepare: (connection) => {
      // Opening may wait for another program. A server that is asked something may not.
      connection.exec(`PRAGMA busy_timeout = ${serverBusyTimeoutMs}`);
      connection.prepare("INSERT OR IGNORE INTO realm VALUES (1, ?)").run(randomId());
      ({ id: realm } = connection.prepare("SELECT id FROM realm").get() as { id: string });
      // If the file is damaged, this fails now and not later.
      count(connection);
    },
  });
  return {
    connection,
    get count() {
      return count(connection);
    },
    realm,
    time: timeTable(connection),
    [Symbol.dispose]: () => connection.close(),
  };
}

/** Why a client does not get a name. */
export type NameRefusal =
  | NewNameRefusal
  | { readonly refused: "owned" }
  | { readonly refused: "unavailable" };

/** What names need to know. `max` is also the most names that there may be. */
export interface NamesOptions extends NewNamesOptions {
  /** How long an unused name is reserved for its key, in milliseconds. */
  readonly leaseMs: number;
  /** The time of day: leases outlive the process. */
  readonly time: LapseTime;
  readonly log: Log;
}

interface Row {
  readonly key: PublicKey;
  readonly used_at_ms: number;
}

/** How many names are looked at in one batch for those that have lapsed. */
const expiryBatch = 200;
const expiryTimes = { stepMs: 1_000, pauseMs: 60 * 60_000 };

/** The names of a server. */
export class Names {
  readonly #options: NamesOptions;
  readonly #failures: ThrottledLog;
  readonly #sql: Record<
    "find" | "take" | "batchEnd" | "expire" | "expireRest" | "renew",
    StatementSync
  >;
  /** Whether no other program can add names, so that the count says whether there are any. */
  readonly #isOurs: boolean;
  #count: number;
  readonly #agreements: Agreements;
  readonly #newNames: NewNames;
  /** Those that no key owns, which have a bound of their own. */
  readonly #newUnkeyed: NewNames;
  readonly #expiry: Batches;
  /** The name behind which the next batch begins. */
  #expiredUpTo = "";

  constructor({ connection, count }: NamesDatabase, options: NamesOptions) {
    this.#options = options;
    this.#failures = new ThrottledLog(options.log, options.clock);
    this.#count = count;
    this.#isOurs = connection.location() === null;
    this.#agreements = new Agreements(connection);
    this.#newNames = new NewNames(options);
    this.#newUnkeyed = new NewNames(options);
    this.#expiry = new Batches(options.clock, expiryTimes);
    this.#sql = {
      find: connection.prepare("SELECT key, used_at_ms FROM names WHERE name = ?"),
      // The condition holds even if another program has taken the name since it was looked up.
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
      renew: connection.prepare("UPDATE names SET used_at_ms = :now WHERE used_at_ms >= :from"),
    };
  }

  /** How many names there are. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes a name for a key that registers it, or notes that the key uses its name.
   *
   * @returns Why not; undefined if the key owns the name.
   */
  claim(name: string, key: PublicKey, observedHost: string): NameRefusal | undefined {
    const nowMs = this.#options.time.now();
    try {
      const row = this.#find(name);
      if (row?.key === key) {
        if (this.#isWorthWriting(nowMs - row.used_at_ms)) this.#use(name, key, nowMs);
        return undefined;
      }
      if (row !== undefined && row.used_at_ms > this.#lapsedMs(nowMs)) return { refused: "owned" };
      if (row === undefined && this.#count >= this.#options.max) return { refused: "names-full" };
      const refusal = this.#newNames.refusal(observedHost);
      if (refusal !== undefined) return refusal;
      if (!this.#take(name, key, nowMs)) return { refused: "owned" };
      if (row === undefined) this.#count++;
      this.#newNames.add(observedHost);
      return undefined;
    } catch (error) {
      return this.#unavailable(error);
    }
  }

  /** Why a name cannot be registered without a key; undefined if it can. */
  refusalWithoutKey(name: string): NameRefusal | undefined {
    if (this.#isOurs && this.#count === 0) return undefined;
    const owner = this.owner(name);
    if ("refused" in owner) return owner;
    return owner.key === undefined ? undefined : { refused: "owned" };
  }

  /**
   * Takes a name for a new registration without a key.
   *
   * @returns Why not; undefined if it can be registered.
   */
  takeWithoutKey(name: string, observedHost: string): NameRefusal | undefined {
    return this.refusalWithoutKey(name) ?? this.#newUnkeyed.take(name, observedHost);
  }

  /** The key that owns a name, if there is one. */
  owner(name: string): { readonly key: PublicKey | undefined } | NameRefusal {
    try {
      const row = this.#find(name);
      const isOwned = row !== undefined &&
        row.used_at_ms > this.#lapsedMs(this.#options.time.now());
      return { key: isOwned ? row.key : undefined };
    } catch (error) {
      return this.#unavailable(error);
    }
  }

  /** Takes the X25519 key that the owner of a name shows, if they show one: see {@linkcode Agreements.note}. */
  noteAgreement(name: string, key: PublicKey, shown: string | undefined): void {
    try {
      this.#agreements.note(name, key, shown);
    } catch (error) {
      // The client is registered all the same, and shows it again.
      this.#unavailable(error);
    }
  }

  /** The X25519 key that the owner of a name has shown last; undefined if there is none, or it cannot be read. */
  agreementOf(name: string, key: PublicKey): string | undefined {
    try {
      return this.#agreements.of(name, key);
    } catch (error) {
      this.#unavailable(error);
      return undefined;
    }
  }

  /** Whether a key owns a name. */
  owns(key: string, name: string): boolean {
    const owner = this.owner(name);
    return !("refused" in owner) && owner.key === key;
  }

  /** Deletes some of the names that have lapsed, if it is time to. A name is free from when it lapses. */
  expire(): void {
    if (!this.#options.time.isCertain) return;
    try {
      this.#expiry.run(() => {
        const lapsedMs = this.#lapsedMs(this.#options.time.now());
        const from = this.#expiredUpTo;
        const end = this.#sql.batchEnd.get(from, expiryBatch - 1) as { name: string } | undefined;
        const { changes } = end === undefined
          ? this.#sql.expireRest.run(from, lapsedMs)
          : this.#sql.expire.run(from, end.name, lapsedMs);
        this.#count -= Number(changes);
        this.#expiredUpTo = end?.name ?? "";
        return end !== undefined;
      });
    } catch (error) {
      this.#unavailable(error);
    }
  }

  /**
   * Makes the names that were used at a time or later used now.
   *
   * @throws {Error} If the database fails.
   */
  renew(fromMs: number, nowMs: number): void {
    this.#sql.renew.run({ from: fromMs, now: nowMs });
  }

  #find(name: string): Row | undefined {
    return this.#sql.find.get(name) as Row | undefined;
  }

  /** A name that was last used at this time, or before, has lapsed. While the time is in doubt none has. */
  #lapsedMs(nowMs: number): number {
    const { time, leaseMs } = this.#options;
    return time.isCertain ? nowMs - leaseMs : Number.MIN_SAFE_INTEGER;
  }

  /** Whether a use of a name is worth a write, by the time since the last one that was written. */
  #isWorthWriting(sinceMs: number): boolean {
    // If the clock was set back, a name must not seem to have been used in the future.
    return sinceMs < 0 || sinceMs >= Math.min(nameUseWrittenMs, this.#options.leaseMs / 10);
  }

  #use(name: string, key: PublicKey, nowMs: number): void {
    try {
      this.#take(name, key, nowMs);
    } catch (error) {
      // The name is the key's in any case. The next use is written.
      this.#unavailable(error);
    }
  }

  /** @returns Whether the key owns the name now. */
  #take(name: string, key: PublicKey, nowMs: number): boolean {
    const { changes } = this.#sql.take.run({
      name,
      key,
      now: nowMs,
      lapsed: this.#lapsedMs(nowMs),
    });
    return changes !== 0;
  }

  #unavailable(error: unknown): NameRefusal {
    this.#failures.error("cannot use the database of names", error);
    return { refused: "unavailable" };
  }
}
