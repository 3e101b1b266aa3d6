/**
 * What is simulated, case by case. A case is plain data, which can be printed, sent to a worker, and run
 * again.
 *
 * @module
 */

import { runPathCourse } from "./path_course.ts";
import type { Person } from "./person.ts";
import { runCourse } from "./random_course.ts";
import { runShortCourse } from "./short_course.ts";
import type { Cut } from "./simulated_conn.ts";
import type { SimulatedServer } from "./simulated_server.ts";
import type { World } from "./world.ts";

/** A case. */
export type Case =
  /** A random course. */
  | { readonly type: "seed"; readonly seed: number }
  /** A random course on disks that forget with the power, which is lost often. */
  | { readonly type: "power"; readonly seed: number }
  /** A random course of several ways between two people. */
  | { readonly type: "paths"; readonly seed: number }
  /** The short course, in which a connection is cut before a byte, counted over all connections. */
  | {
    readonly type: "cut";
    readonly hasServer: boolean;
    readonly atByte: number;
    readonly how: Cut;
  }
  /** The short course, in which somebody ends after so many events, and comes back soon. */
  | {
    readonly type: "end";
    readonly hasServer: boolean;
    /** The people's numbers, or -1 for the server. */
    readonly who: number;
    readonly afterEvents: number;
    readonly how: "kill" | "power";
    /** How long it takes from an event to the screen, in milliseconds. */
    readonly screenMs: number;
  };

/** What came of a case. */
export interface Outcome {
  /** Each rule that was broken. */
  readonly violations: readonly string[];
  /** What has happened: lines, with the time in seconds. */
  readonly trace: readonly string[];
  /** How many texts were accepted. */
  readonly accepted: number;
  /** Kinds of steps that a random course has taken. */
  readonly steps: readonly string[];
}

/** How long somebody who has ended stays away, in milliseconds. */
const awayMs = 700;

/** Runs a case. */
export async function runCase(what: Case): Promise<Outcome> {
  const unhandled: string[] = [];
  const onUnhandled = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    const { reason } = event;
    unhandled.push(`nobody takes care of ${reason instanceof Error ? reason.stack : reason}`);
  };
  addEventListener("unhandledrejection", onUnhandled);
  try {
    const outcome = await courseOf(what);
    return { steps: [], ...outcome, violations: [...outcome.violations, ...unhandled] };
  } catch (error) {
    const violations = [`it cannot be run: ${(error as Error).stack}`, ...unhandled];
    return { violations, trace: [], accepted: 0, steps: [] };
  } finally {
    removeEventListener("unhandledrejection", onUnhandled);
  }
}

async function courseOf(what: Case): Promise<Omit<Outcome, "steps">> {
  switch (what.type) {
    case "seed":
      return await runCourse(what.seed);
    case "power":
      return await runCourse(what.seed, { forgetsWithPower: true });
    case "paths":
      return await runPathCourse(what.seed);
    case "cut":
      return await runShortCourse(what, ({ network }) => network.cutAt(what.atByte, what.how));
    case "end":
      return await runShortCourse(what, (world) => {
        world.clock.interrupt(what.afterEvents, () => endAwhile(world, what.who, what.how));
      });
    default:
      throw new TypeError(`There is no such case: ${JSON.stringify(what)}`);
  }
}

function endAwhile(world: World, who: number, how: "kill" | "power"): void {
  const one: Person | SimulatedServer = world.people[who] ?? world.server;
  world.note(`--- ${one.machine.name} ends: ${how}`);
  one.end(how);
  world.clock.after(awayMs, () => one.start());
}
