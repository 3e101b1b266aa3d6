/**
 * A timer wheel with one slot for each second (Varghese and Lauck, "Hashed and hierarchical timing
 * wheels", 1987, scheme 4: no member lives longer than one turn of the wheel). Adding, moving and
 * removing cost the same however many members there are, and no member is looked at before its time.
 *
 * @module
 */

/** Members that expire, each at its own time: milliseconds of a monotonic clock, rounded up to a second. */
export class TimerWheel<T> {
  readonly #slots: (Set<T> | undefined)[];
  /** Every slot up to this second has been emptied. */
  #second: number;

  /**
   * @param nowMs The present.
   * @param longestMs The longest time to live that {@linkcode add} and {@linkcode move} will be given.
   */
  constructor(nowMs: number, longestMs: number) {
    this.#second = Math.floor(nowMs / 1000);
    this.#slots = new Array(Math.ceil(longestMs / 1000) + 2).fill(undefined);
  }

  /**
   * Adds a member.
   *
   * @returns Its slot, which {@linkcode move} and {@linkcode remove} need.
   */
  add(member: T, expiresAtMs: number): number {
    const slot = this.#slotOf(expiresAtMs);
    (this.#slots[slot] ??= new Set()).add(member);
    return slot;
  }

  /** Moves a member from its slot to that of another time. @returns Its new slot. */
  move(member: T, slot: number, expiresAtMs: number): number {
    if (this.#slotOf(expiresAtMs) === slot) return slot;
    this.remove(member, slot);
    return this.add(member, expiresAtMs);
  }

  /** Removes a member from its slot. */
  remove(member: T, slot: number): void {
    this.#slots[slot]?.delete(member);
  }

  /** Whether {@linkcode expired} has a slot to look at. */
  isDue(nowMs: number): boolean {
    return nowMs >= (this.#second + 1) * 1000;
  }

  /** Removes and yields every member whose time has come. */
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

  #slotOf(expiresAtMs: number): number {
    return Math.max(Math.ceil(expiresAtMs / 1000), this.#second + 1) % this.#slots.length;
  }
}
