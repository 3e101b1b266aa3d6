/**
 * A name that is in use in a profile. One program has it at a time, by a lock. A client that runs can be called
 * by other programs of its user, which have it leave or do one thing: so a script beside an open terminal
 * neither fails nor goes on with the same messages on its own.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { localWaitMs } from "../../shared/protocol/limits.ts";
import { DatabaseError } from "../../shared/storage/database_error.ts";
import { wait } from "../../shared/time/clock.ts";
import type { AuditReport } from "../audit/audit.ts";
import type { HistoryEntry, Store } from "../store/store.ts";
import { UserError } from "../user_error.ts";
import { askToLeave, askWhoeverIsMeant, entriesOf, messagesOf, personOf } from "./asking.ts";
import { controlPlace, lockPlace } from "./control_place.ts";
import type { MessageEvent } from "../events.ts";
import type { SendQuestion } from "./control_messages.ts";
import { answerCallers, type ControlAnswers } from "./control_server.ts";
import { callLocally, listenLocally } from "./endpoint.ts";

export type { Reach, SendQuestion } from "./control_messages.ts";

/** How often a lock that another program has is tried, in milliseconds. */
const retryMs = 50;

/** How a client takes its name. */
export interface TakeNameOptions {
  /** Whether a client that has it is to leave. */
  readonly takeOver: boolean;
  /** How long another program may take to give it up, in milliseconds. */
  readonly waitMs?: number;
}

/**
 * Takes a name for a client. A program that has it for a moment is waited for.
 *
 * @returns Disposing of it lets others have the name.
 * @throws {UserError} If a client has it and is not to leave, or does not; or the system does not allow it.
 */
export async function takeName(
  profile: string,
  id: string,
  { takeOver, waitMs = localWaitMs }: TakeNameOptions,
): Promise<Disposable> {
  let hasAsked = false;
  let giveUpAtMs = performance.now() + waitMs;
  for (;;) {
    const lock = lockName(profile, id);
    if (lock !== undefined) return lock;
    if (!hasAsked) {
      using client = await callLocally(controlPlace(profile, id));
      if (client !== undefined && !takeOver) throw new UserError({ code: "name-in-use", id });
      if (client !== undefined) {
        if (!await askToLeave(client, waitMs)) throw notTakenOver(id, "silent", waitMs);
        hasAsked = true;
        giveUpAtMs = performance.now() + waitMs;
      }
    }
    if (performance.now() > giveUpAtMs) {
      throw hasAsked ? notTakenOver(id, "still-there", waitMs) : nameHeld(id, waitMs);
    }
    await pause();
  }
}

/**
 * Takes a name for a program that does one thing, or has the client that takes it meanwhile do that.
 *
 * @param ask Asks the client of that name. Gives undefined if none runs.
 * @returns The name, or the answer.
 * @throws {UserError} If another program has the name and does not answer; or the system does not allow it.
 */
export async function takeNameOrAsk<Answer>(
  profile: string,
  id: string,
  waitMs: number,
  ask: () => Promise<Answer | undefined>,
): Promise<{ readonly name: Disposable } | { readonly answer: Answer }> {
  const giveUpAtMs = performance.now() + waitMs;
  for (;;) {
    const name = lockName(profile, id);
    if (name !== undefined) return { name };
    const answer = await ask();
    if (answer !== undefined) return { answer };
    if (performance.now() > giveUpAtMs) throw nameHeld(id, waitMs);
    await pause();
  }
}

/** What a client offers other programs of its user. Disposing of it ends that. */
export interface LocalControl extends Disposable {
  /** Begins to answer. Those who have called meanwhile wait. */
  answer(answers: ControlAnswers): void;
}

/**
 * Lets other programs of this user find the client of a name, which has taken it. Needs access to files until
 * it returns. If the system has no way to be found, the client runs without.
 */
export function offerControl(profile: string, id: string): LocalControl {
  const listener = listenLocally(controlPlace(profile, id));
  let answering: Disposable | undefined = listener;
  return {
    answer(answers) {
      if (listener !== undefined) answering = answerCallers(listener, answers);
    },
    [Symbol.dispose]() {
      answering?.[Symbol.dispose]();
      answering = undefined;
    },
  };
}

/** What a client is asked about. */
export interface Asked {
  readonly profile: string;
  /** The peer. */
  readonly name: string;
  /** Which of their own names the user means, if they have said so. */
  readonly self: string | undefined;
  /** How long the client may say nothing, in milliseconds. */
  readonly waitMs: number;
}

/**
 * Has the running client of the user's own name that is meant compare with a peer.
 *
 * @returns Undefined if it does not run.
 * @throws {UserError} If that is not possible, or the client does not answer.
 */
export async function askForAudit(asked: Asked): Promise<AuditReport | undefined> {
  using client = await askWhoeverIsMeant(asked.profile, questionOf("audit", asked), asked.waitMs);
  if (client === undefined) return undefined;
  for (;;) {
    const reply = await client.next();
    if (reply.is === "report") return reply.report;
  }
}

/** The messages with a peer. */
export interface AskedHistory {
  /** The key that the peer's name has by now; undefined if none is saved. */
  readonly key: PublicKey | undefined;
  /** The user's own. */
  readonly ownKey: PublicKey;
  /** Which of the user's own names has said and heard them. */
  readonly self: string;
  /** Oldest first. It is to be read to its end. */
  readonly entries: AsyncIterable<HistoryEntry>;
}

/**
 * Has the running client of the user's own name that is meant read all messages with a peer.
 *
 * @param behind Only those behind this row of the store.
 * @returns Undefined if it does not run.
 * @throws {UserError} If that is not possible, or the client does not answer.
 */
export async function askForHistory(asked: Asked, behind = 0): Promise<AskedHistory | undefined> {
  const question = { ...questionOf("history", asked), ...behind > 0 && { behind } };
  const client = await askWhoeverIsMeant(asked.profile, question, asked.waitMs);
  if (client === undefined) return undefined;
  using hangingUp = new DisposableStack();
  hangingUp.use(client);
  const persons = await personOf(client);
  hangingUp.move();
  return { self: client.self, ...persons, entries: entriesOf(client) };
}

/**
 * The user's own name whose conversation with somebody is meant.
 *
 * @param self The one that the user has named, if any.
 * @throws {UserError} If there is none, or there are several.
 */
export function selfIn(
  conversations: Pick<Store["conversations"], "selves">,
  name: string,
  self: string | undefined,
): string {
  const selves = conversations.selves(name);
  if (selves.length === 0) throw new UserError({ code: "nothing-said", name });
  if (self === undefined) {
    if (selves.length > 1) throw new UserError({ code: "several-selves", name, selves });
    return selves[0]!;
  }
  if (!selves.includes(self)) throw new UserError({ code: "not-that-self", name, self, selves });
  return self;
}

/** A message that is to be sent. */
export interface AskedToSend extends Asked, Omit<SendQuestion, "ask" | "name" | "self"> {}

/**
 * Has the running client of the user's own name that is meant send a message.
 *
 * @returns Its id, as soon as it has come as far as it should; undefined if no such client runs.
 * @throws {UserError} If it cannot be sent, has not come as far in time, or the client does not answer.
 */
export async function askToSend(asked: AskedToSend): Promise<string | undefined> {
  const { profile, waitMs, name, self, ...more } = asked;
  const question = { ...more, ...questionOf("send", { ...asked, name, self }) };
  using client = await askWhoeverIsMeant(profile, question, waitMs);
  if (client === undefined) return undefined;
  for (;;) {
    const reply = await client.next();
    if (reply.is === "sent") return reply.id;
  }
}

/** Whose messages are to be told. */
export interface AskedToListen extends Omit<Asked, "name"> {
  /** Only what this one writes; undefined for everybody. */
  readonly name: string | undefined;
}

/**
 * Has the running client of the user's own name that is meant tell what comes in.
 *
 * @returns The client's name, and the messages until it ends; undefined if none runs.
 * @throws {UserError} If the client does not answer.
 */
export async function askToListen({ profile, name, self, waitMs }: AskedToListen): Promise<
  { readonly self: string; readonly messages: AsyncGenerator<MessageEvent, void> } | undefined
> {
  const about = { ...name !== undefined && { name }, ...self !== undefined && { self } };
  const client = await askWhoeverIsMeant(profile, { ask: "listen", ...about }, waitMs);
  return client && { self: client.self, messages: messagesOf(client) };
}

function questionOf<Ask extends "audit" | "history" | "send">(
  ask: Ask,
  { name, self }: Pick<Asked, "name" | "self">,
) {
  return { ask, name, ...self !== undefined && { self } };
}

/**
 * The user's own name by which somebody is written to.
 *
 * @param self The one that the user has named, if any.
 * @param usualSelf The one for those with whom the user has never talked, if there is one.
 * @throws {UserError} If none of these is there, or the user has talked with them by several.
 */
export function selfToSend(
  conversations: Pick<Store["conversations"], "selves">,
  name: string,
  self: string | undefined,
  usualSelf: string | undefined,
): string {
  if (self !== undefined) return self;
  if (conversations.selves(name).length > 0) return selfIn(conversations, name, undefined);
  if (usualSelf !== undefined) return usualSelf;
  throw new UserError({ code: "no-own-name", name });
}

function lockName(profile: string, id: string): Disposable | undefined {
  try {
    return lockPlace(controlPlace(profile, id));
  } catch (cause) {
    const reason = cause instanceof DatabaseError ? cause.reason : undefined;
    if (reason === undefined) throw cause;
    throw new UserError({ code: "name-not-taken", id, directory: profile, reason }, { cause });
  }
}

function nameHeld(id: string, waitMs: number): UserError {
  return new UserError({ code: "name-held", id, seconds: waitMs / 1_000 });
}

function notTakenOver(id: string, why: "silent" | "still-there", waitMs: number): UserError {
  return new UserError({ code: "not-taken-over", id, why, seconds: waitMs / 1_000 });
}

async function pause(): Promise<void> {
  await wait(retryMs, new AbortController().signal);
}
