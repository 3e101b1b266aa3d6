/**
 * Two clients that are to be joined, and are: each has a seat, which it takes with its connection.
 *
 * @module
 */

import type { PublicKey } from "../../shared/crypto/public_key.ts";
import { relayIdleMs, relayJoinMs, relayLastsMs } from "../../shared/protocol/limits.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Allowance } from "./allowance.ts";
import type { Destination, Source } from "./forwarding.ts";

/** A client that is to be joined with another. */
export interface Party {
  readonly clientId: string;
  readonly key: PublicKey;
}

/** Who asks to be joined with somebody. */
export interface Asker extends Party {
  /** The IP address of its connection. */
  readonly host: string;
  /** Whether the other one has named it as a contact. */
  readonly isContact: boolean;
}

/** A connection that is joined with another. */
export interface JoinedConnection extends Source, Destination {
  close(): void;
}

/** Whose pair it is. */
export interface PairOwner {
  /** A client has taken its seat, which cannot be taken again. */
  taken(seat: Seat): void;
  /** Nobody is waited for any more. */
  complete(pair: Pair): void;
  ended(pair: Pair): void;
  /**
   * Forwards what one of a pair says to the other.
   *
   * @throws {Error} If one of the connections breaks, or the one that speaks has said as much as it may.
   */
  forward(seat: Seat, from: Source, to: Destination): Promise<void>;
}

/** What a pair is made of. */
interface PairParts {
  readonly asker: Asker;
  readonly asked: Party;
  readonly nowMs: number;
  readonly owner: PairOwner;
}

/** Two clients that are to be joined, and are. */
export class Pair {
  readonly asker: Asker;
  readonly asked: Party;
  readonly seats: readonly [Seat, Seat];
  readonly owner: PairOwner;
  /** What both may say, once they are joined. */
  rate: Allowance | undefined;
  readonly #begunAtMs: number;
  /** When something was forwarded last. */
  activeAtMs: number;
  readonly #paused = new Set<() => void>();
  #joined = 0;
  #hasEnded = false;

  constructor({ asker, asked, nowMs, owner }: PairParts) {
    this.asker = asker;
    this.asked = asked;
    this.owner = owner;
    this.#begunAtMs = this.activeAtMs = nowMs;
    this.seats = [new Seat(this, asker), new Seat(this, asked)];
  }

  /** The seat opposite. */
  opposite(seat: Seat): Seat {
    const [one, other] = this.seats;
    return seat === one ? other : one;
  }

  /** One of the two has come. */
  arrive(): void {
    if (++this.#joined < 2 || this.#hasEnded) return;
    this.owner.complete(this);
    for (const seat of this.seats) seat.decide(true);
  }

  /** Whether its time is over. */
  isOver(nowMs: number): boolean {
    if (this.#joined < 2) return nowMs - this.#begunAtMs >= relayJoinMs;
    return nowMs - this.activeAtMs >= relayIdleMs || nowMs - this.#begunAtMs >= relayLastsMs;
  }

  /** Waits until more may be said, or it has ended. */
  pause(ms: number, clock: TimerClock): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = () => {
      cancel();
      this.#paused.delete(goOn);
      resolve();
    };
    const cancel = clock.after(ms, goOn);
    this.#paused.add(goOn);
    return promise;
  }

  /** Ends it, and the connections of both. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.owner.ended(this);
    for (const goOn of this.#paused) goOn();
    for (const seat of this.seats) seat.end();
  }
}

/** The right of one client to be joined with another. */
export class Seat {
  readonly pair: Pair;
  readonly party: Party;
  readonly nonce = randomId();
  /** From where its client has come, once it has. */
  host = "";
  readonly #joined = Promise.withResolvers<boolean>();
  readonly #connection = Promise.withResolvers<JoinedConnection | undefined>();
  /** Done when nothing more comes from this client, or the pair has ended. */
  readonly #finished = Promise.withResolvers<void>();
  #conn: JoinedConnection | undefined;

  constructor(pair: Pair, party: Party) {
    this.pair = pair;
    this.party = party;
  }

  /**
   * Takes the seat.
   *
   * @param host The IP address of the client's end.
   * @returns Whether the other one has come, too; false if it did not in time.
   */
  take(host: string): Promise<boolean> {
    this.host = host;
    this.pair.owner.taken(this);
    this.pair.arrive();
    return this.#joined.promise;
  }

  /** Says whether both have come. */
  decide(joined: boolean): void {
    this.#joined.resolve(joined);
  }

  /** Forwards what comes on a connection to the other one of the pair. Done when the pair has ended. Never rejected. */
  async forward(conn: JoinedConnection): Promise<void> {
    this.#conn = conn;
    this.#connection.resolve(conn);
    const other = this.pair.opposite(this);
    const to = await other.#connection.promise;
    try {
      if (to !== undefined) await this.pair.owner.forward(this, conn, to);
      this.#finished.resolve();
      // The other direction may go on.
      await other.#finished.promise;
    } catch {
      // One of them is gone, or may not go on.
    }
    this.pair.end();
  }

  /** The client will not come, or has left. */
  leave(): void {
    this.pair.end();
  }

  /** The pair has ended. */
  end(): void {
    this.decide(false);
    this.#connection.resolve(undefined);
    this.#conn?.close();
    this.#finished.resolve();
  }
}
