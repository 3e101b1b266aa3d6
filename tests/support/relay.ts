/**
 * A server that passes everything on to another one, as if it were that one, and then makes requests of its own
 * there.
 *
 * @module
 */

import { RawListener, RawPeer } from "./raw_peer.ts";

/** Changes a message on its way. */
export type Change = (message: string) => string;

/** What a relay does. */
export interface RelayOptions {
  /** Changes what the client says; nothing if not given. */
  readonly toServer?: Change;
  /** Changes what the server says; nothing if not given. */
  readonly toClient?: Change;
  /** Done with the server once it has registered the client, before the client hears of it. */
  readonly registered: (server: RawPeer) => Promise<void>;
}

const unchanged: Change = (message) => message;

/** A relay before one server. */
export class Relay implements AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** What clients have said. */
  readonly requests: string[] = [];
  readonly #server: { readonly host: string; readonly port: number };
  readonly #options: RelayOptions;
  readonly #listener = new RawListener();
  readonly #peers: RawPeer[] = [];
  readonly #serving: Promise<void>;

  constructor(server: { readonly host: string; readonly port: number }, options: RelayOptions) {
    this.#server = server;
    this.#options = options;
    this.address = this.#listener.address;
    this.#serving = this.#serve();
  }

  async #serve(): Promise<void> {
    const relayed: Promise<void>[] = [];
    try {
      for (;;) {
        const client = await this.#listener.accept();
        const server = await RawPeer.dial(this.#server);
        this.#peers.push(client, server);
        relayed.push(this.#relay(client, server));
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(relayed);
  }

  /** One request after the other: nothing comes unasked before the client has said WATCH. */
  async #relay(client: RawPeer, server: RawPeer): Promise<void> {
    const { toServer = unchanged, toClient = unchanged, registered } = this.#options;
    try {
      for (let request; (request = await client.message()) !== "";) {
        this.requests.push(request);
        await server.send(toServer(request));
        const reply = await server.message();
        if (reply.startsWith("REGACK")) await registered(server);
        await client.send(toClient(reply));
      }
    } catch {
      // One of the two has closed its connection.
    }
    client.close();
    server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener[Symbol.dispose]();
    for (const peer of this.#peers) peer.close();
    await this.#serving;
  }
}
