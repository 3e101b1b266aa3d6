/**
 * The ways between two people: straight, through both routers, and over the server. Each has a fate of its own: it
 * opens or does not, carries what is sent in both directions, in one, or in none, and what has opened on it dies with
 * a word or without one.
 *
 * @module
 */

import type { PeerConn, Punching } from "../../client/transport/transport.ts";
import type { Address } from "../../shared/net/address.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { Cut, SimulatedConn, SocketAddress, Wire } from "./simulated_conn.ts";
import type { Process, SimulatedNetwork, Ways } from "./simulated_network.ts";

/** The ways, the best first. */
export const ways = ["direct", "punched", "relayed"] as const;

/** A way between two people. */
export type Way = typeof ways[number];

/** What becomes of those who try a way. */
export type Answer = ReturnType<Ways["answers"]>;

/** The fate of a way. */
export interface Fate {
  readonly answers: Answer;
  /** By who sends, whether it gets through. */
  readonly carries: readonly [boolean, boolean];
}

/** The fate of a way on which all is well. */
export const well: Fate = { answers: "yes", carries: [true, true] };

/** One who waits for the other at a router. */
interface Waiting {
  readonly process: Process;
  readonly port: number;
  readonly take: (conn: PeerConn) => void;
}

/** A packet that a client has sent to the other, or to the server for it. */
export interface Packet {
  readonly atMs: number;
  readonly end: SimulatedConn;
  readonly way: Way;
}

const join = new TextEncoder().encode("JOIN");

/** The ways between two people. */
export class SimulatedWays implements Ways {
  /** Each packet that one of the two has sent. */
  readonly packets: Packet[] = [];
  readonly #random: SeededRandom;
  readonly #people: readonly [string, string];
  readonly #fates = new Map<Way, Fate>(ways.map((way) => [way, well]));
  /** Connections that are none of those that are called: over the server, and through the routers. */
  readonly #known = new WeakMap<Wire, Way>();
  /** Those on which one of the two has sent something, as long as one end is open. */
  readonly #wires = new Set<Wire>();
  /** By their tokens, the sides of meetings at the routers. */
  readonly #waiting = new Map<string, Waiting>();
  #network: SimulatedNetwork | undefined;

  /** @param people The names of their machines; the third one that there is is the server. */
  constructor(random: SeededRandom, people: readonly [string, string]) {
    this.#random = random;
    this.#people = people;
  }

  /** The network in which they are. */
  set network(network: SimulatedNetwork) {
    this.#network = network;
  }

  /** The fate of a way at the moment. */
  fate(way: Way): Fate {
    return this.#fates.get(way)!;
  }

  /** Changes it. What was held up and gets through now is sent again. */
  change(way: Way, fate: Partial<Fate>): void {
    this.#fates.set(way, { ...this.fate(way), ...fate });
    this.#network!.resume();
  }

  /** Whether one who tries a way gets through in both directions. */
  stands(way: Way): boolean {
    return this.fate(way).answers === "yes" && this.#carries(way);
  }

  /** The connections on a way that can still carry something, and that neither end has ended. */
  open(way: Way): Wire[] {
    return this.#wiresOf(way).filter(({ dead, ends }) => !dead && ends.every(({ over }) => !over));
  }

  /** Whether something is open on a way, and carries. */
  isCarrying(way: Way): boolean {
    return this.#carries(way) && this.open(way).length > 0 && !this.isSilent(way);
  }

  /** Whether one of the two has something open on a way that carries nothing, or not in both directions. */
  isSilent(way: Way): boolean {
    const open = this.open(way);
    const mine = this.#wiresOf(way).filter((wire) => this.#isOpenForSomebody(wire));
    if (mine.length > 0 && (!this.#carries(way) || mine.some((wire) => !open.includes(wire)))) {
      return true;
    }
    // Over the server each of the two has a connection of their own.
    const [one, other] = this.#people.map((person) =>
      open.filter(({ ends: [{ localAddr }] }) => this.#nameOf(localAddr) === person).length
    );
    return way === "relayed" && one !== other;
  }

  /** What is open on a way dies. */
  cut(way: Way, how: Cut): void {
    // Over the server there are two for each that the people see: one may be enough.
    const all = this.#random.chance(0.5);
    for (const wire of this.open(way)) {
      if (way !== "relayed" || all || this.#random.chance(0.5)) wire.cut(how);
    }
  }

  /** The server forgets the connection on which somebody is registered, and nobody is told. */
  cutControl(person: string): void {
    for (const wire of this.#network!.wires) {
      if (this.#isWithServer(wire) && !this.#known.has(wire)) {
        if (this.#nameOf(wire.ends[0].localAddr) === person) wire.cut("silent");
      }
    }
  }

  answers(from: SocketAddress, { host: hostname }: Address): Answer {
    return [from, { hostname }].every((place) => this.#person(place) >= 0)
      ? this.fate("direct").answers
      : "yes";
  }

  passes(from: SimulatedConn): boolean {
    const way = this.#wayOf(from.wire);
    if (way === undefined) return true;
    return this.fate(way).carries[this.#sender(from)];
  }

  sent(from: SimulatedConn, bytes: Uint8Array): void {
    const { wire } = from;
    if (!this.#known.has(wire) && this.#isWithServer(wire) && begins(bytes, join)) {
      this.#known.set(wire, "relayed");
      const { answers } = this.fate("relayed");
      if (answers === "refusal") wire.cut("reset");
      else if (answers === "silence") wire.cut("silent");
    }
    const way = this.#wayOf(wire);
    if (way !== undefined) this.#wires.add(wire);
    if (way === undefined || this.#person(from.localAddr) < 0) return;
    this.packets.push({ atMs: this.#network!.clock.now(), end: from, way });
  }

  openPunching(process: Process, port: number): Punching {
    return {
      port,
      certificate: new TextEncoder().encode(process.machine.name),
      reflect: () => Promise.reject(new TypeError("The server reflects nothing")),
      punch: ({ token, calls, signal }) => {
        signal.throwIfAborted();
        const opened = Promise.withResolvers<PeerConn>();
        signal.addEventListener("abort", () => opened.reject(signal.reason));
        const own = { process, port, take: opened.resolve };
        this.#punch(token.toHex(), calls, own, signal);
        return opened.promise;
      },
      close: () => Promise.resolve(),
    };
  }

  #punch(token: string, calls: boolean, own: Waiting, signal: AbortSignal): void {
    const other = this.#waiting.get(token);
    if (other === undefined) {
      this.#waiting.set(token, own);
      signal.addEventListener("abort", () => this.#waiting.delete(token));
      return;
    }
    this.#waiting.delete(token);
    if (this.fate("punched").answers !== "yes") return;
    const [initiator, responder] = calls ? [own, other] : [other, own];
    const wire = this.#network!.connect(placeOf(initiator), placeOf(responder));
    this.#known.set(wire, "punched");
    for (const [i, { process, take }] of [initiator, responder].entries()) {
      const end = wire.ends[i]!;
      process.adopt(end);
      process.clock.after(this.#network!.delayMs(), () => take(punched(end)));
    }
  }

  #wiresOf(way: Way): Wire[] {
    for (const wire of this.#wires) if (!this.#isOpenForSomebody(wire)) this.#wires.delete(wire);
    return [...this.#wires].filter((wire) => this.#wayOf(wire) === way);
  }

  #isOpenForSomebody({ ends }: Wire): boolean {
    return ends.some((end) => !end.over && this.#person(end.localAddr) >= 0);
  }

  #carries(way: Way): boolean {
    return this.fate(way).carries.every(Boolean);
  }

  #wayOf(wire: Wire): Way | undefined {
    return this.#known.get(wire) ?? (this.#isWithServer(wire) ? undefined : "direct");
  }

  #isWithServer(wire: Wire): boolean {
    return this.#person(wire.ends[1].localAddr) < 0;
  }

  /** Who has sent, or for whom the server passes it on. */
  #sender(from: SimulatedConn): 0 | 1 {
    const own = this.#person(from.localAddr);
    return own < 0 ? 1 - this.#person(from.remoteAddr) as 0 | 1 : own as 0 | 1;
  }

  #person(place: Pick<SocketAddress, "hostname">): number {
    return this.#people.indexOf(this.#nameOf(place));
  }

  #nameOf({ hostname }: Pick<SocketAddress, "hostname">): string {
    return this.#network!.nameOf(hostname);
  }
}

/** An end of a connection through routers. */
function punched(end: SimulatedConn): PeerConn {
  return {
    // It goes out from whichever address there is.
    localAddr: { hostname: "0.0.0.0" },
    remoteAddr: end.remoteAddr,
    punched: "quic",
    read: (into) => end.read(into),
    write: (bytes) => end.write(bytes),
    close: () => end.close(),
  };
}

function placeOf({ process, port }: Waiting): SocketAddress {
  return { hostname: process.machine.host, port, transport: "tcp" };
}

function begins(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return prefix.every((byte, i) => bytes[i] === byte);
}
