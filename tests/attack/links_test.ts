// One host takes all the links that it can get, open and silent ones. Friends still come in, and the user gets out.

import { assert } from "@std/assert";
import { Identity } from "../../shared/crypto/identity.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { chat } from "../support/link_fixture.ts";
import { RawListener, RawPeer } from "../support/raw_peer.ts";
import { Victim } from "../support/victim.ts";
import { isLarge, note, sized } from "./extent.ts";

const keys = 8;
const linksPerKey = 8;

/** How long it may take until a friend is let in under attack, in milliseconds. */
const friendMaxMs = 1_000;

/** Takes as many links as it gets, and takes each again that it loses. */
class Greedy implements AsyncDisposable {
  readonly #links = new Set<EncryptedPeer>();
  readonly #holding: Promise<void>[] = [];
  #stopped = false;

  constructor(address: { readonly host: string; readonly port: number }) {
    for (let k = 0; k < keys; k++) {
      const self = { id: `mallory${k}`, identity: Identity.generate() };
      for (let n = 0; n < linksPerKey; n++) this.#holding.push(this.#hold(address, self));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    for (const link of this.#links) link.close();
    await Promise.all(this.#holding);
  }

  async #hold(
    address: { readonly host: string; readonly port: number },
    self: { readonly id: string; readonly identity: Identity },
  ): Promise<void> {
    while (!this.#stopped) {
      try {
        // Closed also if it is not let in.
        using raw = await RawPeer.dial(address);
        const link = await EncryptedPeer.callOver(raw, chat.replace("bob", self.id), self.identity);
        this.#links.add(link);
        if (!this.#stopped) await link.rest();
        this.#links.delete(link);
      } catch {
        // It was not let in, or is over.
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Connects and says nothing, so many times a second, from a thread of its own. */
async function silentConnects({ host: hostname, port }: { host: string; port: number }) {
  const url = new URL("../support/silent_connects_worker.ts", import.meta.url);
  const worker = new Worker(url, { type: "module" });
  const begun = new Promise((resolve) => worker.onmessage = resolve);
  worker.postMessage({ hostname, port, aSecond: sized(100, 300) });
  await begun;
  return { [Symbol.dispose]: () => worker.terminate() };
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function attacked(what: "links" | "silent connects" | "both"): Promise<void> {
  await using victim = await Victim.start();
  await using _greedy = what === "silent connects" ? undefined : new Greedy(victim.address);
  using _silent = what === "links" ? undefined : await silentConnects(victim.address);
  await wait(sized(500, 2_000));
  const waits = await victim.waitsDuring(() => wait(sized(1_000, 10_000)), { calls: true });
  note(`friends who call, under ${what}`, { ...waits });
  assert(waits.count > 0);
  if (isLarge) assert(waits.max <= friendMaxMs, `a friend waited for ${waits.max} ms`);
  // The user can call out.
  using listener = new RawListener();
  await victim.program.types(`/chat 127.0.0.1:${listener.address.port}`);
  using _bob = await EncryptedPeer.accept(await listener.accept(), { id: "bob" });
  await victim.program.says(/connected to bob/);
}

for (const what of ["links", "silent connects", "both"] as const) {
  Deno.test(`friends come in and the user gets out, under ${what} of one host`, () =>
    attacked(what));
}
