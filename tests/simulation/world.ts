/**
 * A small world: a server and some people, who write to each other while connections, programs and machines
 * come and go.
 *
 * @module
 */

import type { Capacity } from "../../server/limits/limits.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { isAllDelivered, violations } from "./invariants.ts";
import { type ClientTraits, Person } from "./person.ts";
import type { SeededRandom } from "./seeded_random.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { type Machine, type NetworkOptions, SimulatedNetwork } from "./simulated_network.ts";
import { serverPort, SimulatedServer } from "./simulated_server.ts";

/** The people that there may be. */
const names = ["alice", "bob", "carol"] as const;

/** All certificates are of one day, whenever it is simulated. */
const clock = { timeOfDay: () => 0 };
/** Made once: their keys change nothing, and making them takes time. */
const identities = names.map((_, i) =>
  Identity.fromSeed(new Uint8Array(32).fill(i + 1), { clock })
);

/** How much time there is for everything to arrive once all is well, in milliseconds. */
const arrivalMs = 10 * 60_000;

/** How often the world checks whether everything has arrived, in milliseconds. */
const lookMs = 1_000;

/** How much longer it waits for anything that should not come, in milliseconds. */
const afterwardsMs = 30_000;

/** What a world is like. */
export interface WorldOptions {
  readonly random: SeededRandom;
  /** How many people there are: two or three. */
  readonly people: number;
  /** Whether there is a server; there is, if not given. */
  readonly hasServer?: boolean;
  /** What the server takes on, if that is not as usual. */
  readonly capacity?: Partial<Capacity>;
  readonly network?: Pick<NetworkOptions, "delayMs" | "split" | "bufferBytes" | "ways">;
  readonly clients?: ClientTraits;
}

/** A world. */
export class World implements Disposable {
  readonly clock = new FakeClock(0);
  readonly network: SimulatedNetwork;
  readonly server: SimulatedServer;
  readonly people: readonly Person[];
  /** What has happened: lines, with the time in seconds. */
  readonly trace: string[] = [];
  readonly #hasServer: boolean;
  #lastHost = 0;

  constructor(options: WorldOptions) {
    const { random, people, hasServer = true, capacity = {}, network, clients } = options;
    this.#hasServer = hasServer;
    const trace = (what: string) => this.note(what);
    this.network = new SimulatedNetwork({
      clock: this.clock,
      random: random.split(),
      trace,
      ...network,
    });
    this.server = new SimulatedServer(this.#machine("server"), capacity);
    const server = { host: this.server.machine.host, port: serverPort };
    this.people = names.slice(0, people).map((name, i) =>
      new Person({
        ...clients,
        name,
        identity: identities[i]!,
        machine: this.#machine(name),
        server,
        random: random.split(),
        trace,
      })
    );
    for (const [i, person] of this.people.entries()) {
      for (const other of this.people) {
        if (other !== person) other.befriends(names[i]!, identities[i]!);
      }
    }
  }

  /** All machines, the server's first. */
  get machines(): Machine[] {
    return [this.server, ...this.people].map(({ machine }) => machine);
  }

  /** An address that nobody has had. */
  freshHost(): string {
    return `10.0.0.${++this.#lastHost}`;
  }

  /** Adds to the trace. */
  note(what: string): void {
    this.trace.push(`${(this.clock.now() / 1_000).toFixed(3).padStart(9)} ${what}`);
  }

  /** Starts everyone. @param offset How far somebody's time of day is ahead, in milliseconds. */
  start(offset: (person: Person) => number = () => 0): void {
    if (this.#hasServer) this.server.start();
    for (const person of this.people) person.start(offset(person));
  }

  /**
   * Ends all faults, and lets enough time pass for everything to arrive.
   *
   * @param absent The one person who stays away.
   * @returns Each rule that is broken then.
   */
  async end(absent?: Person): Promise<string[]> {
    this.note(`all is well again${absent === undefined ? "" : `, but for ${absent.name}`}`);
    this.network.heal();
    this.clock.interrupt(Infinity, () => {});
    absent?.end("kill");
    const present = this.people.filter((person) => person !== absent);
    const arrived = () =>
      !present.some((person) => person.waitsFor(absent)) && isAllDelivered(present);
    for (let waitedMs = 0; waitedMs < arrivalMs && !arrived(); waitedMs += lookMs) {
      // Each time, since somebody may have been about to stop.
      if (this.#hasServer) this.server.start();
      for (const person of present) person.start();
      await this.clock.pass(lookMs);
    }
    const found = arrived() ? [] : ["not everything has arrived, though all is well"];
    if (found.length === 0) await this.clock.pass(afterwardsMs);
    return [...found, ...this.violations];
  }

  /** Each rule that is broken: these hold at every moment. */
  get violations(): string[] {
    return [...violations(this.people), ...this.network.faults.map(({ stack }) => stack!)];
  }

  [Symbol.dispose](): void {
    this.server[Symbol.dispose]();
    for (const person of this.people) person[Symbol.dispose]();
  }

  #machine(name: string): Machine {
    return this.network.machine(name, this.freshHost());
  }
}
