/**
 * Who has their turn. Between two looks at the network the server does no more than a few milliseconds of work. What
 * is left then waits: of the hosts that wait each has its turn, one after the other, and of the connections of a host
 * each as well. So it is of no use to ask for more at once, or over more connections.
 *
 * Only a timer lets Deno look at the network: of immediates a hundred run before it does.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";

/** What is done for those who have just asked, between two looks at the network: about 3 ms. */
const newUnits = 600;
/** The same for those who have waited. */
const waitingUnits = 300;
/** When so much is left, the next look at the network is waited for. */
const renewBelow = newUnits / 2;

/** A connection that waits for its turn. */
interface Waiting {
  readonly cost: number;
  readonly go: () => void;
}

/** The connections of a host that wait for their turn, the next first. */
export class WaitingConnections {
  /** Those that have just asked: whoever asks for little is not behind whoever asks for much. */
  readonly #first: Waiting[] = [];
  /** Those that have had a turn, and have more to ask. */
  readonly #others: Waiting[] = [];

  get count(): number {
    return this.#first.length + this.#others.length;
  }

  add(connection: Waiting, isFirst: boolean): void {
    (isFirst ? this.#first : this.#others).push(connection);
  }

  take(): Waiting | undefined {
    return this.#first.shift() ?? this.#others.shift();
  }
}

/** The turns of a server. */
export class Turns {
  readonly #clock: Pick<TimerClock, "after">;
  /** Hosts of which connections wait, the next first. */
  readonly #hosts: WaitingConnections[] = [];
  #left = newUnits;
  #cancelRenewal: (() => void) | undefined;
  #closed = false;

  constructor(clock: Pick<TimerClock, "after">) {
    this.#clock = clock;
  }

  /** Whether somebody waits. */
  get areAwaited(): boolean {
    return this.#hosts.length > 0;
  }

  /**
   * Takes some of the present turn for one who does not wait.
   *
   * @returns False if there is nothing left of it.
   */
  spend(cost: number): boolean {
    if (this.#left < 0) return false;
    this.#left -= cost;
    if (this.#left < renewBelow) this.#renewLater();
    return true;
  }

  /**
   * Waits for a turn.
   *
   * @param isFirst Whether the connection has not had a turn for what it asks.
   */
  next(host: WaitingConnections, cost: number, isFirst: boolean): Promise<void> {
    if (this.#closed) return Promise.resolve();
    const { promise, resolve: go } = Promise.withResolvers<void>();
    if (host.count === 0) this.#hosts.push(host);
    host.add({ cost, go }, isFirst);
    this.#renewLater();
    return promise;
  }

  /** Begins a new turn: the network has been looked at. */
  renew(): void {
    this.#cancelRenewal?.();
    this.#cancelRenewal = undefined;
    this.#left = newUnits;
    for (let left = waitingUnits; left > 0;) {
      const host = this.#hosts.shift();
      if (host === undefined) return;
      const { cost, go } = host.take()!;
      left -= cost;
      go();
      if (host.count > 0) this.#hosts.push(host);
    }
    if (this.#hosts.length > 0) this.#renewLater();
  }

  /** Lets all go on who wait, as nobody will be served any more. */
  close(): void {
    this.#closed = true;
    do this.renew(); while (this.#hosts.length > 0);
  }

  #renewLater(): void {
    if (!this.#closed) this.#cancelRenewal ??= this.#clock.after(0, () => this.renew());
  }
}
