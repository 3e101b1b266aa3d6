/**
 * The tests of the short course with a fault at every moment of it. With a server and without one they are files
 * of their own, which run in parallel.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { extent, part } from "../support/extent.ts";
import { replay } from "./extent.ts";
import { runCases } from "./many_cases.ts";
import { runShortCourse } from "./short_course.ts";
import { cutCases, endCases } from "./short_course_cases.ts";

/** Of so many bytes one is tried in an ordinary run: most are the same as their neighbours. */
const bytesPerCut = 107;

/** Of so many ends one is tried in an ordinary run. */
const endsPerEnd = 11;

/** Tests the course in which two people meet with a server, or without one. */
export function testFaults(hasServer: boolean): void {
  const where = `${hasServer ? "with" : "without"} a server`;

  Deno.test(`a connection may be cut before any byte, ${where} (${extent})`, async () => {
    const { bytes, accepted } = await runShortCourse({ hasServer });
    assertEquals(accepted, 6);
    assert(bytes > 1_000);
    const cases = part(cutCases(hasServer, bytes), bytesPerCut);
    const summary = await runCases(cases, replay);
    assertEquals(summary.accepted, 6 * cases.length);
  });

  Deno.test(`everyone may end after any event, ${where} (${extent})`, async () => {
    const { events } = await runShortCourse({ hasServer });
    await runCases(part(endCases(hasServer, events), endsPerEnd), replay);
  });
}
