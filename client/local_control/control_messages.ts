/**
 * What a program asks a running client of the same user, and what that answers.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { version } from "../../shared/process/release.ts";
import { clientIdLengthMax } from "../../shared/protocol/limits.ts";
import type { AuditReport } from "../audit/audit.ts";
import type { MessageEvent } from "../events.ts";
import type { HistoryEntry } from "../store/store.ts";
import type { Problem } from "../user_error.ts";

/** What is asked. There is one question a connection. */
export type Question =
  | { readonly ask: "leave" }
  | {
    readonly ask: "audit";
    /** The peer. */
    readonly name: string;
    /** Which of their own names the user means, if they have said so. */
    readonly self?: string;
  }
  | {
    readonly ask: "history";
    readonly name: string;
    readonly self?: string;
    /** Only messages behind this row of the store; all if not given. */
    readonly behind?: number;
  }
  | SendQuestion
  | {
    /** What comes in is to be told, until the asker hangs up. */
    readonly ask: "listen";
    /** Only what this one writes. */
    readonly name?: string;
    readonly self?: string;
  };

/** A message is to be sent. */
export interface SendQuestion {
  readonly ask: "send";
  readonly name: string;
  readonly self?: string;
  /** By which of their own names the user writes to somebody with whom they have never talked. */
  readonly usualSelf?: string;
  readonly text: string;
  readonly until: Reach;
  /** How long it may take to come as far, in milliseconds. */
  readonly withinMs: number;
}

/** How far a message is to come: it is on the disk, at the server's mailbox, or with the peer. */
export type Reach = "kept" | "mailbox" | "delivered";

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
  | {
    readonly is: "person";
    readonly key?: PublicKey;
    /** The user's own. */
    readonly ownKey: PublicKey;
  }
  /** Some of the messages, in their order. */
  | { readonly is: "entries"; readonly entries: readonly HistoryEntry[] }
  /** The message has come as far as it should. */
  | { readonly is: "sent"; readonly id: string }
  /** A message has come in. */
  | { readonly is: "message"; readonly message: MessageEvent }
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
  const who = { ...name !== undefined && { name }, ...self !== undefined && { self } };
  if (Object.values(who).some((one) => !isName(one))) return "malformed";
  const named = who as { name?: string; self?: string };
  if (ask === "listen") return { ask, ...named };
  if (named.name === undefined) return "malformed";
  const about = { ...named, name: named.name };
  if (ask === "audit") return { ask, ...about };
  if (ask === "history") return readHistoryQuestion(about, (value as { behind?: unknown }).behind);
  if (ask !== "send") return "malformed";
  const { text, until, withinMs, usualSelf } = value as Record<string, unknown>;
  if (typeof text !== "string" || typeof withinMs !== "number" || !isReach(until)) {
    return "malformed";
  }
  if (usualSelf === undefined) return { ask, ...about, text, until, withinMs };
  return isName(usualSelf) ? { ask, ...about, usualSelf, text, until, withinMs } : "malformed";
}

function readHistoryQuestion(
  about: { readonly name: string; readonly self?: string },
  behind: unknown,
): Question | "malformed" {
  if (behind === undefined) return { ask: "history", ...about };
  return Number.isSafeInteger(behind)
    ? { ask: "history", ...about, behind: Number(behind) }
    : "malformed";
}

function isReach(value: unknown): value is Reach {
  return typeof value === "string" && ["kept", "mailbox", "delivered"].includes(value);
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
  "sent",
  "message",
  "problem",
  "done",
] satisfies Reply["is"][];

/** A name can be an address as well, of a program that is called by it. */
function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= 8 * clientIdLengthMax;
}
