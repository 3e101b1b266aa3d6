/**
 * A server that answers whatever it is asked as a test wants.
 *
 * @module
 */

import { RawListener, type RawPeer } from "./raw_peer.ts";

/** A server that means harm. */
export class HostileServer implements Disposable {
  /** What it answers, as it goes over the wire. */
  answer = "";
  readonly #listener = new RawListener();
  #asked = Promise.withResolvers<void>();

  constructor() {
    // Until it is closed.
    this.#accept().catch(() => {});
  }

  /** Where it listens, as a command line takes it. */
  get place(): string {
    return `127.0.0.1:${this.#listener.address.port}`;
  }

  /** Done when it has answered from now on. */
  async asked(): Promise<void> {
    this.#asked = Promise.withResolvers();
    await this.#asked.promise;
  }

  [Symbol.dispose](): void {
    this.#listener[Symbol.dispose]();
  }

  async #accept(): Promise<void> {
    for (;;) this.#serve(await this.#listener.accept()).catch(() => {});
  }

  async #serve(peer: RawPeer): Promise<void> {
    using conn = peer;
    while (await conn.message() !== "") {
      await conn.send(this.answer);
      this.#asked.resolve();
    }
  }
}
