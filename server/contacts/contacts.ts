/**
 * Who the contacts of a client are: the lists that clients give the server. A list has hashes, so the server learns
 * of a contact only when that one shows what it has.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { Log } from "../../shared/process/log.ts";
import { ThrottledLog } from "../../shared/process/throttled_log.ts";
import {
  contactEntry,
  contactEntryBytes,
  contactsDigest,
  type ContactsState,
  hasEntry,
  partOfEntry,
} from "../../shared/protocol/contact_token.ts";
import { contactsMax, siteHostsMax } from "../../shared/protocol/limits.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { ContactsCapacity, Source } from "../limits/limits.ts";

/** Whose list it is: that of a client id, and of the key that owns it. */
export interface ContactsOwner {
  readonly clientId: string;
  readonly key: PublicKey;
}

/** A part of a list that its owner gives. */
export interface ContactsPart {
  readonly epoch: number;
  /** Which part it is, from 0, and how many there are. */
  readonly part: number;
  readonly parts: number;
  readonly entries: Uint8Array;
}

/** Who somebody is to the owner of a list: `undivided` if there is no list. */
export type Standing = "contact" | "unknown" | "undivided";

/** Why a part is not kept. */
export type ContactsRefusal = "too-many" | "host-full" | "full" | "unavailable";

/** What contacts need. */
export interface ContactsOptions {
  readonly capacity: ContactsCapacity;
  readonly clock: Clock;
  readonly log: Log;
  /** Told that a list is another now. */
  readonly onChange: (owner: ContactsOwner) => void;
}

interface List {
  readonly id: number;
  readonly epoch: number;
  readonly parts: number;
  readonly digest: string;
}

/** The lists of a server. */
export class Contacts {
  readonly #connection: DatabaseSync;
  readonly #options: ContactsOptions;
  readonly #failures: ThrottledLog;
  readonly #sql: Record<
    | "list"
    | "part"
    | "allParts"
    | "start"
    | "clear"
    | "put"
    | "finish"
    | "amount"
    | "largest"
    | "oldestOf"
    | "drop",
    StatementSync
  >;

  /** @param connection The database of names. */
  constructor(connection: DatabaseSync, options: ContactsOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#failures = new ThrottledLog(options.log, options.clock);
    const prepare = (sql: string) => connection.prepare(sql);
    this.#sql = {
      list: prepare(
        "SELECT id, epoch, parts, digest FROM contact_lists WHERE name = ? AND key = ?",
      ),
      part: prepare("SELECT entries FROM contact_parts WHERE list = ? AND part = ?"),
      allParts: prepare("SELECT entries FROM contact_parts WHERE list = ? ORDER BY part"),
      start: prepare(
        `INSERT INTO contact_lists (name, key, epoch, parts, digest, source, site, bytes)
         VALUES (?, ?, ?, ?, '', ?, ?, 0)`,
      ),
      clear: prepare("DELETE FROM contact_lists WHERE name = ? AND key = ?"),
      put: prepare(
        `INSERT INTO contact_parts VALUES (?, ?, ?)
         ON CONFLICT (list, part) DO UPDATE SET entries = excluded.entries`,
      ),
      finish: prepare("UPDATE contact_lists SET digest = ?, bytes = ? WHERE id = ?"),
      amount: prepare("SELECT bytes FROM contact_amounts WHERE scope = ? AND who = ?"),
      largest: prepare(
        `SELECT who, bytes FROM contact_amounts WHERE scope = 'source'
         ORDER BY bytes DESC LIMIT 1`,
      ),
      oldestOf: prepare("SELECT id FROM contact_lists WHERE source = ? ORDER BY id LIMIT 1"),
      drop: prepare("DELETE FROM contact_lists WHERE id = ?"),
    };
  }

  /**
   * Takes a part of a list in place of the one before. If the epoch is later, or the list has another number of
   * parts, the whole list is another.
   *
   * @returns What there is now; of a later epoch if that is what was there. Or why the part is not kept.
   */
  put(owner: ContactsOwner, part: ContactsPart, source: Source): ContactsState | ContactsRefusal {
    try {
      const before = this.#find(owner);
      if (before !== undefined && before.epoch > part.epoch) return before;
      this.#connection.exec("BEGIN IMMEDIATE");
      const outcome = this.#put(owner, part, source);
      this.#connection.exec(typeof outcome === "string" ? "ROLLBACK" : "COMMIT");
      if (typeof outcome !== "string") this.#options.onChange(owner);
      return outcome;
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec("ROLLBACK");
      this.#failed(error);
      return "unavailable";
    }
  }

  /** What there is of a list; undefined if there is none. */
  state(owner: ContactsOwner): ContactsState | undefined {
    return this.#tried(() => this.#find(owner), undefined);
  }

  /**
   * Who somebody is to the owner of a list.
   *
   * @param key The key that they have proven.
   * @param token The token that they show, if they show one.
   */
  standing(owner: ContactsOwner, key: PublicKey, token: Uint8Array | undefined): Standing {
    if (owner.key === key) return "contact";
    return this.#tried(() => {
      const list = this.#find(owner);
      if (list === undefined) return "undivided";
      const entries = token === undefined
        ? [contactEntry(undefined, key)]
        : [contactEntry(token, key), contactEntry(undefined, key)];
      return entries.some((entry) => this.#has(list, entry)) ? "contact" : "unknown";
    }, "unknown");
  }

  #has({ id, parts }: List, entry: Uint8Array): boolean {
    const row = this.#sql.part.get(id, partOfEntry(entry, parts)) as
      | { entries: Uint8Array }
      | undefined;
    return row !== undefined && hasEntry(row.entries, entry);
  }

  #find({ clientId, key }: ContactsOwner): List | undefined {
    return this.#sql.list.get(clientId, key) as List | undefined;
  }

  #put(
    owner: ContactsOwner,
    { epoch, part, parts, entries }: ContactsPart,
    { host, site }: Source,
  ): ContactsState | ContactsRefusal {
    const { clientId, key } = owner;
    let list = this.#find(owner);
    if (list !== undefined && (list.epoch !== epoch || list.parts !== parts)) {
      this.#sql.clear.run(clientId, key);
      list = undefined;
    }
    if (list === undefined) {
      this.#sql.start.run(clientId, key, epoch, parts, host, site);
      list = this.#find(owner)!;
    }
    this.#sql.put.run(list.id, part, entries);
    const all = (this.#sql.allParts.all(list.id) as { entries: Uint8Array }[])
      .map(({ entries }) => entries);
    const bytes = all.reduce((sum, { length }) => sum + length, 0);
    if (bytes > contactsMax * contactEntryBytes) return "too-many";
    const digest = contactsDigest(all);
    this.#sql.finish.run(digest, bytes, list.id);
    return this.#refusal(list.id, host, site) ?? { epoch, digest };
  }

  /** Why a list that has been written cannot stay. Whoever has the most makes room for others. */
  #refusal(id: number, host: string, site: string): ContactsRefusal | undefined {
    const { contactBytes, contactBytesOfHost } = this.#options.capacity;
    if (host !== "" && this.#amount("source", host) > contactBytesOfHost) return "host-full";
    if (site !== "" && this.#amount("site", site) > contactBytesOfHost * siteHostsMax) {
      return "host-full";
    }
    while (this.#amount("all", "") > contactBytes) {
      const { who } = this.#sql.largest.get() as { who: string };
      const oldest = this.#sql.oldestOf.get(who) as { id: number };
      if (who === host || oldest.id === id) return "full";
      this.#sql.drop.run(oldest.id);
    }
    return undefined;
  }

  #amount(scope: string, who: string): number {
    return (this.#sql.amount.get(scope, who) as { bytes: number } | undefined)?.bytes ?? 0;
  }

  #tried<T>(work: () => T, otherwise: T): T {
    try {
      return work();
    } catch (error) {
      this.#failed(error);
      return otherwise;
    }
  }

  #failed(error: unknown): void {
    this.#failures.error("cannot use the lists of contacts", error);
  }
}
