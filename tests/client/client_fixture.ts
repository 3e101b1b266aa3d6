/**
 * Clients and servers for tests of whole clients.
 *
 * @module
 */

import { ChatClient } from "../../client/client.ts";
import type { ChatEvent, KnownClient } from "../../client/events.ts";
import type { LinkTimes } from "../../client/link/link.ts";
import type { ServerAddress } from "../../client/server_address.ts";
import { openStore } from "../../client/store/store.ts";
import { type Server, startServer } from "../../server/server.ts";
import type { Address } from "../../shared/address.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { Events } from "./events.ts";
import { RawListener, type RawPeer } from "./raw_peer.ts";

/** What a person has beside a name. */
export interface PersonOptions {
  readonly times?: LinkTimes;
  readonly identity?: Identity;
  /** Whether peers of the wild are talked to. */
  readonly allowPlaintext?: boolean;
}

/** A client and all that happened to it. */
export class Person implements AsyncDisposable {
  readonly events = new Events<ChatEvent>();
  readonly client: ChatClient;
  readonly identity: Identity;
  readonly store = openStore(":memory:");

  constructor(id: string, { address }: { address: ServerAddress }, options: PersonOptions = {}) {
    const { times, identity = Identity.generate(), allowPlaintext = false } = options;
    this.identity = identity;
    this.client = new ChatClient({
      id,
      host: "127.0.0.1",
      port: 0,
      server: address,
      identity,
      knownPeers: this.store.knownPeers,
      allowPlaintext,
      onEvent: this.events.take,
      ...times && { times },
    });
  }

  /** Where the client listens, as `/chat` takes it. */
  get place(): string {
    return `127.0.0.1:${this.client.address.port}`;
  }

  /** The client as a server that it is registered with names it. */
  get known(): KnownClient {
    const { client: { id, address }, identity: { fingerprint } } = this;
    return { id, address, fingerprint };
  }

  /** What has been said to the client, with who said it. */
  get heard(): string[] {
    return this.events.of("message").map(({ name, text }) => `${name}: ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.stop();
    this.store[Symbol.dispose]();
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
