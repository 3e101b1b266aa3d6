/**
 * A course of events that a seed decides. People write to each other while everything that can go wrong does.
 * In the end all is well, and everything has to arrive.
 *
 * @module
 */

import type { Capacity } from "../../server/limits/limits.ts";
import type { ClientTraits, End, Person } from "./person.ts";
import { SeededRandom } from "./seeded_random.ts";
import { cuts } from "./simulated_conn.ts";
import type { Machine } from "./simulated_network.ts";
import { World } from "./world.ts";

/** What came of a course. */
export interface Course {
  /** Each rule that was broken. */
  readonly violations: readonly string[];
  /** What has happened: lines, with the time in seconds. */
  readonly trace: readonly string[];
  /** How many texts were accepted. */
  readonly accepted: number;
  /** Kinds of steps that were taken. */
  readonly steps: readonly string[];
}

/** How far the time of day of two machines differs at most, in milliseconds. */
const offsetMaxMs = 3 * 24 * 60 * 60_000;

/** How long a call or an audit takes at most if all is well, in milliseconds. */
const auditMs = 20_000;

/** Runs the course of a seed. @param traits What the clients are like, as far as the seed should not decide. */
export async function runCourse(seed: number, traits: ClientTraits = {}): Promise<Course> {
  const random = new SeededRandom(seed);
  using world = makeWorld(random, traits);
  const ends: readonly End[] = traits.forgetsWithPower
    ? ["power"]
    : ["kill", "kill", "power", "stop"];
  return await new RandomCourse(world, random, ends).run();
}

function makeWorld(random: SeededRandom, traits: ClientTraits): World {
  const isSlow = random.chance(0.15);
  const capacity: Partial<Capacity> = random.chance(0.2)
    ? {
      mailboxMails: random.int(0, 3),
      shareMails: random.int(0, 2),
      senderMails: random.int(1, 4),
    }
    : {};
  return new World({
    random: random.split(),
    people: random.chance(0.3) ? 3 : 2,
    capacity,
    network: {
      bufferBytes: random.pick([600, 4_096, 65_536]),
      split: random.pick([0, 0.2, 0.6]),
      ...isSlow && { delayMs: (random: SeededRandom) => random.int(1, 2_000) },
    },
    clients: {
      screenMs: random.chance(0.3) ? random.int(1, 2_000) : 0,
      readReceipts: random.chance(0.3),
      changesPort: random.chance(0.3),
      ...traits,
    },
  });
}

class RandomCourse {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #ends: readonly End[];
  readonly #taken = new Set<string>();

  /** @param ends How clients end. */
  constructor(world: World, random: SeededRandom, ends: readonly End[]) {
    this.#world = world;
    this.#random = random;
    this.#ends = ends;
  }

  async run(): Promise<Course> {
    const [world, random] = [this.#world, this.#random];
    world.start(() => this.#offset());
    // Only people who have met can write to each other. Mostly they meet while all is well.
    if (random.chance(0.9)) await this.#meet();
    // Some are never there at the same time, so that all goes through the mailbox.
    const takesTurns = random.chance(0.15);
    for (let left = random.int(5, 25); left > 0; left--) {
      if (takesTurns && random.chance(0.5)) await this.#takeTurns();
      this.#step();
      await world.clock.pass(this.#pause());
    }
    const absent = random.chance(0.1) ? random.pick(world.people) : undefined;
    const found = await world.end(absent);
    if (random.chance(0.1) && absent === undefined) await this.#audit();
    const violations = found.length > 0 ? found : world.violations;
    const sendings = world.people.flatMap(({ sendings }) => sendings);
    return {
      violations,
      trace: world.trace,
      accepted: sendings.filter(({ outcome }) => outcome === "accepted").length,
      steps: [...this.#taken],
    };
  }

  /** Lets everyone know everyone. */
  async #meet(): Promise<void> {
    const { clock, people } = this.#world;
    await clock.pass(2_000);
    for (const [i, person] of people.entries()) {
      for (const other of people.slice(i + 1)) person.chat(other.name);
      await clock.pass(2_000);
    }
  }

  /** Has the clients themselves compare what both have. */
  async #audit(): Promise<void> {
    const [one, other] = this.#world.people;
    one!.chat(other!.name);
    await this.#world.clock.pass(auditMs);
    one!.audit(other!.name);
    await this.#world.clock.pass(auditMs);
  }

  /** One goes, and another one comes. */
  async #takeTurns(): Promise<void> {
    const next = this.#random.pick(this.#world.people);
    this.#note(`${next.name} alone is there`);
    for (const person of this.#world.people) {
      if (person !== next) person.end(this.#random.pick(this.#ends));
    }
    next.start(this.#offset());
    await this.#world.clock.settle();
  }

  #step(): void {
    const person = this.#random.pick(this.#world.people);
    const other = this.#random.pick(this.#world.people.filter((other) => other !== person));
    const first = this.#random.pick(this.#world.machines);
    const second = this.#random.pick(this.#world.machines.filter((machine) => machine !== first));
    let roll = this.#random.number() * weightOfAll;
    const [name] = steps.find(([, weight]) => (roll -= weight) < 0)!;
    this.#taken.add(name);
    switch (name) {
      case "write":
        return this.#write(person, other);
      case "call":
        this.#note(`${person.name} calls ${other.name}`);
        return person.chat(other.name);
      case "call each other":
        this.#note(`${person.name} and ${other.name} call each other`);
        person.chat(other.name);
        return other.chat(person.name);
      case "cut":
        return this.#world.network.cutBetween(
          first,
          second,
          this.#random.pick(cuts),
          this.#random.pick([0.5, 1]),
        );
      case "cut at a byte":
        return this.#cutAtByte();
      case "block":
        return this.#block(first, second);
      case "heal":
        return this.#world.network.heal();
      case "start or end":
        return this.#startOrEnd(person);
      case "start or end the server":
        return this.#startOrEndServer();
      case "move":
        return person.machine.move(this.#world.freshHost());
    }
  }

  #write(person: Person, other: Person): void {
    const count = this.#random.pick([1, 1, 1, 2, 5]);
    this.#note(`${person.name} writes ${count} to ${other.name}`);
    person.write(other.name, count);
  }

  /** The byte may be one that has not been sent yet. */
  #cutAtByte(): void {
    const { network } = this.#world;
    const atByte = network.bytes + this.#random.int(0, 3_000);
    this.#note(`a connection will be cut at byte ${atByte}`);
    network.cutAt(atByte, this.#random.pick(cuts));
  }

  #block(a: Machine, b: Machine): void {
    const { network } = this.#world;
    network.block(a, b);
    if (this.#random.chance(0.7)) network.block(b, a);
    // A router between them may forget their connections in the meantime.
    if (this.#random.chance(0.4)) network.cutBetween(a, b, "silent");
  }

  #startOrEnd(person: Person): void {
    if (!person.isUp) {
      this.#note(`${person.name} starts`);
      return person.start(this.#offset());
    }
    const how = this.#random.pick(this.#ends);
    const events = this.#random.pick([0, 0, this.#random.int(1, 40)]);
    this.#note(`${person.name} ends after ${events} events: ${how}`);
    if (events === 0) return person.end(how);
    const { clock } = this.#world;
    clock.interrupt(clock.events + events, () => person.end(how));
  }

  #startOrEndServer(): void {
    const { server } = this.#world;
    const how = this.#random.pick(["kill", "power"] as const);
    this.#note(server.isUp ? `the server ends: ${how}` : "the server starts");
    if (server.isUp) server.end(how);
    else server.start();
  }

  /** Mostly a moment, so that much is under way when the next thing happens. */
  #pause(): number {
    const roll = this.#random.number();
    if (roll < 0.3) return 0;
    if (roll < 0.7) return this.#random.int(1, 300);
    if (roll < 0.95) return this.#random.int(300, 15_000);
    return this.#random.int(15_000, 200_000);
  }

  #offset(): number {
    return this.#random.chance(0.5) ? this.#random.int(-offsetMaxMs, offsetMaxMs) : 0;
  }

  #note(what: string): void {
    this.#world.note(`--- ${what}`);
  }
}

/** What can happen in a step, and with which weight. */
const steps = [
  ["write", 40],
  ["call", 6],
  ["call each other", 5],
  ["cut", 10],
  ["cut at a byte", 10],
  ["block", 5],
  ["heal", 6],
  ["start or end", 10],
  ["start or end the server", 6],
  ["move", 2],
] as const;

/** The kinds of steps that there are. */
export const stepNames: readonly string[] = steps.map(([name]) => name);

const weightOfAll = steps.reduce((sum, [, weight]) => sum + weight, 0);
