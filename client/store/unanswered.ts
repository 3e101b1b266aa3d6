/**
 * How much those have sent whom the user does not know and has not answered. It is counted from what the store
 * has: neither another connection nor another run begins again, and whatever program has stored it counts.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import {
  unknownSenderBytesMax,
  unknownSenderMessageBytes,
  unknownSenderMessagesMax,
  unknownSendersBytesMax,
} from "../../shared/protocol/limits.ts";
import type { PartyColumns } from "./column_codec.ts";
import type { ConversationId } from "./conversation_table.ts";

/** Why a message is not taken: its sender has sent enough, or all such senders together have. */
export type TooMuch = "of-sender" | "of-all";

/** What is counted of one conversation, or of several. */
interface Count {
  readonly messages: number;
  readonly bytes: number;
}

/** A conversation's own count, and up to which row that is. */
interface OwnCount extends Count {
  readonly up_to: number;
}

interface MessageSize {
  readonly row: number;
  readonly outgoing: number;
  readonly bytes: number;
}

/** So many messages are counted at a time, of a conversation that an earlier version has kept. */
const stepMessages = 1_000;

const utf8 = new TextEncoder();

/** The accounts of unknown senders. All of it runs in the transaction of the caller. */
export class Unanswered {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements) {
    this.#sql = prepare(statements);
  }

  /** What a sender may still send. */
  account(conversation: ConversationId, { key }: PartyColumns): UnansweredAccount {
    this.#lookAtEarlier();
    const sender = key.length === 0 ? null : key;
    const own = this.#count(conversation, sender);
    const others = this.#sql.ofSender.get(sender, conversation) as unknown as Count;
    const total = this.#sql.total.get() as unknown as Count;
    return new UnansweredAccount(own, others, total, (count, upTo) => {
      this.#sql.put.run(conversation, sender, upTo, count.messages, count.bytes);
    });
  }

  /** Nothing of a conversation without a key counts, up to a row: the user has answered it in this run. */
  answered(conversation: ConversationId, upTo: number): void {
    this.#sql.put.run(conversation, null, upTo, 0, 0);
  }

  /** Counts what has been stored since it was last counted. The user's last message begins it anew. */
  #count(conversation: ConversationId, sender: Uint8Array | null): OwnCount {
    let count = this.#sql.own.get(conversation) as OwnCount | undefined ??
      { up_to: 0, messages: 0, bytes: 0 };
    const before = count;
    const rows = this.#sql.sizes.all(conversation, count.up_to, stepMessages);
    for (const { row, outgoing, bytes } of rows as unknown as MessageSize[]) {
      count = outgoing === 1
        ? { up_to: row, messages: 0, bytes: 0 }
        : { up_to: row, messages: count.messages + 1, bytes: count.bytes + bytes };
    }
    if (count !== before) {
      this.#sql.put.run(conversation, sender, count.up_to, count.messages, count.bytes);
    }
    return count;
  }

  /** Goes on counting what unknown senders have sent to earlier versions: a part of one conversation each time. */
  #lookAtEarlier(): void {
    const next = this.#sql.nextEarlier.get() as
      | { id: ConversationId; key: Uint8Array; contact: number }
      | undefined;
    if (next === undefined) return;
    const { id, key, contact } = next;
    if (contact === 0) {
      const { up_to: before } = this.#sql.own.get(id) as OwnCount | undefined ?? { up_to: 0 };
      const after = this.#count(id, key.length === 0 ? null : key).up_to;
      if (after > before) return;
    }
    this.#sql.lookedAt.run(id);
  }
}

/** What one unknown sender has sent in a conversation, and may still send. */
export class UnansweredAccount {
  #own: Count;
  readonly #others: Count;
  #total: Count;
  readonly #save: (own: Count, upTo: number) => void;

  constructor(own: Count, others: Count, total: Count, save: (own: Count, upTo: number) => void) {
    this.#own = own;
    this.#others = others;
    this.#total = total;
    this.#save = save;
  }

  /** How many messages of the sender count. */
  get messages(): number {
    return this.#own.messages + this.#others.messages;
  }

  /** Counts a message that is about to be stored. @returns Why it must not be; undefined if it may. */
  take(text: string): TooMuch | undefined {
    const { length: bytes } = utf8.encode(text);
    if (
      this.messages >= unknownSenderMessagesMax ||
      this.#own.bytes + this.#others.bytes + bytes > unknownSenderBytesMax
    ) return "of-sender";
    const total = plus(this.#total, bytes);
    if (total.bytes + total.messages * unknownSenderMessageBytes > unknownSendersBytesMax) {
      return "of-all";
    }
    this.#own = plus(this.#own, bytes);
    this.#total = total;
    return undefined;
  }

  /** Saves what has been counted. @param upTo The row of the last message that was stored. */
  save(upTo: number): void {
    this.#save(this.#own, upTo);
  }
}

function plus({ messages, bytes }: Count, more: number): Count {
  return { messages: messages + 1, bytes: bytes + more };
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    own: statements.prepare("SELECT up_to, messages, bytes FROM unanswered WHERE conversation = ?"),
    ofSender: statements.prepare(
      `SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(bytes), 0) AS bytes
       FROM unanswered WHERE sender = ? AND conversation <> ?`,
    ),
    total: statements.prepare("SELECT messages, bytes FROM unanswered_total"),
    sizes: statements.prepare(
      `SELECT row, outgoing, length(CAST(text AS BLOB)) AS bytes FROM messages
       WHERE conversation = ? AND row > ? ORDER BY row LIMIT ?`,
    ),
    put: statements.prepare(
      `INSERT INTO unanswered (conversation, sender, up_to, messages, bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (conversation) DO UPDATE
         SET up_to = excluded.up_to, messages = excluded.messages, bytes = excluded.bytes`,
    ),
    nextEarlier: statements.prepare(
      `SELECT c.id, c.key, EXISTS (
           SELECT 1 FROM known_peers k
           WHERE k.name = c.name AND k.key = c.key AND k.stranger_since_ms IS NULL) AS contact
       FROM unanswered_total t JOIN conversations c ON c.id > t.looked_at AND c.id <= t.earlier
       ORDER BY c.id LIMIT 1`,
    ),
    lookedAt: statements.prepare("UPDATE unanswered_total SET looked_at = ?"),
  };
}
