/**
 * Between whom there are conversations, and how far what is sent in them has come.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import { randomId } from "../../shared/protocol/message_stream.ts";
import { emptyConversationsMax } from "../../shared/protocol/limits.ts";
import {
  idFromColumn,
  idToColumn,
  keyFromColumn,
  keyToColumn,
  type PartyColumns,
} from "./column_codec.ts";
import type { ConversationId, ConversationRecord, Journal, Party } from "./journal.ts";
import type { Transactions } from "./transactions.ts";

type Seen = Parameters<Journal["open"]>[1];

interface Row extends PartyColumns {
  readonly id: ConversationId;
  readonly agreement: Uint8Array | null;
  readonly address: string | null;
  readonly last_at_ms: number;
  readonly stream: Uint8Array | string;
  readonly last: number;
  readonly acknowledged: number;
  readonly read: number;
  readonly deposited: number;
  readonly deposited_at_ms: number | null;
}

/** The conversations of a store. */
export class ConversationTable {
  readonly #transactions: Transactions;
  readonly #sql: Record<
    | "byParty"
    | "byName"
    | "byId"
    | "latest"
    | "waiting"
    | "selves"
    | "make"
    | "makeStream"
    | "setStream"
    | "remember"
    | "countEmpty"
    | "oldestEmpty"
    | "forgetStreams"
    | "forget",
    StatementSync
  >;

  constructor(database: DatabaseSync, transactions: Transactions) {
    this.#transactions = transactions;
    const select = `SELECT c.id, c.self, c.name, c.key, c.agreement, c.address, c.last_at_ms,
        s.stream, s.last, s.acknowledged, s.read, s.deposited, s.deposited_at_ms
      FROM conversations c JOIN streams s ON s.id = c.stream`;
    const latestFirst = "ORDER BY c.last_at_ms DESC, c.id DESC";
    this.#sql = {
      byParty: database.prepare(`${select} WHERE c.self = ? AND c.name = ? AND c.key = ?`),
      byName: database.prepare(`${select} WHERE c.self = ? AND c.name = ? ${latestFirst}`),
      byId: database.prepare(`${select} WHERE c.id = ?`),
      latest: database.prepare(`${select} WHERE c.self = ? ${latestFirst} LIMIT ?`),
      waiting: database.prepare(
        `${select} WHERE c.self = ? AND s.last > s.acknowledged ${latestFirst}`,
      ),
      selves: database.prepare(
        "SELECT DISTINCT self FROM conversations WHERE name = ? ORDER BY self",
      ),
      make: database.prepare("INSERT INTO conversations (self, name, key) VALUES (?, ?, ?)"),
      makeStream: database.prepare(
        "INSERT INTO streams (conversation, outgoing, stream) VALUES (?, 1, ?)",
      ),
      setStream: database.prepare("UPDATE conversations SET stream = ? WHERE id = ?"),
      remember: database.prepare(
        `UPDATE conversations SET agreement = coalesce(?, agreement), address = coalesce(?, address)
         WHERE id = ?`,
      ),
      countEmpty: database.prepare(
        "SELECT count(*) AS count FROM conversations WHERE last_at_ms = 0",
      ),
      oldestEmpty: database.prepare(
        `SELECT id FROM conversations WHERE last_at_ms = 0
           AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = conversations.id)
         ORDER BY id LIMIT 1`,
      ),
      forgetStreams: database.prepare("DELETE FROM streams WHERE conversation = ?"),
      forget: database.prepare("DELETE FROM conversations WHERE id = ?"),
    };
  }

  /** See {@linkcode Journal}. */
  open(party: Party, seen: Seen = {}): ConversationRecord {
    const known = this.#find(party);
    if (known !== undefined && !isNews(known, seen)) return known;
    const { agreement, address } = seen;
    return this.#transactions.swift("remember the conversation", () => {
      // Another program may have made it since.
      const id = (this.#find(party) ?? this.#make(party)).id;
      this.#sql.remember.run(agreement ?? null, address ? formatAddress(address) : null, id);
      return this.get(id);
    });
  }

  /** See {@linkcode Journal}. */
  get(id: ConversationId): ConversationRecord {
    const row = this.#sql.byId.get(id) as unknown as Row | undefined;
    if (row === undefined) throw new Error(`There is no conversation ${id} in the store`);
    return recordOf(row);
  }

  /** See {@linkcode Journal}. */
  find(self: string, name: string): ConversationRecord[] {
    return (this.#sql.byName.all(self, name) as unknown as Row[]).map(recordOf);
  }

  /** See {@linkcode Journal}. */
  list(self: string, limit: number): ConversationRecord[] {
    return (this.#sql.latest.all(self, limit) as unknown as Row[]).map(recordOf);
  }

  /** See {@linkcode Journal}. */
  waiting(self: string): ConversationRecord[] {
    return (this.#sql.waiting.all(self) as unknown as Row[]).map(recordOf);
  }

  /** See {@linkcode Journal}. */
  selves(name: string): string[] {
    return (this.#sql.selves.all(name) as { self: string }[]).map(({ self }) => self);
  }

  /** Gives a conversation a new stream for what is sent. @returns The stream's row. */
  beginStream(id: ConversationId): number {
    const stream = Number(this.#sql.makeStream.run(id, idToColumn(randomId())).lastInsertRowid);
    this.#sql.setStream.run(stream, id);
    return stream;
  }

  #find({ self, name, key }: Party): ConversationRecord | undefined {
    const row = this.#sql.byParty.get(self, name, keyToColumn(key)) as unknown as Row | undefined;
    return row && recordOf(row);
  }

  #make({ self, name, key }: Party): { id: ConversationId } {
    // Whoever calls under ever new names and says nothing is not remembered for ever.
    const { count } = this.#sql.countEmpty.get() as { count: number };
    const oldest = this.#sql.oldestEmpty.get() as { id: ConversationId } | undefined;
    if (count >= emptyConversationsMax && oldest !== undefined) {
      this.#sql.forgetStreams.run(oldest.id);
      this.#sql.forget.run(oldest.id);
    }
    const id = Number(this.#sql.make.run(self, name, keyToColumn(key)).lastInsertRowid);
    this.beginStream(id);
    return { id };
  }
}

function recordOf(row: Row): ConversationRecord {
  return {
    id: row.id,
    self: row.self,
    name: row.name,
    key: keyFromColumn(row.key),
    agreement: row.agreement ?? undefined,
    address: row.address === null ? undefined : parseAddress(row.address),
    outgoing: {
      stream: idFromColumn(row.stream),
      last: row.last,
      acknowledged: row.acknowledged,
      read: row.read,
      deposited: row.deposited,
      depositedAtMs: row.deposited_at_ms ?? undefined,
    },
    lastAtMs: row.last_at_ms,
  };
}

function isNews(known: ConversationRecord, { agreement, address }: NonNullable<Seen>): boolean {
  return (agreement !== undefined &&
    (known.agreement === undefined || !equals(agreement, known.agreement))) ||
    (address !== undefined &&
      (known.address === undefined || formatAddress(address) !== formatAddress(known.address)));
}
