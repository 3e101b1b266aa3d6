/**
 * Somebody in the middle who has no key. Everything that two peers send each other passes through them, and
 * a test says what becomes of it.
 *
 * @module
 */

import { RawListener, RawPeer } from "./raw_peer.ts";

/** Which way something goes. */
export type Direction = "to-responder" | "to-initiator";

/**
 * What becomes of a unit, which is the opening (CHAT or CHATACK), or a message of the handshake or a
 * frame, with its length.
 *
 * @param index 0 is the opening. Of the initiator's, 1 and 2 are the handshake; of the responder's, 1 is the
 * handshake and 2 the frame that says nothing.
 * @returns What goes on in its place; `cut` after it, the end of both connections.
 */
export type Tamper = (
  direction: Direction,
  index: number,
  unit: Uint8Array,
) => Uint8Array | readonly Uint8Array[] | Cut;

/** Some bytes, then the end. */
export interface Cut {
  readonly cut: Uint8Array;
}

/** A proxy before one responder. */
export class TamperingProxy implements AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
  /** How many units have come, each way, on all connections. */
  readonly seen: Record<Direction, number> = { "to-responder": 0, "to-initiator": 0 };
  readonly #responder: { readonly host: string; readonly port: number };
  readonly #tamper: Tamper;
  readonly #behind: "frames" | "bytes";
  readonly #listener = new RawListener();
  readonly #peers: RawPeer[] = [];
  readonly #serving: Promise<void>;

  /** @param behind What there is behind the openings: units with a length, or whatever a read brings. */
  constructor(
    responder: { readonly host: string; readonly port: number },
    tamper: Tamper,
    behind: "frames" | "bytes" = "frames",
  ) {
    this.#responder = responder;
    this.#tamper = tamper;
    this.#behind = behind;
    this.address = this.#listener.address;
    this.#serving = this.#serve();
  }

  /** Where it listens, as `/chat` takes it. */
  get place(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  async #serve(): Promise<void> {
    const connections: Promise<unknown>[] = [];
    try {
      for (;;) {
        const initiator = await this.#listener.accept();
        const responder = await RawPeer.dial(this.#responder);
        this.#peers.push(initiator, responder);
        connections.push(
          this.#pass("to-responder", initiator, responder),
          this.#pass("to-initiator", responder, initiator),
        );
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(connections);
  }

  async #pass(direction: Direction, from: RawPeer, to: RawPeer): Promise<void> {
    try {
      for (let index = 0;; index++) {
        const unit = index === 0 ? await opening(from) : await this.#next(from);
        if (unit.length === 0) break;
        this.seen[direction]++;
        const instead = this.#tamper(direction, index, unit);
        const units = instead instanceof Uint8Array
          ? [instead]
          : "cut" in instead
          ? [instead.cut]
          : instead;
        for (const unit of units) await to.send(unit);
        if ("cut" in instead) break;
      }
    } catch {
      // One of the two has closed its connection.
    }
    // What has been sent arrives, and then its reader sees the end.
    await to.conn.closeWrite().catch(() => {});
  }

  #next(from: RawPeer): Promise<Uint8Array> {
    return this.#behind === "frames" ? framed(from) : from.bytes(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener[Symbol.dispose]();
    for (const peer of this.#peers) peer.close();
    await this.#serving;
  }
}

async function opening(from: RawPeer): Promise<Uint8Array> {
  return new TextEncoder().encode(await from.message());
}

/** The next unit of those that have a length; less if the connection ends before it does. */
async function framed(from: RawPeer): Promise<Uint8Array> {
  const length = await from.bytes(2);
  const [high = 0, low = 0] = length;
  return new Uint8Array([...length, ...await from.bytes(high << 8 | low)]);
}
