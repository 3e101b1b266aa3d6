/**
 * What a call is, and how it fails.
 *
 * @module
 */

import type { CloseReason } from "../events.ts";
import type { PeerFacts } from "../link/link.ts";
import { type Problem, UserError } from "../user_error.ts";

/** A call of ours. */
export interface Call {
  /** Who is meant, if they are called by their name. */
  readonly expectedId: string | undefined;
  /** Whether the user asked for it: then they are told what becomes of it. */
  readonly interactive: boolean;
}

/** A call that was answered, and came to nothing: to call again is no use. */
export class CallRefused extends UserError {
  /** Whether it was whoever was meant that answered, by their own word. If not, they are not there any more. */
  readonly byName: boolean;

  constructor(problem: Problem, byName: boolean) {
    super(problem);
    this.byName = byName;
  }
}

/** Whether an address may not be called. */
export function isRefused(error: unknown): error is UserError {
  return error instanceof UserError &&
    (error.code === "address-not-called" || error.code === "peer-relay-only");
}

/** Whether a call has failed with a reason that the other side gives, or for one of ours. */
export function saysWhy(error: unknown): boolean {
  if (!(error instanceof UserError) || error instanceof CallRefused) return true;
  const { problem } = error;
  return problem.code === "call-ended"
    ? problem.detail !== undefined
    : problem.code !== "peer-unreachable";
}

/** Why a link that we have opened has come to nothing. */
export function callFailure(
  { remote: address, peerId }: PeerFacts,
  call: Call | undefined,
  reason: CloseReason,
  detail: Problem | undefined,
): UserError {
  const name = call?.expectedId;
  const failure = { address, name, detail };
  const byName = name === undefined || peerId === name;
  if (reason === "refused") return new CallRefused({ code: "call-refused", ...failure }, byName);
  const problem = { code: "call-ended", ...failure } as const;
  return reason === "broken" ? new CallRefused(problem, byName) : new UserError(problem);
}
