/**
 * A short course of events that is always the same but for one fault. Two people meet and write three texts
 * each, and all of it arrives, whenever the fault happens.
 *
 * @module
 */

import { clientPort } from "./person.ts";
import { SeededRandom } from "./seeded_random.ts";
import { World } from "./world.ts";

/** What came of a course. */
export interface ShortCourse {
  /** Each rule that was broken. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** How many texts were accepted. */
  readonly accepted: number;
  /** Bytes and events before it was over. */
  readonly bytes: number;
  readonly events: number;
}

/** How long it takes until everyone has registered if nothing goes wrong, in milliseconds. */
const registeredMs = 500;

/** After how long a call that has failed is made again, in milliseconds. */
const callAgainMs = 5_000;

/** How often they call at most. */
const callsMax = 20;

/** How long it takes until a text has arrived if nothing goes wrong, in milliseconds. */
const saidMs = 100;

/** What the course is like. */
export interface ShortCourseOptions {
  /** Whether there is a server; without one they call each other by their addresses. */
  readonly hasServer: boolean;
  /** How long it takes from an event to the screen, in milliseconds; 0 if not given. */
  readonly screenMs?: number;
}

/** Runs it. @param plan Arranges the fault; the world has begun, and nothing has happened in it. */
export async function runShortCourse(
  { hasServer, screenMs = 0 }: ShortCourseOptions,
  plan: (world: World) => void = () => {},
): Promise<ShortCourse> {
  using world = new World({
    random: new SeededRandom(1),
    people: 2,
    hasServer,
    clients: { screenMs },
    network: { split: 0, delayMs: (random) => random.int(1, 20) },
  });
  const { clock, people: [alice, bob] } = world;
  plan(world);
  world.start();
  if (hasServer) await clock.pass(registeredMs);
  const met = () => alice!.knows("bob") && bob!.knows("alice");
  for (let calls = 0; calls < callsMax && !met(); calls++) {
    // The one whose program the fault has ended comes back.
    world.start();
    alice!.chat(hasServer ? "bob" : `${bob!.machine.host}:${clientPort}`);
    await clock.passUntil(met, callAgainMs);
  }
  for (const [writer, reader] of [[alice!, "bob"], [bob!, "alice"]] as const) {
    world.start();
    writer.write(reader);
    await clock.pass(saidMs / 2);
    writer.write(reader, 2);
  }
  await clock.pass(saidMs);
  const { network: { bytes }, clock: { events } } = world;
  const violations = await world.end();
  const sendings = [...alice!.sendings, ...bob!.sendings];
  const accepted = sendings.filter(({ outcome }) => outcome === "accepted").length;
  return { violations, trace: world.trace, accepted, bytes, events };
}
