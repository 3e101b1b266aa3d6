/**
 * A map of bounded size: what was set longest ago makes room for what is new.
 *
 * @module
 */

/** A map with at most so many entries, in the order in which they were set last. */
export class BoundedMap<K, V> {
  readonly #max: number;
  readonly #entries = new Map<K, V>();
  readonly #onEvicted: (key: K, value: V) => void;

  /**
   * @param max Entries at most; at least 1.
   * @param onEvicted Told of an entry that has made room.
   */
  constructor(max: number, onEvicted: (key: K, value: V) => void = () => {}) {
    this.#max = max;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** Sets an entry, which is the newest one then. */
  set(key: K, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const [oldest, evicted] = this.#entries.entries().next().value!;
    this.#entries.delete(oldest);
    this.#onEvicted(oldest, evicted);
  }

  /** Deletes an entry. @returns Whether there was one. */
  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  /** The entries, from the one that was set longest ago on. */
  entries(): Iterable<[K, V]> {
    return this.#entries.entries();
  }

  /** The values, from the one that was set longest ago on. */
  values(): Iterable<V> {
    return this.#entries.values();
  }
}
