// The short course, in which two people meet without a server, with a fault at every moment of it.

import { assert, assertEquals } from "@std/assert";
import { replay } from "./extent.ts";
import { runCases } from "./many_cases.ts";
import { runShortCourse } from "./short_course.ts";
import { cutCases, endCases } from "./short_course_cases.ts";

const hasServer = false;

Deno.test("a connection may be cut before any byte, without a server", async () => {
  const { bytes, accepted } = await runShortCourse({ hasServer });
  assertEquals(accepted, 6);
  assert(bytes > 1_000);
  const cases = cutCases(hasServer, bytes);
  const summary = await runCases(cases, replay);
  assertEquals(summary.accepted, 6 * cases.length);
});

Deno.test("everyone may end after any event, without a server", async () => {
  const { events } = await runShortCourse({ hasServer });
  await runCases(endCases(hasServer, events), replay);
});
