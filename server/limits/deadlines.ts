/**
 * Deadlines that all lie the same time ahead: who came first is due first, so that looking for those who
 * are late passes over nobody else, and no timer is needed for each.
 *
 * @module
 */

/** Members with a deadline. */
export class Deadlines<T> {
  readonly #durationMs: number;
  readonly #dueAt = new Map<T, number>();

  /** @param durationMs How long a member has, from {@linkcode start}. */
  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  /** Gives a member its time, from now on. */
  start(member: T, nowMs: number): void {
    this.#dueAt.delete(member);
    this.#dueAt.set(member, nowMs + this.#durationMs);
  }

  /** Takes a member's deadline away. */
  stop(member: T): void {
    this.#dueAt.delete(member);
  }

  /** Takes out those who are late. */
  *late(nowMs: number): Generator<T> {
    for (const [member, dueAt] of this.#dueAt) {
      if (dueAt > nowMs) return;
      this.#dueAt.delete(member);
      yield member;
    }
  }
}
