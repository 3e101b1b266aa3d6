/**
 * Changing an SQLite database all at once, or not at all.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";

/**
 * Runs `work` in a transaction.
 *
 * @throws {Error} If the database refuses, or `work` throws; then nothing of it is done.
 */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  // IMMEDIATE: what `work` reads has to hold until it writes, even if other programs write as well.
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    // A full disk may have undone it already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
