/**
 * A person who chats. They have a machine, a client that may run on it, a store that outlives the client, and
 * a screen from which nothing disappears.
 *
 * @module
 */

import { ChatClient } from "../../client/client.ts";
import { Session } from "../../client/ui/session.ts";
import type { ClientEvent } from "../../client/events.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import type { HistoryEntry, Store } from "../../client/store/store.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { befriend } from "../support/friends.ts";
import { type Disk, FileDisk, MemoryDisk } from "./disks.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { Machine, Process } from "./simulated_network.ts";

/** How a client ends: killed, with the machine's power, or stopped by its user. */
export type End = "kill" | "power" | "stop";

/** What became of a text that somebody wanted to send. */
export interface SentText {
  readonly to: string;
  readonly text: string;
  /** `lost`: the client ended before it said anything. */
  outcome: "under-way" | "accepted" | "refused" | "lost";
}

/** What the clients of a simulation are like. */
export interface ClientTraits {
  /** How long it takes from an event to the screen, in milliseconds; 0 if not given. */
  readonly screenMs?: number;
  readonly readReceipts?: boolean;
  /** Whether each start takes another port. */
  readonly changesPort?: boolean;
  /** Whether what was not forced onto the disk may be lost with the power. */
  readonly forgetsWithPower?: boolean;
  /** Changes the store that a client gets. */
  readonly storeOf?: (store: Store) => Store;
  /** Told what each client says. */
  readonly onEvent?: (name: string, event: ClientEvent) => void;
}

/** What a person has. */
export interface PersonOptions extends ClientTraits {
  readonly name: string;
  readonly identity: Identity;
  readonly machine: Machine;
  readonly server: ServerAddress;
  readonly random: SeededRandom;
  /** Told what happens, for people. */
  readonly trace: (what: string) => void;
}

/** The port that clients listen on, unless each start takes another one. */
export const clientPort = 5_556;

/** How long a client that cannot register waits before it tries again, in milliseconds. */
const registerAgainMs = 5_000;

/** How long a client takes at most to stop, in milliseconds, whatever happens. */
const stopMs = 10_000;

/** A person. */
export class Person implements Disposable {
  readonly name: string;
  readonly machine: Machine;
  /** What was written, in this order. */
  readonly sendings: SentText[] = [];
  /** The texts that have come to the screen, in this order, over all runs. */
  readonly shown: string[] = [];
  /** What should never happen to anybody. */
  readonly faults: string[] = [];
  readonly #options: PersonOptions;
  readonly #disk: Disk;
  #process: Process | undefined;
  #session: Session | undefined;
  /** What is still to come to the screen. */
  #coming: string[] = [];
  #printing: Promise<void> | undefined;
  /** How much had been shown when the power was lost. The store may forget that, and it is shown again. */
  #mayBeForgotten = 0;

  constructor(options: PersonOptions) {
    this.name = options.name;
    this.machine = options.machine;
    this.#options = options;
    this.#disk = options.forgetsWithPower ? new FileDisk(options.random.split()) : new MemoryDisk();
  }

  /** Has met somebody before: what contacts may write has no limit. */
  befriends(name: string, { publicKey }: Identity): void {
    befriend(this.#disk.store, name, publicKey);
  }

  /** Whether the client runs. */
  get isUp(): boolean {
    return this.#process !== undefined;
  }

  /**
   * Starts the client, unless it runs. It registers as soon as it can.
   *
   * @param offsetMs How far its time of day is ahead, in milliseconds.
   */
  start(offsetMs = 0): void {
    if (this.#process !== undefined) return;
    const { name, identity, machine, server, random } = this.#options;
    const { readReceipts = false, changesPort = false, storeOf } = this.#options;
    const process = this.#process = machine.start(offsetMs);
    const store = this.#disk.open();
    const display = {
      show: () => {},
      isIdle: () => true,
      room: () => undefined,
      shown: () => this.#printing,
    };
    this.#session = new Session(display, (session) =>
      new ChatClient({
        id: name,
        host: "0.0.0.0",
        port: changesPort ? 0 : clientPort,
        servers: [server],
        identity,
        store: storeOf === undefined ? store : storeOf(store),
        readReceipts,
        sink: {
          emit: (event) => {
            if (process === this.#process) this.#see(event);
            else this.faults.push(`a client that is gone says ${describe(event)}`);
            session.emit(event);
          },
          room: () => session.room(),
          shown: () => session.shown(),
        },
        clock: process.clock,
        network: process,
        random: random.split().number,
      }), process.clock);
    this.#register(this.#session.client, process);
  }

  /** Ends the client, if it runs. Whatever was not in its store is gone. */
  end(how: End): void {
    const process = this.#process;
    if (process === undefined) return;
    if (how !== "stop") return this.#leave(how);
    // It takes its time, and whatever happens then happens to it as well.
    this.#session!.client.stop().then(() => {
      // What still follows from that is done before the program is gone.
      process.clock.after(0, () => this.#leave("kill"));
    });
    process.clock.after(stopMs, () => this.faults.push(`it does not stop within ${stopMs} ms`));
  }

  /** Calls somebody. Later events show whether that has worked. */
  chat(name: string): void {
    this.#session?.chat(name, () => {}).catch((error) =>
      this.#note(`cannot chat: ${error.message}`)
    );
  }

  /** Whether the client has ever talked to somebody, and so can write at any time. */
  knows(name: string): boolean {
    return this.#session?.client.conversation(name) !== undefined;
  }

  /** Writes to somebody who has been talked to before. */
  write(to: string, count = 1): void {
    const session = this.#session;
    if (session === undefined) return;
    try {
      if (session.current?.name !== to) session.switchTo(to);
    } catch (error) {
      return this.#note(`cannot write: ${(error as Error).message}`);
    }
    for (let i = 0; i < count; i++) {
      const text = `${this.name} to ${to}: ${this.sendings.length + 1}`;
      const sending: SentText = { to, text, outcome: "under-way" };
      this.sendings.push(sending);
      session.send(text).then(
        () => sending.outcome = "accepted",
        (error) => {
          sending.outcome = "refused";
          this.#note(`not accepted: ${text}: ${error.message}`);
        },
      );
    }
  }

  /** Compares the stores of both sides with somebody; what differs is a fault. */
  audit(name: string): void {
    this.#session?.client.audit(name).then(
      ({ streams }) => {
        const differs = streams.some(({ missingHere, missingThere, differing }) =>
          missingHere.length + missingThere.length + differing.length > 0
        );
        if (differs) this.faults.push(`an audit with ${name} finds ${JSON.stringify(streams)}`);
      },
      (error) => this.#note(`cannot audit: ${error.message}`),
    );
  }

  /** Whether the store has something that waits for anyone but one person. */
  waitsFor(absent: Person | undefined): boolean {
    return this.#disk.store.conversations.waiting(this.name).some(({ name }) =>
      name !== absent?.name
    );
  }

  /** What the store has of what was sent to somebody, in order. */
  sentTo({ name }: Person): HistoryEntry[] {
    return this.#entries(name, "out");
  }

  /** What the store has of what somebody sent, in order. */
  receivedFrom({ name }: Person): HistoryEntry[] {
    return this.#entries(name, "in");
  }

  /** What has come to the screen of what somebody sent, in order. */
  shownFrom({ name }: Person): string[] {
    return this.shown.filter((text) => text.startsWith(`${name} to `));
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]();
  }

  #entries(name: string, direction: "in" | "out"): HistoryEntry[] {
    const entries = [...this.#disk.store.history.export(this.name, name)];
    return entries.filter((entry) => entry.direction === direction);
  }

  async #register(client: ChatClient, { clock }: Process): Promise<void> {
    for (;;) {
      try {
        return void await client.register();
      } catch (error) {
        if (client !== this.#session?.client) return;
        this.#note(`cannot register: ${(error as Error).message}`);
        await new Promise<void>((resolve) => clock.after(registerAgainMs, resolve));
      }
    }
  }

  #leave(how: "kill" | "power"): void {
    if (how === "kill") this.#process!.kill();
    else {
      this.#process!.losePower();
      this.#disk.losePower();
      if (this.#options.forgetsWithPower) this.#mayBeForgotten = this.shown.length;
    }
    this.#process = this.#session = undefined;
    for (const sending of this.sendings) {
      if (sending.outcome === "under-way") sending.outcome = "lost";
    }
    this.#coming = [];
    this.#printing = undefined;
    this.#note(`is gone: ${how}`);
  }

  #see(event: ClientEvent): void {
    this.#note(describe(event));
    this.#options.onEvent?.(this.name, event);
    if (event.type === "message") this.#print(event.text);
    else if (isFault(event)) this.faults.push(describe(event));
  }

  #print(text: string): void {
    const { screenMs = 0 } = this.#options;
    const shownAt = this.shown.indexOf(text);
    if (shownAt >= 0 && shownAt < this.#mayBeForgotten) return;
    if (screenMs === 0) return void this.shown.push(text);
    this.#coming.push(text);
    if (this.#printing !== undefined) return;
    const printed = Promise.withResolvers<void>();
    this.#printing = printed.promise;
    this.#process!.clock.after(screenMs, () => {
      this.shown.push(...this.#coming.splice(0));
      this.#printing = undefined;
      printed.resolve();
    });
  }

  #note(what: string): void {
    this.#options.trace(`${this.name}: ${what}`);
  }
}

/** Whether an event tells of what should never be. */
function isFault(event: ClientEvent): boolean {
  return event.type === "missed" || event.type === "problem";
}

const ids = /\b[0-9a-f]{32}\b/g;

/** An event in short, without the ids of messages and streams, which are by chance. */
function describe(event: ClientEvent): string {
  const told = Object.entries(event).filter(([name]) => name !== "type" && name !== "id");
  return `${event.type} ${JSON.stringify(Object.fromEntries(told)).replaceAll(ids, "…")}`;
}
