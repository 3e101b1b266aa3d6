/**
 * The demonstration: two clients of a real server find each other and talk, over real sockets. What two
 * people would type and see is printed; there is no front end between them and their clients.
 *
 * @module
 */

import { type Address, formatAddress } from "../../../shared/net/address.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { ChatClient } from "../../client.ts";
import type { ClientEvent } from "../../events.ts";
import { openStore } from "../../store/store.ts";
import { type Shown, wordingOf } from "../wording/wording.ts";

/** How long one step may take before the demonstration has failed, in milliseconds. */
const stepTimeoutMs = 15_000;

/**
 * Plays the conversation.
 *
 * @param server Where a server listens.
 * @param print Takes each line of the play.
 * @throws {Error} If a step fails or takes too long.
 */
export async function playDemo(server: Address, print: (line: string) => void): Promise<void> {
  await using alice = new Person("alice", server, print);
  await using bob = new Person("bob", server, print);
  for (const person of [alice, bob]) {
    await person.types("/register", async ({ client }) => ({
      type: "registered",
      ...await client.register(),
    }));
  }
  await alice.types("/info", async ({ client }) => ({
    type: "clients",
    ...await client.info(),
    selfId: client.id,
  }));
  await alice.types("/bridge", async ({ client }) => ({
    type: "bridged",
    found: await client.bridge(),
  }));
  const place = formatAddress(bob.client.address);
  await alice.types(`/chat ${place}`, async ({ client, show }) => {
    await client.chat(place, (address) => show({ type: "calling", name: undefined, address }));
  });
  await bob.sees("opened");
  await alice.types("/msg Hello Bob!", async ({ client }) => {
    await client.send("bob", "Hello Bob!");
  });
  await bob.sees("message");
  await bob.types("/msg Hello Alice, I hear you.", async ({ client }) => {
    await client.send("alice", "Hello Alice, I hear you.");
  });
  await alice.sees("message");
  await alice.types("/quit", ({ client }) => client.stop());
  await bob.sees("closed");
  await bob.types("/quit", ({ client }) => client.stop());
}

/** One of the two people, and what has happened to them so far. */
class Person implements AsyncDisposable {
  readonly client: ChatClient;
  readonly #store = openStore(":memory:");
  readonly #print: (line: string) => void;
  readonly #happened: ClientEvent[] = [];
  #changed = Promise.withResolvers<void>();
  #problem: string | undefined;

  constructor(id: string, server: Address, print: (line: string) => void) {
    this.#print = (line) => print(`${id.padEnd(5)} | ${line}`);
    this.client = new ChatClient({
      id,
      host: "127.0.0.1",
      port: 0,
      servers: [server],
      identity: Identity.generate(),
      store: this.#store,
      sink: { emit: (event) => this.#take(event), room: () => undefined, shown: () => undefined },
    });
  }

  /** Types a line, and shows the answer. @throws {Error} If it fails, or anything has failed before. */
  async types(line: string, run: (person: this) => Promise<Shown | void>): Promise<void> {
    this.#print(`> ${line}`);
    const answer = await run(this);
    if (answer !== undefined) this.show(answer);
    if (this.#problem !== undefined) throw new Error(this.#problem);
  }

  /** Waits for something to have happened. @throws {Error} If it takes too long. */
  async sees(type: ClientEvent["type"]): Promise<void> {
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

  /** Prints something as a person would see it. */
  readonly show = (shown: Shown): void => {
    const { tone, name, lines } = wordingOf(shown);
    const prefix = tone === "message" ? `${name}: ` : tone === "notice" ? "* " : "";
    for (const line of lines) this.#print(prefix + line);
    if (tone === "problem") this.#problem = lines.join(" ");
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.stop();
    this.#store[Symbol.dispose]();
  }

  #take(event: ClientEvent): void {
    this.#happened.push(event);
    if (event.type === "opened") this.show({ ...event, isCurrent: true });
    // A person who does not wait for a delivery is not told of it.
    else if (event.type !== "delivered" && event.type !== "path-changed") this.show(event);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
