/**
 * Sealing all texts of a store, or making them readable again: as its owner gives the identity a
 * passphrase, or takes it off. It goes in batches, each of which is a whole: where it is cut short it goes
 * on the next time, and meanwhile every text can be read.
 *
 * @module
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import { UserError } from "../user_error.ts";
import { textToColumn } from "./column_codec.ts";
import { entryColumns, entryJoins, type MessageRow, ownerOf } from "./message_rows.ts";
import type { TextCipher } from "./text_cipher.ts";
import type { Texts } from "./text_column.ts";
import type { Transactions } from "./transactions.ts";

/** How the texts are to be. */
export interface Conversion {
  readonly sealed: boolean;
  /** What seals and opens them; undefined where there is no key. */
  readonly box: TextCipher | undefined;
  readonly texts: Texts;
  /** Puts the next texts into the index. @returns Whether there are more. */
  readonly indexSome: () => boolean;
  readonly onConvert: (done: number, total: number) => void;
}

interface State {
  readonly sealed: number;
  readonly converting: number;
  readonly proof: Uint8Array | null;
}

/** Messages that are converted at once. */
const batch = 1_000;

/**
 * Makes all texts as they are to be.
 *
 * @throws {UserError} Where they are sealed and there is no key, or another; or where it cannot be written.
 */
export function convert(
  database: DatabaseSync,
  transactions: Transactions,
  conversion: Conversion,
): void {
  const { sealed, box } = conversion;
  if (sealed && box === undefined) throw new TypeError("What is to seal texts needs a key");
  const action = sealed ? "seal the messages" : "make the messages readable";
  const state = database.prepare("SELECT sealed, converting, proof FROM keeping");
  const begun = transactions.swift(action, () => {
    const { sealed: wasSealed, converting, proof } = state.get() as unknown as State;
    if (proof !== null && box?.knows(proof) !== true) throw new UserError(sealedForAnother);
    if ((wasSealed === 1) === sealed && converting === 0) return false;
    // From here on whatever is written, also by others, is as it is to be.
    database.prepare("UPDATE keeping SET sealed = ?, converting = 1, proof = ?, indexed = 0")
      .run(sealed ? 1 : 0, proof ?? box!.prove());
    database.exec("INSERT INTO words (words) VALUES ('delete-all')");
    return true;
  });
  if (!begun) return;
  convertAll(database, transactions, action, conversion);
  if (sealed) {
    if (!removeTraces(database, transactions, action)) return;
  } else {
    while (conversion.indexSome());
  }
  transactions.durable(action, () => {
    database.prepare(
      `UPDATE keeping SET converting = 0, proof = CASE WHEN sealed = 1 THEN proof END
       WHERE sealed = ?`,
    ).run(sealed ? 1 : 0);
  });
}

const sealedForAnother =
  "its messages are sealed for another identity; import that one, or move the file away for a new one";

function convertAll(
  database: DatabaseSync,
  transactions: Transactions,
  action: string,
  { sealed, box, texts, onConvert }: Conversion,
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
      const rows = page.all(done, to, sealed ? "text" : "blob") as unknown as MessageRow[];
      for (const row of rows) convertOne(row, put, { sealed, box, texts });
    });
    onConvert(done = to, total);
  }
}

function convertOne(
  row: MessageRow,
  put: StatementSync,
  { sealed, box, texts }: Pick<Conversion, "sealed" | "box" | "texts">,
): void {
  const owner = ownerOf(row);
  const text = texts.read(owner, row.text);
  // What somebody has changed on the disk stays as it is.
  if (text === undefined) return;
  put.run(sealed ? box!.seal(owner, text) : textToColumn(text), row.row);
}

/**
 * Empties the log, in which what was there is left. In the file itself what is not used any more has been
 * overwritten: the store has SQLite do so from the beginning, since writing the whole file anew (VACUUM)
 * takes more permissions than a client has.
 *
 * @returns False where another program is at it; then it is done the next time.
 */
function removeTraces(
  database: DatabaseSync,
  transactions: Transactions,
  action: string,
): boolean {
  return transactions.reading(action, () => {
    const { busy } = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
    return busy === 0;
  });
}
