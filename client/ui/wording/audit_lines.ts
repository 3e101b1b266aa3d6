/**
 * What an audit found, in words, and what to do about it: both sides' messages were compared.
 *
 * @module
 */

import { auditFindingsMax } from "../../../shared/protocol/limits.ts";
import type { AuditReport, StreamFinding } from "../../audit/audit.ts";

type Difference = "missingHere" | "missingThere" | "differing";

/** How many ids of each kind of difference are shown. */
const idsShownMax = 10;

/** Whether both sides have the same messages, except for those on their way. */
export function agrees({ streams }: AuditReport): boolean {
  return streams.every(({ missingHere, missingThere, differing, complete }) =>
    complete && missingHere.length + missingThere.length + differing.length === 0
  );
}

/** What was found; not yet safe to print. */
export function auditLines(name: string, { streams }: AuditReport): string[] {
  if (streams.length === 0) return [`nothing has been said with ${name} yet`];
  return (["sent", "received"] as const).flatMap((direction) =>
    directionLines(name, direction, streams.filter((stream) => stream.direction === direction))
  );
}

function directionLines(
  name: string,
  direction: StreamFinding["direction"],
  streams: readonly StreamFinding[],
): string[] {
  const title = direction === "sent" ? `sent to ${name}` : `received from ${name}`;
  const place = direction === "sent" ? "there" : "here";
  const same = sum(streams.map(({ same }) => same));
  const waiting = sum(streams.map(({ waiting }) => waiting));
  const waits = waiting === 0
    ? ""
    : `; ${thousands(waiting)} still ${waiting === 1 ? "waits" : "wait"}`;
  const problems = (["missingThere", "missingHere", "differing"] as const).flatMap((difference) =>
    differenceLines(name, direction, difference, streams.flatMap((stream) => stream[difference]))
  );
  if (!streams.every(({ complete }) => complete)) {
    problems.push("  and more, which was not compared: there are too many differences");
  }
  if (problems.length > 0) return [`${title}: ${messages(same)} alike${waits}, but`, ...problems];
  if (same === 0) return [`${title}: no message yet${waits}`];
  return [`${title}: ${messages(same)}, all ${place}, in order${waits}`];
}

function differenceLines(
  name: string,
  direction: StreamFinding["direction"],
  difference: Difference,
  ids: readonly string[],
): string[] {
  if (ids.length === 0) return [];
  const [what, advice] = differences[direction][difference](name);
  const more = ids.length - idsShownMax;
  return [
    `  ${ids.length}${ids.length < auditFindingsMax ? "" : " or more"} ${what}:`,
    ...ids.slice(0, idsShownMax).map((id) => `    ${id}`),
    ...more > 0 ? [`    and ${more} more`] : [],
    `  ${advice}`,
  ];
}

type Words = (name: string) => readonly [what: string, advice: string];

const differing: Words = (name) => [
  "differ or are in another place",
  `one side went back to an older copy, or was changed; compare what p2pchat history export ${name} ` +
  "writes here and there",
];

const differences: Readonly<Record<StreamFinding["direction"], Record<Difference, Words>>> = {
  sent: {
    missingThere: (name) => [
      `confirmed by ${name} but not there`,
      `${name} has lost messages, or an older copy of them is in use there; send again what matters`,
    ],
    missingHere: (name) => [
      "there but not here",
      `you have lost messages, or an older copy of them is in use here; ${name} has these`,
    ],
    differing,
  },
  received: {
    missingThere: (name) => [
      "here but not there",
      `${name} has lost messages, or an older copy of them is in use there; you have these`,
    ],
    missingHere: (name) => [
      "confirmed by you but not here",
      `you have lost messages, or an older copy of them is in use here; ask ${name} to send again ` +
      "what matters",
    ],
    differing,
  },
};

function messages(count: number): string {
  return count === 1 ? "1 message" : `${thousands(count)} messages`;
}

function thousands(count: number): string {
  return count.toLocaleString("en");
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
