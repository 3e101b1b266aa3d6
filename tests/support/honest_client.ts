/**
 * Somebody who uses a server while it is attacked, and how long they wait for it. They have a thread of their
 * own: what the attacker does in this one delays nobody's measurement.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";

/** How long requests took, in milliseconds. */
export interface Latencies {
  /** How many were answered. */
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How often the connection was refused or lost, or an answer did not come. */
  readonly lost: number;
}

/** What the client does. */
export interface HonestClientOptions {
  /** Milliseconds from one PING to the next. */
  readonly everyMs?: number;
  /** Whether it connects anew for each PING, as somebody does who has just started. */
  readonly anew?: boolean;
  /** The messages that it sends when it has connected, each answered by one. */
  readonly greeting?: readonly string[];
}

/** What the thread is told to do. */
export interface HonestCourse extends Required<HonestClientOptions> {
  readonly address: Address;
}

/** A client that says PING again and again until it is disposed of. */
export class HonestClient implements Disposable {
  readonly #worker = new Worker(new URL("honest_client_worker.ts", import.meta.url), {
    type: "module",
  });

  private constructor() {}

  /** Starts one. @returns It, once it has had its first answer. */
  static async start(address: Address, options: HonestClientOptions = {}): Promise<HonestClient> {
    const client = new HonestClient();
    const course: HonestCourse = {
      address: { host: address.host, port: address.port },
      everyMs: 5,
      anew: false,
      greeting: [],
      ...options,
    };
    try {
      await client.#ask(course);
      return client;
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }

  /** How long the requests took that were made since the last call. */
  latencies(): Promise<Latencies> {
    return this.#ask("latencies");
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }

  async #ask<T>(what: HonestCourse | "latencies"): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#worker.onmessage = ({ data }) => resolve(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    this.#worker.postMessage(what);
    return await promise;
  }
}
