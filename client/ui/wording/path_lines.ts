/**
 * The lines that say which way a conversation goes.
 *
 * @module
 */

import { formatAddress } from "../../../shared/net/address.ts";
import type { Way } from "../../events.ts";
import type { Path, PathReport } from "../../conversations/conversations.ts";
import { problemSentence } from "./problem_sentences.ts";

/** The way in use, then others that are open, then why each better one is not. */
export function pathLines({ name, paths, whyRelayed, whyNotPunched }: PathReport): string[] {
  const [used, ...others] = paths;
  if (used === undefined) return [`${name} is away: what you write waits`];
  return [
    pathLine(used),
    ...others.map((path) => `also open: ${pathLine(path)}`),
    ...whyRelayed === undefined ? [] : [`not straight: ${problemSentence(whyRelayed)}`],
    ...whyNotPunched === undefined ? [] : [`not punched: ${problemSentence(whyNotPunched)}`],
  ];
}

function pathLine(path: Path): string {
  const { roundTripMs } = path;
  const kind = path.relayedBy === undefined && path.punched === undefined ? "direct tcp " : "";
  const answer = roundTripMs === undefined ? "no answer" : formatMs(roundTripMs);
  return `${kind}${wayText(path)} · ${answer}`;
}

/** Which way a link goes, in few words: an address if it is a straight one. */
export function wayText({ address, relayedBy, punched }: Way): string {
  if (relayedBy !== undefined) return `relayed by ${relayedBy}`;
  const through = punched === undefined ? "" : `punched ${punched} `;
  return through + formatAddress(address);
}

/** How long something takes: one decimal below 10 ms, where a network at home is. */
export function formatMs(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
