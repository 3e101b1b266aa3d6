/**
 * Lines that the user has begun to type and not entered: one for each conversation, and one that was begun while
 * nobody was current. They are sealed as texts are.
 *
 * @module
 */

import type { Statements } from "../../shared/storage/late_statements.ts";
import { type PartyColumns, textToColumn } from "./column_codec.ts";
import type { ConversationId } from "./conversation_table.ts";
import { lineDraftsMax } from "./store_limits.ts";
import type { TextCipher, TextOwner } from "./text_cipher.ts";
import type { StoredText, TextColumn } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** A line that is half typed. */
export interface LineDraft {
  readonly text: string;
  /** How many characters at its beginning were typed: the first one behind them came by a paste. */
  readonly typed: number;
  /** Whether it was begun for somebody else than whose conversation it stood in last. */
  readonly isForAnother: boolean;
}

/** The one that was begun while nobody was current stands with this in the place of a conversation. */
const nobodys: ConversationId = 0;

interface Row {
  readonly text: StoredText;
  readonly typed: number;
  readonly for_another: number;
}

/** The half-typed lines of a store. */
export class LineDrafts {
  readonly #transactions: Transactions;
  readonly #texts: TextColumn;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(statements: Statements, transactions: Transactions, texts: TextColumn) {
    this.#transactions = transactions;
    this.#texts = texts;
    this.#sql = prepare(statements);
  }

  /** Those of an own id. */
  of(self: string): OwnLineDrafts {
    return {
      read: (name) => this.#read(self, name),
      write: (name, line) => this.#write(self, name, line),
    };
  }

  #read(self: string, name: string): LineDraft | undefined {
    return this.#transactions.reading("read-draft", () => {
      const place = this.#find(self, name);
      const row = place && this.#sql.read.get(self, place.conversation) as Row | undefined;
      const text = row && this.#texts.read(place!.owner, row.text);
      // One that another key has sealed, or that somebody has changed, is none any more.
      if (!text) return undefined;
      return {
        text,
        typed: Math.min(row!.typed, text.length),
        isForAnother: row!.for_another === 1,
      };
    });
  }

  #write(self: string, name: string, { text, typed, isForAnother }: LineDraft): void {
    this.#transactions.atOnce("save-draft", () => {
      if (name === "") this.#sql.removeNobodys.run(self);
      else this.#sql.remove.run(self, self, name);
      const place = text === "" ? undefined : this.#find(self, name);
      if (place === undefined) return;
      const { conversation, owner } = place;
      const stored = this.#texts.writer()(owner, text.toWellFormed());
      this.#sql.put.run(self, conversation, stored, typed, isForAnother ? 1 : 0);
      this.#sql.makeRoom.run();
    });
  }

  /** Where the draft for a name is; undefined if there is no conversation that is kept. */
  #find(
    self: string,
    name: string,
  ): { readonly conversation: ConversationId; readonly owner: TextOwner } | undefined {
    if (name === "") return { conversation: nobodys, owner: ownerOf(self, undefined) };
    const found = this.#sql.find.get(self, name) as
      | { id: ConversationId; key: Uint8Array }
      | undefined;
    return found &&
      { conversation: found.id, owner: ownerOf(self, { self, name, key: found.key }) };
  }
}

/** The half-typed lines of an own id. */
export interface OwnLineDrafts {
  /**
   * The line that was begun for somebody.
   *
   * @param name The peer's; empty for the line that was begun while nobody was current.
   * @throws {UserError} If the store cannot be read.
   */
  read(name: string): LineDraft | undefined;
  /**
   * Keeps a line in the place of the one that was there; an empty one takes that away. It is kept for the key that
   * is known for the name. If there is none, or nothing was ever begun with its owner, nothing is kept: another
   * time somebody else may have that name. Another program that is writing is not waited for.
   *
   * @param name As in {@linkcode read}.
   * @throws {UserError} If the store cannot be written, or not now.
   */
  write(name: string, line: LineDraft): void;
}

/**
 * Seals all of them, or makes them readable. One that does not open is of no use any more.
 *
 * @param cipher Undefined if there is no key: then none is sealed, or none is readable.
 */
export function convertLineDrafts(
  statements: Statements,
  { sealed, cipher }: { readonly sealed: boolean; readonly cipher: TextCipher | undefined },
  texts: TextColumn,
): void {
  const rows = statements.prepare(
    `SELECT d.row, d.self, d.text, c.name, c.key FROM line_drafts d
     LEFT JOIN conversations c ON c.id = d.conversation WHERE typeof(d.text) = ?`,
  ).all(sealed ? "text" : "blob") as unknown as ConvertedRow[];
  const put = statements.prepare("UPDATE line_drafts SET text = ? WHERE row = ?");
  const remove = statements.prepare("DELETE FROM line_drafts WHERE row = ?");
  for (const { row, self, text: stored, name, key } of rows) {
    const party = name === null || key === null ? undefined : { self, name, key };
    const owner = ownerOf(self, party);
    const text = typeof stored === "string" || cipher ? texts.read(owner, stored) : undefined;
    if (text === undefined) remove.run(row);
    else put.run(sealed ? cipher!.seal(owner, text) : textToColumn(text), row);
  }
}

interface ConvertedRow {
  readonly row: number;
  readonly self: string;
  readonly text: StoredText;
  /** Null of the one that was begun while nobody was current. */
  readonly name: string | null;
  readonly key: Uint8Array | null;
}

/** What a draft is sealed for. @param party Undefined if nobody was current. */
function ownerOf(self: string, party: PartyColumns | undefined): TextOwner {
  return { ...party ?? { self, name: "", key: new Uint8Array() }, direction: "draft", id: "" };
}

/** The statements. */
function prepare(statements: Statements) {
  return {
    find: statements.prepare(
      `SELECT c.id, c.key FROM conversations c
       JOIN known_peers k ON k.name = c.name AND k.key = c.key
       WHERE c.self = ? AND c.name = ?`,
    ),
    read: statements.prepare(
      "SELECT text, typed, for_another FROM line_drafts WHERE self = ? AND conversation = ?",
    ),
    // Also those for other keys that the name had.
    remove: statements.prepare(
      `DELETE FROM line_drafts WHERE self = ? AND conversation IN (
         SELECT id FROM conversations WHERE self = ? AND name = ?)`,
    ),
    removeNobodys: statements.prepare(
      `DELETE FROM line_drafts WHERE self = ? AND conversation = ${nobodys}`,
    ),
    put: statements.prepare(
      `INSERT INTO line_drafts (self, conversation, text, typed, for_another)
       VALUES (?, ?, ?, ?, ?)`,
    ),
    makeRoom: statements.prepare(
      `DELETE FROM line_drafts WHERE row <= (
         SELECT row FROM line_drafts ORDER BY row DESC LIMIT 1 OFFSET ${lineDraftsMax})`,
    ),
  };
}
