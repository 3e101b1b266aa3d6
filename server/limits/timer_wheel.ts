/**
 * What ends when: a timer wheel with a slot a second (Varghese and Lauck, "Hashed and hierarchical
 * timing wheels", 1987; their scheme 4, since no time to live is longer than the wheel). Setting,
 * moving and taking back cost the same however many there are, and nobody is looked at before his time.
 *
 * @module
 */

/** A timer wheel. Its times are milliseconds of a monotonic clock, rounded up to a second. */
export class ExpiryWheel<T> {
  readonly #slots: (Set<T> | undefined)[];
  /** The second up to which all has been taken out. */
  #second: number;

  /**
   * @param nowMs The present.
   * @param longestMs The longest time to live that {@linkcode set} will be asked for.
   */
  constructor(nowMs: number, longestMs: number) {
    this.#second = Math.floor(nowMs / 1000);
    this.#slots = new Array(Math.ceil(longestMs / 1000) + 2).fill(undefined);
  }

  /**
   * Adds a member.
   *
   * @returns The slot it is in, for {@linkcode move} and {@linkcode remove}.
   */
  add(member: T, expiresAtMs: number): number {
    const slot = this.#slotOf(expiresAtMs);
    (this.#slots[slot] ??= new Set()).add(member);
    return slot;
  }

  /** Moves a member from its slot to that of another time. @returns The slot it is in now. */
  move(member: T, slot: number, expiresAtMs: number): number {
    if (this.#slotOf(expiresAtMs) === slot) return slot;
    this.remove(member, slot);
    return this.add(member, expiresAtMs);
  }

  /** Takes a member out of its slot. */
  remove(member: T, slot: number): void {
    this.#slots[slot]?.delete(member);
  }

  #slotOf(expiresAtMs: number): number {
    return Math.max(Math.ceil(expiresAtMs / 1000), this.#second + 1) % this.#slots.length;
  }

  /** Whether {@linkcode expired} has a slot to look at. */
  isDue(nowMs: number): boolean {
    return nowMs >= (this.#second + 1) * 1000;
  }

  /** Takes out everything whose time has come. */
  *expired(nowMs: number): Generator<T> {
    const until = Math.floor(nowMs / 1000);
    while (this.#second < until) {
      const slot = ++this.#second % this.#slots.length;
      const members = this.#slots[slot];
      if (members === undefined) continue;
      this.#slots[slot] = undefined;
      yield* members;
    }
  }
}
