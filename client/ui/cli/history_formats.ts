/**
 * How a history can be written out. It stands by itself, so that the command line loads no more.
 *
 * @module
 */

/** For people, and for programs. */
export const historyFormats = ["text", "json", "ndjson"] as const;

/** How a history is written out. */
export type HistoryFormat = typeof historyFormats[number];
