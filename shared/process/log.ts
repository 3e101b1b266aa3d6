/**
 * The log: one line an event, for people (`text`) or programs (`json`).
 *
 * @module
 */

import { makeVisible } from "../text/visible.ts";

/** From the most to the least talkative. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** How much a line matters. */
export type LogLevel = typeof logLevels[number];

/** What a log's lines look like. */
export const logFormats = ["text", "json"] as const;

/** What a log's lines look like. */
export type LogFormat = typeof logFormats[number];

/** What is known of an event. No secret goes in here. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Takes events. */
export interface Log {
  /** Whether `debug` writes anything, so that a hot path need not gather fields for nothing. */
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
  /** Takes each line, without its line end. */
  readonly write: (line: string) => void;
  /** The time of day; the machine's where not given. */
  readonly now?: () => Date;
}

/** Makes a log. */
export function createLog({ level, format, write, now = () => new Date() }: LogOptions): Log {
  const least = logLevels.indexOf(level);
  const at = (own: LogLevel) => {
    if (logLevels.indexOf(own) < least) return () => {};
    return (event: string, fields: LogFields = {}) => {
      const time = now().toISOString();
      write(
        format === "json"
          ? JSON.stringify({ time, level: own, event, ...fields }, visibleStrings)
          : `${time} ${own.padEnd(5)} ${event}${Object.entries(fields).map(formatField).join("")}`,
      );
    };
  };
  return {
    debugs: least === 0,
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
  };
}

// JSON escapes C0 alone, and a terminal obeys more than that.
function visibleStrings(_name: string, value: unknown): unknown {
  return typeof value === "string" ? makeVisible(value) : value;
}

function formatField([name, value]: [string, string | number | boolean]): string {
  const text = makeVisible(String(value));
  return ` ${name}=${/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text)}`;
}

/** A log that keeps nothing. */
export const silentLog: Log = {
  debugs: false,
  debug() {},
  info() {},
  warn() {},
  error() {},
};
