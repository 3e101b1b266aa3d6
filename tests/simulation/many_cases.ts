/**
 * Running many cases, on all processors.
 *
 * @module
 */

import type { Case, Outcome } from "./cases.ts";

/** What came of many cases. */
export interface Summary {
  /** How many were run. */
  readonly count: number;
  /** How many texts were accepted in them. */
  readonly accepted: number;
  /** Kinds of steps that were taken. */
  readonly steps: ReadonlySet<string>;
}

/** How many cases are run at a time: one for each processor, unless something else keeps these busy. */
const workers = Number(Deno.env.get("P2PCHAT_WORKERS") ?? navigator.hardwareConcurrency);

/** How much of a trace is shown at most, in lines. */
const traceLines = 400;

/**
 * Runs cases.
 *
 * @param replay Says how a case is run again by itself.
 * @throws {Error} If a rule is broken in one of them. It says which, how to run the case again, and what has
 * happened.
 */
export async function runCases(
  cases: readonly Case[],
  replay: (what: Case) => string,
): Promise<Summary> {
  let [next, accepted] = [0, 0];
  const steps = new Set<string>();
  const failed: Error[] = [];
  const work = async () => {
    const worker = new Worker(new URL("simulation_worker.ts", import.meta.url), { type: "module" });
    try {
      while (next < cases.length && failed.length === 0) {
        const what = cases[next++]!;
        const outcome = await answerOf(worker, what);
        accepted += outcome.accepted;
        for (const step of outcome.steps) steps.add(step);
        if (outcome.violations.length > 0) failed.push(failure(outcome, replay(what)));
      }
    } finally {
      worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  if (failed[0] !== undefined) throw failed[0];
  return { count: cases.length, accepted, steps };
}

/** An error that says what is wrong with a case. */
export function failure({ violations, trace }: Outcome, replay: string): Error {
  const cut = trace.length > traceLines ? [`(${trace.length - traceLines} lines before)`] : [];
  return new Error(
    [
      "A message is not where it has to be, or something else is wrong:",
      ...violations.map((what) => `- ${what}`),
      `To run this again: ${replay}`,
      ...cut,
      ...trace.slice(-traceLines),
    ].join("\n"),
  );
}

function answerOf(worker: Worker, what: Case): Promise<Outcome> {
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
  worker.onmessage = ({ data }: MessageEvent<Outcome>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`${JSON.stringify(what)} cannot be run: ${event.message}`));
  };
  worker.postMessage(what);
  return promise;
}
