/**
 * Keeps what has happened, in order, and waits for what has not happened yet.
 *
 * @module
 */

/** A test that waits longer than this fails instead of standing still. */
export const patienceMs = 10_000;

/** Keeps events of any kind. */
export class Events<E extends { readonly type: string }> {
  readonly all: E[] = [];
  #changed = Promise.withResolvers<void>();

  /** Takes an event; to be given away as a callback. */
  readonly take = (event: E): void => {
    this.all.push(event);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  };

  /** The types of all events so far. */
  get types(): E["type"][] {
    return this.all.map(({ type }) => type);
  }

  /** All events of a type so far. */
  of<T extends E["type"]>(type: T): Extract<E, { type: T }>[] {
    return this.all.filter((event) => event.type === type) as Extract<E, { type: T }>[];
  }

  /** The first event of a type that also is as `fits` says, now or later. */
  async see<T extends E["type"]>(
    type: T,
    fits: (event: Extract<E, { type: T }>) => boolean = () => true,
  ): Promise<Extract<E, { type: T }>> {
    await this.until(() => this.of(type).some(fits), type);
    return this.of(type).find(fits)!;
  }

  /** Waits for so many events of a type, and gives all there are then. */
  async count<T extends E["type"]>(type: T, least: number): Promise<Extract<E, { type: T }>[]> {
    await this.until(() => this.of(type).length >= least, `${least} times ${type}`);
    return this.of(type);
  }

  async until(holds: () => boolean, what: string): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`Waited for ${what}; came: ${JSON.stringify(this.all)}`)),
      patienceMs,
    );
    try {
      while (!holds()) await Promise.race([this.#changed.promise, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Looks again and again until something holds that no event tells. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Still not true: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
