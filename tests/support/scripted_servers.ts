/**
 * Servers in memory that answer as a test says, and the network by which they are reached.
 *
 * @module
 */

import { UserError } from "../../client/user_error.ts";
import type { DialOptions } from "../../client/transport/connect_within.ts";
import type { ServerConn } from "../../client/transport/transport.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { encode, type Message, parse } from "../../shared/protocol/message.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { takeInto } from "./frames.ts";

/** What a server answers; undefined if it says nothing. */
export type Answer = (request: Message, connection: ScriptedConnection) => Message | undefined;

/** Servers, by their ports. On a port that has none nobody listens. */
export class ScriptedServers {
  readonly answers = new Map<number, Answer>();
  /** The ports that were dialed, in order. */
  readonly dialed: number[] = [];
  /** The connections that came about. */
  readonly connections: ScriptedConnection[] = [];

  /** What the last server was asked on the last connection, in order. */
  get connection(): ScriptedConnection {
    return this.connections.at(-1)!;
  }

  /** To be given away as a part of a network. */
  readonly dialServer = async (
    { port }: ServerAddress,
    { signal }: DialOptions,
  ): Promise<ServerConn> => {
    this.dialed.push(port);
    await undefined;
    signal.throwIfAborted();
    const answer = this.answers.get(port);
    if (answer === undefined) {
      throw new UserError({ code: "unexpected", reason: `Cannot reach port ${port}` });
    }
    const connection = new ScriptedConnection(port, answer);
    this.connections.push(connection);
    return connection;
  };
}

/** One connection with such a server. */
export class ScriptedConnection implements ServerConn {
  readonly localAddr = { hostname: "192.0.2.1" };
  readonly remoteAddr = { hostname: "192.0.2.9" };
  readonly requests: Message[] = [];
  closed = false;
  /** How many bytes one write takes. */
  takes = Infinity;
  #heard = "";
  #said: Uint8Array[] = [];
  #ended: "no" | "end" | "break" = "no";
  #changed = Promise.withResolvers<void>();

  constructor(readonly port: number, public answer: Answer) {}

  /** The verbs of what was asked. */
  get verbs(): string[] {
    return this.requests.map(({ verb }) => verb);
  }

  /** Says something, asked or unasked; several messages in one piece. */
  say(...said: readonly (Message | string)[]): void {
    const text = said.map((one) => typeof one === "string" ? one : encode(one)).join("");
    this.#said.push(new TextEncoder().encode(text));
    this.#wake();
  }

  /** Ends the connection from the server's side. */
  end(how: "end" | "break" = "end"): void {
    this.#ended = how;
    this.#wake();
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#said.length === 0 && this.#ended === "no" && !this.closed) {
      await this.#changed.promise;
    }
    if (this.closed) throw new Deno.errors.BadResource("closed");
    const count = takeInto(into, this.#said);
    if (count === undefined && this.#ended === "break") {
      throw new Deno.errors.ConnectionReset("reset");
    }
    return count ?? null;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await undefined;
    if (this.closed || this.#ended === "break") throw new Deno.errors.BrokenPipe("gone");
    const count = Math.min(bytes.length, this.takes);
    this.#heard += new TextDecoder().decode(bytes.subarray(0, count));
    for (let end; (end = this.#heard.indexOf("\r\n\r\n")) !== -1;) {
      const request = parse(this.#heard.slice(0, end).split("\r\n"));
      this.#heard = this.#heard.slice(end + 4);
      if (isFault(request)) {
        throw new Error(`The client said what is no message: ${request.reason}`);
      }
      this.requests.push(request);
      const answer = this.answer(request, this);
      if (answer !== undefined) this.say(answer);
    }
    return count;
  }

  close(): void {
    if (this.closed) throw new Deno.errors.BadResource("closed twice");
    this.closed = true;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
