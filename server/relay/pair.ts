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
   * @returns Done at the end of what it says. Rejected if one of the connections breaks, or it has said as much as
   * it may.
   */
  forward(seat: Seat, from: Source, to: Destination): Promise<void>;
}

/** Two clients that are to be joined, and are. */
export class Pair {
  readonly asker: Asker;
  readonly asked: Party;
  readonly seats: readonly [Seat, Seat];
  /** What both may say, once they are joined. */
  rate: Allowance | undefined;
  /** When something was forwarded last. */
  activeAtMs: number;
  readonly #owner: PairOwner;
  readonly #begunAtMs: number;
  /** What goes on after its pause. There are many pairs in which nothing flows. */
  #paused: Set<() => void> | undefined;
  readonly #ended = Promise.withResolvers<void>();
  #taken = 0;
  #finished = 0;
  #hasEnded = false;

  constructor(asker: Asker, asked: Party, nowMs: number, owner: PairOwner) {
    this.asker = asker;
    this.asked = asked;
    this.#owner = owner;
    this.#begunAtMs = this.activeAtMs = nowMs;
    this.seats = [new Seat(this, asker), new Seat(this, asked)];
  }

  /** A client has taken its seat. */
  take(seat: Seat): void {
    this.#owner.taken(seat);
    if (++this.#taken < 2) return;
    this.#owner.complete(this);
    for (const seat of this.seats) seat.decide(true);
  }

  /** A client has its connection ready. @returns Done when the pair has ended, and the connection is closed. */
  attach(seat: Seat): Promise<void> {
    const [one, other] = this.seats;
    if (this.#hasEnded) seat.close();
    else if (one.conn !== undefined && other.conn !== undefined) {
      this.#forward(one, one.conn, other.conn);
      this.#forward(other, other.conn, one.conn);
    }
    return this.#ended.promise;
  }

  /** Whether its time is over. */
  isOver(nowMs: number): boolean {
    if (this.#taken < 2) return nowMs - this.#begunAtMs >= relayJoinMs;
    return nowMs - this.activeAtMs >= relayIdleMs || nowMs - this.#begunAtMs >= relayLastsMs;
  }

  /** Waits until more may be said, or it has ended. */
  pause(ms: number, clock: TimerClock): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = () => {
      cancel();
      this.#paused?.delete(goOn);
      resolve();
    };
    const cancel = clock.after(ms, goOn);
    this.#paused ??= new Set();
    this.#paused.add(goOn);
    return promise;
  }

  /** Ends it, and the connections of both. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#owner.ended(this);
    for (const goOn of this.#paused ?? []) goOn();
    for (const seat of this.seats) {
      seat.decide(false);
      seat.close();
    }
    this.#ended.resolve();
  }

  #forward(seat: Seat, from: Source, to: Destination): void {
    this.#owner.forward(seat, from, to).then(() => {
      // The other direction may go on.
      if (++this.#finished === 2) this.end();
    }, () => this.end());
  }
}

/** The right of one client to be joined with another. */
export class Seat {
  readonly pair: Pair;
  readonly party: Party;
  readonly nonce = randomId();
  /** From where its client has come, once it has. */
  host = "";
  /** Its connection, from when that is ready until it is closed. */
  conn: JoinedConnection | undefined;
  #decide: ((joined: boolean) => void) | undefined;

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
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#decide = resolve;
    this.pair.take(this);
    return promise;
  }

  /** Says whether both have come. */
  decide(joined: boolean): void {
    this.#decide?.(joined);
    this.#decide = undefined;
  }

  /**
   * Forwards what comes on a connection to the other one of the pair, and closes it in the end.
   *
   * @returns Done when it is closed. Never rejected.
   */
  forward(conn: JoinedConnection): Promise<void> {
    this.conn = conn;
    return this.pair.attach(this);
  }

  /** The client will not come, or has left. */
  leave(): void {
    this.pair.end();
  }

  /** Closes its connection. */
  close(): void {
    this.conn?.close();
    this.conn = undefined;
  }
}
