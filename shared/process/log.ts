/**
 * The log: one line for each event, for people (`text`) or programs (`json`).
 *
 * @module
 */

import { makeVisible } from "../text/visible.ts";

/** The levels of a log, from the one that writes most to the one that writes least. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** How important a line is. */
export type LogLevel = typeof logLevels[number];

/** The formats of a log's lines. */
export const logFormats = ["text", "json"] as const;

/** The format of a log's lines. */
export type LogFormat = typeof logFormats[number];

/** The facts of an event. They must not contain secrets. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Writes events. */
export interface Log {
  /** Whether `debug` writes anything, so that a hot path need not collect fields in vain. */
  readonly debugs: boolean;
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

/** A log's options. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Gets each line, without a line end. */
  readonly write: (line: string) => void;
  /** The time of day; that of the machine by default. */
  readonly now?: () => Date;
}

/** Makes a log. */
export function createLog({ level, format, write, now = () => new Date() }: LogOptions): Log {
  const least = logLevels.indexOf(level);
  const at = (own: LogLevel) => {
    if (logLevels.indexOf(own) < least) return () => {};
    return (event: string, fields: LogFields = {}) =>
      write(logLine(format, now(), own, event, fields));
  };
  return {
    debugs: least === 0,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}

/** The line of an event, without a line end. */
export function logLine(
  format: LogFormat,
  now: Date,
  level: LogLevel,
  event: string,
  fields: LogFields,
): string {
  const time = now.toISOString();
  return format === "json"
    ? JSON.stringify({ time, level, event, ...fields }, visibleStrings)
    : `${time} ${level.padEnd(5)} ${event}${Object.entries(fields).map(formatField).join("")}`;
}

// JSON escapes only C0, and a terminal obeys more than that.
function visibleStrings(_name: string, value: unknown): unknown {
  return typeof value === "string" ? makeVisible(value) : value;
}

function formatField([name, value]: [string, string | number | boolean]): string {
  const text = makeVisible(String(value));
  return ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
}

/** A log that writes nothing. */
export const silentLog: Log = {
  debugs: false,
  debug() {},
  info() {},
  warn() {},
  error() {},
};
