/**
 * The relay, as a client uses it: asking the server to be joined with somebody, and taking part when somebody else
 * has asked (PROTOCOL.md section 4). What comes of it is a connection like any other, on which the link is
 * opened and encrypted from end to end.
 *
 * @module
 */

import { plainHost } from "../../shared/net/address.ts";
import { closeQuietly } from "../../shared/net/close_quietly.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { parsePublicKey, type PublicKey } from "../../shared/crypto/public_key.ts";
import { messageBytesMax, relayJoinMs, replyTimeoutMs } from "../../shared/protocol/limits.ts";
import {
  encode,
  type Header,
  header,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { firstMessageEnd } from "../../shared/protocol/message_end.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import {
  type Network,
  type PeerConn,
  relayedConn,
  type RelayPath,
} from "../transport/transport.ts";
import { expectReply } from "./reply.ts";
import type { ServerConnection } from "./server_connection.ts";
import { dialedChallenge, signedRequest } from "./signed_request.ts";

/** What a relay needs. */
export interface RelayOptions {
  readonly id: string;
  readonly identity: Identity;
  readonly network: Pick<Network, "dialServer">;
  readonly clock: TimerClock;
  /** Gives up what is under way. */
  readonly signal: AbortSignal;
  /** The token by which we are a contact of somebody, if we have one. */
  readonly tokenFor: (name: string) => Uint8Array | undefined;
  /** Told that the server knows nothing any more of a connection that was joined, as if a router had forgotten it. */
  readonly onReset: () => void;
}

type Server = Pick<ServerConnection, "server" | "request">;

/** Calls that are answered at a time: a server must not have us open connections without an end. */
const answersMax = 16;

const utf8 = new TextEncoder();

/** Calls over a server's relay. */
export class RelayCalls {
  readonly #options: RelayOptions;
  #answering = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  /**
   * Calls somebody over the relay. Done when they have taken part.
   *
   * @param server On which we are registered.
   * @param key The only key that is meant; undefined if any is.
   * @param signal Gives the call up.
   * @throws {ServerRefusal} If the server does not join us.
   * @throws {UserError} If the server is lost, or the other one does not come.
   */
  async call(
    server: Server,
    target: string,
    key: PublicKey | undefined,
    signal: AbortSignal,
  ): Promise<PeerConn> {
    const token = this.#options.tokenFor(target);
    const request = message("RELAY", [
      ["clientID", this.#options.id],
      ["Version", protocolVersion],
      ["Target", target],
      ...key === undefined ? [] : [["Key", key]] as Header[],
      ...token === undefined ? [] : [["Token", token.toHex()]] as Header[],
    ]);
    const relayack = await server.request(request, "RELAYACK");
    signal.throwIfAborted();
    return await this.#join(server.server, header(relayack, "Nonce")!, undefined, signal);
  }

  /**
   * Takes part in a call that the server says somebody makes.
   *
   * @returns Undefined if it does not make sense, or too many are being answered.
   * @throws {UserError} As {@linkcode call}.
   */
  async answer(server: ServerAddress, relayed: Message): Promise<PeerConn | undefined> {
    const caller = parsePublicKey(header(relayed, "From-Key")!);
    if (header(relayed, "Target") !== this.#options.id || caller === undefined) return undefined;
    if (this.#answering >= answersMax) return undefined;
    this.#answering++;
    try {
      return await this.#join(server, header(relayed, "Nonce")!, caller, this.#options.signal);
    } finally {
      this.#answering--;
    }
  }

  async #join(
    server: ServerAddress,
    nonce: string,
    callerKey: PublicKey | undefined,
    signal: AbortSignal,
  ): Promise<PeerConn> {
    const { network, clock } = this.#options;
    const conn = await network.dialServer(server, { signal, clock });
    const giveUp = () => closeQuietly(conn);
    const cancel = clock.after(relayJoinMs + replyTimeoutMs, giveUp);
    signal.addEventListener("abort", giveUp);
    try {
      signal.throwIfAborted();
      await writeAll(conn, utf8.encode(encode(this.#joinRequest(server, nonce))));
      const { reply, rest } = await readReply(conn);
      signal.throwIfAborted();
      expectReply(reply, "JOINACK", { server, speaksTls: false });
      const path: RelayPath = { server: plainHost(server.host), callerKey };
      return this.#watched(relayedConn(conn, server.port, rest, path));
    } catch (error) {
      closeQuietly(conn);
      signal.throwIfAborted();
      throw error;
    } finally {
      cancel();
      signal.removeEventListener("abort", giveUp);
    }
  }

  #watched(conn: PeerConn): PeerConn {
    return {
      ...conn,
      read: async (into) => {
        try {
          return await conn.read(into);
        } catch (error) {
          if (error instanceof Deno.errors.ConnectionReset) this.#options.onReset();
          throw error;
        }
      },
    };
  }

  #joinRequest(server: ServerAddress, nonce: string): Message {
    const { id, identity } = this.#options;
    const unsigned: Header[] = [
      ["clientID", id],
      ["Version", protocolVersion],
      ["Key", identity.publicKey],
    ];
    // A server that relays knows Dialed.
    return signedRequest("JOIN", unsigned, dialedChallenge(nonce), server, identity);
  }
}

/** Reads one message, and not what is behind it: that is the peer's. The message is undefined if none comes. */
async function readReply(conn: { read(into: Uint8Array): Promise<number | null> }) {
  const buffer = new Uint8Array(messageBytesMax);
  let length = 0;
  while (length < buffer.length) {
    const count = await conn.read(buffer.subarray(length)).catch(() => null);
    if (count === null) break;
    length += count;
    const end = firstMessageEnd(buffer.subarray(0, length));
    if (end === undefined) continue;
    const [reply] = new MessageReader().messages(buffer.subarray(0, end));
    return { reply, rest: buffer.slice(end, length) };
  }
  return { reply: undefined, rest: new Uint8Array() };
}
