/**
 * Deadlines of one fixed length. Members become due in the order in which they started, so finding those
 * that are late looks at nobody else, and no member needs a timer of its own.
 *
 * @module
 */

/** Members with a deadline each. */
export class Deadlines<T> {
  readonly #durationMs: number;
  readonly #dueAtMs = new Map<T, number>();

  /** @param durationMs How much time each member has, in milliseconds. */
  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  /** Starts a member's time at `nowMs`, again if it was running. */
  start(member: T, nowMs: number): void {
    this.#dueAtMs.delete(member);
    this.#dueAtMs.set(member, nowMs + this.#durationMs);
  }

  /** Removes a member's deadline. */
  stop(member: T): void {
    this.#dueAtMs.delete(member);
  }

  /** Removes and yields the members whose time is up. */
  *late(nowMs: number): Generator<T> {
    for (const [member, dueAtMs] of this.#dueAtMs) {
      if (dueAtMs > nowMs) return;
      this.#dueAtMs.delete(member);
      yield member;
    }
  }
}
