// Whatever peers and servers say, in the clear and encrypted, as callers and called: a client goes on, serves its
// user's friends, and shows nothing that its terminal would obey.

import { assert, assertEquals } from "@std/assert";
import { systemClock, within } from "../../shared/time/clock.ts";
import type { Speaker } from "../../shared/protocol/verb_table.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { arbitrarySaid } from "../support/arbitrary_said.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import { befriend } from "../support/friends.ts";
import type { Peer } from "../support/peer.ts";
import { residentMib } from "../support/resident_memory.ts";
import { RawListener, RawPeer } from "../support/raw_peer.ts";
import { Victim } from "../support/victim.ts";
import { isLarge, note, sized } from "./extent.ts";

const seed = Number(Deno.env.get("P2PCHAT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

const mallory = Identity.fromSeed(new Uint8Array(32).fill(77));
const counts = { calls: 0, encrypted: 0, answered: 0, served: 0, said: 0, rounds: 0 };

/** How long a hostile side waits for what the client says, in milliseconds. */
const patienceMs = 200;

/** Says some things, in pieces, and hears what comes until the client hangs up or has had some time. */
async function talk(peer: Peer, random: SeededRandom, speaker: Speaker, count: number) {
  const hearing = peer.rest().catch(() => "");
  let text = "";
  for (let i = 0; i < count; i++) text += arbitrarySaid(random, speaker);
  counts.said += count;
  while (text !== "") {
    const piece = text.slice(0, random.int(1, 4_000));
    text = text.slice(piece.length);
    await peer.send(piece);
  }
  await within(patienceMs, hearing, systemClock);
}

/** Hangs up whatever becomes of it: the client may do so at any time. */
async function attacking(peer: Peer, attack: (peer: Peer) => Promise<void>): Promise<void> {
  try {
    await attack(peer);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) throw error;
  } finally {
    peer.close();
  }
}

/** Calls, and says anything. */
async function callInTheClear(victim: Victim, random: SeededRandom): Promise<void> {
  counts.calls++;
  await attacking(await RawPeer.dial(victim.address), async (peer) => {
    if (random.chance(0.8)) await peer.send(arbitrarySaid(random, "initiator", "CHAT"));
    await talk(peer, random, random.pick(["peer", "initiator", "server"]), random.int(0, 20));
  });
}

/** Calls, encrypts as it should, and says anything inside: as a contact, or as somebody new. */
async function callEncrypted(victim: Victim, random: SeededRandom): Promise<void> {
  const isContact = random.chance(0.6);
  const self = isContact
    ? { id: "mallory", identity: mallory }
    : { id: random.pick(["bob", "mallory", "zoe"]) };
  let peer: EncryptedPeer;
  try {
    peer = await EncryptedPeer.dial(victim.address, self);
  } catch {
    // There are only so many places for those whom nobody knows.
    return;
  }
  counts.encrypted++;
  await attacking(peer, (peer) => talk(peer, random, "peer", random.int(1, 60)));
}

/** Answers calls: anyhow, or as it should and then anyhow. */
async function answer(raw: RawPeer, random: SeededRandom): Promise<void> {
  counts.answered++;
  await attacking(raw, async () => {
    if (random.chance(0.5)) {
      const peer = await EncryptedPeer.accept(raw, { id: "mallory", identity: mallory });
      return await talk(peer, random, "peer", random.int(1, 40));
    }
    if (random.chance(0.7)) await raw.send(arbitrarySaid(random, "responder", "CHATACK"));
    await talk(raw, random, random.pick(["responder", "peer"]), random.int(0, 10));
  });
}

/** Serves requests: what would be the reply, with any values, or anything else; and news in between. */
async function serve(raw: RawPeer, random: SeededRandom): Promise<void> {
  counts.served++;
  await attacking(raw, async () => {
    for (let request; (request = await raw.message()) !== "";) {
      const verb = /^[A-Z]+/.exec(request)?.[0] ?? "";
      const replyVerb = verb === "PING" ? "PONG" : `${verb}ACK`;
      if (random.chance(0.3)) await raw.send(arbitrarySaid(random, "server"));
      if (random.chance(0.1)) return;
      const said = random.chance(0.15) ? undefined : random.chance(0.7) ? replyVerb : "ERROR";
      const reply = said === "REGACK" && random.chance(0.7)
        ? "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\nVersion: 1\r\nExpires: 60\r\n\r\n"
        : said === "WATCHACK" && random.chance(0.7)
        ? "WATCHACK\r\nVersion: 1\r\nMailbox: 65536\r\nFeatures: relay, presence, contacts\r\n\r\n"
        : arbitrarySaid(random, "server", said);
      counts.said++;
      await raw.send(reply);
    }
  });
}

/** Takes all connections to a listener, until it is closed. */
function takeAll(listener: RawListener, random: SeededRandom, take: typeof serve) {
  const open = new Set<RawPeer>();
  const taken = new Set<Promise<void>>();
  const taking = (async () => {
    try {
      for (;;) {
        const raw = await listener.accept();
        open.add(raw);
        const taking = take(raw, random.split()).finally(() => {
          open.delete(raw);
          taken.delete(taking);
        });
        taken.add(taking);
      }
    } catch {
      // It is closed.
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      listener[Symbol.dispose]();
      await taking;
      for (const raw of open) raw.close();
      await Promise.all(taken);
    },
  };
}

/** Whether an honest friend is heard, and gets the confirmation. */
async function hearsFriend(victim: Victim, round: number): Promise<void> {
  using friend = await EncryptedPeer.dial(victim.address, {
    id: "friend",
    identity: victim.friend,
  });
  const id = round.toString(16).padStart(32, "f");
  await friend.send(`MSG\r\nId: ${id}\r\nText: hi\r\n\r\n`);
  for (let said; (said = await friend.message()) !== "";) {
    if (said.startsWith("ACK\r\n") && said.includes(id)) return;
    assert(!said.startsWith("BYE"), said);
  }
  throw new Error("the client has left its user's friend");
}

/** What a terminal would obey, or would show as something else. */
// deno-lint-ignore no-control-regex -- That is what is looked for.
const obeyed = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/;
const runtimeWords = /Uncaught|\bat (?:file|ext|node):|TypeError|RangeError|BadResource|panicked/;

function checkShown(lines: string[]): void {
  for (const line of lines.splice(0)) {
    assert(!obeyed.test(line), JSON.stringify(line));
    assert(!runtimeWords.test(line), line);
  }
}

Deno.test(`whatever is said to it, a client goes on and shows nothing that it should not (seed ${seed})`, async () => {
  const random = new SeededRandom(seed);
  const [serverListener, peerListener] = [new RawListener(), new RawListener()];
  await using _serving = takeAll(serverListener, random.split(), serve);
  await using _answering = takeAll(peerListener, random.split(), answer);
  const { port } = peerListener.address;
  await using victim = await Victim.start(
    (store) => befriend(store, "mallory", mallory.publicKey),
    ["--allow-plaintext"],
    `127.0.0.1:${serverListener.address.port}`,
  );
  const { program } = victim;
  const commands = [
    ...["/register", "/unregister", "/info", "/bridge", "/bridge mallory", "/chat bob", "/who"],
    ...[`/chat 127.0.0.1:${port}`, "hello", "/verify mallory", "/verify mallory no", "/peers"],
    ...["/audit mallory", "/history", "/search a", "/close", "/chat mallory", "/trust mallory"],
  ];
  const first = ["/register", `/chat 127.0.0.1:${port}`];
  const untilMs = performance.now() + sized(4_000, 600_000);
  let typeAtMs = 0;
  const memory: number[] = [];
  for (; performance.now() < untilMs || counts.rounds < 10; counts.rounds++) {
    if (performance.now() > typeAtMs) {
      await program.types(first.shift() ?? random.pick(commands));
      typeAtMs = performance.now() + 250;
    }
    const randoms = Array.from({ length: 4 }, () => random.split());
    await Promise.all([
      callInTheClear(victim, randoms[0]!),
      callInTheClear(victim, randoms[1]!),
      callEncrypted(victim, randoms[2]!),
      callEncrypted(victim, randoms[3]!),
    ]);
    if (counts.rounds % 5 === 0) await hearsFriend(victim, counts.rounds);
    checkShown(program.out);
    checkShown(program.err);
    assertEquals(program.code, undefined, "the client has ended");
    if (isLarge && counts.rounds % 50 === 0) memory.push(await residentMib(program.pid));
  }
  const [early, last] = [memory[Math.floor(memory.length / 4)], memory.at(-1)];
  note("fuzz of the client", { ...counts, "MiB after a quarter": early ?? 0, "MiB": last ?? 0 });
  if (isLarge) assert(last! < early! + 60, `memory grew from ${early} to ${last} MiB`);
  for (const [what, count] of Object.entries(counts)) assert(count > 0, `no ${what}`);
});
