/**
 * The latest time that a server has seen, kept with the names.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import type { KeptTime, TimeStore } from "../checked_time/checked_time.ts";

/** The time in a database. */
export function timeTable(connection: DatabaseSync): TimeStore {
  const read = connection.prepare("SELECT latest_ms, doubted_from_ms FROM time");
  const write = connection.prepare("UPDATE time SET latest_ms = ?, doubted_from_ms = ?");
  return {
    read(): KeptTime {
      const row = read.get() as { latest_ms: number; doubted_from_ms: number | null };
      return { latestMs: row.latest_ms, doubtedFromMs: row.doubted_from_ms ?? undefined };
    },
    write({ latestMs, doubtedFromMs }: KeptTime): void {
      write.run(latestMs, doubtedFromMs ?? null);
    },
  };
}
