/**
 * Every two places where people sit, and how they reach each other from there.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { atHome, type Build, builds, Program } from "../support/program.ts";
import { type HostOptions, Laboratory, type RouterOptions } from "./laboratory.ts";
import type { Host, Router } from "./machines.ts";

/** On which way two people talk in the end. */
export type Way = "direct" | "punched" | "punched over TCP" | "relayed";

/** The ways, as the program begins to name them. */
const wayNames: Readonly<Record<string, Way>> = {
  direct: "direct",
  "punched quic": "punched",
  "punched tcp": "punched over TCP",
  relayed: "relayed",
};

/** Where somebody sits. */
interface Side {
  readonly name: string;
  /** The routers in front of them; those nearest to the internet first. */
  readonly routers?: readonly Omit<RouterOptions, "behind">[];
  readonly families?: HostOptions["families"];
  /** Whether they show their address to nobody. */
  readonly isPrivate?: boolean;
}

const publicHost: Side = { name: "public" };
const keepsPorts: Side = { name: "keeps ports", routers: [{ mapping: "keeps-ports" }] };
const carrier: Side = {
  name: "carrier's and own router",
  routers: [{ mapping: "keeps-ports" }, { mapping: "keeps-ports" }],
};
const symmetric: Side = { name: "symmetric", routers: [{ mapping: "symmetric" }] };
const noUdp: Side = { name: "no UDP", routers: [{ mapping: "keeps-ports", lets: "tcp" }] };
const only443: Side = {
  name: "TCP 443 only",
  routers: [{ mapping: "symmetric", lets: "tcp-443" }],
};
const ipv6: Side = { name: "public, IPv6 only", families: ["ipv6"] };
const bothFamilies: Side = { name: "public, both families", families: ["ipv4", "ipv6"] };
const behindIpv6: Side = {
  name: "IPv6, lets nobody in",
  routers: [{ mapping: "keeps-ports", families: ["ipv4", "ipv6"] }],
  families: ["ipv6"],
};

const isPrivate = true;

/** Two people, and how the first reaches the second. */
export interface Pair {
  readonly sides: readonly [Side, Side];
  /** What is particular about the two together. */
  readonly together?:
    | "behind one router"
    | "on the server's machine"
    | "on the server's machine, by its address";
  /** By a program whose runtime calls from no port that it chooses. */
  readonly way: Way;
  /** Whether the routers can be passed over TCP, by one whose runtime does. */
  readonly isPassedOverTcp?: boolean;
}

/** The six places that most people sit at, each with each. */
const usual: readonly Side[] = [publicHost, keepsPorts, carrier, symmetric, noUdp, only443];

/** All pairs, and on which way each is to be in the end. */
export const pairs: readonly Pair[] = [
  ...usual.flatMap((one, i) =>
    usual.slice(i).map((other): Pair => ({ sides: [one, other], ...usualWay(one, other) }))
  ),
  { sides: [ipv6, ipv6], way: "direct" },
  { sides: [ipv6, bothFamilies], way: "direct" },
  { sides: [publicHost, bothFamilies], way: "direct" },
  { sides: [publicHost, ipv6], way: "relayed" },
  { sides: [behindIpv6, behindIpv6], way: "punched" },
  { sides: [behindIpv6, ipv6], way: "direct" },
  { sides: [keepsPorts, keepsPorts], together: "behind one router", way: "direct" },
  { sides: [symmetric, symmetric], together: "behind one router", way: "direct" },
  { sides: [publicHost, publicHost], together: "on the server's machine", way: "direct" },
  // With a server on its own machine a client listens there alone for TCP.
  { sides: [keepsPorts, publicHost], together: "on the server's machine", way: "punched" },
  { sides: [symmetric, publicHost], together: "on the server's machine", way: "punched" },
  // If they name it by its address in the internet they listen there.
  {
    sides: [keepsPorts, publicHost],
    together: "on the server's machine, by its address",
    way: "direct",
  },
  { sides: [{ ...publicHost, name: "--private", isPrivate }, publicHost], way: "relayed" },
  { sides: [publicHost, { ...publicHost, name: "--private", isPrivate }], way: "relayed" },
  {
    sides: [{ ...keepsPorts, name: "keeps ports, --private", isPrivate }, keepsPorts],
    way: "relayed",
  },
];

/** One pair for each way, and those that most depend on what lies between: they stand for all. */
export const mainPairs: readonly Pair[] = pairs.filter((pair) =>
  [
    "public × public",
    "public × keeps ports",
    "keeps ports × keeps ports",
    "keeps ports × symmetric",
  ]
    .includes(nameOf(pair))
);

function usualWay(one: Side, other: Side): Pick<Pair, "way" | "isPassedOverTcp"> {
  if (one === only443 || other === only443) return { way: "relayed" };
  if (one === publicHost || other === publicHost) return { way: "direct" };
  const keeping = [keepsPorts, carrier, noUdp];
  if (!keeping.includes(one) || !keeping.includes(other)) return { way: "relayed" };
  const hasUdp = one !== noUdp && other !== noUdp;
  return { way: hasUdp ? "punched" : "relayed", isPassedOverTcp: true };
}

/** What a program runs on. */
export interface Runtime {
  /** The version of Deno. */
  readonly deno: string;
  /** Whether it calls from a port that it chooses. */
  readonly choosesPorts: boolean;
}

/** Asks a program on what it runs. */
export async function runtimeOf(build: Build): Promise<Runtime> {
  await using doctor = new Program(build, "doctor", "127.0.0.1:1", "--json");
  await doctor.ends();
  const { deno, tcp } = JSON.parse(doctor.out[0]!);
  // From source it is known.
  if (build === builds[0]) assertEquals(tcp.choosesPort, true);
  return { deno, choosesPorts: tcp.choosesPort };
}

/** On which ways a pair may be in the end. */
export function waysOf(
  { way, isPassedOverTcp = false }: Pair,
  { choosesPorts }: Runtime,
): readonly Way[] {
  if (!choosesPorts) return [way];
  // Where both pass, TCP is tried first if the server takes long to answer over UDP.
  if (way === "punched") return ["punched", "punched over TCP"];
  return isPassedOverTcp ? ["punched over TCP"] : [way];
}

/** How a pair is called. */
export function nameOf({ sides: [one, other], together }: Pair): string {
  if (together === "behind one router") return `${one.name} × the same router`;
  return `${one.name} × ${together ?? other.name}`;
}

/** What lies between the two and the server. */
export interface Between {
  /** How long a packet of either takes to everybody else, in milliseconds. */
  readonly delayMs?: number;
  /** The share of packets that each of the two loses, from 0 to 1. */
  readonly loss?: number;
}

/** What a run has come to. Times are in milliseconds. */
export interface Run {
  /** The way in the end. */
  readonly way: Way | undefined;
  /** From the call to the first message, shown. */
  readonly firstMs: number;
  /** From the call to the best way. */
  readonly bestMs: number;
}

/** The server's port: the only one that some routers let anybody call. */
const port = 443;
/** How long the best way is waited for, in milliseconds. */
const patienceMs = 15_000;
/** How long the way is watched once it is the expected one, in case a better or worse one follows. */
const settledMs = 500;

/** A laboratory in which two people sit, with the server that introduces them. They know each other. */
export class PairScene implements AsyncDisposable {
  readonly #laboratory: Laboratory;
  readonly #server: Program;
  readonly #alice: Seat;
  readonly #bob: Seat;
  /** The ways that are waited for. */
  readonly #ways: readonly Way[];

  private constructor(
    laboratory: Laboratory,
    server: Program,
    ways: readonly Way[],
    [alice, bob]: readonly [Seat, Seat],
  ) {
    this.#laboratory = laboratory;
    this.#server = server;
    this.#ways = ways;
    this.#alice = alice;
    this.#bob = bob;
  }

  static async open(
    pair: Pair,
    build: Build,
    runtime: Runtime,
    { delayMs, loss }: Between,
  ): Promise<PairScene> {
    const laboratory = await Laboratory.open();
    const machine = await laboratory.host("rendezvous", { families: ["ipv4", "ipv6"] });
    const listens = ["--host", "::", "--port", String(port), "--ephemeral"];
    const server = new Program(machine.build(build), "server", ...listens);
    await server.says(/^p2pchat server listening on /);
    const [one, other] = pair.sides;
    const first = await sit(laboratory, "alice", one, delayMs);
    const second = await sitTogether(laboratory, pair, first, machine) ??
      await sit(laboratory, "bob", other, delayMs);
    const isBeside = pair.together === "on the server's machine";
    const seats = [
      new Seat("alice", first, one, serverFor(first.host, machine)),
      new Seat("bob", second, other, isBeside ? "127.0.0.1" : serverFor(second.host, machine)),
    ] as const;
    for (const [i, { host, isPrivate }] of seats.entries()) {
      if (loss !== undefined) await host.loses(loss);
      if (isPrivate) await host.counts(seats[1 - i]!.addresses);
    }
    const scene = new PairScene(laboratory, server, waysOf(pair, runtime), seats);
    for (const seat of seats) seat.home = atHome(seat.host.build(build));
    await scene.#introduce();
    return scene;
  }

  /** Has the first call the second, both just having started. */
  async run(): Promise<Run> {
    await using bob = this.#bob.start();
    await bob.says(/^\* registered as bob/);
    await using alice = this.#alice.start();
    // A command waits until the client has done all that it does when it starts, such as collecting its mail.
    await alice.types("/path bob");
    await alice.says(/^bob is away/);
    const text = `hello ${crypto.randomUUID()}`;
    const fromMs = performance.now();
    await alice.types(`/chat bob\n${text}`);
    await bob.says(new RegExp(`^alice: ${text}$`));
    const firstMs = performance.now() - fromMs;
    const found = await this.#bestWay(alice, fromMs);
    // What is said on it arrives, too.
    const last = `and ${crypto.randomUUID()}`;
    await bob.types(`/chat alice\n${last}`);
    await alice.says(new RegExp(`^bob: ${last}$`));
    await alice.quits();
    await bob.quits();
    for (const { isPrivate, host } of [this.#alice, this.#bob]) {
      if (isPrivate) assertEquals(await host.sent(), 0, "packets to the other side's address");
    }
    return { firstMs, ...found };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    for (const { home } of [this.#alice, this.#bob]) home?.[Symbol.dispose]();
    await this.#laboratory[Symbol.asyncDispose]();
  }

  /** Has the two meet for the first time, so that they are contacts of each other. */
  async #introduce(): Promise<void> {
    await using bob = this.#bob.start();
    await bob.says(/^\* registered as bob/);
    await using alice = this.#alice.start();
    await alice.types("/chat bob\nhello");
    await bob.says(/^alice: hello$/);
    await bob.types("/chat alice\nhello back");
    await alice.says(/^bob: hello back$/);
    await alice.quits();
    await bob.quits();
  }

  /** Watches which way a conversation goes, until it is the expected one and stays that, or nothing better comes. */
  async #bestWay(client: Program, fromMs: number): Promise<Pick<Run, "way" | "bestMs">> {
    let way: Way | undefined;
    let sinceMs = 0;
    for (;;) {
      const before = client.out.length;
      await client.types("/path bob");
      const line = await said(client, before, /^(?:\* )?(direct|punched \w+|relayed)\b/);
      const atMs = performance.now() - fromMs;
      const found = wayNames[line?.[1] ?? ""];
      if (found !== way) [way, sinceMs] = [found, atMs];
      const isExpected = way !== undefined && this.#ways.includes(way);
      const isSettled = isExpected && atMs - sinceMs >= settledMs;
      if (isSettled || atMs > patienceMs) return { way, bestMs: sinceMs };
    }
  }
}

/** The first line behind so many that a pattern matches; undefined if there is none soon. */
async function said(
  client: Program,
  before: number,
  pattern: RegExp,
): Promise<RegExpExecArray | undefined> {
  for (let tries = 0; tries < 100; tries++) {
    for (const line of client.out.slice(before)) {
      const match = pattern.exec(line);
      if (match !== null) return match;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}

/** Where somebody sits. */
interface Place {
  readonly host: Host;
  readonly router: Router | undefined;
}

/** Somebody's machine, and where it finds the server. */
class Seat {
  home: ReturnType<typeof atHome> | undefined;
  readonly host: Host;
  readonly isPrivate: boolean;
  /** Where packets to it go, on the way to it as well. */
  readonly addresses: readonly string[];
  readonly #server: string;

  constructor(readonly name: string, place: Place, { isPrivate = false }: Side, server: string) {
    const { host, router } = place;
    this.host = host;
    this.isPrivate = isPrivate;
    this.addresses = [...host.addresses, ...router?.addresses ?? []];
    this.#server = `${server}:${port}`;
  }

  start(): Program {
    const more = this.isPrivate ? ["--private"] : [];
    const args = ["client", this.name, this.#server, "--register", ...more];
    return new Program(this.home!.build, ...args);
  }
}

/** The server's address of a host's family. */
function serverFor(host: Host, { addresses }: Host): string {
  const isIpv6 = host.address.includes(":");
  const address = addresses.find((address) => address.includes(":") === isIpv6)!;
  return isIpv6 ? `[${address}]` : address;
}

/** Puts the second one where the pair's first one, or the server, is. */
async function sitTogether(
  laboratory: Laboratory,
  { together }: Pair,
  { router }: Place,
  machine: Host,
): Promise<Place | undefined> {
  if (together === undefined) return undefined;
  return together === "behind one router"
    ? { host: await laboratory.host("bob", { behind: router! }), router }
    : { host: machine, router: undefined };
}

/** Puts a machine where somebody sits. */
async function sit(
  laboratory: Laboratory,
  name: string,
  { routers = [], families }: Side,
  delayMs: number | undefined,
): Promise<Place> {
  let behind = delayMs === undefined
    ? undefined
    : await laboratory.longCable(`${name}-cable`, { delayMs });
  for (const [i, options] of routers.entries()) {
    behind = await laboratory.router(`${name}-${i}`, { ...options, ...behind && { behind } });
  }
  const host = await laboratory.host(name, {
    ...behind && { behind },
    ...families && { families },
  });
  return { host, router: behind };
}
