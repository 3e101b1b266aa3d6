/**
 * The kinds of failure that a script tells apart: each has a word in what is printed as JSON, and an exit code.
 *
 * @module
 */

import { type Problem, type ProblemCode, UserError } from "../user_error.ts";

/** The kinds, and the exit code of a command that fails so. 130 is that of a command that was interrupted. */
export const exitCodes = {
  "failed": 1,
  "usage": 2,
  "kept": 3,
  "unknown-name": 4,
  "key-refused": 5,
  "server-unreachable": 6,
  "name-taken": 7,
  "passphrase-needed": 8,
} as const;

/** A kind of failure. `kept` is a message that is kept, and has not come as far as was asked for in time. */
export type FailureKind = keyof typeof exitCodes;

/** The codes of problems that are of another kind than `failed`, whatever their fields say. */
const kinds: Partial<Record<ProblemCode, FailureKind>> = {
  "not-an-id": "usage",
  "not-a-peer": "usage",
  "that-is-yourself": "usage",
  "not-a-server-name": "usage",
  "server-not-allowed": "usage",
  "several-selves": "usage",
  "not-that-self": "usage",
  "no-own-name": "usage",
  "nothing-to-search-for": "usage",
  "not-as-far-in-time": "kept",
  "not-registered": "unknown-name",
  "no-conversation": "unknown-name",
  "nothing-said": "unknown-name",
  "nothing-to-compare": "unknown-name",
  "not-found-by-server": "unknown-name",
  "caller-contradicted": "key-refused",
  "another-of-that-name": "key-refused",
  "other-key": "key-refused",
  "replaced-key": "key-refused",
  "wrong-peer": "key-refused",
  "not-encrypted": "key-refused",
  "server-unreachable": "server-unreachable",
  "server-hung-up": "server-unreachable",
  "server-closes-each": "server-unreachable",
  "server-no-reply": "server-unreachable",
  "server-silent": "server-unreachable",
  "server-closed": "server-unreachable",
  "server-connection-broken": "server-unreachable",
  "server-network-left": "server-unreachable",
  "server-unreadable": "server-unreachable",
  "not-a-server": "server-unreachable",
  "other-certificate": "server-unreachable",
  "certificate-unproven": "server-unreachable",
  "name-taken": "name-taken",
  "nobody-to-ask": "passphrase-needed",
  "passphrase-not-read": "passphrase-needed",
};

/** What a server refuses, by its status: it knows nobody of that name; our own name belongs to another key. */
const refusals: Record<string, FailureKind> = { "404": "unknown-name", "403": "name-taken" };

/** The kind of a failure: that of a problem, or of what it comes from; `failed` of anything else. */
export function failureKind(error: unknown): FailureKind {
  if (error instanceof RangeError) return "usage";
  return error instanceof UserError ? kindOf(error.problem) : "failed";
}

function kindOf(problem: Problem): FailureKind {
  switch (problem.code) {
    case "server-refused":
      return refusals[problem.status] ?? "failed";
    case "identity-unusable":
      return ["no-passphrase", "wrong-passphrase"].includes(problem.fault.is)
        ? "passphrase-needed"
        : "failed";
    case "no-server": {
      const [first, ...others] = problem.problems.map(kindOf);
      return others.every((kind) => kind === first) ? first ?? "failed" : "server-unreachable";
    }
    case "call-refused":
    case "call-ended":
    case "audit-not-possible":
      return problem.detail === undefined ? "failed" : kindOf(problem.detail);
    default:
      return kinds[problem.code] ?? "failed";
  }
}
