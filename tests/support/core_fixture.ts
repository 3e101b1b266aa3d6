/**
 * A server's core over connections in memory, with a clock that the test moves.
 *
 * @module
 */

import { ServerCore, type ServerCoreOptions, sweepMs } from "../../server/core.ts";
import { openMailboxDatabase } from "../../server/mailbox/mailbox.ts";
import { openNamesDatabase } from "../../server/names/names.ts";
import type { Connection } from "../../server/connection/connection.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { silentLog } from "../../shared/process/log.ts";
import { dataHeaders } from "../../shared/protocol/mail_data.ts";
import { FakeClock, settle } from "./fake_clock.ts";
import { takeInto } from "./frames.ts";
import { challengeOf, keyLine, signed } from "./signer.ts";

const utf8 = new TextEncoder();

/** A server without sockets. Its databases outlive a restart. */
export class CoreServer {
  readonly clock = new FakeClock();
  readonly names = openNamesDatabase(undefined);
  readonly mailbox = openMailboxDatabase(undefined);
  #options: Partial<ServerCoreOptions>;
  #core: ServerCore;

  constructor(options: Partial<ServerCoreOptions> = {}) {
    this.#options = options;
    this.#core = this.#make();
  }

  /** Connects as a client that the server sees at a host. */
  connect(observedHost = "127.0.0.1"): CoreClient {
    const conn = new MemoryConnection();
    return new CoreClient(conn, this.#core.serve(conn, observedHost));
  }

  /** Connects, and registers with a key. */
  async connectAs(id: string, identity: Identity): Promise<CoreClient> {
    const client = this.connect();
    await client.register(id, identity);
    return client;
  }

  /** Lets time pass, and the server sweep. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= sweepMs) {
      await this.clock.pass(Math.min(left, sweepMs));
      this.#core.sweep();
      await settle();
    }
  }

  /** Lets the server sweep once, and push news. */
  async sweep(): Promise<void> {
    await this.pass(sweepMs);
  }

  /** Stops the server, and starts another on the same databases. */
  async restart(options: Partial<ServerCoreOptions> = this.#options): Promise<void> {
    await this.#core.stop();
    this.#options = options;
    this.#core = this.#make();
  }

  #make(): ServerCore {
    const { clock, names, mailbox } = this;
    return new ServerCore({ clock, log: silentLog, names, mailbox, ...this.#options });
  }
}

/** The client's end of a connection to a {@linkcode CoreServer}. */
export class CoreClient {
  constructor(readonly conn: MemoryConnection, readonly ended: Promise<void>) {}

  /** Sends a message. */
  send(...lines: string[]): void {
    this.conn.feed([...lines, "", ""].join("\r\n"));
  }

  /** Sends a message. @returns What has come since the last call of this or of `heard`. */
  async ask(...lines: string[]): Promise<string> {
    this.send(...lines);
    return await this.heard();
  }

  /** What has come since the last call of this or of `ask`: messages, their lines ended with line feeds. */
  async heard(): Promise<string> {
    await settle();
    return this.conn.takeSent().replaceAll("\r\n", "\n");
  }

  /** Registers with a key. @param more Further lines of the request. @returns The last reply. */
  register(id: string, identity: Identity, ...more: string[]): Promise<string> {
    const place = [`clientID: ${id}`, "IP: 127.0.0.1", "Port: 5556"];
    return this.askSigned(identity, "REGISTER", ...place, "Version: 1", "Expires: 300", ...more);
  }

  /** Sends a request that needs a signature. @returns The reply to the signed one. */
  async askSigned(identity: Identity, ...lines: string[]): Promise<string> {
    const reply = await this.ask(...lines, keyLine(identity));
    const challenge = challengeOf(reply.replaceAll("\n", "\r\n"));
    return await this.ask(...signed(identity, lines, challenge));
  }

  watch(...ids: string[]): Promise<string> {
    return this.ask("WATCH", "Version: 1", ...ids.map((id) => `Target: ${id}`));
  }
}

/** The lines of a DEPOSIT. */
export function depositLines(
  from: string,
  to: string,
  identity: Identity,
  id: string,
  data: Uint8Array,
): string[] {
  return [
    "DEPOSIT",
    `clientID: ${from}`,
    "Version: 1",
    `Target: ${to}`,
    `Key: ${identity.publicKey}`,
    `Id: ${id}`,
    ...dataHeaders(data).map(([name, value]) => `${name}: ${value}`),
  ];
}

/** The server's end of a connection. */
export class MemoryConnection implements Connection {
  readonly localAddr = { hostname: "127.0.0.1", port: 5555 };
  readonly remoteAddr = { port: 50_000 };
  /** How many bytes a write takes at most. */
  takes = Infinity;
  /** What each write waits for, as it does if the client does not read. */
  writable: Promise<void> = Promise.resolve();
  closed = false;
  readonly #decoder = new TextDecoder();
  #sent = "";
  #unread: Uint8Array[] = [];
  #changed = Promise.withResolvers<void>();

  /** Gives the server something to read. */
  feed(data: string): void {
    this.#unread.push(utf8.encode(data));
    this.#changed.resolve();
  }

  /** What was written since the last call. */
  takeSent(): string {
    const sent = this.#sent;
    this.#sent = "";
    return sent;
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#unread.length === 0 && !this.closed) {
      this.#changed = Promise.withResolvers();
      await this.#changed.promise;
    }
    this.#check();
    return takeInto(into, this.#unread)!;
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.writable;
    this.#check();
    const count = Math.min(bytes.length, this.takes);
    this.#sent += this.#decoder.decode(bytes.subarray(0, count), { stream: true });
    return count;
  }

  async closeWrite(): Promise<void> {
    await undefined;
    this.#check();
  }

  setNoDelay(): void {}

  close(): void {
    this.closed = true;
    this.#changed.resolve();
  }

  #check(): void {
    if (this.closed) throw new Deno.errors.BadResource("closed");
  }
}
