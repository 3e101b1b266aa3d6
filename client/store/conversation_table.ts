/**
 * The conversations of a store, and how far the outgoing stream of each has come.
 *
 * @module
 */

import { equals } from "@std/bytes/equals";
import type { Statements } from "../../shared/storage/late_statements.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { formatAddress, parseAddress } from "../../shared/net/address.ts";
import type { KeptAddress, KeptSource } from "../../shared/net/named_address.ts";
import { emptyConversationsMax } from "./store_limits.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { acknowledgedOf } from "./acknowledgement.ts";
import {
  idFromColumn,
  idToColumn,
  keyFromColumn,
  keyToColumn,
  type PartyColumns,
} from "./column_codec.ts";
import type { Transactions } from "./transactions.ts";

/** A conversation in the store. */
export type ConversationId = number;

/** The two ends of a conversation. */
export interface Party {
  /** One's own id. */
  readonly self: string;
  /** The peer's id. */
  readonly name: string;
  /** The peer's key; undefined if it has none. */
  readonly key: PublicKey | undefined;
}

/** What is known of a conversation. */
export interface ConversationRecord extends Party {
  readonly id: ConversationId;
  /** The peer's X25519 key, which its key has certified; undefined until it has been seen. */
  readonly agreement: Uint8Array | undefined;
  /** Where the peer listened last; undefined if that is not known. */
  readonly address: KeptAddress | undefined;
  readonly outgoing: OutgoingStream;
  /** When either side last said something: milliseconds since 1970, UTC; 0 if neither has. */
  readonly lastAtMs: number;
}

/** The stream of what is sent, with marks that say what became of the messages. */
export interface OutgoingStream {
  /** 128 random bits in hexadecimal. */
  readonly stream: string;
  /** The last number that was given; 0 before the first. */
  readonly last: number;
  /** The peer has all messages up to this number. */
  readonly acknowledged: number;
  /** The peer's user has seen all messages up to this number, if the peer tells. */
  readonly read: number;
  /** All messages up to this number were left at the server's mailbox. */
  readonly deposited: number;
  /** When the first message was left there that the peer does not have; undefined if the peer has all. */
  readonly depositedAtMs: number | undefined;
}

/** What has been seen of a peer. */
interface Seen {
  readonly agreement?: Uint8Array;
  readonly address?: KeptAddress;
}

interface Row extends PartyColumns {
  readonly id: ConversationId;
  readonly agreement: Uint8Array | null;
  readonly address: string | null;
  readonly source: KeptSource | null;
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
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = prepare(statements);
  }

  /**
   * Finds a conversation, or makes it.
   *
   * @param seen What has been seen of the peer now, which is remembered.
   * @throws {UserError} If the store cannot be written.
   */
  open(party: Party, seen: Seen = {}): ConversationRecord {
    const known = this.#find(party);
    if (known !== undefined && !isNews(known, seen)) return known;
    const { agreement, address } = seen;
    return this.#transactions.swift("save-conversation", () => {
      // Another program may have made it since.
      const id = this.#find(party)?.id ?? this.#make(party);
      this.#sql.remember.run(agreement ?? null, address ? formatAddress(address) : null, id);
      if (address !== undefined) this.#rememberSource(id, address);
      return this.get(id);
    });
  }

  /**
   * Reads a conversation.
   *
   * @throws {RangeError} If there is none with this id.
   * @throws {UserError} If the store cannot be read.
   */
  get(id: ConversationId): ConversationRecord {
    const [found] = this.#read("byId", id);
    if (found === undefined) throw new RangeError(`there is no conversation ${id} in the store`);
    return found;
  }

  /**
   * The conversations with a name, one for each key that it had; the latest used first.
   *
   * @throws {UserError} If the store cannot be read.
   */
  find(self: string, name: string): ConversationRecord[] {
    return this.#read("byName", self, name);
  }

  /** The conversations of an own id, the latest used first. @throws {UserError} As {@linkcode find}. */
  list(self: string, limit: number): ConversationRecord[] {
    return this.#read("latest", self, limit);
  }

  /** Those of {@linkcode list} whose peers are contacts. @throws {UserError} As {@linkcode find}. */
  listContacts(self: string, limit: number): ConversationRecord[] {
    return this.#read("latestContacts", self, limit);
  }

  /**
   * The conversations with messages that the peer does not have, the latest used first.
   *
   * @throws {UserError} If the store cannot be read.
   */
  waiting(self: string): ConversationRecord[] {
    return this.#read("waiting", self);
  }

  /** The own ids that have a conversation with a name. @throws {UserError} As {@linkcode find}. */
  selves(name: string): string[] {
    const rows = this.#transactions.reading("read-conversations", () => this.#sql.selves.all(name));
    return (rows as { self: string }[]).map(({ self }) => self);
  }

  /** Gives a conversation a new stream for what is sent. @returns The stream's row. */
  beginStream(id: ConversationId): number {
    const stream = Number(this.#sql.makeStream.run(id, idToColumn(randomId())).lastInsertRowid);
    this.#sql.setStream.run(stream, id);
    return stream;
  }

  /** Of an address that has been named before, who named it in the way that counts most stays. */
  #rememberSource(id: ConversationId, address: KeptAddress): void {
    const known = this.get(id).address!;
    if (countsMore(address, known)) {
      this.#sql.rememberSource.run(id, formatAddress(address), address.source);
    }
  }

  #find({ self, name, key }: Party): ConversationRecord | undefined {
    return this.#read("byParty", self, name, keyToColumn(key))[0];
  }

  #read(
    which: "byParty" | "byName" | "byId" | "latest" | "latestContacts" | "waiting",
    ...values: (string | number | Uint8Array)[]
  ): ConversationRecord[] {
    const rows = this.#transactions.reading(
      "read-conversations",
      () => this.#sql[which].all(...values),
    );
    return (rows as unknown as Row[]).map(recordOf);
  }

  #make({ self, name, key }: Party): ConversationId {
    // A caller who always takes new names and says nothing must not fill the disk.
    const { count } = this.#sql.countEmpty.get() as { count: number };
    const oldest = this.#sql.oldestEmpty.get() as { id: ConversationId } | undefined;
    if (count >= emptyConversationsMax && oldest !== undefined) {
      this.#sql.forgetStreams.run(oldest.id);
      this.#sql.forget.run(oldest.id);
    }
    const id = Number(this.#sql.make.run(self, name, keyToColumn(key)).lastInsertRowid);
    this.beginStream(id);
    return id;
  }
}

/** The statements. */
function prepare(statements: Statements) {
  const select = `SELECT c.id, c.self, c.name, c.key, c.agreement, c.address, p.source,
      c.last_at_ms,
      s.stream, s.last, ${acknowledgedOf("s")} AS acknowledged, s.read, s.deposited,
      s.deposited_at_ms
    FROM conversations c JOIN streams s ON s.id = c.stream
    LEFT JOIN address_sources p ON p.conversation = c.id AND p.address = c.address`;
  const latestFirst = "ORDER BY c.last_at_ms DESC, c.id DESC";
  return {
    byParty: statements.prepare(`${select} WHERE c.self = ? AND c.name = ? AND c.key = ?`),
    byName: statements.prepare(`${select} WHERE c.self = ? AND c.name = ? ${latestFirst}`),
    byId: statements.prepare(`${select} WHERE c.id = ?`),
    latest: statements.prepare(`${select} WHERE c.self = ? ${latestFirst} LIMIT ?`),
    latestContacts: statements.prepare(
      `${select} WHERE c.self = ? AND EXISTS (
         SELECT 1 FROM known_peers k
         WHERE k.name = c.name AND k.key = c.key AND k.stranger_since_ms IS NULL)
       ${latestFirst} LIMIT ?`,
    ),
    waiting: statements.prepare(
      `${select} WHERE c.self = ? AND s.last > ${acknowledgedOf("s")} ${latestFirst}`,
    ),
    selves: statements.prepare(
      "SELECT DISTINCT self FROM conversations WHERE name = ? ORDER BY self",
    ),
    make: statements.prepare("INSERT INTO conversations (self, name, key) VALUES (?, ?, ?)"),
    makeStream: statements.prepare(
      "INSERT INTO streams (conversation, outgoing, stream) VALUES (?, 1, ?)",
    ),
    setStream: statements.prepare("UPDATE conversations SET stream = ? WHERE id = ?"),
    remember: statements.prepare(
      `UPDATE conversations SET agreement = coalesce(?, agreement), address = coalesce(?, address)
       WHERE id = ?`,
    ),
    rememberSource: statements.prepare(
      "INSERT OR REPLACE INTO address_sources (conversation, address, source) VALUES (?, ?, ?)",
    ),
    countEmpty: statements.prepare(
      "SELECT count(*) AS count FROM conversations WHERE last_at_ms = 0",
    ),
    oldestEmpty: statements.prepare(
      `SELECT id FROM conversations WHERE last_at_ms = 0
         AND NOT EXISTS (SELECT 1 FROM messages WHERE conversation = conversations.id)
         AND NOT EXISTS (SELECT 1 FROM line_drafts WHERE conversation = conversations.id)
       ORDER BY id LIMIT 1`,
    ),
    forgetStreams: statements.prepare("DELETE FROM streams WHERE conversation = ?"),
    forget: statements.prepare("DELETE FROM conversations WHERE id = ?"),
  };
}

function recordOf(row: Row): ConversationRecord {
  return {
    id: row.id,
    self: row.self,
    name: row.name,
    key: keyFromColumn(row.key),
    agreement: row.agreement ?? undefined,
    address: addressOf(row),
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

function addressOf({ address, source }: Row): KeptAddress | undefined {
  const parsed = address === null ? undefined : parseAddress(address);
  return parsed && { ...parsed, source: source ?? "unknown" };
}

/** Who names an address, beginning with the one whose word counts least. */
const sources: readonly KeptSource[] = ["unknown", "mail", "caller", "contact", "user"];

function countsMore(one: KeptAddress, other: KeptAddress): boolean {
  return sources.indexOf(one.source) > sources.indexOf(other.source);
}

function isNews(known: ConversationRecord, { agreement, address }: Seen): boolean {
  return (agreement !== undefined &&
    (known.agreement === undefined || !equals(agreement, known.agreement))) ||
    (address !== undefined &&
      (known.address === undefined || formatAddress(address) !== formatAddress(known.address) ||
        countsMore(address, known.address)));
}
