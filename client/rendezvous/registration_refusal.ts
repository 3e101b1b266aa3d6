/**
 * Why a server does not register a client, and when it is asked again.
 *
 * @module
 */

import { serverFaults } from "../../shared/protocol/reasons.ts";
import { type Problem, UserError } from "../user_error.ts";
import { ServerRefusal } from "./reply.ts";

/** The longest time that a server is left alone because it asks for that (RFC 9110 section 10.2.3). */
const retryAfterMaxMs = 60 * 60_000;

/** A name that is somebody else's is theirs for weeks, so it is asked for no more often than this. */
const takenPauseMs = 60 * 60_000;

/** What a request to register has thrown; with `name-taken` if the server has refused it since the id has an owner. */
export function registrationError(error: unknown, id: string): unknown {
  const { code, reason } = serverFaults.idOfOtherKey(id);
  const isTaken = error instanceof ServerRefusal && error.status === String(code) &&
    error.problem.code === "server-refused" && error.problem.said === reason;
  return isTaken ? new UserError({ code: "name-taken", id }, { cause: error }) : error;
}

/** How long the server is to be left alone at least, in milliseconds, up to what is believable if it says so. */
export function askedPauseMs(problem: Problem): number {
  if (problem.code === "name-taken") return takenPauseMs;
  if (problem.code !== "server-refused") return 0;
  return Math.min((problem.retryAfterS ?? 0) * 1000, retryAfterMaxMs);
}

/** Why the server has refused to register the client; undefined if it did not. */
export function refusalIn(problem: Problem | undefined): string | undefined {
  if (problem?.code === "name-taken") return problem.code;
  return problem?.code === "server-refused" ? `${problem.status} ${problem.said}` : undefined;
}
