/**
 * The side of a program that asks the running client of a name one thing.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import type { MessageEvent } from "../events.ts";
import type { HistoryEntry } from "../store/store.ts";
import { UserError } from "../user_error.ts";
import { controlPlace, endpointsIn } from "./control_place.ts";
import { encodeQuestion, type Question, readReply, type Reply } from "./control_messages.ts";
import { type CalledClient, callLocally } from "./endpoint.ts";

type NoReply = { readonly is: "silence" } | { readonly is: "end" };

/** A running client that does what it was asked to. Disposing of it hangs up. */
export interface BusyClient extends Disposable {
  /** Its name. */
  readonly self: string;
  /** What comes next of its answer. @throws {UserError} If it says so, or says no more. */
  next(): Promise<Reply>;
}

/**
 * Asks the client of the user's own name that is meant. Which that is the clients of a profile can tell as
 * well as this program, since they have the same store: the first that is found is asked.
 *
 * @returns Undefined if it does not run.
 * @throws {UserError} If one says what is wrong, does not answer, or is of another version.
 */
export async function askWhoeverIsMeant(
  profile: string,
  question: Exclude<Question, { ask: "leave" }>,
  waitMs: number,
): Promise<BusyClient | undefined> {
  const { self } = question;
  const endpoints = self === undefined ? endpointsIn(profile) : [controlPlace(profile, self)];
  let problem: UserError | undefined;
  for (const endpoint of endpoints) {
    using called = new DisposableStack();
    const client = await callLocally(endpoint);
    if (client === undefined) continue;
    called.use(client);
    const reply = await firstReply(client, question, waitMs);
    if (reply.is === "begun") {
      const hangUp = called.move();
      const next = () => nextReply(client, reply.self, waitMs);
      return { self: reply.self, next, [Symbol.dispose]: () => hangUp.dispose() };
    }
    if (reply.is === "other-self" && self === undefined) {
      return await askWhoeverIsMeant(profile, { ...question, self: reply.self }, waitMs);
    }
    if (reply.is === "problem") throw new UserError(reply.problem);
    // Another one may answer.
    if (reply.is === "silence") problem ??= silent(waitMs);
    if (reply.is === "other-version") {
      problem = new UserError({ code: "running-client-of-other-version", version: reply.version });
    }
  }
  if (problem !== undefined) throw problem;
  return undefined;
}

/** Asks a client to leave. @returns Whether it does. */
export async function askToLeave(client: CalledClient, waitMs: number): Promise<boolean> {
  return (await firstReply(client, { ask: "leave" }, waitMs)).is === "done";
}

/** Reads which key a name has whose history is asked for, if one is saved, and the user's own. @throws {UserError} */
export async function personOf(
  client: BusyClient,
): Promise<{ readonly key: PublicKey | undefined; readonly ownKey: PublicKey }> {
  for (;;) {
    const reply = await client.next();
    if (reply.is === "person") return { key: reply.key, ownKey: reply.ownKey };
  }
}

/** Reads a history of which the client has begun to tell, and hangs up. @throws {UserError} */
export async function* entriesOf(client: BusyClient): AsyncGenerator<HistoryEntry, void> {
  using busy = client;
  for (;;) {
    const reply = await busy.next();
    if (reply.is === "done") return;
    if (reply.is === "entries") yield* reply.entries;
  }
}

/** Reads the messages that come in, until the client ends or the caller has enough. @throws {UserError} */
export async function* messagesOf(client: BusyClient): AsyncGenerator<MessageEvent, void> {
  using busy = client;
  for (;;) {
    const reply = await busy.next();
    if (reply.is === "done") return;
    if (reply.is === "message") yield reply.message;
  }
}

async function firstReply(
  client: CalledClient,
  question: Question,
  waitMs: number,
): Promise<Reply | NoReply> {
  const proof = await client.prove(waitMs);
  if (proof !== "proven") return { is: proof === "silent" ? "silence" : "end" };
  try {
    await client.lines.write(encodeQuestion(question));
  } catch {
    // It has just ended.
    return { is: "end" };
  }
  return await replyOf(client, waitMs);
}

async function nextReply(client: CalledClient, self: string, waitMs: number): Promise<Reply> {
  const reply = await replyOf(client, waitMs);
  if (reply.is === "problem") throw new UserError(reply.problem);
  if (reply.is === "silence") throw silent(waitMs);
  if (reply.is === "end") throw new UserError({ code: "running-client-ended", self });
  return reply;
}

async function replyOf(
  { lines }: CalledClient,
  waitMs: number,
): Promise<Reply | NoReply> {
  for (;;) {
    const read = await lines.read(waitMs);
    if (read.is !== "value") return read;
    const reply = readReply(read.value);
    if (reply === undefined) return { is: "end" };
    if (reply.is !== "working") return reply;
  }
}

function silent(waitMs: number): UserError {
  return new UserError({ code: "running-client-silent", seconds: waitMs / 1_000 });
}
