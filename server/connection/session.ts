/**
 * One connection: requests in, replies out, in order, and between them the news that its client has
 * subscribed to.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import { errorMessage } from "../../shared/errors/error_message.ts";
import type { Log } from "../../shared/process/log.ts";
import type { ThrottledLog } from "../../shared/process/throttled_log.ts";
import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { errorReply } from "../../shared/protocol/error_reply.ts";
import { messageBytesMax } from "../../shared/protocol/limits.ts";
import { type Header, header, type Message } from "../../shared/protocol/message.ts";
import { serverFaults } from "../../shared/protocol/reasons.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import type { Clock } from "../../shared/time/clock.ts";
import type { Deadlines } from "../../shared/time/deadlines.ts";
import type { Fairness, Holder, Visitor } from "../fairness/fairness.ts";
import { answer, type Client, type Context, leave, newClient, news } from "../handlers/handlers.ts";
import type { Seat } from "../relay/relay.ts";
import type { Subscriber } from "../presence/presence.ts";
import { type Reply, ReplyWriter } from "./reply_writer.ts";
import { type Request, RequestReader } from "./request_reader.ts";
import {
  isNewsDue,
  isTelling,
  nextState,
  type SessionEvent,
  type SessionState,
} from "./session_state.ts";
import type { Connection } from "./socket.ts";

/** What the sessions of a server share. */
export interface SessionOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** For defects of the server, which a client may bring about as often as it asks. */
  readonly failures: ThrottledLog;
  readonly context: Context;
  readonly fairness: Fairness;
  /** Sessions that wait for the rest of a message. */
  readonly incomplete: Deadlines<Session>;
}

/** After a fatal fault: bytes that are still read, so that no reset takes the ERROR away. */
const lingerBytesMax = 256 * 1024;

/** The server's side of one connection. */
export class Session implements Subscriber, Holder {
  readonly #conn: Connection;
  readonly #options: SessionOptions;
  readonly #reader = new RequestReader();
  readonly #writer: ReplyWriter;
  #state: SessionState = "idle";
  readonly #client: Client;
  readonly #visitor: Visitor;
  /** What the reader takes of memory, as it was counted last. */
  #readHeldBytes = 0;
  /** When something was last heard, in the clock's milliseconds. */
  heardAtMs: number;

  constructor(conn: Connection, observedHost: string, options: SessionOptions) {
    const { clock } = options;
    this.#conn = conn;
    this.#options = options;
    this.#visitor = options.fairness.enter(observedHost, this);
    this.#writer = new ReplyWriter(conn, clock, this.#visitor);
    const observed = { host: observedHost, port: conn.remoteAddr.port };
    this.#client = newClient(this, observed, conn.localAddr, clock);
    this.heardAtMs = clock.now();
  }

  /** Since when a write waits for its reader; a time that never passes if none does. */
  get writingSinceMs(): number {
    return this.#writer.writingSinceMs;
  }

  /**
   * Serves the connection until either side ends it, and closes it. Never rejected.
   *
   * @returns With whom the connection is joined from now on, if it is: then it is not closed.
   */
  async run(): Promise<Seat | undefined> {
    const { log } = this.#options;
    try {
      await this.#serve();
    } catch (error) {
      // A connection can break at any time. That ends this one and nothing else.
      if (this.#state !== "closed" && log.debugs) {
        log.debug("connection broke", {
          host: this.#client.observedHost,
          error: errorMessage(error),
        });
      }
    }
    const { seat } = this.#client;
    const isJoined = this.#state === "idle" && seat !== undefined;
    if (isJoined) this.#client.seat = undefined;
    else this.close();
    this.#visitor.leave();
    return isJoined ? seat : undefined;
  }

  /** The key with which the client has registered on the connection. */
  get provenKey(): PublicKey | undefined {
    return this.#client.authenticated?.key;
  }

  /** Closes the connection at once. */
  close(): void {
    if (this.#state === "closed") return;
    this.#become("close");
    this.#options.incomplete.stop(this);
    leave(this.#client, this.#options.context);
    this.#conn.close();
  }

  /** Tells the client that its message took too long, and closes the connection. */
  async closeLate(): Promise<void> {
    // In the middle of another message the client would not understand it.
    if (isTelling(this.#state)) return this.close();
    this.#become("fatal");
    try {
      await this.#writer.end(errorReply(serverFaults.late));
    } catch {
      // The client is gone already.
    } finally {
      this.close();
    }
  }

  /** Tells the client the news, as soon as nothing else is being written. */
  push(): void {
    if (this.#state === "idle") this.#tell();
    else this.#become("news");
  }

  async #tell(): Promise<void> {
    const messages = news(this.#client, this.#options.context);
    if (messages.length === 0) return;
    this.#become("news");
    try {
      await this.#writer.tell(messages);
    } catch {
      // The client is gone, which the reader finds out as well.
      return this.close();
    }
    this.#become("told");
  }

  async #serve(): Promise<void> {
    const { clock, incomplete } = this.#options;
    for (;;) {
      const count = await this.#conn.read(this.#reader.buffer);
      if (count === null) return;
      this.heardAtMs = clock.now();
      const wasPending = this.#reader.isPending;
      this.#reader.take(count);
      // No request stays here, where it would be kept in memory until the next one.
      const answering = this.#answerRead(wasPending);
      const hasAnswered = answering !== false;
      if (hasAnswered) {
        if (answering !== true) await answering;
        // What nearly every request gets is written here, without a promise of our own.
        const short = this.#isOver ? undefined : this.#writer.beginShort();
        if (short !== undefined) {
          const written = await this.#conn.write(short);
          if (written < short.length) await writeAll(this.#conn, short.subarray(written));
          this.#writer.endShort();
        } else if (!this.#isOver) await this.#writer.flush();
        if (!this.#reader.hasEnded) this.#become("replied");
      }
      if (this.#client.seat !== undefined) {
        // What comes before the client has heard that it is joined is meant for nobody.
        if (this.#reader.isPending) this.close();
        return;
      }
      if (this.#reader.hasEnded) return await this.#linger();
      // The deadline is that of the whole message: it does not move with each byte. It may have taken a while
      // until what came before was answered.
      const isNew = this.#reader.isPending && (!wasPending || hasAnswered);
      if (isNew) incomplete.start(this, clock.now());
      this.#reader.prepare(count, this.#client.authenticated !== undefined);
      this.#visitor.hold(this.#reader.heldBytes - this.#readHeldBytes);
      this.#readHeldBytes = this.#reader.heldBytes;
    }
  }

  /**
   * Answers the requests of one read. The usual one brings a single request, for which nothing is waited.
   *
   * @returns Whether there were any. Done when the replies can be written.
   */
  #answerRead(wasPending: boolean): boolean | Promise<void> {
    const request = this.#reader.next();
    if (wasPending && (request !== undefined || !this.#reader.isPending)) {
      this.#options.incomplete.stop(this);
    }
    if (request === undefined) return false;
    this.#become("requests");
    this.#visitor.begin();
    const admission = this.#visitor.admit(request);
    if (admission !== undefined) return this.#answerAll(request, admission);
    if (this.#writer.add(this.answer(request))) return this.#answerRest();
    const next = this.#reader.next();
    return next === undefined || this.#answerOthers(next);
  }

  async #answerRest(): Promise<void> {
    await this.#writer.flush();
    const next = this.#reader.next();
    if (next !== undefined) await this.#answerOthers(next);
  }

  /** Answers what comes behind another request. */
  #answerOthers(next: Request): Promise<void> {
    // The second of two writes must not wait until the first has been acknowledged (RFC 896).
    this.#writer.writeAtOnce();
    return this.#answerAll(next, this.#visitor.admit(next));
  }

  /** Answers a request and all behind it, one at a time, while others have their turn. */
  async #answerAll(
    first: Request,
    firstAdmission: Promise<number | undefined> | undefined,
  ): Promise<void> {
    let [request, admission]: [Request | undefined, typeof firstAdmission] = [
      first,
      firstAdmission,
    ];
    while (request !== undefined && !this.#isOver && this.#client.seat === undefined) {
      let retryAfterS: number | undefined;
      if (admission !== undefined) {
        await this.#writer.flush();
        retryAfterS = await admission;
        if (this.#isOver) return;
      }
      const reply = retryAfterS === undefined ? this.answer(request) : refuse(request, retryAfterS);
      if (this.#writer.add(reply)) await this.#writer.flush();
      request = this.#reader.next();
      if (request === undefined) return;
      this.#writer.writeAtOnce();
      admission = this.#visitor.admit(request);
    }
  }

  /** Whether nobody can hear an answer any more. */
  get #isOver(): boolean {
    return this.#state === "closed" || this.#state === "ending";
  }

  /** Answers a request. Never throws. */
  answer(request: Request): Reply {
    if (isFault(request)) return errorReply(request);
    const { context, log, failures } = this.#options;
    let reply: Reply;
    try {
      reply = answer(request, context, this.#client);
    } catch (error) {
      // A defect of the server: the log says it in full, the client hears no more than that.
      failures.error("a handler failed", error, { verb: request.verb });
      reply = errorReply(serverFaults.failed);
    }
    if (log.debugs) this.#logAnswered(request, reply);
    return reply;
  }

  async #logAnswered(request: Message, answered: Reply): Promise<void> {
    const reply = await answered;
    this.#options.log.debug("request", {
      host: this.#client.observedHost,
      verb: request.verb,
      clientID: header(request, "clientID") ?? "",
      reply: header(reply, "Code") ?? reply.verb,
    });
  }

  /** Reads on for a moment: closing with bytes unread would reset the connection and lose the ERROR. */
  async #linger(): Promise<void> {
    this.#become("fatal");
    this.#writer.writingSinceMs = this.heardAtMs;
    await this.#conn.closeWrite();
    const buffer = new Uint8Array(messageBytesMax);
    for (let total = 0; total < lingerBytesMax;) {
      total += await this.#conn.read(buffer) ?? lingerBytesMax;
    }
  }

  /** Enters the next state, in which news is told that has waited for it. */
  #become(event: SessionEvent): void {
    const wasNewsDue = isNewsDue(this.#state);
    this.#state = nextState(this.#state, event);
    if (wasNewsDue && this.#state === "idle") this.push();
  }
}

/** What whoever asks too often is told. What is wrong with the connection itself is said in any case. */
function refuse(request: Request, retryAfterS: number): Message {
  if (!isFault(request)) {
    const headers: Header[] = speaksVersion1(request) ? [["Retry-After", String(retryAfterS)]] : [];
    return errorReply(serverFaults.tooManyRequests, ...headers);
  }
  return errorReply(request.fatal ? request : serverFaults.tooManyRequests);
}
