/**
 * The side of a running client: it answers other programs of its user, one question a connection.
 *
 * @module
 */

import { acceptUntil } from "../../shared/net/accept.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { version } from "../../shared/process/release.ts";
import { localConnectionsMax, localWaitMs } from "../../shared/protocol/limits.ts";
import { every } from "../../shared/time/clock.ts";
import type { AuditReport } from "../audit/audit.ts";
import type { MessageEvent } from "../events.ts";
import type { HistoryEntry } from "../store/store.ts";
import { problemOf } from "../user_error.ts";
import { type Question, readQuestion, type Reply, type SendQuestion } from "./control_messages.ts";
import type { LocalCaller, LocalListener } from "./endpoint.ts";

/** All messages with somebody. */
export interface SavedHistory {
  /** The key that their name has by now; undefined if none is saved. */
  readonly key: PublicKey | undefined;
  /** The user's own. */
  readonly ownKey: PublicKey;
  /** Oldest first. */
  readonly entries: Iterable<HistoryEntry>;
}

/** What a running client answers. */
export interface ControlAnswers {
  /** Its name. */
  readonly id: string;
  /**
   * The user's own name whose conversation with somebody is meant.
   *
   * @throws {UserError} If there is none, or there are several.
   */
  selfFor(name: string, self: string | undefined): string;
  /** Compares with somebody. @throws {UserError} If that is not possible. */
  audit(name: string): Promise<AuditReport>;
  /** All messages with somebody, behind a row. @throws {UserError} If they cannot be read. */
  history(name: string, behind: number): SavedHistory;
  /**
   * By which of the user's names somebody is written to.
   *
   * @param usualSelf The one for those with whom they have never talked.
   * @throws {UserError} If none is, or several may be.
   */
  selfToSend(name: string, self: string | undefined, usualSelf: string | undefined): string;
  /**
   * Sends a message.
   *
   * @returns Its id, as soon as it has come as far as it should.
   * @throws {UserError} If it cannot be sent, or is not as far in time.
   */
  send(asked: Pick<SendQuestion, "name" | "text" | "until" | "withinMs">): Promise<string>;
  /**
   * Tells what comes in, until the signal.
   *
   * @throws {UserError} If so much comes that it cannot be told.
   */
  listen(
    name: string | undefined,
    tell: (message: MessageEvent) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Another client takes over: this one leaves. */
  leave(): void;
}

/** How long somebody may take to prove that they are this user, who may be anybody on this machine. */
const proofMs = 2_000;
/** How often a program that waits is told that its question is being worked on, in milliseconds. */
const workingMs = 1_000;
/** Characters of texts that one line has, more or less. */
const entriesLength = 32 * 1024;

/** Answers those who call, until it is disposed of. */
export function answerCallers(listener: LocalListener, answers: ControlAnswers): Disposable {
  const stopping = new AbortController();
  const callers = new Set<LocalCaller>();
  const take = (caller: LocalCaller) => {
    // One that finds no room tries again.
    if (callers.size >= localConnectionsMax) return caller[Symbol.dispose]();
    callers.add(caller);
    answer(caller, answers).catch(() => {
      // It is gone, or does not read.
    }).finally(() => {
      callers.delete(caller);
      caller[Symbol.dispose]();
    });
  };
  // Without free descriptors nobody is answered; that is said by whatever else needs one.
  acceptUntil(stopping.signal, listener, take, () => {});
  return {
    [Symbol.dispose]() {
      stopping.abort();
      listener[Symbol.dispose]();
      for (const caller of callers) caller[Symbol.dispose]();
    },
  };
}

async function answer(caller: LocalCaller, answers: ControlAnswers): Promise<void> {
  if (!await caller.isOwn(proofMs)) return;
  const read = await caller.lines.read(localWaitMs);
  const question = read.is === "value" ? readQuestion(read.value) : "malformed";
  if (question === "malformed") return;
  const say = (reply: Reply) => caller.lines.write(reply);
  if (question === "other-version") return await say({ is: "other-version", version });
  const gone = new AbortController();
  const stopTelling = every(workingMs, () => say({ is: "working" }).catch(() => gone.abort()));
  try {
    await answerQuestion(question, answers, say, gone.signal);
    await say({ is: "done" });
  } catch (error) {
    await say({ is: "problem", problem: problemOf(error) });
  } finally {
    stopTelling();
  }
  if (question.ask === "leave") answers.leave();
}

async function answerQuestion(
  question: Question,
  answers: ControlAnswers,
  say: (reply: Reply) => Promise<void>,
  gone: AbortSignal,
): Promise<void> {
  if (question.ask === "leave") return;
  const self = selfAsked(question, answers);
  if (self !== answers.id) return await say({ is: "other-self", self });
  await say({ is: "begun", self });
  if (question.ask === "listen") {
    return await answers.listen(
      question.name,
      (message) => say({ is: "message", message }),
      gone,
    );
  }
  if (question.ask === "send") return await say({ is: "sent", id: await answers.send(question) });
  const { name } = question;
  if (question.ask === "audit") {
    return await say({ is: "report", report: await answers.audit(name) });
  }
  const { key, ownKey, entries } = answers.history(name, question.behind ?? 0);
  await say({ is: "person", ownKey, ...key !== undefined && { key } });
  for (const piece of piecesOf(entries)) await say({ is: "entries", entries: piece });
}

/** Which of the user's names a question is for. @throws {UserError} If that is not clear. */
function selfAsked(question: Exclude<Question, { ask: "leave" }>, answers: ControlAnswers): string {
  const { ask, self } = question;
  if (ask === "listen") return self ?? answers.id;
  if (ask === "send") return answers.selfToSend(question.name, self, question.usualSelf);
  return answers.selfFor(question.name, self);
}

function* piecesOf(entries: Iterable<HistoryEntry>): Generator<HistoryEntry[]> {
  let piece: HistoryEntry[] = [];
  let length = 0;
  for (const entry of entries) {
    piece.push(entry);
    length += entry.text.length + 256;
    if (length < entriesLength) continue;
    yield piece;
    piece = [];
    length = 0;
  }
  yield piece;
}
