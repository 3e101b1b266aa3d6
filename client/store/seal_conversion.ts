/**
 * Sealing all texts of a store, or making them readable again: when the user gives the identity a passphrase, or
 * takes it off. It goes in batches, each of which is done wholly or not at all. If the program stops in between,
 * the next run goes on; meanwhile every text can be read.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { textToColumn } from "./column_codec.ts";
import { convertLineDrafts } from "./line_drafts.ts";
import { entryColumns, entryJoins, type MessageRow, ownerOf } from "./message_rows.ts";
import type { TextCipher } from "./text_cipher.ts";
import type { TextColumn } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** How the texts should be, and what makes them so. */
export interface Conversion {
  readonly sealed: boolean;
  /** What seals and opens them; undefined if there is no key. */
  readonly cipher: TextCipher | undefined;
  readonly texts: TextColumn;
  /** Told after each batch how many messages of how many are done. */
  readonly onConvert: (done: number, total: number) => void;
}

interface State {
  readonly sealed: number;
  readonly converting: number;
  readonly proof: Uint8Array | null;
}

/** So many messages are converted at a time. */
const batch = 1_000;

/**
 * Makes all texts as they should be.
 *
 * @throws {OtherIdentityError} If the texts are sealed and the key is another one, or there is none.
 * @throws {UserError} If the store cannot be written.
 * @throws {TypeError} If texts should be sealed and there is no key.
 */
export function convert(
  database: DatabaseSync,
  transactions: Transactions,
  conversion: Conversion,
): void {
  const { sealed, cipher, texts } = conversion;
  if (sealed && cipher === undefined) throw new TypeError("What seals texts needs a key");
  const action = sealed ? "seal" : "unseal";
  const state = database.prepare("SELECT sealed, converting, proof FROM keeping");
  const begun = transactions.swift(action, () => {
    const { sealed: wasSealed, converting, proof } = state.get() as unknown as State;
    if (proof !== null && cipher?.knows(proof) !== true) {
      throw new OtherIdentityError();
    }
    if ((wasSealed === 1) === sealed && converting === 0) return false;
    // Before that: what is readable then is removed by a trigger.
    if (sealed) convertLineDrafts(database, conversion, texts);
    // From here on whatever is written, also by other programs, is as it should be.
    database.prepare("UPDATE keeping SET sealed = ?, converting = 1, proof = ?, indexed = 0")
      .run(sealed ? 1 : 0, proof ?? cipher!.prove());
    if (!sealed) convertLineDrafts(database, conversion, texts);
    // The index of version 0.3.0 would tell what the texts say. A trigger does this for the present one.
    database.exec("INSERT INTO words (words) VALUES ('delete-all')");
    return true;
  });
  if (!begun) return;
  convertAll(database, transactions, action, conversion);
  if (sealed && !removeTraces(database, transactions)) return;
  transactions.durable(action, () => {
    database.prepare(
      `UPDATE keeping SET converting = 0, proof = CASE WHEN sealed = 1 THEN proof END
       WHERE sealed = ?`,
    ).run(sealed ? 1 : 0);
  });
}

/** The texts are sealed with the key of another identity. */
export class OtherIdentityError extends Error {
  override readonly name = "OtherIdentityError";
}

function convertAll(
  database: DatabaseSync,
  transactions: Transactions,
  action: "seal" | "unseal",
  conversion: Conversion,
): void {
  const { total } = database.prepare("SELECT coalesce(max(row), 0) AS total FROM messages")
    .get() as { total: number };
  const page = database.prepare(
    `SELECT ${entryColumns} FROM messages m CROSS ${entryJoins}
     WHERE m.row > ? AND m.row <= ? AND typeof(m.text) = ? ORDER BY m.row`,
  );
  const put = database.prepare("UPDATE messages SET text = ? WHERE row = ?");
  for (let done = 0; done < total;) {
    const to = Math.min(done + batch, total);
    transactions.swift(action, () => {
      const before = action === "seal" ? "text" : "blob";
      const rows = page.all(done, to, before) as unknown as MessageRow[];
      for (const row of rows) convertOne(row, put, conversion);
    });
    conversion.onConvert(done = to, total);
  }
}

function convertOne(
  row: MessageRow,
  put: StatementSync,
  { sealed, cipher, texts }: Pick<Conversion, "sealed" | "cipher" | "texts">,
): void {
  const owner = ownerOf(row);
  const text = texts.read(owner, row.text);
  // What somebody has changed on the disk stays as it is.
  if (text === undefined) return;
  put.run(sealed ? cipher!.seal(owner, text) : textToColumn(text), row.row);
}

/**
 * Empties the log, which still has the readable texts. In the file itself SQLite has overwritten them, because
 * the store has it do so from the beginning: rewriting the whole file (VACUUM) takes more permissions than a
 * client has.
 *
 * @returns False if another program uses the log; then the next run does it.
 */
function removeTraces(database: DatabaseSync, transactions: Transactions): boolean {
  return transactions.reading("seal", () => {
    const { busy } = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
    return busy === 0;
  });
}
