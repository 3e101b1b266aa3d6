/**
 * A worker that runs cases, each when it is told to.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { type Case, type Outcome, runCase } from "./cases.ts";

onmessage = async ({ data }: MessageEvent<Case>) => {
  const { trace, ...outcome } = await runCase(data);
  // Nobody reads what has led to what is right.
  const kept: Outcome = { ...outcome, trace: outcome.violations.length > 0 ? trace : [] };
  postMessage(kept);
};
