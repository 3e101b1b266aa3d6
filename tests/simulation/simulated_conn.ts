/**
 * A connection of the simulated network, and its two ends, which behave as sockets of TCP do: bytes come
 * late, in order and in pieces, writes wait if the other side does not read, and an end that is cut off
 * learns of it in one of the ways of TCP, or not at all.
 *
 * @module
 */

import type { PeerConn } from "../../client/transport/tcp.ts";
import type { Connection } from "../../server/connection/connection.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { FakeClock } from "../support/fake_clock.ts";

/** How a connection is cut. */
export type Cut =
  /** Both sides are told that it was reset. */
  | "reset"
  /** To both sides it looks as if the other had ended it. */
  | "end"
  /** One side is told, the other is not. */
  | "one-sided"
  /** Nobody is told: nothing comes through any more. */
  | "silent";

/** All ways to cut a connection. */
export const cuts: readonly Cut[] = ["reset", "end", "one-sided", "silent"];

/** What a connection needs to know of the network that it is part of. */
export interface Medium {
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  /** Bytes that wait for their reader before a write waits. */
  readonly bufferBytes: number;
  /** How long something is on its way, in milliseconds. */
  delayMs(): number;
  /** How long the pieces are in which so many bytes travel. */
  pieces(length: number): number[];
  /** Whether something gets from one end to the other now. */
  passes(from: SimulatedConn, to: SimulatedConn): boolean;
  /** Told what an end sends, before it is on its way. */
  sent(from: SimulatedConn, bytes: Uint8Array): void;
  /** How many of the bytes that arrive come through before the connection is cut, and how it is cut. */
  allowance(wire: Wire, bytes: number): { readonly bytes: number; readonly cut: Cut } | undefined;
}

/** Where an end is. */
export interface SocketAddress {
  readonly hostname: string;
  readonly port: number;
  readonly transport: "tcp";
}

type Segment =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  /** The dialer's last step, with which the connection comes into being on the other side. */
  | { readonly type: "begin"; readonly take: () => void }
  /** So many bytes have been read. */
  | { readonly type: "room"; readonly bytes: number }
  | { readonly type: "end" }
  | { readonly type: "reset" };

type Side = 0 | 1;

/** One connection. */
export class Wire {
  readonly ends: readonly [SimulatedConn, SimulatedConn];
  readonly #medium: Medium;
  /** When the last of what is on its way arrives, by the side that sent it. */
  readonly #lastMs: [number, number] = [0, 0];
  /** What could not get through, and will be sent again, by the side that sent it. */
  readonly #held: [Segment[], Segment[]] = [[], []];
  #dead = false;

  /** @param places Of the one who dialed, and of the one who was dialed. */
  constructor(medium: Medium, places: readonly [SocketAddress, SocketAddress]) {
    this.#medium = medium;
    const end = (side: Side) =>
      new SimulatedConn(medium, this, side, places[side], places[1 - side as Side]);
    this.ends = [end(0), end(1)];
  }

  /** Whether nothing comes through any more, for ever. */
  get dead(): boolean {
    return this.#dead;
  }

  /** Lets the other side have the connection. */
  begin(take: () => void): void {
    this.send(0, { type: "begin", take });
  }

  /** Sends something to the other side. */
  send(from: Side, segment: Segment): void {
    if (this.#dead) return;
    const { clock } = this.#medium;
    const atMs = this.#lastMs[from] = Math.max(
      this.#lastMs[from],
      clock.now() + this.#medium.delayMs(),
    );
    clock.at(atMs, () => this.#arrive(from, segment));
  }

  /** Sends again what could not get through, as far as it can now. */
  resume(): void {
    for (const side of [0, 1] as const) {
      if (!this.#passes(side)) continue;
      for (const segment of this.#held[side].splice(0)) this.send(side, segment);
    }
  }

  /** Cuts it: what is on its way is lost. */
  cut(how: Cut): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#held[0].length = this.#held[1].length = 0;
    if (how === "silent") return;
    const { clock, random } = this.#medium;
    const told = how === "one-sided" ? [random.pick(this.ends)] : this.ends;
    for (const end of told) {
      clock.after(this.#medium.delayMs(), () => {
        if (how === "end") end.takeEnd();
        else end.takeReset();
      });
    }
  }

  #passes(from: Side): boolean {
    return this.#medium.passes(this.ends[from], this.ends[1 - from as Side]);
  }

  #arrive(from: Side, segment: Segment): void {
    if (this.#dead) return;
    // What comes behind something that has to be sent again waits for it.
    if (this.#held[from].length > 0 || !this.#passes(from)) {
      this.#held[from].push(segment);
      return;
    }
    const end = this.ends[1 - from as Side];
    switch (segment.type) {
      case "bytes": {
        const allowance = this.#medium.allowance(this, segment.bytes.length);
        if (allowance === undefined) return end.take(segment.bytes);
        if (allowance.bytes > 0) end.take(segment.bytes.subarray(0, allowance.bytes));
        return this.cut(allowance.cut);
      }
      case "begin":
        return segment.take();
      case "room":
        return end.makeRoom(segment.bytes);
      case "end":
        return end.takeEnd();
      case "reset":
        return end.takeReset();
    }
  }
}

interface History {
  readonly into: Uint8Array;
  readonly done: PromiseWithResolvers<number | null>;
}

interface Writing {
  readonly bytes: Uint8Array;
  readonly done: PromiseWithResolvers<number>;
}

/** One end of a connection. */
export class SimulatedConn implements Connection, PeerConn {
  readonly localAddr: SocketAddress;
  readonly remoteAddr: SocketAddress;
  readonly #medium: Medium;
  readonly #wire: Wire;
  readonly #side: Side;
  /** What has come and was not read. */
  readonly #unread: Uint8Array[] = [];
  /** Bytes that were sent and that the other side has not read. */
  #underWay = 0;
  #reading: History | undefined;
  #writing: Writing | undefined;
  #peerEnded = false;
  #finished = false;
  #reset = false;
  #closed = false;
  /** Whether the machine has forgotten it, as one does that loses its power. */
  #vanished = false;

  constructor(
    medium: Medium,
    wire: Wire,
    side: Side,
    local: SocketAddress,
    remote: SocketAddress,
  ) {
    this.#medium = medium;
    this.#wire = wire;
    this.#side = side;
    this.localAddr = local;
    this.remoteAddr = remote;
  }

  // deno-lint-ignore require-await
  async read(into: Uint8Array): Promise<number | null> {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
    if (this.#reading !== undefined) throw new TypeError("Two read at once");
    if (into.length === 0) return 0;
    if (this.#unread.length > 0) return this.#giveUnread(into);
    if (this.#peerEnded || this.#reset) return null;
    this.#reading = { into, done: Promise.withResolvers() };
    return this.#reading.done.promise;
  }

  // deno-lint-ignore require-await
  async write(bytes: Uint8Array): Promise<number> {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
    if (this.#writing !== undefined) throw new TypeError("Two write at once");
    if (this.#finished || this.#reset) throw brokenPipe();
    if (bytes.length === 0) return 0;
    const taken = this.#send(bytes);
    if (taken > 0) return taken;
    this.#writing = { bytes, done: Promise.withResolvers() };
    return this.#writing.done.promise;
  }

  // deno-lint-ignore require-await
  async closeWrite(): Promise<void> {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
    this.#finish();
  }

  setNoDelay(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
  }

  close(): void {
    if (this.#closed) throw new Deno.errors.BadResource("Bad resource ID");
    this.#closed = true;
    // Who closes with something unread has not understood what the other side still counts on.
    if (this.#unread.length > 0) this.#wire.send(this.#side, { type: "reset" });
    else this.#finish();
    this.#unread.length = 0;
    this.#reading?.done.reject(new Deno.errors.Interrupted("operation canceled"));
    this.#writing?.done.reject(new Deno.errors.Interrupted("operation canceled"));
    this.#reading = this.#writing = undefined;
  }

  /** The program is gone, and its machine ends what it had open. What it waited for never comes. */
  abandon(): void {
    this.#reading = this.#writing = undefined;
    if (!this.#closed) this.close();
  }

  /** The machine is gone. */
  vanish(): void {
    this.#reading = this.#writing = undefined;
    this.#closed = this.#vanished = true;
  }

  /** Takes bytes that arrive. */
  take(bytes: Uint8Array): void {
    if (this.#closed) return this.#wire.send(this.#side, { type: "reset" });
    if (this.#reset) return;
    this.#unread.push(bytes);
    const reading = this.#reading;
    this.#reading = undefined;
    reading?.done.resolve(this.#giveUnread(reading.into));
  }

  /** Takes it that the other side has sent all. */
  takeEnd(): void {
    if (this.#vanished) return this.#wire.send(this.#side, { type: "reset" });
    this.#peerEnded = true;
    this.#reading?.done.resolve(null);
    this.#reading = undefined;
  }

  /** Takes it that the other side knows nothing of this connection. */
  takeReset(): void {
    if (this.#reset || this.#closed) return;
    this.#reset = true;
    const { random } = this.#medium;
    // What has come before is lost on some systems.
    if (random.chance(0.5)) this.#unread.length = 0;
    // What a reader hears depends on whether its system noticed the reset before or after it waited.
    if (random.chance(0.5)) this.#reading?.done.resolve(null);
    else this.#reading?.done.reject(connectionReset());
    this.#writing?.done.reject(connectionReset());
    this.#reading = this.#writing = undefined;
  }

  /** Takes it that the other side has read so much. */
  makeRoom(bytes: number): void {
    this.#underWay -= bytes;
    const writing = this.#writing;
    if (writing === undefined) return;
    this.#writing = undefined;
    writing.done.resolve(this.#send(writing.bytes));
  }

  /** The connection that it is an end of. */
  get wire(): Wire {
    return this.#wire;
  }

  /** Whether this end is closed, or has been told that the connection is over. */
  get over(): boolean {
    return this.#closed || this.#reset || this.#peerEnded;
  }

  /** Whether what is sent waits for the other side to read, or soon will. */
  get crowded(): boolean {
    return this.#writing !== undefined || this.#underWay > this.#medium.bufferBytes / 2;
  }

  /** Sends as much as there is room for. @returns How much. */
  #send(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.#medium.bufferBytes - this.#underWay);
    if (taken === 0) return 0;
    this.#underWay += taken;
    const copy = bytes.slice(0, taken);
    this.#medium.sent(this, copy);
    let at = 0;
    for (const length of this.#medium.pieces(taken)) {
      const piece = copy.subarray(at, at += length);
      this.#wire.send(this.#side, { type: "bytes", bytes: piece });
    }
    return taken;
  }

  #giveUnread(into: Uint8Array): number {
    let count = 0;
    while (count < into.length && this.#unread.length > 0) {
      const first = this.#unread[0]!;
      const part = first.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      if (part.length === first.length) this.#unread.shift();
      else this.#unread[0] = first.subarray(part.length);
    }
    const sender = this.#wire.ends[1 - this.#side as Side];
    // Only who is about to wait needs to be told, by something that takes its time.
    if (sender.crowded) this.#wire.send(this.#side, { type: "room", bytes: count });
    else sender.makeRoom(count);
    return count;
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (!this.#reset) this.#wire.send(this.#side, { type: "end" });
  }
}

function connectionReset(): Error {
  const error = new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)");
  return Object.assign(error, { code: "ECONNRESET" });
}

function brokenPipe(): Error {
  return Object.assign(new Deno.errors.BrokenPipe("Broken pipe (os error 32)"), { code: "EPIPE" });
}
