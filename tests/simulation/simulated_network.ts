/**
 * A network in memory: machines with addresses, programs that run on them and may end at any
 * moment, and everything that can go wrong between them.
 *
 * @module
 */

import { UserError } from "../../client/user_error.ts";
import { connectFailure } from "../../client/transport/connect_failure.ts";
import type { InterfaceAddress } from "../../shared/net/interfaces.ts";
import { connectWithin, type DialOptions } from "../../client/transport/connect_within.ts";
import { watchAddresses } from "../../client/transport/address_watch.ts";
import type { Listening, Network, Punching } from "../../client/transport/transport.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { type Address, isUnspecified } from "../../shared/net/address.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { type FakeClock, ProcessClock } from "../support/fake_clock.ts";
import {
  type Cut,
  type Medium,
  type SimulatedConn,
  type SocketAddress,
  Wire,
} from "./simulated_conn.ts";

/** What a network is like. */
export interface NetworkOptions {
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  /** How long something is on its way, in milliseconds; 1 to 40, and rarely much more, if not given. */
  readonly delayMs?: (random: SeededRandom) => number;
  /** How likely it is that what is written at once travels in several pieces; 0.3 if not given. */
  readonly split?: number;
  /** Bytes that wait for their reader before a write waits; 64 KiB if not given. */
  readonly bufferBytes?: number;
  /** Decides what gets through more finely than by machines; not asked for what does not get through anyway. */
  readonly ways?: Ways;
  /** Told what happens, for people. */
  readonly trace?: (what: string) => void;
}

/** The ways between machines: there are several between two of them, and each has a fate of its own. */
export interface Ways {
  /** What one gets who calls an address: no answer at all, if `silence`. */
  answers(from: SocketAddress, to: Address): "yes" | "refusal" | "silence";
  /** Whether something gets from one end of a connection to the other now. */
  passes(from: SimulatedConn, to: SimulatedConn): boolean;
  /** Told what an end sends. */
  sent(from: SimulatedConn, bytes: Uint8Array): void;
  /** Opens a UDP port of a program, as {@linkcode Network.openPunching} does. */
  openPunching(process: Process, port: number): Punching;
}

/** When a caller without an answer tries again, in milliseconds after the first time (RFC 6298). */
const knocksMs = [0, 1_000, 3_000, 7_000];

/** Pieces in which what is written at once travels at most. */
const piecesMax = 4;

/** The first of the ports that the one who dials gets. */
const passingPortMin = 32_768;

/** A network. */
export class SimulatedNetwork implements Medium {
  readonly clock: FakeClock;
  readonly random: SeededRandom;
  readonly bufferBytes: number;
  /** What cannot be, and so is wrong with the simulation. */
  readonly faults: Error[] = [];
  readonly #delayMs: (random: SeededRandom) => number;
  readonly #split: number;
  readonly ways: Ways | undefined;
  readonly #trace: (what: string) => void;
  readonly #machines = new Map<string, Machine>();
  /** By all addresses that there ever were. */
  readonly #names = new Map<string, string>();
  readonly #wires = new Set<Wire>();
  /** Pairs of machines between which nothing comes through, in this direction. */
  readonly #blocked = new Map<Machine, Set<Machine>>();
  #bytes = 0;
  #cut: { readonly atByte: number; readonly how: Cut } | undefined;

  constructor(options: NetworkOptions) {
    const { clock, random, delayMs = usualDelayMs, split = 0.3 } = options;
    const { bufferBytes = 64 * 1024, trace = () => {} } = options;
    this.clock = clock;
    this.random = random;
    this.bufferBytes = bufferBytes;
    this.#delayMs = delayMs;
    this.#split = split;
    this.ways = options.ways;
    this.#trace = trace;
  }

  /** How many bytes have arrived, on all connections. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Connections through which something can still come. */
  get wires(): Wire[] {
    return [...this.#wires].filter(({ dead }) => !dead);
  }

  /** Adds a machine. @param host Its IP address. */
  machine(name: string, host: string): Machine {
    const machine = new Machine(this, name, host);
    this.#machines.set(host, machine);
    this.#names.set(host, name);
    return machine;
  }

  /**
   * Has a connection cut: the one on which the byte of that number arrives, counted over all connections
   * and from 0. That byte is the first that is lost.
   */
  cutAt(atByte: number, how: Cut): void {
    this.#cut = { atByte, how };
  }

  /** Lets nothing through any more from one machine to another; the other direction is not meant. */
  block(from: Machine, to: Machine): void {
    const blocked = this.#blocked.get(from) ?? new Set();
    this.#blocked.set(from, blocked.add(to));
    this.#trace(`nothing gets from ${from.name} to ${to.name}`);
  }

  /** Cuts the connections between two machines, or some of them. */
  cutBetween(a: Machine, b: Machine, how: Cut, share = 1): void {
    for (const wire of this.wires) {
      const places = wire.ends.map(({ localAddr }) => localAddr.hostname);
      if (!places.includes(a.host) || !places.includes(b.host)) continue;
      if (!this.random.chance(share)) continue;
      this.#trace(`a connection of ${a.name} with ${b.name} is cut: ${how}`);
      wire.cut(how);
    }
  }

  /** Lets everything through from now on. What was sent in the meantime is sent again if somebody still waits. */
  heal(): void {
    if (this.#blocked.size > 0) this.#trace("everything gets through again");
    this.#blocked.clear();
    this.#cut = undefined;
    this.resume();
  }

  /** Sends again what could not get through. */
  resume(): void {
    for (const wire of this.#wires) wire.resume();
  }

  delayMs(): number {
    return this.#delayMs(this.random);
  }

  pieces(length: number): number[] {
    const pieces: number[] = [];
    let rest = length;
    while (rest > 1 && pieces.length < piecesMax - 1 && this.random.chance(this.#split)) {
      const piece = this.random.int(1, rest - 1);
      pieces.push(piece);
      rest -= piece;
    }
    return [...pieces, rest];
  }

  passes(from: SimulatedConn, to: SimulatedConn): boolean {
    return this.connects(from.localAddr.hostname, to.localAddr.hostname) &&
      this.ways?.passes(from, to) !== false;
  }

  sent(from: SimulatedConn, bytes: Uint8Array): void {
    this.ways?.sent(from, bytes);
  }

  /** Connects two places, of which nobody has to be called. */
  connect(initiator: SocketAddress, responder: SocketAddress): Wire {
    const wire = new Wire(this, [initiator, responder]);
    this.#wires.add(wire);
    return wire;
  }

  /** Whether something gets from one address to another now. */
  connects(from: string, to: string): boolean {
    const [sender, receiver] = [this.#machines.get(from), this.#machines.get(to)];
    return sender !== undefined && receiver !== undefined && sender.on && receiver.on &&
      this.#blocked.get(sender)?.has(receiver) !== true;
  }

  allowance(wire: Wire, bytes: number): { bytes: number; cut: Cut } | undefined {
    const before = this.#bytes;
    this.#bytes += bytes;
    if (this.#cut === undefined || this.#cut.atByte >= this.#bytes) return undefined;
    const { atByte, how } = this.#cut;
    this.#cut = undefined;
    const [initiator, responder] = wire.ends.map(({ localAddr }) =>
      this.nameOf(localAddr.hostname)
    );
    this.#trace(
      `the connection of ${initiator} with ${responder} is cut at byte ${atByte}: ${how}`,
    );
    return { bytes: Math.max(0, atByte - before), cut: how };
  }

  /** What the machine is called that has an address, or had it last. */
  nameOf(host: string): string {
    return this.#names.get(host) ?? host;
  }

  /** Gives a machine another address. What was open at the one before carries nothing any more. */
  reassign(machine: Machine, from: string, to: string): void {
    this.#machines.delete(from);
    this.#machines.set(to, machine);
    this.#names.set(to, machine.name);
    for (const wire of this.wires) {
      if (wire.ends.some(({ localAddr }) => localAddr.hostname === from)) wire.cut("silent");
    }
    this.#trace(`${machine.name} is now at ${to}`);
  }

  /**
   * Knocks at an address until somebody answers or the knocking is given up.
   *
   * @param answered Gets the connection, or the error if there is none.
   * @returns Gives up.
   */
  knock(
    from: SocketAddress,
    to: Address,
    answered: (conn: SimulatedConn | Error) => void,
  ): () => void {
    let over = false;
    const later = (ms: number, then: () => void) => {
      this.clock.after(ms, () => {
        if (!over) then();
      });
    };
    const arrive = () => {
      const answers = this.ways?.answers(from, to) ?? "yes";
      if (!this.connects(from.hostname, to.host) || answers === "silence") return;
      const listener = this.#machines.get(to.host)!.listenerAt(to.port);
      later(this.delayMs(), () => {
        if (!this.connects(to.host, from.hostname)) return;
        over = true;
        if (listener === undefined || answers === "refusal") return answered(refused());
        const wire = this.connect(from, placeOf(to));
        wire.begin(() => listener(wire.ends[1]));
        answered(wire.ends[0]);
      });
    };
    for (const knockMs of knocksMs) later(knockMs + this.delayMs(), arrive);
    return () => over = true;
  }
}

/** A machine. */
export class Machine {
  readonly name: string;
  readonly network: SimulatedNetwork;
  /** Whether it has power. */
  on = true;
  /** Whether a program that starts on it can watch its addresses. */
  showsMoves = true;
  #host: string;
  #passingPort = passingPortMin;
  readonly #listeners = new Map<number, (conn: SimulatedConn) => void>();

  constructor(network: SimulatedNetwork, name: string, host: string) {
    this.network = network;
    this.name = name;
    this.#host = host;
  }

  /** Its IP address. */
  get host(): string {
    return this.#host;
  }

  /** Starts a program, and the machine if it is off. @param offsetMs See {@linkcode ProcessClock}. */
  start(offsetMs = 0): Process {
    this.on = true;
    this.network.resume();
    return new Process(this, offsetMs);
  }

  /** Moves the machine to another address; connections to the address before hear nothing more. */
  move(host: string): void {
    const before = this.#host;
    this.#host = host;
    this.network.reassign(this, before, host);
  }

  /** A port that nobody has. */
  passingPort(): number {
    return this.#passingPort++;
  }

  /** Who listens on a port. */
  listenerAt(port: number): ((conn: SimulatedConn) => void) | undefined {
    return this.#listeners.get(port);
  }

  /** Listens on a port. @throws {Deno.errors.AddrInUse} If somebody does already. */
  listen(port: number, take: (conn: SimulatedConn) => void): void {
    if (this.#listeners.has(port)) {
      const error = new Deno.errors.AddrInUse("Address already in use (os error 98)");
      throw Object.assign(error, { code: "EADDRINUSE" });
    }
    this.#listeners.set(port, take);
  }

  /** Listens on a port no more. */
  close(port: number): void {
    this.#listeners.delete(port);
  }
}

/** A program that runs on a machine, and what it has of the network and of time. */
export class Process implements Network {
  readonly clock: ProcessClock;
  readonly machine: Machine;
  /** There is none in a network without ways: such a client does not try. */
  readonly openPunching?: (port: number) => Promise<Punching>;
  /** As for {@linkcode openPunching}; and there is none on a machine that does not show its moves. */
  readonly watchAddresses?: NonNullable<Network["watchAddresses"]>;
  readonly #conns = new Set<SimulatedConn>();
  readonly #ports = new Set<number>();
  /** Give up the calls that nobody has answered yet. */
  readonly #knocking = new Set<() => void>();
  #gone = false;

  constructor(machine: Machine, offsetMs: number) {
    this.machine = machine;
    this.clock = new ProcessClock(machine.network.clock, offsetMs);
    const { ways } = machine.network;
    if (ways === undefined) return;
    this.openPunching = (port) => Promise.resolve(ways.openPunching(this, port));
    if (!machine.showsMoves) return;
    this.watchAddresses = (clock, onChange) =>
      watchAddresses(clock, onChange, () => this.interfaces());
  }

  /** Has an end of a connection that it has neither called nor been called on. */
  adopt(conn: SimulatedConn): void {
    this.#conns.add(conn);
  }

  listen(
    at: Address,
    take: (conn: SimulatedConn) => void,
    _failed?: (error: unknown) => void,
  ): Listening {
    this.#assertRuns();
    const { machine } = this;
    if (at.host !== machine.host && !isUnspecified(at.host)) {
      throw new Deno.errors.AddrNotAvailable("Cannot assign requested address (os error 99)");
    }
    const port = at.port === 0 ? machine.passingPort() : at.port;
    let open = true;
    machine.listen(port, (conn) => {
      // A caller that the machine has let in just as the program closes is turned away.
      if (!open || this.#gone) return conn.abandon();
      this.#conns.add(conn);
      take(conn);
    });
    this.#ports.add(port);
    const close = () => {
      if (open && !this.#gone) machine.close(port);
      open = false;
      this.#ports.delete(port);
      return Promise.resolve();
    };
    return { address: { host: at.host, port }, close };
  }

  async dial(
    address: Address,
    name: string | undefined,
    options: DialOptions,
  ): Promise<SimulatedConn> {
    // A client that has just stopped may still try, and gets the reason.
    if (options.signal.aborted) throw options.signal.reason;
    this.#assertRuns();
    const connect = async (givenUp: AbortSignal) => {
      const { machine } = this;
      const from = placeOf({ host: machine.host, port: machine.passingPort() });
      const answer = Promise.withResolvers<SimulatedConn>();
      const giveUp = machine.network.knock(from, address, (answered) => {
        this.#knocking.delete(giveUp);
        if (answered instanceof Error) return answer.reject(answered);
        this.#conns.add(answered);
        answer.resolve(answered);
      });
      this.#knocking.add(giveUp);
      givenUp.addEventListener("abort", giveUp);
      return await answer.promise;
    };
    return await connectWithin(connect, { ...options, clock: this.clock }, (cause) => {
      const why = connectFailure(cause);
      return new UserError({ code: "peer-unreachable", name, address, why }, { cause });
    });
  }

  /** Its machine is in one network with all others whose addresses begin like its own. */
  interfaces(): InterfaceAddress[] {
    return [{ address: this.machine.host, prefixBits: 24 }];
  }

  lookUp(name: string): Promise<string[]> {
    return Promise.reject(new Deno.errors.NotFound(name));
  }

  async dialServer(address: ServerAddress, options: DialOptions): Promise<SimulatedConn> {
    if (address.tls !== undefined) throw new TypeError("The simulation has no TLS");
    return await this.dial(address, undefined, options);
  }

  /** Ends the program as SIGKILL does: the machine closes what it had open, and nobody is told why. */
  kill(): void {
    this.#end((conn) => conn.abandon());
  }

  /** Ends the program and the machine at once: nobody is told anything. */
  losePower(): void {
    this.machine.on = false;
    this.#end((conn) => conn.vanish());
  }

  #end(endConn: (conn: SimulatedConn) => void): void {
    this.#assertRuns();
    this.#gone = true;
    this.clock.end();
    for (const giveUp of this.#knocking) giveUp();
    for (const port of this.#ports) this.machine.close(port);
    for (const conn of this.#conns) endConn(conn);
    this.#conns.clear();
  }

  /** A program that is gone does nothing; if it does, the simulation is at fault. */
  #assertRuns(): void {
    if (!this.#gone) return;
    const fault = new TypeError(`A program on ${this.machine.name} goes on after its end`);
    this.machine.network.faults.push(fault);
    throw fault;
  }
}

function placeOf({ host, port }: Address): SocketAddress {
  return { hostname: host, port, transport: "tcp" };
}

function usualDelayMs(random: SeededRandom): number {
  return random.chance(0.02) ? random.int(100, 3_000) : random.int(1, 40);
}

function refused(): Error {
  const error = new Deno.errors.ConnectionRefused("Connection refused (os error 111)");
  return Object.assign(error, { code: "ECONNREFUSED" });
}
