/**
 * What a program asks a running client of the same user, and what that answers.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { version } from "../../shared/process/release.ts";
import { clientIdLengthMax } from "../../shared/protocol/limits.ts";
import type { AuditReport } from "../audit/audit.ts";
import type { HistoryEntry } from "../store/store.ts";
import type { Problem } from "../user_error.ts";

/** What is asked. There is one question a connection. */
export type Question =
  | { readonly ask: "leave" }
  | {
    readonly ask: "audit" | "history";
    /** The peer. */
    readonly name: string;
    /** Which of their own names the user means, if they have said so. */
    readonly self?: string;
  };

/** A part of an answer, a line each. */
export type Reply =
  /** It is at work on it, and will say more. */
  | { readonly is: "working" }
  /** It does what was asked: the user's own name that is meant is its name. */
  | { readonly is: "begun"; readonly self: string }
  /** Another of the user's names is meant. */
  | { readonly is: "other-self"; readonly self: string }
  /** It is of another version of the program, whose questions and answers may be others. */
  | { readonly is: "other-version"; readonly version: string }
  | { readonly is: "report"; readonly report: AuditReport }
  /** Which key the peer's name has by now, if one is saved. It comes before the messages. */
  | { readonly is: "person"; readonly key?: PublicKey }
  /** Some of the messages, in their order. */
  | { readonly is: "entries"; readonly entries: readonly HistoryEntry[] }
  | { readonly is: "problem"; readonly problem: Problem }
  /** That was all. */
  | { readonly is: "done" };

/** A question as it is sent. */
export function encodeQuestion(question: Question): Record<string, unknown> {
  return { version, ...question };
}

/** A question that was received, or why it cannot be answered. */
export function readQuestion(
  value: unknown,
): Question | "malformed" | "other-version" {
  if (typeof value !== "object" || value === null) return "malformed";
  const { version: theirs, ask, name, self } = value as Record<string, unknown>;
  // All versions know this one.
  if (ask === "leave") return { ask };
  if (theirs !== version) return "other-version";
  if (ask !== "audit" && ask !== "history" || !isName(name)) return "malformed";
  if (self === undefined) return { ask, name };
  return isName(self) ? { ask, name, self } : "malformed";
}

/** A reply that was received; undefined if it is none. What it holds is taken as it is: it is the user's own. */
export function readReply(value: unknown): Reply | undefined {
  const isReply = typeof value === "object" && value !== null && "is" in value &&
    typeof value.is === "string" && replies.includes(value.is);
  return isReply ? value as Reply : undefined;
}

const replies: readonly string[] = [
  "working",
  "begun",
  "other-self",
  "other-version",
  "report",
  "person",
  "entries",
  "problem",
  "done",
] satisfies Reply["is"][];

/** A name can be an address as well, of a program that is called by it. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= 8 * clientIdLengthMax;
}
