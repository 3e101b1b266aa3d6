/**
 * What a CHAT of a legacy program means, by its lines between CHAT and the empty line. Nothing of it is lost:
 * what is no header that is known there is a text.
 *
 * @module
 */

import { type Address, parsePort } from "../../../shared/net/address.ts";
import { isClientId } from "../../../shared/protocol/client_id.ts";
import type { Framing } from "./legacy_framing.ts";

/** What a line means. */
export type LegacyItem =
  | { readonly type: "introduction"; readonly introduction: LegacyIntroduction }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "quit" };

/** What a legacy program says of itself. */
export interface LegacyIntroduction {
  /** Undefined if it says none, or one that this protocol does not allow. */
  readonly id: string | undefined;
  /** Where it listens, as it says: the host may be empty, and may be any text. */
  readonly address: Address | undefined;
}

/** What a CHAT means, and how its sender frames its texts; undefined if that is not seen from it. */
export interface LegacyBlock {
  readonly items: readonly LegacyItem[];
  readonly framing: Framing | undefined;
}

/** The lines that hold a text, by how the sender frames. */
const textLines: readonly (readonly [Framing, RegExp])[] = [
  ["message", /^MESSAGE:(.*)$/],
  ["content", /^content: ?(.*)$/],
  ["type", /^Message: ?(.*)$/],
  ["text", /^text: ?(.*)$/],
];

/** What may stand before the text. A line whose value does not fit is a text. */
const headers: readonly (readonly [name: "id" | "IP" | "Port", RegExp])[] = [
  ["id", /^(?:client)?ID: ?(.*)$/i],
  ["IP", /^IP: ?(\S*)$/i],
  ["Port", /^Port: ?(\d*)$/i],
];

/**
 * Reads one CHAT.
 *
 * @param isOpening Whether it is the first: then `IP` and `Port` may stand there singly.
 */
export function readBlock(lines: readonly string[], isOpening: boolean): LegacyBlock {
  const [first = ""] = lines;
  const type = /^Type: ?(init|message|quit)$/.exec(first)?.[1];
  if (type === "quit") return { items: [{ type: "quit" }], framing: "type" };
  const behindType = type === undefined ? lines : lines.slice(1);
  const { items, rest } = readHeaders(behindType, isOpening || type === "init");
  const [line, ...more] = rest;
  const idWithoutClient = /^ID:/i.test(behindType[0] ?? "");
  for (const [framing, pattern] of textLines) {
    const text = line === undefined ? undefined : pattern.exec(line)?.[1];
    const isLed = rest.length < behindType.length;
    const fits = text !== undefined && (framing === "type") === (type === "message") &&
      (framing === "text" ? idWithoutClient : framing === "type" || !isLed);
    if (fits) return { items: [...items, ...texts([text, ...more])], framing };
  }
  if (type !== undefined) return { items: [...items, ...texts(rest)], framing: "type" };
  if (line === undefined) return { items, framing: idWithoutClient ? "text" : undefined };
  return { items: [...items, ...texts(rest)], framing: "bare" };
}

/** Each line as a text, apart from empty ones. */
export function texts(lines: readonly string[]): LegacyItem[] {
  return lines.filter((line) => line !== "").map((text) => ({ type: "text", text }));
}

/** Takes the headers at the beginning, each at most once. */
function readHeaders(
  lines: readonly string[],
  mayBeSingle: boolean,
): { items: LegacyItem[]; rest: readonly string[] } {
  const seen = new Map<string, string>();
  let end = 0;
  for (; end < lines.length; end++) {
    const [name, value] = headerIn(lines[end]!) ?? [];
    if (name === undefined || seen.has(name)) break;
    seen.set(name, value!);
  }
  // Behind the opening, an IP without a Port, or the other way round, is a text.
  if (!mayBeSingle && seen.has("IP") !== seen.has("Port")) end = seen.has("id") ? 1 : 0;
  const said = seen.get("id")?.trim();
  const id = said !== undefined && isClientId(said) ? said : undefined;
  const port = parsePort(seen.get("Port") ?? "") ?? 0;
  const address = port === 0 ? undefined : { host: seen.get("IP") ?? "", port };
  const says = id !== undefined || address !== undefined;
  const items: LegacyItem[] = says ? [{ type: "introduction", introduction: { id, address } }] : [];
  return { items, rest: lines.slice(end) };
}

function headerIn(line: string): [name: string, value: string] | undefined {
  for (const [name, pattern] of headers) {
    const value = pattern.exec(line)?.[1];
    if (value !== undefined) return [name, value];
  }
  return undefined;
}
