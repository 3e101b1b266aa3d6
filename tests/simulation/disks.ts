/**
 * The disk with a person's store: what a client finds when it starts again.
 *
 * @module
 */

import { migrations } from "../../client/store/schema.ts";
import { openStore, type Store } from "../../client/store/store.ts";
import { storeParts } from "../../client/store/store_parts.ts";
import { openDatabase } from "../../shared/storage/database.ts";
import { altered } from "../support/altered.ts";
import { temporaryDirectory } from "../support/places.ts";
import { KeptDatabases } from "./kept_databases.ts";
import type { SeededRandom } from "./seeded_random.ts";

/** A disk. Disposing of it closes what is open. */
export interface Disk extends Disposable {
  /** The store as it is now. */
  readonly store: Store;
  /** Opens the store anew: nothing that an earlier client had in memory is left. */
  open(): Store;
  /** The machine's power is gone, and with it what was not forced onto the disk. */
  losePower(): void;
}

/** Each is open for as long as the program runs. */
const kept = new KeptDatabases(() => {
  const connection = openDatabase(":memory:", migrations);
  storeParts(connection, {});
  return { connection };
});

/** A disk that costs little time, and loses nothing. */
export class MemoryDisk implements Disk {
  readonly #kept = kept.take();
  readonly store = this.#storeIn();
  #isFresh = true;

  open(): Store {
    if (!this.#isFresh) return this.#storeIn();
    this.#isFresh = false;
    return this.store;
  }

  losePower(): void {}

  [Symbol.dispose](): void {
    kept.give(this.#kept);
  }

  #storeIn(): Store {
    return { ...storeParts(this.#kept.connection, {}), [Symbol.dispose]: () => {} };
  }
}

/**
 * A disk that forgets with the power. SQLite writes everything behind what it has written before, into a
 * log, and what has not been forced onto the disk can be lost from any byte on.
 */
export class FileDisk implements Disk {
  readonly #directory = temporaryDirectory();
  readonly #random: SeededRandom;
  #generation = 0;
  /** How many bytes of the log are safe. */
  #safeBytes = 0;
  #store: Store;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#store = openStore(this.#path);
  }

  get store(): Store {
    return this.#store;
  }

  open(): Store {
    const store = openStore(this.#path);
    // Only now: closing the last connection writes the log into the database.
    this.#store[Symbol.dispose]();
    this.#store = store;
    /** After a method that promises to have written to the disk, all of the log is safe. */
    const noting = <A extends unknown[], R>(method: (...args: A) => R) => (...args: A): R => {
      const result = method(...args);
      this.#safeBytes = this.#log.length;
      return result;
    };
    const { incoming, outgoing } = store;
    return altered(store, {
      incoming: { receive: noting((...args) => incoming.receive(...args)) },
      outgoing: {
        accept: noting((drafts) => outgoing.accept(drafts)),
        renumber: noting((id) => outgoing.renumber(id)),
        reassign: noting((from, to) => outgoing.reassign(from, to)),
      },
    });
  }

  losePower(): void {
    const database = Deno.readFileSync(this.#path);
    const log = this.#log;
    // All of it may have got there, too.
    const keptBytes = this.#random.chance(0.3)
      ? log.length
      : this.#random.int(this.#safeBytes, log.length);
    const kept = log.subarray(0, keptBytes);
    this.#generation++;
    Deno.writeFileSync(this.#path, database);
    Deno.writeFileSync(`${this.#path}-wal`, kept);
    const store = openStore(this.#path);
    this.#store[Symbol.dispose]();
    this.#store = store;
    this.#safeBytes = this.#log.length;
  }

  [Symbol.dispose](): void {
    this.#store[Symbol.dispose]();
    this.#directory[Symbol.dispose]();
  }

  get #path(): string {
    return `${this.#directory.path}/${this.#generation}.db`;
  }

  get #log(): Uint8Array {
    try {
      return Deno.readFileSync(`${this.#path}-wal`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Uint8Array();
      throw error;
    }
  }
}
