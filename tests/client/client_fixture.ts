/**
 * Clients and servers for tests of whole clients.
 *
 * @module
 */

import { ChatClient } from "../../client/client.ts";
import type { ChatEvent } from "../../client/events.ts";
import type { LinkTimes } from "../../client/link/link.ts";
import { type Server, startServer } from "../../server/server.ts";
import type { Address } from "../../shared/address.ts";
import { Events } from "./events.ts";
import { RawListener, type RawPeer } from "./raw_peer.ts";

/** A client and all that happened to it. */
export class Person implements AsyncDisposable {
  readonly events = new Events<ChatEvent>();
  readonly client: ChatClient;

  constructor(id: string, { address }: { address: Address }, times?: LinkTimes) {
    this.client = new ChatClient({
      id,
      host: "127.0.0.1",
      port: 0,
      server: address,
      onEvent: this.events.take,
      ...times && { times },
    });
  }

  /** Where the client listens, as `/chat` takes it. */
  get place(): string {
    return `127.0.0.1:${this.client.address.port}`;
  }

  /** What has been said to the client, with who said it. */
  get heard(): string[] {
    return this.events.of("message").map(({ name, text }) => `${name}: ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.stop();
  }
}

export function start(port = 0): Server {
  return startServer({ host: "127.0.0.1", port });
}

/** A server that nobody asks. */
export const nowhere = { address: { host: "127.0.0.1", port: 9 } };

/** A server that answers as a test says. */
export class FakeServer implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly address: Address;
  readonly #listener = new RawListener();
  readonly #peers: RawPeer[] = [];
  readonly #accepting: Promise<void>;

  /**
   * @param answer What is answered to a request; undefined hangs up.
   * @param hangsUp Whether it hangs up after each answer, as some of the wild do.
   */
  constructor(
    readonly answer: (request: string, number: number) => string | undefined,
    readonly hangsUp = false,
  ) {
    this.address = this.#listener.address;
    this.#accepting = this.#accept();
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for (;;) {
        const peer = await this.#listener.accept();
        this.#peers.push(peer);
        serving.push(this.#serve(peer));
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(serving);
  }

  async #serve(peer: RawPeer): Promise<void> {
    try {
      for (let request; (request = await peer.message()) !== "";) {
        this.requests.push(request);
        const answer = this.answer(request, this.requests.length);
        if (answer === undefined) break;
        await peer.send(answer);
        if (this.hangsUp) break;
      }
    } catch {
      // It was closed under our feet, by the test or its client.
    }
    peer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener[Symbol.dispose]();
    for (const peer of this.#peers) peer.close();
    await this.#accepting;
  }
}
