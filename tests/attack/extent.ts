/**
 * How much is attacked: a little in an ordinary run, which only has to show that the defence stands, and as much
 * as a stranger could do with `deno task attack`, which measures what it costs everybody else.
 *
 * @module
 */

import { assert } from "@std/assert";
import type { Latencies } from "../support/honest_client.ts";

/** Whether the large form is run. */
export const isLarge = Deno.env.get("P2PCHAT_ATTACK") === "large";

/** The number that goes with the extent: of connections, of messages, of seconds. */
export function sized(small: number, large: number): number {
  return isLarge ? large : small;
}

/** Prints a figure in the large form: what was measured depends on the machine, and on what else it does. */
export function note(what: string, figures: Readonly<Record<string, number | string>>): void {
  if (!isLarge) return;
  const parts = Object.entries(figures).map(([name, value]) =>
    `${name} ${typeof value === "number" ? Math.round(value * 100) / 100 : value}`
  );
  // deno-lint-ignore no-console -- Whoever runs the task wants to read it.
  console.log(`${what}: ${parts.join(", ")}`);
}

/** What others may feel of an attack on the server: the longest that a PING may take, in milliseconds. */
const p99Ms = 50;
const maxMs = 250;

/**
 * Asserts that somebody was served all the while; in the large form, within the time that is promised. An
 * ordinary run shares its processors with other tests, so there time says nothing.
 */
export function assertServed(what: string, latencies: Latencies): void {
  note(what, { ...latencies });
  assert(latencies.count > 0, `${what}: nothing was measured`);
  assert(latencies.lost === 0, `${what}: ${latencies.lost} connections or replies were lost`);
  if (!isLarge) return;
  assert(latencies.p99 <= p99Ms, `${what}: PING took ${latencies.p99} ms (p99)`);
  assert(latencies.max <= maxMs, `${what}: PING took ${latencies.max} ms at most`);
}
