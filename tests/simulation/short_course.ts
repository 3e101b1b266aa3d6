/**
 * A course of things that is short and always the same but for one fault: two people meet, write three
 * texts each, and all of it arrives, whichever moment the fault has.
 *
 * @module
 */

import { clientPort } from "./person.ts";
import { SeededRandom } from "./seeded_random.ts";
import { World } from "./world.ts";

/** What came of a course. */
export interface ShortCourse {
  /** What is not as it has to be. */
  readonly violations: readonly string[];
  readonly trace: readonly string[];
  /** How many texts were accepted. */
  readonly accepted: number;
  /** Bytes and events before it was over. */
  readonly bytes: number;
  readonly events: number;
}

/** How long it takes until everyone has registered, where nothing goes wrong, in milliseconds. */
const registeredMs = 500;

/** After how long a call that nothing has come of is made again, in milliseconds. */
const callAgainMs = 5_000;

/** How often they call at most. */
const callsMax = 20;

/** How long it takes until a text has arrived, where nothing goes wrong, in milliseconds. */
const saidMs = 100;

/** How the course is. */
export interface ShortCourseOptions {
  /** Whether there is a server; without one they call each other by their addresses. */
  readonly hasServer: boolean;
  /** How long after an event it is on the screen, in milliseconds; 0 if not given. */
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
    // Whoever the fault has ended comes back.
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
