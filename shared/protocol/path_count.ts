/**
 * How conversations go, as a client tells its server: counts of what became of calls, and nothing of whom they were
 * with. A `Path` is `punched-quic-ipv4 2`.
 *
 * @module
 */

import { parseWholeNumber } from "./records.ts";

/** What can become of a call: by what the two talk, over which family of addresses; or that they do not. */
export const pathsTaken = [
  "direct-tcp-ipv4",
  "direct-tcp-ipv6",
  "punched-quic-ipv4",
  "punched-quic-ipv6",
  "punched-tcp-ipv4",
  "punched-tcp-ipv6",
  "relayed",
  "failed",
] as const;

/** What became of a call. */
export type PathTaken = typeof pathsTaken[number];

/** A path as a server counts it: one that it does not know, as a later version may name, is `other`. */
export type CountedPath = PathTaken | "other";

/** What one request may count, all paths together; more is left out. */
export const pathCountsMax = 64;

/** Writes a `Path`. @param count From 1 to {@linkcode pathCountsMax}. */
export function formatPathCount(path: PathTaken, count: number): string {
  return `${path} ${count}`;
}

/** Reads a `Path`. @returns Undefined if it is malformed. */
export function parsePathCount(
  value: string,
): { readonly path: CountedPath; readonly count: number } | undefined {
  const [word = "", number] = value.split(" ");
  const count = parseWholeNumber(number, 2);
  if (count === undefined || count < 1 || count > pathCountsMax) return undefined;
  if (!/^[a-z0-9-]{1,32}$/.test(word)) return undefined;
  return { path: pathsTaken.find((path) => path === word) ?? "other", count };
}
