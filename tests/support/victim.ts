/**
 * A client that is attacked, as a program with a profile of its own, and a friend of its user's who is connected
 * all the while and measures how long the client takes to answer.
 *
 * @module
 */

import { encodeIdentity, plainIdentity } from "../../client/profile/identity_file.ts";
import { openStore, type Store } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import type { FriendCourse } from "./friend_worker.ts";
import { befriend } from "./friends.ts";
import { temporaryDirectory } from "./places.ts";
import { builds, Program } from "./program.ts";

/** How the friend waited, in milliseconds. */
export interface Waits {
  readonly count: number;
  readonly median: number;
  readonly max: number;
}

/** Alice's client, under attack. */
export class Victim implements AsyncDisposable {
  readonly friend = Identity.generate();
  readonly identity = Identity.generate();
  readonly profile: string;
  readonly #home = temporaryDirectory();
  #program: Program | undefined;
  #address: { host: string; port: number } | undefined;

  private constructor() {
    this.profile = `${this.#home.path}/profile`;
  }

  /**
   * Starts it.
   *
   * @param fill Puts into its store what should be there.
   * @param more Arguments of the program.
   * @param server Its server; one that is not there, if not given.
   */
  static async start(
    fill: (store: Store) => void = () => {},
    more: readonly string[] = [],
    server = "127.0.0.1:9",
  ): Promise<Victim> {
    const victim = new Victim();
    const { profile, friend } = victim;
    Deno.mkdirSync(profile, { recursive: true, mode: 0o700 });
    const identity = encodeIdentity(plainIdentity(victim.identity));
    Deno.writeTextFileSync(`${profile}/identity.json`, identity, { mode: 0o600 });
    {
      using store = openStore(`${profile}/store.db`);
      befriend(store, "friend", friend.publicKey);
      fill(store);
    }
    const program = victim.#program = new Program(
      builds[0]!,
      ...["client", "alice", "0", server, "--profile", profile, ...more],
    );
    const [, port] = await program.says(/127\.0\.0\.1:(\d+)/);
    victim.#address = { host: "127.0.0.1", port: Number(port) };
    return victim;
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address!;
  }

  get program(): Program {
    return this.#program!;
  }

  /**
   * Has the friend say PING again and again while something happens.
   *
   * @param calls Whether the friend calls anew each time.
   */
  async waitsDuring(attack: () => Promise<void>, { calls = false } = {}): Promise<Waits> {
    const worker = new Worker(new URL("friend_worker.ts", import.meta.url), { type: "module" });
    const replies: PromiseWithResolvers<{ waits?: number[] }>[] = [];
    const failed = Promise.withResolvers<never>();
    // It may fail while nobody waits for a reply.
    failed.promise.catch(() => {});
    const reply = () => {
      const next = Promise.withResolvers<{ waits?: number[] }>();
      replies.push(next);
      return Promise.race([next.promise, failed.promise]);
    };
    worker.onmessage = ({ data }) => {
      if ("failed" in data) failed.reject(new Error(`the friend: ${data.failed}`));
      else replies.shift()?.resolve(data);
    };
    try {
      const ready = reply();
      const course: FriendCourse = { ...this.address, seed: this.friend.seed, calls };
      worker.postMessage(course);
      await ready;
      await attack();
      const done = reply();
      worker.postMessage("stop");
      const waits = (await done).waits!.toSorted((a, b) => a - b);
      return { count: waits.length, median: waits[waits.length >> 1]!, max: waits.at(-1)! };
    } finally {
      worker.terminate();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    this.#home[Symbol.dispose]();
  }
}
