/**
 * The demonstration: two clients of a real server find each other and talk, over real sockets, and what
 * the two people would see is printed side by side with what they type.
 *
 * @module
 */

import { type Address, formatAddress } from "../../../shared/net/address.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { ChatClient } from "../../client.ts";
import { runLine } from "../commands/commands.ts";
import type { ChatEvent } from "../../events.ts";
import { openStore, type Store } from "../../store/store.ts";
import { isProblem, plainText } from "../script/script.ts";

/** How long one step may take before the demonstration has failed. */
const stepTimeoutMs = 15_000;

/** One of the two people, and what has happened to her so far. */
class Person {
  readonly client: ChatClient;
  readonly #store: Store;
  readonly #print: (line: string) => void;
  readonly #happened: ChatEvent[] = [];
  #changed = Promise.withResolvers<void>();

  constructor(id: string, server: Address, print: (line: string) => void) {
    this.#print = (line) => print(`${id.padEnd(5)} | ${line}`);
    this.#store = openStore(":memory:");
    this.client = new ChatClient({
      id,
      host: "127.0.0.1",
      port: 0,
      servers: [server],
      identity: Identity.generate(),
      store: this.#store,
      onEvent: this.#take,
    });
  }

  /** Types a line and waits until it is done. @throws {Error} Where it failed. */
  async types(line: string): Promise<void> {
    this.#print(`> ${line}`);
    await runLine(line, { client: this.client, emit: this.#take });
    const problem = this.#happened.find(isProblem);
    if (problem !== undefined) throw new Error(plainText(problem).trim());
  }

  /** Waits for something to have happened. @throws {Error} Where it takes too long. */
  async sees(type: ChatEvent["type"]): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`${this.client.id} waited in vain for: ${type}`)),
      stepTimeoutMs,
    );
    try {
      while (!this.#happened.some((event) => event.type === type)) {
        await Promise.race([this.#changed.promise, late.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the client. */
  async stops(): Promise<void> {
    await this.client.stop();
    this.#store[Symbol.dispose]();
  }

  readonly #take = (event: ChatEvent): void => {
    this.#happened.push(event);
    // The sender's side of a delivery shows nothing to a person at a terminal.
    if (event.type !== "delivered") {
      for (const line of plainText(event).trimEnd().split("\n")) this.#print(line);
    }
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  };
}

/**
 * Plays the conversation.
 *
 * @param server Where a server listens.
 * @param print Takes each line of the play.
 * @throws {Error} Where any step fails or takes too long.
 */
export async function playDemo(server: Address, print: (line: string) => void): Promise<void> {
  const alice = new Person("alice", server, print);
  const bob = new Person("bob", server, print);
  try {
    await alice.types("/register");
    await bob.types("/register");
    await alice.types("/info");
    await alice.types("/bridge");
    await alice.types(`/chat ${formatAddress(bob.client.address)}`);
    await bob.sees("opened");
    await alice.types("/msg Hello Bob!");
    await bob.sees("message");
    await bob.types("/msg Hello Alice, I hear you.");
    await alice.sees("message");
    await alice.types("/quit");
    await alice.client.stop();
    await bob.sees("closed");
    await bob.types("/quit");
  } finally {
    await Promise.all([alice.stops(), bob.stops()]);
  }
}
