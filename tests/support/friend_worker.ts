/**
 * The thread of a friend of the victim's: calls, and measures how long calls or PINGs take. What the attacker does
 * in its own thread delays no measurement.
 *
 * @module
 */

import { Identity } from "../../shared/crypto/identity.ts";
import { answersPing } from "./answers_ping.ts";
import { EncryptedPeer } from "./encrypted_peer.ts";

/** What the friend is told to do. */
export interface FriendCourse {
  readonly host: string;
  readonly port: number;
  readonly seed: Uint8Array;
  /** Whether each time is that of a new call, until its first PONG. Else it is that of a PING on one link. */
  readonly calls: boolean;
}

const pauseMs = 5;

const self = globalThis as unknown as Worker;
const waits: number[] = [];
let stopped = false;

self.onmessage = ({ data }: MessageEvent<FriendCourse | "stop">) => {
  if (data === "stop") stopped = true;
  else run(data).catch((error) => self.postMessage({ failed: String(error) }));
};

async function run({ calls, seed, ...address }: FriendCourse): Promise<void> {
  const who = { id: "friend", identity: Identity.fromSeed(seed) };
  const measure = async (peer?: EncryptedPeer): Promise<void> => {
    const began = performance.now();
    if (peer !== undefined) await answersPing(peer);
    else await call(address, who);
    waits.push(performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  };
  using link = calls ? undefined : await EncryptedPeer.dial(address, who);
  if (link !== undefined) await answersPing(link);
  self.postMessage({ ready: true });
  do await measure(link); while (!stopped);
  self.postMessage({ waits });
}

/** Calls until somebody answers: a call that is hung up is made again at once, as a user does. */
async function call(
  address: { readonly host: string; readonly port: number },
  who: { readonly id: string; readonly identity: Identity },
): Promise<void> {
  for (;;) {
    try {
      using peer = await EncryptedPeer.dial(address, who);
      await answersPing(peer);
      return;
    } catch {
      if (stopped) return;
    }
  }
}
