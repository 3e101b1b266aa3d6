// One key calls under a thousand names. The user's screen stays theirs, and so do the keys that they know.

import { assert, assertMatch } from "@std/assert";
import { openStore } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { answersPing } from "../support/answers_ping.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { Victim } from "../support/victim.ts";
import { note, sized } from "./extent.ts";

Deno.test("a key under a thousand names neither fills the screen nor pushes out other keys", async () => {
  await using victim = await Victim.start();
  const call = async (id: string, identity: Identity) => {
    using peer = await EncryptedPeer.dial(victim.address, { id, identity });
    await answersPing(peer);
  };
  const [bob, mallory] = [Identity.generate(), Identity.generate()];
  await call("bob", bob);
  const names = sized(30, 1_000);
  for (let i = 0; i < names; i++) await call(`mallory${i}`, mallory);
  await victim.program.types("/quit");
  await victim.program.ends();
  const { out } = victim.program;
  note("lines", { names, lines: out.length });
  assert(out.length < 20, `${out.length} lines:\n${out.join("\n")}`);
  // What was left out is said, with the key.
  assertMatch(
    out.join("\n"),
    new RegExp(`\\d+ more calls .*, \\d+ new keys; most with the key ${mallory.fingerprint}`),
  );
  using store = openStore(`${victim.profile}/store.db`);
  const known = store.knownPeers.find("bob");
  assert(known?.key === bob.publicKey, "bob's key was pushed out");
});
