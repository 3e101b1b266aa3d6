/**
 * What the store has of each stream, for comparing it with what the other side has.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Statement, Statements } from "../../shared/storage/late_statements.ts";
import { acknowledgedOf } from "./acknowledgement.ts";
import { idFromColumn, idToColumn } from "./column_codec.ts";
import type { ConversationId } from "./conversation_table.ts";
import type { Transactions } from "./transactions.ts";

/** A stream, for comparing both sides. */
export interface StreamExtent {
  readonly direction: Direction;
  readonly stream: string;
  readonly last: number;
  /** The other side is known to have all messages up to this number; of a received stream, it has all. */
  readonly acknowledged: number;
}

/** What a range of a stream consists of. */
export interface RangeDigest {
  readonly count: number;
  /** The first 128 bits of SHA-256 over a line `seq id` for each message, in hexadecimal. */
  readonly digest: string;
}

type Direction = "sent" | "received";
type Id = Uint8Array | string;

const digestLength = 32;
/** So many entries are read at a time. */
const pageSize = 500;

/** The streams of a store. */
export class StreamDigests {
  readonly #transactions: Transactions;
  readonly #sql: Record<
    "streams" | "direction" | "stream" | "entries" | "lines",
    Statement
  >;

  constructor(statements: Statements, transactions: Transactions) {
    this.#transactions = transactions;
    this.#sql = {
      streams: statements.prepare(
        `SELECT outgoing, stream, last, ${acknowledgedOf("streams")} AS acknowledged FROM streams
         WHERE conversation = ? AND last > 0 ORDER BY id DESC`,
      ),
      direction: statements.prepare(
        `SELECT outgoing FROM streams
         WHERE conversation = ? AND outgoing IN (0, 1) AND stream = ? AND last > 0`,
      ),
      stream: statements.prepare(
        "SELECT id FROM streams WHERE conversation = ? AND outgoing = ? AND stream = ?",
      ),
      entries: statements.prepare(
        `SELECT seq, id FROM messages WHERE stream = ? AND seq BETWEEN ? AND ?
         ORDER BY seq LIMIT ${pageSize}`,
      ),
      // SQLite joins the lines: that takes a fraction of the time that handing over each row would.
      lines: statements.prepare(
        `SELECT count(*) AS count, coalesce(group_concat(line, ''), '') AS lines FROM (
           SELECT seq || ' ' || CASE typeof(id) WHEN 'blob' THEN lower(hex(id)) ELSE id END ||
             char(10) AS line
           FROM messages WHERE stream = ? AND seq BETWEEN ? AND ? ORDER BY seq)`,
      ),
    };
  }

  /** The streams of both directions, the newest first. @throws {UserError} If the store cannot be read. */
  streams(conversation: ConversationId): StreamExtent[] {
    return this.#transactions.reading("read-streams", () => {
      const rows = this.#sql.streams.all(conversation) as unknown as {
        outgoing: number;
        stream: Id;
        last: number;
        acknowledged: number;
      }[];
      return rows.map(({ outgoing, stream, last, acknowledged }) =>
        outgoing === 1
          ? { direction: "sent", stream: idFromColumn(stream), last, acknowledged }
          : { direction: "received", stream: idFromColumn(stream), last, acknowledged: last }
      );
    });
  }

  /** The direction of a stream; undefined if there is nothing of it. @throws {UserError} As {@linkcode streams}. */
  directionOf(conversation: ConversationId, stream: string): Direction | undefined {
    const found = this.#transactions.reading(
      "read-streams",
      () => this.#sql.direction.get(conversation, idToColumn(stream)),
    ) as { outgoing: number } | undefined;
    return found && (found.outgoing === 1 ? "sent" : "received");
  }

  /**
   * What the store has of a stream, in order.
   *
   * @param from The first number, included.
   * @param to The last number, included.
   * @throws {UserError} If the store cannot be read.
   */
  *entries(
    conversation: ConversationId,
    direction: Direction,
    stream: string,
    from: number,
    to: number,
  ): Iterable<{ readonly seq: number; readonly id: string }> {
    const row = this.#stream(conversation, direction, stream);
    if (row === undefined) return;
    for (let next = from;;) {
      const page = this.#transactions.reading(
        "read-streams",
        () => this.#sql.entries.all(row, next, to) as unknown as { seq: number; id: Id }[],
      );
      for (const { seq, id } of page) yield { seq, id: idFromColumn(id) };
      if (page.length < pageSize) return;
      next = page.at(-1)!.seq + 1;
    }
  }

  /** {@linkcode entries} in short. @throws {UserError} If the store cannot be read. */
  digest(
    conversation: ConversationId,
    direction: Direction,
    stream: string,
    from: number,
    to: number,
  ): RangeDigest {
    const row = this.#stream(conversation, direction, stream);
    const { count, lines } = row === undefined
      ? { count: 0, lines: "" }
      : this.#transactions.reading("read-streams", () =>
        this.#sql.lines.get(row, from, to) as { count: number; lines: string });
    return {
      count,
      digest: createHash("sha256").update(lines).digest("hex").slice(0, digestLength),
    };
  }

  #stream(conversation: ConversationId, direction: Direction, stream: string): number | undefined {
    const outgoing = direction === "sent" ? 1 : 0;
    const found = this.#transactions.reading(
      "read-streams",
      () => this.#sql.stream.get(conversation, outgoing, idToColumn(stream)),
    ) as
      | { id: number }
      | undefined;
    return found?.id;
  }
}
