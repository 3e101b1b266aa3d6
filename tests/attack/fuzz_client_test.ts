// Whatever peers and servers say, in the clear and encrypted, as callers and called: a client goes on, serves its
// user's friends, and shows nothing that its terminal would obey.

import { assert, assertEquals } from "@std/assert";
import { systemClock, within } from "../../shared/time/clock.ts";
import type { Speaker } from "../../shared/protocol/verb_table.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import { dataHeaders } from "../../shared/protocol/mail_data.ts";
import { encode, message } from "../../shared/protocol/message.ts";
import { sealEnvelope } from "../../client/mailbox/envelope.ts";
import { arbitrarySaid, bytes, mutated } from "../support/arbitrary_said.ts";
import { EncryptedPeer, encrypting } from "../support/encrypted_peer.ts";
import { befriend } from "../support/friends.ts";
import type { Peer } from "../support/peer.ts";
import { residentMib } from "../support/resident_memory.ts";
import { RawListener, RawPeer } from "../support/raw_peer.ts";
import { Victim } from "../support/victim.ts";
import { isLarge, note, sized } from "./extent.ts";

const seed = Number(Deno.env.get("P2PCHAT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

const mallory = Identity.fromSeed(new Uint8Array(32).fill(77));
/** How often each attack was begun, and how often it came to its end: the client may hang up before. */
const counts = {
  inTheClear: [0, 0],
  encrypted: [0, 0],
  frames: [0, 0],
  legacy: [0, 0],
  answered: [0, 0],
  served: [0, 0],
  pushed: [0, 0],
  mail: [0, 0],
};
const all = { said: 0, rounds: 0 };

/** The share of each kind of attack that has to come to its end, so that the client has heard all of it. */
const wholeMin: Record<keyof typeof counts, number> = {
  inTheClear: 0.25,
  // There are only so many places for those whom nobody knows.
  encrypted: 0.2,
  frames: 0.2,
  legacy: 0.4,
  answered: 0.3,
  served: 0.3,
  pushed: 0.3,
  mail: 0.3,
};

/** How long a hostile side waits for what the client says, in milliseconds. */
const patienceMs = 200;

/** Says some things, in pieces, and hears what comes until the client hangs up or has had some time. */
async function talk(peer: Peer, random: SeededRandom, speaker: Speaker, count: number) {
  let text = "";
  for (let i = 0; i < count; i++) text += arbitrarySaid(random, speaker);
  all.said += count;
  await say(peer, random, mutated(random, text, 0.2));
}

/** Says bytes in pieces, and hears what comes until the client hangs up or has had some time. */
async function say(peer: Peer, random: SeededRandom, bytes: Uint8Array): Promise<void> {
  const hearing = peer.rest().catch(() => "");
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + random.int(1, 4_000));
    at += piece.length;
    await peer.send(piece);
  }
  await within(patienceMs, hearing, systemClock);
}

/** Hangs up whatever becomes of it: the client may do so at any time. */
async function attacking(
  what: keyof typeof counts,
  peer: Peer,
  attack: () => Promise<void>,
): Promise<void> {
  counts[what][0]!++;
  try {
    await attack();
    counts[what][1]!++;
  } catch (error) {
    // A hostile side that is wrong itself attacks nobody.
    if (error instanceof TypeError || error instanceof RangeError) throw error;
  } finally {
    peer.close();
  }
}

/** Calls, and says anything. */
async function callInTheClear(victim: Victim, random: SeededRandom): Promise<void> {
  const peer = await RawPeer.dial(victim.address);
  await attacking("inTheClear", peer, async () => {
    if (random.chance(0.8)) await peer.send(arbitrarySaid(random, "initiator", "CHAT"));
    await talk(peer, random, random.pick(["peer", "initiator", "server"]), random.int(0, 20));
  });
}

/** Calls, encrypts as it should, and says anything inside: as a contact, or as somebody new. */
async function callEncrypted(victim: Victim, random: SeededRandom): Promise<void> {
  const self = random.chance(0.6)
    ? { id: "mallory", identity: mallory }
    : { id: random.pick(["bob", "mallory", "zoe"]) };
  const raw = await RawPeer.dial(victim.address);
  await attacking("encrypted", raw, async () => {
    const peer = await EncryptedPeer.callOver(raw, chatOf(self.id), self.identity);
    await talk(peer, random, "peer", random.int(1, 60));
  });
}

/** Calls, and says frames that nobody can open: in the handshake, or behind a good one. */
async function callWithFrames(victim: Victim, random: SeededRandom): Promise<void> {
  const raw = await RawPeer.dial(victim.address);
  await attacking("frames", raw, async () => {
    if (random.chance(0.5)) await EncryptedPeer.callOver(raw, chatOf("mallory"), mallory);
    else await raw.send(encrypting(chatOf("mallory")));
    const frames = Array.from({ length: random.int(1, 4) }, () => {
      const sealed = bytes(random, random.pick([0, 1, 15, 16, 32, 96, 272, 1_040, 20_000]));
      const length = random.chance(0.9) ? sealed.length : random.int(0, 65_535);
      return [length >> 8, length & 0xff, ...sealed];
    });
    all.said += frames.length;
    await say(raw, random, new Uint8Array(frames.flat()));
  });
}

const legacyOpenings = [
  "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n",
  "CHAT\nclientID: bob\nIP: 127.0.0.1\nPort: 5557\n\n",
  "ID: bob\nIP: 127.0.0.1\nPort: 5557\n\n",
  "CHAT\r\nclientID: mallory\r\n\r\n",
  "hello\n",
  "hello",
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "\x16\x03\x01\x02\x00",
];

/** Calls as an older program does, and goes on in lines, in raw text or in anything else. */
async function callAsLegacy(victim: Victim, random: SeededRandom): Promise<void> {
  const peer = await RawPeer.dial(victim.address);
  await attacking("legacy", peer, async () => {
    const lines = Array.from(
      { length: random.int(0, 30) },
      () => random.pick(["hello\n", "[bob] hi\r\n", "QUIT\n", "bob: hi", "\x1b]0;x\x07\n", "\n\n"]),
    );
    all.said += lines.length;
    const text = random.pick(legacyOpenings) + lines.join("");
    await say(peer, random, mutated(random, text, 0.3));
  });
}

function chatOf(id: string): string {
  return `CHAT\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\n`;
}

/** Answers calls: anyhow, or as it should and then anyhow. */
async function answer(raw: RawPeer, random: SeededRandom): Promise<void> {
  await attacking("answered", raw, async () => {
    if (random.chance(0.5)) {
      const peer = await EncryptedPeer.accept(raw, { id: "mallory", identity: mallory });
      return await talk(peer, random, "peer", random.int(1, 40));
    }
    if (random.chance(0.7)) await raw.send(arbitrarySaid(random, "responder", "CHATACK"));
    await talk(raw, random, random.pick(["responder", "peer"]), random.int(0, 10));
  });
}

let served = 0;

/** Serves requests in one of three ways, in turn. */
function serveFor(victim: () => Victim) {
  return async (raw: RawPeer, random: SeededRandom): Promise<void> => {
    const how = (["served", "pushed", "mail"] as const)[served++ % 3]!;
    await attacking(how, raw, async () => {
      for (let request; (request = await raw.message()) !== "";) {
        const verb = /^[A-Z]+/.exec(request)?.[0] ?? "";
        if (how === "served") await reply(raw, random, verb);
        else if (how === "pushed") await replyAndPush(raw, random, verb);
        else await replyWithMail(raw, random, verb, victim());
        // It goes on until the client has heard enough, or asks no more.
        if (random.chance(0.02)) return;
      }
    });
  };
}

/** What would be the reply, with any values, or anything else; and news in between. */
async function reply(raw: RawPeer, random: SeededRandom, verb: string): Promise<void> {
  const replyVerb = verb === "PING" ? "PONG" : `${verb}ACK`;
  if (random.chance(0.3)) await raw.send(arbitrarySaid(random, "server"));
  const said = random.chance(0.15) ? undefined : random.chance(0.7) ? replyVerb : "ERROR";
  const good = random.chance(0.7) ? goodReplies[said ?? ""] : undefined;
  all.said++;
  await raw.send(mutated(random, good ?? arbitrarySaid(random, "server", said), 0.05));
}

/** The right reply, and much that nobody has asked for: as a server does that has registered the client. */
async function replyAndPush(raw: RawPeer, random: SeededRandom, verb: string): Promise<void> {
  await raw.send(goodReplies[`${verb}ACK`] ?? arbitrarySaid(random, "server", `${verb}ACK`));
  const pushes = ["PRESENCE", "MAIL", "RELAYED", "PRESENCE", "MAIL", "DISPLACED"];
  // Whoever is displaced does not register again by itself.
  const count = random.int(0, 40);
  for (let n = 0; n < count; n++) {
    const push = random.pick(random.chance(0.05) ? pushes : pushes.slice(0, -1));
    await raw.send(arbitrarySaid(random, "server", push));
  }
  all.said += count + 1;
}

let mails = 0;

/** Mail that is sealed as it should be, with anything in it. */
async function replyWithMail(
  raw: RawPeer,
  random: SeededRandom,
  verb: string,
  { identity: { publicKey: key, agreement: { publicKey: agreement } } }: Victim,
): Promise<void> {
  if (verb !== "COLLECT") {
    await raw.send(goodReplies[`${verb}ACK`] ?? arbitrarySaid(random, "server", `${verb}ACK`));
    return;
  }
  const items = Array.from(
    { length: random.int(0, 5) },
    () => arbitrarySaid(random, "peer", "MSG"),
  );
  const content = (random.chance(0.8) ? chatOf("mallory") : "") + items.join("");
  const recipient = { name: "alice", key, agreement };
  // An envelope takes so many.
  const some = mutated(random, content, 0.3).subarray(0, 60_000);
  const sealed = sealEnvelope(mallory, recipient, some);
  all.said += items.length + 1;
  await raw.send(encode(message("COLLECTACK", [
    ["Version", "1"],
    ["Count", "1"],
    ["Number", String(++mails)],
    ...dataHeaders(sealed),
  ])));
}

const goodReplies: Readonly<Record<string, string>> = {
  REGACK:
    "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\nVersion: 1\r\nExpires: 60\r\n\r\n",
  REGISTERACK:
    "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\nVersion: 1\r\nExpires: 60\r\n\r\n",
  WATCHACK:
    "WATCHACK\r\nVersion: 1\r\nMailbox: 65536\r\nFeatures: relay, presence, contacts, reflect\r\n\r\n",
};

/** Takes all connections to a listener, until it is closed. */
function takeAll(listener: RawListener, random: SeededRandom, take: typeof answer) {
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
  const serve = serveFor(() => victim);
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
    ...[
      "/register",
      "/register",
      "/unregister",
      "/info",
      "/bridge",
      "/bridge mallory",
      "/chat bob",
      "/who",
    ],
    ...[`/chat 127.0.0.1:${port}`, "hello", "/verify mallory", "/verify mallory no", "/peers"],
    ...["/audit mallory", "/history", "/search a", "/close", "/chat mallory", "/trust mallory"],
  ];
  const first = ["/register", `/chat 127.0.0.1:${port}`];
  const untilMs = performance.now() + sized(4_000, 600_000);
  let typeAtMs = 0;
  const memory: number[] = [];
  for (; performance.now() < untilMs || all.rounds < 10; all.rounds++) {
    if (performance.now() > typeAtMs) {
      await program.types(first.shift() ?? random.pick(commands));
      typeAtMs = performance.now() + 100;
    }
    const attacks = [callInTheClear, callEncrypted, callEncrypted, callWithFrames, callAsLegacy];
    await Promise.all(attacks.map((attack) => attack(victim, random.split())));
    if (all.rounds % 5 === 0) await hearsFriend(victim, all.rounds);
    checkShown(program.out);
    checkShown(program.err);
    assertEquals(program.code, undefined, "the client has ended");
    if (isLarge && all.rounds % 50 === 0) memory.push(await residentMib(program.pid));
  }
  const [early, last] = [memory[Math.floor(memory.length / 4)], memory.at(-1)];
  const told = Object.entries(counts).map(([what, [begun, whole]]) => [what, `${whole}/${begun}`]);
  const grown = { "MiB after a quarter": early ?? 0, "MiB": last ?? 0 };
  note("fuzz of the client", { ...all, ...Object.fromEntries(told), ...grown });
  if (isLarge) assert(last! < early! + 60, `memory grew from ${early} to ${last} MiB`);
  for (const [what, [begun, whole]] of Object.entries(counts)) {
    // Of some forty calls fewer may be heard by chance.
    const min = wholeMin[what as keyof typeof counts] / (isLarge ? 1 : 2);
    // In a few seconds the client asks its server a few times only.
    if (begun! < 10 && !isLarge) continue;
    assert(begun! > 0 && whole! >= min * begun!, `${what}: ${whole} of ${begun} were heard whole`);
  }
});
