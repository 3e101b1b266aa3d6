/**
 * A course of events that a seed decides, in which two people write to each other while the ways between them open,
 * die, flap, turn silent and come back, while the two move from network to network, and while the server restarts. It
 * is held to the rules for which way is used, and how soon.
 *
 * @module
 */

import type { ClientEvent } from "../../client/events.ts";
import { PathRules } from "./path_rules.ts";
import type { Person } from "./person.ts";
import type { Course } from "./random_course.ts";
import { SeededRandom } from "./seeded_random.ts";
import { cuts } from "./simulated_conn.ts";
import { type Answer, SimulatedWays, type Way, ways, well } from "./simulated_ways.ts";
import { World } from "./world.ts";

/** How often the rules are looked after, in milliseconds. */
const lookMs = 500;

/** How long it takes until everyone has registered, in milliseconds. */
const registeredMs = 1_000;

/** How long a way that flaps does so, and how long what opens on it lives, in milliseconds. */
const flappingMs = [40_000, 60_000] as const;
const livesMs = [250, 1_500] as const;

/** How long a server that restarts is down, in milliseconds, and how likely it is that somebody moves meanwhile. */
const downMs = [200, 8_000] as const;
const movesMeanwhile = 0.4;
/** Who moves then is by numbers of their own, by which the seeds that have found faults keep the courses that did. */
const asideSeed = 1_000_302;

/** Runs the course of a seed. */
export async function runPathCourse(seed: number): Promise<Course> {
  const random = new SeededRandom(seed);
  const simulated = new SimulatedWays(random.split(), ["alice", "bob"]);
  let note: (name: string, event: ClientEvent) => void = () => {};
  using world = new World({
    random: random.split(),
    people: 2,
    // What waits for a way must not get there by mail.
    capacity: { mailboxMails: 0 },
    network: {
      bufferBytes: random.pick([4_096, 65_536]),
      split: random.pick([0, 0.2]),
      delayMs: (random: SeededRandom) => random.int(1, 20),
      ways: simulated,
    },
    clients: { onEvent: (name, event) => note(name, event) },
  });
  simulated.network = world.network;
  const rules = new PathRules(world, simulated);
  note = (name, event) => rules.see(name, event);
  const aside = new SeededRandom(seed + asideSeed);
  return await new PathCourse(world, simulated, rules, random, aside).run();
}

class PathCourse {
  readonly #world: World;
  readonly #ways: SimulatedWays;
  readonly #rules: PathRules;
  readonly #random: SeededRandom;
  readonly #aside: SeededRandom;
  readonly #taken = new Set<string>();

  constructor(
    world: World,
    simulated: SimulatedWays,
    rules: PathRules,
    random: SeededRandom,
    aside: SeededRandom,
  ) {
    this.#world = world;
    this.#ways = simulated;
    this.#rules = rules;
    this.#random = random;
    this.#aside = aside;
  }

  async run(): Promise<Course> {
    const [world, random] = [this.#world, this.#random];
    const [alice] = world.people;
    for (const way of ways) {
      if (way !== "relayed" && random.chance(0.5)) this.#close(way);
    }
    for (const { machine } of world.people) machine.showsMoves = random.chance(0.7);
    world.start();
    await world.clock.pass(registeredMs);
    alice!.chat("bob");
    await this.#pass(random.int(0, 15_000));
    for (let left = random.int(2, 8); left > 0 && !this.#rules.isBroken; left--) {
      await this.#step();
      await this.#pass(this.#pause());
    }
    if (!this.#rules.isBroken) await this.#end();
    return {
      violations: this.#rules.violations,
      trace: world.trace,
      accepted: world.people.flatMap(({ sendings }) => sendings)
        .filter(({ outcome }) => outcome === "accepted").length,
      steps: [...this.#taken],
    };
  }

  /** Some ways stand, and stay as they are: the best is used, everything arrives, and then there is silence. */
  async #end(): Promise<void> {
    const [world, random, rules] = [this.#world, this.#random, this.#rules];
    const stand = random.pick<readonly Way[]>([
      ["direct", "punched", "relayed"],
      ["direct", "relayed"],
      ["punched", "relayed"],
      ["relayed"],
      ["direct"],
    ]);
    world.note(`--- from now on there are: ${stand.join(", ")}`);
    for (const way of ways) {
      if (stand.includes(way)) this.#ways.change(way, well);
      else this.#close(way);
      if (random.chance(0.3)) this.#ways.cut(way, random.pick(cuts));
    }
    rules.disturbed();
    for (const person of world.people) this.#write(person);
    await this.#passUntil(() => rules.isAllThere, rules.arrivalMs + lookMs);
    await this.#passUntil(() => rules.usesBest(stand), rules.bestMs);
    rules.checkBest(stand);
    if (rules.isBroken) return;
    await rules.checkIdle((ms) => this.#pass(ms));
    const [writer] = world.people;
    const sentFromMs = world.clock.now();
    this.#write(writer!);
    await this.#pass(2_000);
    rules.checkEnd(sentFromMs);
  }

  async #step(): Promise<void> {
    let roll = this.#random.number() * weightOfAll;
    const [name] = steps.find(([, weight]) => (roll -= weight) < 0)!;
    this.#taken.add(name);
    const way = this.#random.pick(ways);
    switch (name) {
      case "write":
        return this.#write(this.#random.pick(this.#world.people), this.#random.pick([1, 1, 1, 3]));
      case "die":
        return this.#die(way);
      case "turn silent":
        return this.#turnSilent(way);
      case "come back":
        return this.#comeBack(way);
      case "flap":
        return await this.#flap(this.#random.pick(["direct", "punched"]));
      case "forget the control connection":
        return this.#forgetControl();
      case "move":
        return this.#move(this.#random.pick(this.#world.people));
      case "restart the server":
        return await this.#restartServer();
    }
  }

  #write(person: Person, count = 1): void {
    const other = this.#world.people.find((other) => other !== person)!;
    // Whoever has never met somebody has nobody to write to.
    if (!person.knows(other.name)) return person.chat(other.name);
    this.#note(`${person.name} writes ${count}`);
    this.#rules.writes(person, count);
    person.write(other.name, count);
  }

  #die(way: Way): void {
    const how = this.#random.pick(cuts);
    const answers = this.#random.pick<Answer>(["yes", "yes", "refusal", "silence"]);
    this.#note(`${way} dies: ${how}; who tries it gets: ${answers}`);
    this.#rules.disturbed();
    this.#ways.cut(way, how);
    this.#ways.change(way, { answers });
  }

  #turnSilent(way: Way): void {
    const carries = this.#random.pick([[false, false], [true, false], [false, true]] as const);
    this.#note(`${way} carries what alice and bob send: ${carries.join(", ")}`);
    this.#rules.disturbed();
    this.#ways.change(way, { carries });
  }

  #comeBack(way: Way): void {
    this.#note(`${way} comes back`);
    this.#rules.disturbed();
    this.#ways.change(way, well);
  }

  /** Whatever opens on a way soon dies, again and again. */
  async #flap(way: Way): Promise<void> {
    const { clock } = this.#world;
    const lives = this.#random.int(...livesMs);
    const untilMs = clock.now() + this.#random.int(...flappingMs);
    const how = this.#random.pick(cuts);
    this.#note(`${way} flaps: what opens lives for ${lives} ms, then: ${how}`);
    // Beside it there is the server alone.
    for (const other of ways) {
      if (other === "relayed" || other === way) this.#ways.change(other, well);
      else this.#close(other);
    }
    const flaps = this.#rules.flaps();
    let diesAtMs: number | undefined;
    while (clock.now() < untilMs && !this.#rules.isBroken) {
      if (this.#random.chance(0.04)) this.#write(this.#random.pick(this.#world.people));
      await this.#pass(lookMs);
      if (this.#ways.open(way).length === 0) diesAtMs = undefined;
      else if (diesAtMs === undefined) diesAtMs = clock.now() + lives;
      else if (diesAtMs <= clock.now()) {
        this.#note(`${way} dies again`);
        this.#rules.disturbed();
        this.#ways.cut(way, how);
        diesAtMs = undefined;
      }
    }
    flaps.over();
  }

  #forgetControl(): void {
    const { name } = this.#random.pick(this.#world.people);
    this.#note(`the server has forgotten ${name}`);
    this.#rules.disturbed();
    this.#rules.controlIsLost();
    this.#ways.cutControl(name);
  }

  /** The machine of somebody is in another network from now on, and all that was open to it carries nothing. */
  #move({ machine }: Person, random = this.#random): void {
    const { name, showsMoves } = machine;
    this.#note(`${name} moves, and ${showsMoves ? "can" : "cannot"} see that`);
    this.#rules.disturbed();
    if (!showsMoves) this.#rules.controlIsLost();
    machine.move(this.#world.freshHost());
    // What lets somebody in there is another router.
    for (const way of ["direct", "punched"] as const) {
      if (!random.chance(0.5)) continue;
      const answers = random.pick<Answer>(["yes", "refusal", "silence"]);
      this.#note(`who tries ${way} there gets: ${answers}`);
      this.#ways.change(way, { answers, carries: [true, true] });
    }
  }

  async #restartServer(): Promise<void> {
    const { server, people } = this.#world;
    const how = this.#random.pick(["kill", "power"] as const);
    this.#note(`the server ends: ${how}`);
    const end = this.#rules.serverEnds(how === "kill");
    server.end(how);
    const pauseMs = this.#random.int(...downMs);
    if (this.#random.chance(0.5)) this.#write(this.#random.pick(people));
    let leftMs = pauseMs;
    for (const person of people) {
      if (!this.#aside.chance(movesMeanwhile)) continue;
      const ms = this.#aside.int(0, leftMs);
      await this.#pass(ms);
      leftMs -= ms;
      this.#move(person, this.#aside);
      this.#taken.add("move while the server is down");
    }
    await this.#pass(leftMs);
    this.#note("the server is up again");
    server.start();
    end.isUp();
  }

  /** Nobody gets through on a way, and what is open on it dies. */
  #close(way: Way): void {
    this.#ways.cut(way, this.#random.pick(cuts));
    this.#ways.change(way, { answers: this.#random.pick<Answer>(["refusal", "silence"]) });
  }

  #pause(): number {
    const roll = this.#random.number();
    if (roll < 0.2) return 0;
    if (roll < 0.5) return this.#random.int(1, 2_000);
    if (roll < 0.9) return this.#random.int(2_000, 20_000);
    return this.#random.int(20_000, 60_000);
  }

  async #pass(ms: number): Promise<void> {
    await this.#passUntil(() => false, ms);
  }

  async #passUntil(holds: () => boolean, ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0 && !holds() && !this.#rules.isBroken; leftMs -= lookMs) {
      await this.#world.clock.pass(Math.min(leftMs, lookMs));
      this.#rules.check();
    }
  }

  #note(what: string): void {
    this.#world.note(`--- ${what}`);
  }
}

/** What can happen in a step, and with which weight. */
const steps = [
  ["write", 40],
  ["die", 20],
  ["turn silent", 12],
  ["come back", 12],
  ["flap", 5],
  ["forget the control connection", 4],
  ["move", 10],
  ["restart the server", 7],
] as const;

/** The kinds of steps that there are. */
export const pathStepNames: readonly string[] = [
  ...steps.map(([name]) => name),
  "move while the server is down",
];

const weightOfAll = steps.reduce((sum, [, weight]) => sum + weight, 0);
