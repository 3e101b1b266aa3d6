/**
 * How many of something each host has.
 *
 * @module
 */

/** Counts by host. Hosts that have none take no memory. */
export class HostCounter {
  readonly #counts = new Map<string, number>();

  /** How many a host has. */
  of(host: string): number {
    return this.#counts.get(host) ?? 0;
  }

  /** Counts one more. */
  add(host: string): void {
    this.#counts.set(host, this.of(host) + 1);
  }

  /** Counts one less, of those that were added. */
  remove(host: string): void {
    const left = this.of(host) - 1;
    if (left === 0) this.#counts.delete(host);
    else this.#counts.set(host, left);
  }
}
