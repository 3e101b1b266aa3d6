/**
 * Connections through two routers, each of which lets in only what answers to something that came from inside: both
 * sides send to each other at the same moment, from the one UDP port at which each is seen, and what arrives second
 * is let in. Over it goes QUIC, of which one endpoint both calls and is called.
 *
 * @module
 */

import { timingSafeEqual } from "node:crypto";
import { concat } from "@std/bytes/concat";
import { type Address, isIpAddress, parseAddress } from "../../shared/net/address.ts";
import {
  acceptQuic,
  closeQuic,
  listenQuic,
  quicAddress,
  type QuicListening,
  quicName,
  takeQuic,
} from "../../shared/net/quic.ts";
import { certificatePem } from "../../shared/crypto/self_signed.ts";
import { peerProtocol, punchTokenBytes, reflectorProtocol } from "../../shared/protocol/quic.ts";
import { systemClock, wait } from "../../shared/time/clock.ts";
import type { MeetOptions } from "./meet_options.ts";
import { QuicPeerConn } from "./quic_conn.ts";
import type { PeerConn } from "./tcp.ts";

/** How often a call is begun anew, in milliseconds: QUIC itself repeats a packet that was dropped after a second. */
const againMs = 40;
/** How often an address is called in one try. */
const callsMax = 25;
/** Addresses that are called in one try. */
const placesMax = 16;
/** How often it is, by the side whose calls only open its router. */
const openingsMax = 5;
/** How often a server is asked, and how long after the last time, in milliseconds. */
const questionsMax = 4;
const questionAgainMs = 250;
/** How long a connection may stay silent: longer than a link lets it, which asks after 15 s and waits 10 s. */
const idleMs = 40_000;
/** How long the packets of a call go on that only opens a router, or asks a server. */
const shortIdleMs = 2_000;
/** Callers that have not said what they are here for, at most. */
const unknownCallersMax = 8;
/** How long such a caller has, in milliseconds. */
const unknownCallerMs = 3_000;
/** Bytes of what a reflector says, at most. */
const reflectedBytesMax = 64;

/** What one side knows of a try. */
export interface PunchOptions extends MeetOptions {
  /** The other side's certificate, in DER. */
  readonly certificate: Uint8Array;
}

/** One UDP port, from which peers and servers are called and at which peers are expected. */
export interface Punching {
  /** What the other side has to know us by, in DER. */
  readonly certificate: Uint8Array;
  /** The port of this machine. */
  readonly port: number;
  /**
   * Asks a server where it sees us.
   *
   * @param server The host and UDP port at which it reflects.
   * @param certificate The server's certificate for that, in DER.
   * @throws {Error} If it does not say so, or that is not its certificate.
   */
  reflect(server: Address, certificate: Uint8Array, signal: AbortSignal): Promise<Address>;
  /**
   * Opens a connection with somebody who tries the same at the same moment.
   *
   * @throws {Error} If none opens; or the reason of the signal.
   */
  punch(options: PunchOptions): Promise<PeerConn>;
  /** Ends everything, after what was written last is on its way. */
  close(): Promise<void>;
}

/** A try in which the other side calls. */
interface Expected {
  readonly hosts: ReadonlySet<string>;
  readonly token: Uint8Array;
  readonly take: (conn: PeerConn) => void;
}

/**
 * Opens a UDP port.
 *
 * @param port Which one, if it is free; else any.
 * @throws {Deno.errors.NotSupported} If the runtime has no QUIC.
 * @throws {Error} Why this machine gives none.
 */
export function openPunching(port: number): Punching {
  if (typeof Deno.QuicEndpoint !== "function") throw new Deno.errors.NotSupported("no-quic");
  let failure: unknown;
  const places = [["::", port], ["::", 0], ["0.0.0.0", port], ["0.0.0.0", 0]] as const;
  for (const [host, port] of places) {
    try {
      return new QuicPunching({ host, port });
    } catch (error) {
      // The next one may do.
      failure = error;
    }
  }
  throw failure;
}

class QuicPunching implements Punching {
  readonly #listening: QuicListening;
  readonly #expected = new Set<Expected>();
  /** For each try in which we call, where the other side is or seems to be. */
  readonly #called = new Set<Address[]>();
  readonly #conns = new Set<QuicPeerConn>();
  #unknownCallers = 0;

  /** @throws {Error} If the port is taken. */
  constructor(at: Address) {
    this.#listening = listenQuic(at, {
      alpnProtocols: [peerProtocol],
      maxIdleTimeout: idleMs,
      maxConcurrentBidirectionalStreams: 1,
      maxConcurrentUnidirectionalStreams: 0,
    });
    takeQuic(this.#listening.listener, (incoming) => this.#meet(incoming));
  }

  get certificate(): Uint8Array {
    return this.#listening.certificate;
  }

  get port(): number {
    return this.#listening.endpoint.addr.port;
  }

  async reflect(server: Address, certificate: Uint8Array, signal: AbortSignal): Promise<Address> {
    const conn = await this.#firstOf(
      () => [this.#call(server, certificate, reflectorProtocol, shortIdleMs)],
      { rounds: questionsMax, everyMs: questionAgainMs, signal },
    );
    try {
      return await reflectedIn(await firstIn(conn.incomingUnidirectionalStreams));
    } finally {
      closeQuic(conn);
    }
  }

  async punch(options: PunchOptions): Promise<PeerConn> {
    const { candidates, token, certificate, calls, signal } = options;
    signal.throwIfAborted();
    if (!calls) return await this.#beCalled(options);
    const conn = await this.#callOther(candidates, certificate, signal);
    const { readable, writable } = await conn.createBidirectionalStream();
    const writer = writable.getWriter();
    await writer.write(token);
    return this.#keep(new QuicPeerConn(conn, readable.getReader(), writer, new Uint8Array(0)));
  }

  async close(): Promise<void> {
    const { listener, endpoint } = this.#listening;
    listener.stop();
    await Promise.all([...this.#conns].map(({ gone }) => gone));
    endpoint.close();
  }

  /** Calls the other side where it says that it is, and where its own calls come from. */
  async #callOther(
    candidates: readonly Address[],
    certificate: Uint8Array,
    signal: AbortSignal,
  ): Promise<Deno.QuicConn> {
    const places = [...candidates];
    this.#called.add(places);
    try {
      return await this.#firstOf(
        () => places.map((place) => this.#call(place, certificate, peerProtocol, idleMs)),
        { rounds: callsMax, everyMs: againMs, signal },
      );
    } finally {
      this.#called.delete(places);
    }
  }

  /** Waits for the call of the other side, for which our own router is opened. */
  async #beCalled({ candidates, certificate, token, signal }: PunchOptions): Promise<PeerConn> {
    const called = Promise.withResolvers<PeerConn>();
    const hosts = new Set(candidates.map(({ host }) => host));
    const expected: Expected = { hosts, token, take: called.resolve };
    this.#expected.add(expected);
    const over = new AbortController();
    const stop = () => called.reject(signal.reason);
    signal.addEventListener("abort", stop);
    try {
      this.#openRouter(candidates, certificate, AbortSignal.any([signal, over.signal]));
      return await called.promise;
    } finally {
      over.abort();
      signal.removeEventListener("abort", stop);
      this.#expected.delete(expected);
    }
  }

  async #openRouter(
    candidates: readonly Address[],
    certificate: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    for (let n = 0; n < openingsMax; n++) {
      for (const candidate of candidates) {
        // The other side does not answer it.
        this.#call(candidate, certificate, peerProtocol, shortIdleMs)
          .then(closeQuic, () => {});
      }
      if (!await wait(againMs << n, signal)) return;
    }
  }

  /**
   * Begins calls, some at a time, until one opens. Those that open later are closed.
   *
   * @param begin Begins those of a round.
   * @throws {Error} Why the last one failed; or the reason of the signal.
   */
  async #firstOf(
    begin: () => Promise<Deno.QuicConn>[],
    { rounds, everyMs, signal }: {
      readonly rounds: number;
      readonly everyMs: number;
      readonly signal: AbortSignal;
    },
  ): Promise<Deno.QuicConn> {
    const first = Promise.withResolvers<Deno.QuicConn>();
    const over = new AbortController();
    const stopping = AbortSignal.any([signal, over.signal]);
    const stop = () => first.reject(signal.reason);
    signal.addEventListener("abort", stop);
    let won: Deno.QuicConn | undefined;
    let failure: unknown = new Deno.errors.NotFound("no-address");
    const watch = (call: Promise<Deno.QuicConn>) =>
      call.then((conn) => {
        if (won !== undefined || stopping.aborted) return closeQuic(conn);
        won = conn;
        first.resolve(conn);
      }, (error) => {
        failure = error;
      });
    const run = async () => {
      const calls: Promise<void>[] = [];
      for (let n = 0; n < rounds && !stopping.aborted; n++) {
        calls.push(...begin().map(watch));
        await wait(everyMs, stopping);
      }
      await Promise.all(calls);
      first.reject(failure);
    };
    run();
    try {
      return await first.promise;
    } finally {
      over.abort();
      signal.removeEventListener("abort", stop);
    }
  }

  async #call(
    { host, port }: Address,
    certificate: Uint8Array,
    protocol: string,
    maxIdleTimeout: number,
  ): Promise<Deno.QuicConn> {
    return await Deno.connectQuic({
      hostname: host,
      port,
      endpoint: this.#listening.endpoint,
      serverName: quicName,
      caCerts: [certificatePem(certificate)],
      alpnProtocols: [protocol],
      maxIdleTimeout,
    });
  }

  /** Who is not expected gets no answer, as if nobody listened here. @throws {Error} If the call is over. */
  #meet(incoming: Deno.QuicIncoming): void {
    if (this.#unknownCallers >= unknownCallersMax) incoming.ignore();
    else if (this.#expected.size > 0) this.#take(incoming);
    else if (this.#called.size > 0) this.#learn(quicAddress(incoming.remoteAddr));
    else incoming.ignore();
  }

  /**
   * One whom we call has called us: a symmetric router shows us another port of it than it has shown the server. The
   * call itself is over, now that its address has been read: see {@linkcode acceptQuic}.
   */
  #learn({ host, port }: Address): void {
    for (const places of this.#called) {
      const isKnown = places.some((place) => place.host === host && place.port === port);
      const isOfHost = places.some((place) => place.host === host);
      if (isOfHost && !isKnown && places.length < placesMax) places.push({ host, port });
    }
  }

  /** Takes a caller that says the token of a try. */
  async #take(incoming: Deno.QuicIncoming): Promise<void> {
    this.#unknownCallers++;
    let conn: Deno.QuicConn | undefined;
    const hangUp = () => conn && closeQuic(conn);
    const cancel = systemClock.after(unknownCallerMs, hangUp);
    try {
      const accepted = acceptQuic(incoming);
      conn = accepted.conn;
      this.#learn(accepted.from);
      const expected = [...this.#expected].filter(({ hosts }) => hosts.has(accepted.from.host));
      if (expected.length === 0) throw new Deno.errors.InvalidData("not-expected");
      await conn.handshake;
      const stream = await firstIn(conn.incomingBidirectionalStreams);
      const reader = stream.readable.getReader();
      const said = await readFirst(reader, punchTokenBytes);
      const token = said.subarray(0, punchTokenBytes);
      const meant = expected.find((one) =>
        this.#expected.has(one) && timingSafeEqual(one.token, token)
      );
      if (meant === undefined) throw new Deno.errors.InvalidData("other-token");
      const unread = said.subarray(punchTokenBytes);
      meant.take(this.#keep(new QuicPeerConn(conn, reader, stream.writable.getWriter(), unread)));
    } catch {
      hangUp();
    } finally {
      cancel();
      this.#unknownCallers--;
    }
  }

  #keep(conn: QuicPeerConn): QuicPeerConn {
    this.#conns.add(conn);
    conn.gone.then(() => this.#conns.delete(conn));
    return conn;
  }
}

/** The first that comes out of a stream. @throws {Error} If nothing does. */
async function firstIn<T>(stream: ReadableStream<T>): Promise<T> {
  const reader = stream.getReader();
  try {
    const { value } = await reader.read();
    if (value === undefined) throw new Deno.errors.UnexpectedEof("no-stream");
    return value;
  } finally {
    reader.releaseLock();
  }
}

/** Reads what a reflector says. @throws {Error} If it is not an address. */
async function reflectedIn(stream: ReadableStream<Uint8Array>): Promise<Address> {
  let bytes: Uint8Array = new Uint8Array(0);
  for await (const part of stream) {
    bytes = concat([bytes, part]);
    if (bytes.length > reflectedBytesMax) throw new Deno.errors.InvalidData("too-long");
  }
  const address = parseAddress(new TextDecoder().decode(bytes));
  if (address === undefined || !isIpAddress(address.host)) {
    throw new Deno.errors.InvalidData("no-address");
  }
  return address;
}

/** @returns At least so many bytes. @throws {Error} If there are fewer. */
async function readFirst(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  count: number,
): Promise<Uint8Array> {
  let bytes: Uint8Array = new Uint8Array(0);
  while (bytes.length < count) {
    const { value } = await reader.read();
    if (value === undefined) throw new Deno.errors.UnexpectedEof("no-token");
    bytes = concat([bytes, value]);
  }
  return bytes;
}
