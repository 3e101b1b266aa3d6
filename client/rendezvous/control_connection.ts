/**
 * The control connection to the server: requests out, replies in, in order, and between them what the
 * server says unasked. It is opened when it is needed. That on which a server of this protocol has
 * registered us is kept: it is found dead when nothing is heard on it.
 *
 * Several servers may be named. They are tried in order, and the one that is reached is spoken to until
 * it is lost. A server that closes the connection after each reply, as some of the wild do, is as good.
 *
 * @module
 */

import { formatAddress } from "../../shared/net/address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { header, type Message } from "../../shared/protocol/message.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import { check, speaksVersion1, type VerbName } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { Network } from "../transport/transport.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import { ServerConnection } from "./server_connection.ts";

/** What the server refused. */
export class ServerRefusal extends UserError {
  /** @param error An ERROR of the server's. */
  constructor(error: Message) {
    const [code, reason] = [header(error, "Code")!, header(error, "Reason")!];
    const retryAfterS = wholeNumber(header(error, "Retry-After"));
    super(
      `The server refused: ${reason} (${code})` +
        (retryAfterS === undefined ? "" : `; try again in ${retryAfterS} s`),
    );
    this.status = code;
    this.reason = reason;
    this.retryAfterS = retryAfterS;
    this.minExpiresS = wholeNumber(header(error, "Min-Expires"));
    const [nonce, realm] = [header(error, "Nonce"), header(error, "Realm")];
    this.challenge = this.status === "401" && nonce !== undefined && realm !== undefined
      ? { nonce, realm }
      : undefined;
  }

  /** The status code of the ERROR. */
  readonly status: string;
  /** One sentence for people, without a full stop. */
  readonly reason: string;
  /** In how many seconds the request may be made again, where the server says so. */
  readonly retryAfterS: number | undefined;
  readonly minExpiresS: number | undefined;
  /** What is to be signed before the request is made again. */
  readonly challenge: { readonly nonce: string; readonly realm: string } | undefined;
}

/** Reads a whole number that a server sent, of seconds or of clients; undefined where it is none. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,7}$/.test(text) ? Number(text) : undefined;
}

/**
 * A connection on which a server of this protocol has registered us. What it lets us have on that account
 * is asked here, and so never on another connection, or of another server.
 */
export class KeptConnection {
  readonly line: ServerConnection;

  constructor(line: ServerConnection) {
    this.line = line;
  }

  /** Aborts when it is lost; its reason is a sentence for people, without a full stop. */
  get lost(): AbortSignal {
    return this.line.lost;
  }

  /**
   * Asks the server.
   *
   * @param expected The verb of the reply.
   * @param taken Gets the reply at once, before anything that the server says behind it.
   * @throws {ServerRefusal} Where the server answers ERROR.
   * @throws {UserError} Where the connection is lost, or something else is answered.
   */
  async request(
    request: Message,
    expected: VerbName,
    taken: (reply: Message) => void = () => {},
  ): Promise<Message> {
    const reply = await this.line.request(request, (item) => {
      if (isReply(item, expected)) taken(item);
    });
    return judge(this.line, reply, expected);
  }
}

/** What a control connection needs to know. */
export interface ControlConnectionOptions {
  /** Where the servers listen, at least one, in the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly network: Pick<Network, "dialServer">;
  readonly clock: TimerClock;
  /** Closes the connection. */
  readonly signal: AbortSignal;
  /** Told, at once and in order, what the server says unasked: PRESENCE and MAIL. */
  readonly onPush: (message: Message) => void;
  /** Told when a connection that was kept is so no more: it is lost, or released. */
  readonly onLost: () => void;
}

/** Codes by which a server turns a connection away: there is no room on it for us. */
const noRoom: readonly string[] = ["429", "503"];

/** The client's end of its relation with a server. */
export class ControlConnection {
  readonly #options: ControlConnectionOptions;
  #line: ServerConnection | undefined;
  #opening: Promise<ServerConnection> | undefined;
  #kept: KeptConnection | undefined;
  /** The server that is tried first when the next connection is opened. */
  #next = 0;
  readonly #onLost: () => void;

  /** @throws {TypeError} Where no server is named. */
  constructor(options: ControlConnectionOptions) {
    if (options.servers.length === 0) throw new TypeError("A control connection needs a server");
    this.#options = options;
    this.#onLost = () => options.onLost();
    options.signal.addEventListener("abort", () => this.#line?.close());
  }

  /** The server that is spoken to, or was last, or will be first. */
  get server(): ServerAddress {
    return this.#line?.server ?? this.#options.servers[0]!;
  }

  /** Our own address on the connection, while there is one: it tells by which network we reach the server. */
  get localHost(): string | undefined {
    return this.#line?.open ? this.#line.localHost : undefined;
  }

  /**
   * The connection on which we are registered, also where it is lost; undefined where none is kept, since
   * we are not registered, or with one of the wild.
   */
  get kept(): KeptConnection | undefined {
    return this.#kept;
  }

  /**
   * Asks the server. Where that registers us, the connection is kept from then on.
   *
   * @param expected The verb of the reply.
   * @throws {ServerRefusal} Where the server answers ERROR.
   * @throws {UserError} Where none can be reached, or the one that is does not answer, or answers
   * something else.
   */
  async request(request: Message, expected: VerbName): Promise<Message> {
    const [line, reply] = await this.#ask(request, expected);
    this.#next = 0;
    if (reply.verb === "REGACK") {
      if (line !== this.#kept?.line) this.release();
      if (speaksVersion1(reply)) this.#keep(line);
    }
    return reply;
  }

  /** Lets the connection go its own way: it is used while it is there, and its loss is nobody's. */
  release(): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    this.#kept = undefined;
    kept.line.release();
    if (!kept.lost.aborted) this.#onLost();
  }

  /** Connects, if that is still to be done. @throws {UserError} Where no server can be reached. */
  async connect(): Promise<void> {
    await this.#open();
  }

  #keep(line: ServerConnection): void {
    if (line === this.#kept?.line) return;
    this.#kept = new KeptConnection(line);
    // Where it has been kept before this adds nothing.
    line.lost.addEventListener("abort", this.#onLost);
    line.keep();
  }

  /** Asks the server that is connected, or the first that answers. */
  async #ask(request: Message, expected: VerbName): Promise<[ServerConnection, Message]> {
    const { servers } = this.#options;
    const problems: UserError[] = [];
    // What was connected may turn out to be lost, and then each of the others may be.
    for (let tries = 0; tries <= servers.length; tries++) {
      const line = await this.#open(problems);
      const isFresh = !line.answered;
      try {
        const reply = await line.request(request);
        // A connection may have ended while nothing was said on it, as when the server restarted.
        // Asking twice is safe: every request has the same effect however often it is made.
        if (reply === undefined && line.answered) continue;
        return [line, judge(line, reply, expected)];
      } catch (error) {
        if (!isFresh || !(error instanceof UserError)) throw error;
        if (error instanceof ServerRefusal && !noRoom.includes(error.status)) throw error;
        problems.push(error);
        this.#turnFrom(line, problems);
      }
    }
    throw noServer(problems, this.server);
  }

  /** Goes on to the next server. @throws {UserError} Where there is none. */
  #turnFrom(line: ServerConnection, problems: readonly UserError[]): void {
    const { servers } = this.#options;
    line.close();
    this.#next = (servers.indexOf(line.server) + 1) % servers.length;
    if (this.#next === 0) throw noServer(problems, line.server);
  }

  #open(problems: readonly UserError[] = []): Promise<ServerConnection> {
    if (this.#line?.open) return Promise.resolve(this.#line);
    return this.#opening ??= this.#dial(problems).finally(() => this.#opening = undefined);
  }

  async #dial(before: readonly UserError[]): Promise<ServerConnection> {
    const { servers, network, clock, signal, onPush } = this.#options;
    const problems = [...before];
    for (const server of servers.slice(this.#next)) {
      try {
        const conn = await network.dialServer(server, { signal, clock });
        this.#line = new ServerConnection({ conn, server, clock, onPush });
        if (signal.aborted) this.#line.close();
        signal.throwIfAborted();
        return this.#line;
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        problems.push(error);
      }
    }
    this.#next = 0;
    throw noServer(problems, this.server);
  }
}

function isReply(item: Message | Fault | undefined, expected: VerbName): item is Message {
  return item !== undefined && !isFault(item) && item.verb === expected &&
    check(item, "server") === undefined;
}

/** @throws {UserError} Where the reply is not the one that was expected. */
function judge(
  line: ServerConnection,
  reply: Message | Fault | undefined,
  expected: VerbName,
): Message {
  const place = formatServerAddress(line.server);
  const isOurs = !line.speaksTls;
  if (isOurs && reply === undefined) {
    throw new UserError(
      `The server at ${place} closed the connection without an answer; try again`,
    );
  }
  if (isOurs && isReply(reply, expected)) return reply;
  if (isOurs && isReply(reply, "ERROR")) throw new ServerRefusal(reply);
  // What comes next on it cannot be made sense of either.
  const reason = !isOurs
    ? `it speaks TLS; name it tls://${formatAddress(line.server)}`
    : isFault(reply!)
    ? reply.reason
    : `it said ${(reply as Message).verb} where ${expected} was due`;
  const problem = `What answers at ${place} is no server of this kind: ${reason}`;
  line.close(problem);
  throw new UserError(problem);
}

/** Why none of the servers can be spoken to, in one error. */
function noServer(problems: readonly UserError[], last: ServerAddress): UserError {
  const [first, ...others] = problems;
  if (first === undefined) {
    const place = formatServerAddress(last);
    return new UserError(`The server at ${place} closes each connection; try again`);
  }
  if (others.length === 0) return first;
  return new UserError(problems.map(({ message }) => message).join("; "), { cause: first });
}
