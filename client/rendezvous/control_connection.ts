/**
 * The connection on which a client speaks with a server, opened when it is needed. If a server of this
 * protocol has registered the client on it, it is kept, and found dead when nothing is heard on it.
 *
 * Several servers may be named. They are tried in order, and the first that answers is used until it is lost.
 * A server that closes the connection after each reply, as some legacy programs do, will do as well.
 *
 * @module
 */

import type { ServerSource } from "../../shared/net/named_address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { legacyRequest } from "../../shared/protocol/legacy_request.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { speaksVersion1, type VerbName } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { Network, ServerConn } from "../transport/transport.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import { ServerRefusal } from "./reply.ts";
import { ServerConnection } from "./server_connection.ts";
import { ServerKinds, type ServerKindsOptions } from "./server_kinds.ts";

/** A reply, and where it is from. */
export interface Answered extends ServerSource {
  readonly reply: Message;
}

/** What a control connection needs to know. */
export interface ControlConnectionOptions extends ServerKindsOptions {
  /** The servers, at least one, in the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly network: Pick<Network, "dialServer">;
  readonly clock: TimerClock;
  /** Closes the connection. */
  readonly signal: AbortSignal;
  /** Told, at once and in order, what the server says unasked. */
  readonly onPush: (message: Message) => void;
  /** Told when the connection on which the client was registered is lost, or is given up. */
  readonly onLost: () => void;
}

/** Status codes of a server that has no room for the client. */
const noRoom: readonly string[] = ["429", "503"];

/** The connection to one of several servers. */
export class ControlConnection {
  readonly #options: ControlConnectionOptions;
  #current: ServerConnection | undefined;
  /** Those that may be open: with a legacy server there may be several. */
  readonly #opened = new Set<ServerConnection>();
  #opening: Promise<ServerConnection> | undefined;
  #registered: ServerConnection | undefined;
  /** Aborts when this machine leaves a network. */
  #leaving = new AbortController();
  /** The server that is tried first when the next connection is opened. */
  #next = 0;
  readonly #kinds: ServerKinds;

  /** @throws {TypeError} If no server is named. */
  constructor(options: ControlConnectionOptions) {
    if (options.servers.length === 0) throw new TypeError("A control connection needs a server");
    this.#options = options;
    this.#kinds = new ServerKinds(options);
    options.signal.addEventListener("abort", () => {
      for (const connection of this.#opened) connection.close();
    });
  }

  /** The server that is spoken to, or was last, or will be first. */
  get server(): ServerAddress {
    return this.#current?.server ?? this.#options.servers[0]!;
  }

  /** The host at which {@linkcode server} was reached, an IP address; as it is named, before it was reached. */
  get serverHost(): string {
    return this.#current?.remoteHost ?? this.server.host;
  }

  /** Our own address on the connection, while there is one: it shows by which network the server is reached. */
  get localHost(): string | undefined {
    return this.#current?.isOpen ? this.#current.localHost : undefined;
  }

  /**
   * The connection on which the client is registered, or has shown whose it is, also if it is lost; undefined if
   * there is none, or the server is a legacy program. What a server grants to its owner is asked here, and so never
   * on another connection, or of another server.
   */
  get registered(): ServerConnection | undefined {
    return this.#registered;
  }

  /**
   * Asks the server. If that registers the client, or shows whose it is, the connection is kept from then on.
   *
   * @param expected The verb of the reply.
   * @throws {ServerRefusal} If the server answers ERROR.
   * @throws {UserError} If no server can be reached, or the one that is does not answer, or answers something
   * else; with `server-lacks-verb` if it is a legacy program that does not know what it is asked.
   */
  async request(request: Message, expected: VerbName): Promise<Message> {
    return (await this.ask(request, expected)).reply;
  }

  /** As {@linkcode request}, and says who has answered. */
  async ask(request: Message, expected: VerbName): Promise<Answered> {
    const [connection, reply] = await this.#askAny(request, expected);
    this.#next = 0;
    if (reply.verb === "REGACK" || reply.verb === "AUTHACK") {
      if (connection !== this.#registered) this.release();
      if (speaksVersion1(reply)) this.#keep(connection);
    }
    // It reads one request of a connection, and some keep the connection open all the same.
    if (this.#kinds.isLegacy(connection.server)) connection.close();
    return { reply, serverHost: connection.remoteHost };
  }

  /** The client is not registered any more. The connection is used while it is there. */
  release(): void {
    const released = this.#registered;
    if (released === undefined) return;
    this.#registered = undefined;
    released.release();
    if (!released.lost.aborted) this.#options.onLost();
  }

  /**
   * This machine is in another network. What is said from an address that it has no more goes nowhere, also on a
   * connection on which nobody is registered; and what is dialled from there is dialled again.
   *
   * @param gone The addresses that it has no more.
   */
  moved(gone: ReadonlySet<string>): void {
    for (const opened of this.#opened) opened.leave(gone);
    this.#registered?.check();
    if (gone.size === 0) return;
    this.#leaving.abort();
    this.#leaving = new AbortController();
  }

  /** Connects, unless there is a connection. @throws {UserError} If no server can be reached. */
  async connect(): Promise<void> {
    await this.#open();
  }

  #keep(connection: ServerConnection): void {
    if (connection === this.#registered) return;
    this.#registered = connection;
    // If it has been kept before, this adds nothing.
    connection.lost.addEventListener("abort", this.#options.onLost);
    connection.register();
  }

  /** Asks the server that is connected, or the first that answers. */
  async #askAny(request: Message, expected: VerbName): Promise<[ServerConnection, Message]> {
    const { servers } = this.#options;
    const problems: UserError[] = [];
    // The connection that there is may turn out to be lost, and then that of each other server.
    for (let tries = 0; tries <= servers.length; tries++) {
      const connection = await this.#open(problems);
      const isFresh = !connection.answered;
      try {
        const said = this.#kinds.isLegacy(connection.server) ? legacyRequest(request) : request;
        const reply = await connection.exchange(said);
        // A connection may have ended while nothing was said on it, for example when the server restarted; or it was
        // left with the network.
        // Asking twice is safe: every request has the same effect however often it is made, but for what is told
        // beside one.
        if (reply === undefined && (connection.answered || connection.hasLeft)) continue;
        const expectedReply = connection.expect(reply, expected);
        this.#kinds.heard(connection.server, said, expectedReply);
        return [connection, expectedReply];
      } catch (error) {
        if (error instanceof ServerRefusal) error.isOfRepeat = tries > 0;
        if (!isFresh || !(error instanceof UserError)) throw error;
        if (error instanceof ServerRefusal && !noRoom.includes(error.status)) throw error;
        const explained = this.#kinds.explained(error, connection.server, request.verb);
        // Another server has no registration to take back.
        if (request.verb === "UNREGISTER" && explained.code === "server-lacks-verb") {
          connection.close();
          throw explained;
        }
        problems.push(explained);
        this.#turnFrom(connection, problems);
      }
    }
    throw noServer(problems, this.server);
  }

  /** Goes on to the next server. @throws {UserError} If there is none. */
  #turnFrom(connection: ServerConnection, problems: readonly UserError[]): void {
    const { servers } = this.#options;
    connection.close();
    this.#next = (servers.indexOf(connection.server) + 1) % servers.length;
    if (this.#next === 0) throw noServer(problems, connection.server);
  }

  #open(problems: readonly UserError[] = []): Promise<ServerConnection> {
    const current = this.#current?.isOpen ? this.#current : undefined;
    const isLegacy = this.#kinds.isLegacy(current?.server ?? this.#options.servers[this.#next]!);
    if (current !== undefined && !(isLegacy && current.asked)) return Promise.resolve(current);
    // It reads one request of a connection: what is asked at the same time is asked on others.
    if (isLegacy) return this.#dial(problems);
    return this.#opening ??= this.#dial(problems).finally(() => this.#opening = undefined);
  }

  async #dial(before: readonly UserError[]): Promise<ServerConnection> {
    const { servers, clock, signal, onPush } = this.#options;
    const problems = [...before];
    for (const server of servers.slice(this.#next)) {
      try {
        const conn = await this.#dialServer(server);
        const connection = new ServerConnection({ conn, server, clock, onPush });
        this.#current = connection;
        for (const opened of this.#opened) if (!opened.isOpen) this.#opened.delete(opened);
        this.#opened.add(connection);
        if (signal.aborted) connection.close();
        signal.throwIfAborted();
        return connection;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error);
      }
    }
    this.#next = 0;
    throw noServer(problems, this.server);
  }

  async #dialServer(server: ServerAddress): Promise<ServerConn> {
    const { network, clock, signal } = this.#options;
    for (;;) {
      const leaving = this.#leaving.signal;
      try {
        const either = AbortSignal.any([signal, leaving]);
        return await network.dialServer(server, { signal: either, clock });
      } catch (error) {
        if (signal.aborted || !leaving.aborted) throw error;
      }
    }
  }
}

/** Why none of the servers can be spoken to, in one error. */
function noServer(errors: readonly UserError[], last: ServerAddress): UserError {
  const [first, ...others] = errors;
  if (first === undefined) {
    return new UserError({ code: "server-closes-each", server: formatServerAddress(last) });
  }
  if (others.length === 0) return first;
  const problems = errors.map(({ problem }) => problem);
  return new UserError({ code: "no-server", problems }, { cause: first });
}
