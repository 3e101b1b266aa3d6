/**
 * The rules for the ways between two people: what is sent arrives soon if any way stands, the best way that stands is
 * soon used, nobody moves to and fro, and who says nothing sends hardly anything.
 *
 * @module
 */

import type { ClientEvent, Way as ClientWay } from "../../client/events.ts";
import { isAllDelivered } from "./invariants.ts";
import type { Person } from "./person.ts";
import { type SimulatedWays, type Way, ways } from "./simulated_ways.ts";
import type { World } from "./world.ts";

/** How long something may take if everything that is open carries, in milliseconds. */
const usualMs = 1_000;
/** How long it may take if what is open carries nothing any more, and all was well before. */
const replacedMs = 5_000;
/** How long it may take if one thing has followed on another. */
const afterTroubleMs = 90_000;
/** How long all has to be well before what happens next counts as the first thing. */
const wellMs = 5_000;
/** How long it takes until somebody whom the server has forgotten is registered again. */
const registeredAgainMs = 60_000;
/** How long it takes in addition to the time that the server was down, for who knew at once that it was. */
const registersMs = 3_000;
/** How long the pause between two tries of a better way is at most, and how long a try takes. */
const triesAgainMs = 5 * 60_000;
const triesMs = 20_000;
/** How long it takes until there is silence, and how long that is listened to. */
const quietAfterMs = 30_000;
const quietMs = 60_000;
/** How often one of the two may send something then. */
const quietPacketMs = 15_000;
/** How often each of the two tries a better way then, and how many packets it sends for both of these. */
const quietTries = 3;
const triedPackets = 4;
/** How many links may stay open then: the best, and one over the server that is kept warm. */
const openMost = 2;
/** How often a conversation may move for each thing that happens to its ways. */
const movesPerDisturbance = 4;

/** What is known of one of the two. */
interface Side {
  readonly person: Person;
  /** When what was written was written. */
  readonly writtenAtMs: number[];
  /** How many texts of theirs are on the other's screen, and how many they know to be. */
  shown: number;
  delivered: number;
  /** The way that is in use; undefined if none is. */
  way: Way | undefined;
  moves: number;
  /** Since when the client knows that it is not registered; undefined if it is, as far as it knows. */
  lostSinceMs: number | undefined;
}

/** Holds a world to the rules. */
export class PathRules {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #ways: SimulatedWays;
  readonly #sides: readonly Side[];
  #disturbances = 0;
  /** More moves than by the number of disturbances, for ways that flap. */
  #movesAllowed = 0;
  #isFlapping = false;
  /** When the ways were changed last. */
  #sinceMs = 0;
  /** Since when all that is open carries and all that was written has arrived; undefined if it is not so. */
  #wellSinceMs: number | undefined;
  /** Since when something is open, and all of it carries; undefined if it is not so. */
  #usualSinceMs: number | undefined;
  /** Whether all was well for a while before the last change. */
  #wasWell = true;
  /** Until when somebody may not be registered. */
  #lostUntilMs = -Infinity;
  /** Whether somebody has lost the server, and cannot know, since it went down. */
  #isLostUnseen = false;

  constructor(world: World, simulated: SimulatedWays) {
    this.#world = world;
    this.#ways = simulated;
    this.#sides = world.people.map((person) => ({
      person,
      writtenAtMs: [],
      shown: 0,
      delivered: 0,
      way: undefined,
      moves: 0,
      lostSinceMs: undefined,
    }));
  }

  /** Whether a rule is broken. */
  get isBroken(): boolean {
    return this.violations.length > 0;
  }

  /** Whether everything that was written is there. */
  get isAllThere(): boolean {
    return this.#sides.every(({ writtenAtMs: { length }, shown, delivered }) =>
      shown >= length && delivered >= length
    );
  }

  /** How long anything may take, whatever has happened before, in milliseconds. */
  get arrivalMs(): number {
    return afterTroubleMs;
  }

  /** How long it may take until the best way is used, in milliseconds. */
  get bestMs(): number {
    // Each pause is at most twice the one before.
    return Math.min(triesAgainMs, 2 * this.#nowMs) + triesMs;
  }

  /** Takes note of what a client says. */
  see(name: string, event: ClientEvent): void {
    const side = this.#sides.find(({ person }) => person.name === name)!;
    const other = this.#sides.find((one) => one !== side)!;
    switch (event.type) {
      case "message":
        return void other.shown++;
      case "delivered":
        return void side.delivered++;
      case "opened":
        side.way = wayOf(event);
        return;
      case "path-changed":
        side.way = wayOf(event);
        return void side.moves++;
      case "closed":
        side.way = undefined;
        return;
      case "server-lost":
        side.lostSinceMs ??= this.#nowMs;
        return;
      case "registered-again":
        side.lostSinceMs = undefined;
    }
  }

  /** Somebody writes. */
  writes(person: Person, count: number): void {
    const { writtenAtMs } = this.#sides.find((side) => side.person === person)!;
    for (let i = 0; i < count; i++) writtenAtMs.push(this.#nowMs);
  }

  /** Something is about to happen to the ways. */
  disturbed(): void {
    this.#wasWell = this.#wellSinceMs !== undefined &&
      this.#nowMs - this.#wellSinceMs >= wellMs;
    this.#wellSinceMs = undefined;
    this.#sinceMs = this.#nowMs;
    if (!this.#isFlapping) this.#disturbances++;
  }

  /** The server does not know somebody any more, who will notice by themselves. */
  controlIsLost(): void {
    this.#isLostUnseen = true;
    this.#lostUntilMs = Math.max(this.#lostUntilMs, this.#nowMs + registeredAgainMs);
  }

  /**
   * The server goes down.
   *
   * @param isTold Whether its connections end, so that everybody notices at once.
   * @returns To be called once it is up again.
   */
  serverEnds(isTold: boolean): { isUp(): void } {
    this.disturbed();
    const fromMs = this.#nowMs;
    // Whoever knew already that it is lost has tried for some time, and tries again after as long.
    const isFirst = fromMs >= this.#lostUntilMs &&
      this.#sides.every(({ lostSinceMs }) => lostSinceMs === undefined);
    this.#lostUntilMs = Infinity;
    this.#isLostUnseen = false;
    return {
      isUp: () => {
        this.#sinceMs = this.#nowMs;
        const downMs = this.#nowMs - fromMs;
        const isSeen = isTold && isFirst && !this.#isLostUnseen;
        const againMs = isSeen ? downMs + registersMs : registeredAgainMs;
        this.#lostUntilMs = this.#nowMs + againMs;
      },
    };
  }

  /** A way begins to flap. */
  flaps(): { over(): void } {
    const fromMs = this.#nowMs;
    this.disturbed();
    this.#isFlapping = true;
    return {
      over: () => {
        this.#isFlapping = false;
        // Each tries again after twice as long, and what has opened dies.
        const tries = Math.log2((this.#nowMs - fromMs) / 1_000) + 2;
        this.#movesAllowed += Math.ceil(2 * 2 * tries);
      },
    };
  }

  /** What has to hold at every moment. */
  check(): void {
    const isWell = this.isAllThere && this.#allOpenCarries;
    if (!isWell) this.#wellSinceMs = undefined;
    else this.#wellSinceMs ??= this.#nowMs;
    const isUsual = ways.some((way) => this.#ways.isCarrying(way)) && this.#allOpenCarries;
    if (!isUsual) this.#usualSinceMs = undefined;
    else this.#usualSinceMs ??= this.#nowMs;
    for (const side of this.#sides) {
      const { person: { name }, writtenAtMs, shown, delivered, moves } = side;
      if (delivered > writtenAtMs.length || shown > writtenAtMs.length) {
        this.#add(
          `${name} has written ${writtenAtMs.length}, ${shown} were shown, and ${delivered} told`,
        );
      }
      const oldestMs = writtenAtMs[Math.min(shown, delivered)];
      if (oldestMs !== undefined) this.#checkWaiting(name, oldestMs);
      const most = this.#movesAllowed + movesPerDisturbance * (this.#disturbances + 1);
      if (!this.#isFlapping && moves > most) this.#add(`${name} has moved ${moves} times`);
      const { lostSinceMs = Infinity } = side;
      if (this.#nowMs > Math.max(this.#lostUntilMs, lostSinceMs + registersMs)) {
        this.#add(`${name} has not been registered since ${lostSinceMs} ms`);
      }
    }
  }

  /** Whether both use the best way of those that there are. */
  usesBest(stand: readonly Way[]): boolean {
    // Once a way is not the server's, none is looked for that is still better.
    const isRelayed = !stand.includes("direct") && !stand.includes("punched");
    return this.#sides.every(({ way }) =>
      way !== undefined && stand.includes(way) && (way === "relayed") === isRelayed
    );
  }

  /** Both have to use the best way by now. */
  checkBest(stand: readonly Way[]): void {
    if (this.isBroken || this.usesBest(stand)) return;
    for (const { person: { name }, way } of this.#sides) {
      this.#add(`${name} goes the way ${way}, and there are ${stand.join(", ")}`);
    }
  }

  /** Nobody has anything to say: hardly anything is sent, and nobody moves. */
  async checkIdle(pass: (ms: number) => Promise<void>): Promise<void> {
    await pass(quietAfterMs);
    const fromMs = this.#nowMs;
    const before = this.#sides.map(({ moves }) => moves);
    await pass(quietMs);
    const packets = this.#ways.packets.filter(({ atMs }) => atMs >= fromMs);
    for (const [end, sent] of Map.groupBy(packets, ({ end }) => end)) {
      const tries = sent[0]!.way === "relayed" ? quietTries * triedPackets : 0;
      const most = quietMs / quietPacketMs + 1 + tries;
      if (sent.length <= most) continue;
      const who = this.#world.network.nameOf(end.localAddr.hostname);
      this.#add(
        `${who} has sent ${sent.length} packets in ${quietMs} ms of silence: ${sent[0]!.way}`,
      );
    }
    // Over the server each of the two has one.
    const open = ways.map((way) => this.#ways.open(way).length / (way === "relayed" ? 2 : 1));
    const isTooMuch = open.some((count) => count > 1) || open.reduce((a, b) => a + b) > openMost;
    if (isTooMuch) this.#add(`${ways.map((way, i) => `${open[i]} ${way}`)} are open in silence`);
    for (const [i, { person: { name }, moves }] of this.#sides.entries()) {
      if (moves !== before[i]) this.#add(`${name} moves, though nothing happens`);
    }
  }

  /** In the end all is where it has to be, and the last message has gone the way that is in use. */
  checkEnd(sentFromMs: number): void {
    if (this.isBroken) return;
    for (const what of this.#world.violations) this.#add(what);
    if (!isAllDelivered(this.#world.people)) this.#add("not everything has arrived");
    const sent = this.#ways.packets.filter(({ atMs }) => atMs >= sentFromMs);
    const used = new Set(sent.map(({ way }) => way));
    const way = this.#sides[0]!.way!;
    if (!used.has(way)) {
      this.#add(`the last message went by ${[...used].join()}, and not by ${way}`);
    }
  }

  get #nowMs(): number {
    return this.#world.clock.now();
  }

  /** Holds what waits to the rules. @param writtenAtMs When it was written. */
  #checkWaiting(name: string, writtenAtMs: number): void {
    const isLost = this.#nowMs < this.#lostUntilMs;
    const stands = this.#ways.stands("direct") || (this.#ways.stands("relayed") && !isLost);
    const isOpen = ways.some((way) => this.#ways.isCarrying(way));
    const isFirst = this.#wasWell && !isLost && !this.#isFlapping;
    const bounds: [string, number, number | undefined][] = [
      ["all that is open carries", usualMs, this.#usualSinceMs],
      [
        "all was well before, and a way stands",
        replacedMs,
        isFirst && (stands || isOpen) ? Math.max(0, this.#lostUntilMs) : undefined,
      ],
      ["a way stands", afterTroubleMs, stands ? 0 : undefined],
    ];
    for (const [why, mostMs, sinceMs] of bounds) {
      if (sinceMs === undefined) continue;
      const waitsMs = this.#nowMs - Math.max(writtenAtMs, this.#sinceMs, sinceMs);
      if (waitsMs <= mostMs) continue;
      this.#add(
        `what ${name} has written waits for ${waitsMs} ms: ${why}, and ${mostMs} are enough`,
      );
    }
  }

  /** Whether nothing is open for one of the two that does not carry. */
  get #allOpenCarries(): boolean {
    return ways.every((way) => !this.#ways.isSilent(way));
  }

  #add(what: string): void {
    this.violations.push(what);
    this.#world.note(`!!! ${what}`);
  }
}

function wayOf({ relayedBy, punched }: ClientWay): Way {
  if (relayedBy !== undefined) return "relayed";
  return punched ? "punched" : "direct";
}
