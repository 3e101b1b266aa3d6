// Arbitrary requests, in any order, on many connections: the server answers each as the protocol has it, goes on
// serving others, and gives no name to anybody but its owner.

import { assert, assertEquals } from "@std/assert";
import { formatAddress } from "../../shared/net/address.ts";
import { encode, header, type Message } from "../../shared/protocol/message.ts";
import { MessageReader } from "../../shared/protocol/message_reader.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { check } from "../../shared/protocol/verbs.ts";
import { SeededRandom } from "../simulation/seeded_random.ts";
import {
  type ArbitraryRequest,
  arbitraryRequest,
  type Known,
  names,
  registrationLines,
  signerOf,
  signers,
} from "../support/arbitrary_requests.ts";
import { AttackedServer } from "../support/attacked_server.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { keyLine, signed } from "../support/signer.ts";
import { relaysWithoutBounds, withoutRates } from "../support/rates.ts";
import { Wire } from "../support/wire.ts";
import { isLarge, note, sized } from "./extent.ts";

const seed = Number(Deno.env.get("P2PCHAT_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

/** Connections at once, and requests on each. */
const atOnce = 8;
const requestsMax = 30;

/** What is known of names: with which key each was registered first. */
const owners = new Map<string, string>();

const counts = { connections: 0, requests: 0, replies: 0 };

/** Checks what a server says, whatever it was asked. */
function checkSaid(said: Message): void {
  counts.replies++;
  assertEquals(check(said, "server"), undefined, encode(said));
  assert(header(said, "Code") !== "500", encode(said));
}

/** One connection: requests one by one, each with its answer, or all at once, in pieces. */
async function connect(server: AttackedServer, random: SeededRandom): Promise<void> {
  counts.connections++;
  const conn = await Deno.connect({ hostname: server.address.host, port: server.address.port });
  const known: Known = { nonce: "0".repeat(32), realm: "", dialed: formatAddress(server.address) };
  const reader = new MessageReader({ longVerb: "COLLECTACK" });
  const buffer = new Uint8Array(64 * 1024);
  /** @returns The next message; undefined at the end. */
  const next = async (): Promise<Message | undefined> => {
    for (;;) {
      const item = reader.next();
      if (item !== undefined) {
        assert(!isFault(item), "what the server says cannot be read");
        checkSaid(item);
        return item;
      }
      const count = await conn.read(buffer).catch(() => null);
      if (count === null) return undefined;
      reader.push(buffer.subarray(0, count));
    }
  };
  try {
    const ask = async (lines: readonly string[]) => {
      await send(conn, [...lines, "", ""].join("\r\n"));
      return await next();
    };
    // What is for those who have registered would hardly ever be reached by chance.
    if (random.chance(0.8)) await registerFirst(random, known, ask);
    const count = random.int(1, requestsMax);
    if (random.chance(0.5)) await oneByOne(conn, count, random, known, next);
    else await allAtOnce(conn, count, random, known, next);
  } finally {
    conn.close();
  }
}

async function oneByOne(
  conn: Deno.TcpConn,
  count: number,
  random: SeededRandom,
  known: Known,
  next: () => Promise<Message | undefined>,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const request = arbitraryRequest(random, known);
    // It waits for somebody to come.
    if (request.verb === "JOIN") continue;
    counts.requests++;
    // Behind it, once it has ended, there is always an answer, whatever the server makes of it.
    const mark = `m${i}`;
    try {
      await send(conn, `${request.text}\r\n\r\nPING\r\nId: ${mark}\r\n\r\n`);
    } catch {
      return;
    }
    for (let said; (said = await next()) !== undefined;) {
      if (said.verb === "PONG" && header(said, "Id") === mark) break;
      if (header(said, "Code") === "401") {
        known.nonce = header(said, "Nonce")!;
        known.realm = header(said, "Realm")!;
      }
      if (said.verb === "REGACK") checkRegack(header(said, "clientID")!, request);
      if (header(said, "Code") === "408" || header(said, "Code") === "413") break;
    }
  }
}

async function registerFirst(
  random: SeededRandom,
  known: Known,
  ask: (lines: readonly string[]) => Promise<Message | undefined>,
): Promise<void> {
  const id = random.pick(names);
  const signer = random.chance(0.9) ? signerOf(id) : random.pick(signers);
  const lines = registrationLines(id);
  const challenge = await ask([...lines, keyLine(signer)]);
  if (challenge === undefined || header(challenge, "Code") !== "401") return;
  known.realm = header(challenge, "Realm")!;
  const given = { nonce: header(challenge, "Nonce")!, realm: known.realm };
  const regack = await ask(signed(signer, lines, given));
  if (regack?.verb !== "REGACK") return;
  checkOwner(id, signer.publicKey);
  known.self = { id, signer };
}

/** What names a key was signed with it. */
function checkRegack(clientId: string, { key, signedBy, isAltered }: ArbitraryRequest): void {
  if (isAltered) return;
  if (key !== undefined) {
    assertEquals(signedBy, key, `${clientId} was registered with a signature of another key`);
  }
  checkOwner(clientId, key);
}

/** A name that was registered with a key is nobody else's from then on. */
function checkOwner(clientId: string, key: string | undefined): void {
  const owner = owners.get(clientId);
  if (owner === undefined) {
    if (key !== undefined) owners.set(clientId, key);
    return;
  }
  assertEquals(key, owner, `${clientId} was given away`);
}

async function allAtOnce(
  conn: Deno.TcpConn,
  count: number,
  random: SeededRandom,
  known: Known,
  next: () => Promise<Message | undefined>,
): Promise<void> {
  let text = "";
  for (let i = 0; i < count; i++) text += arbitraryRequest(random, known).text;
  counts.requests += count;
  const sending = (async () => {
    while (text !== "") {
      const piece = text.slice(0, random.int(1, 3_000));
      text = text.slice(piece.length);
      await send(conn, piece);
    }
    await conn.closeWrite();
  })().catch(() => {});
  const leavesAfter = random.chance(0.3) ? random.int(0, count) : Infinity;
  for (let said = 0; said < leavesAfter && await next() !== undefined; said++);
  if (leavesAfter === Infinity) await sending;
}

async function send(conn: Deno.TcpConn, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await conn.write(bytes));
}

/** Somebody who is there all the while, and takes calls. What comes is read, and checked. */
async function resident(server: AttackedServer, id: string, identity: Identity) {
  const conn = await Deno.connect({ hostname: server.address.host, port: server.address.port });
  const reader = new MessageReader({ longVerb: "COLLECTACK" });
  const waiting: ((said: Message) => void)[] = [];
  const reading = (async () => {
    const buffer = new Uint8Array(64 * 1024);
    for (let count; (count = await conn.read(buffer).catch(() => null)) !== null;) {
      reader.push(buffer.subarray(0, count));
      for (let item; (item = reader.next()) !== undefined;) {
        assert(!isFault(item));
        checkSaid(item);
        if (!["RELAYED", "PRESENCE", "MAIL", "DISPLACED"].includes(item.verb)) {
          waiting.shift()?.(item);
        }
      }
    }
  })();
  const ask = async (...lines: string[]): Promise<Message> => {
    const { promise, resolve } = Promise.withResolvers<Message>();
    waiting.push(resolve);
    await send(conn, [...lines, "", ""].join("\r\n"));
    return await promise;
  };
  const register = registrationLines(id);
  const challenge = await ask(...register, keyLine(identity));
  const [nonce, realm] = ["Nonce", "Realm"].map((name) => header(challenge, name)!);
  await ask(...signed(identity, register, { nonce: nonce!, realm: realm! }));
  const watch = ["WATCH", "Version: 1", "Features: contacts, presence, relay", "Target: alice"];
  assertEquals((await ask(...watch)).verb, "WATCHACK");
  return {
    ping: async () => assertEquals((await ask("PING")).verb, "PONG"),
    leave: async () => {
      conn.close();
      await reading;
    },
  };
}

Deno.test(`arbitrary requests are answered, and harm nobody (seed ${seed})`, async () => {
  await using server = await AttackedServer.start({
    capacity: { ...withoutRates, ...relaysWithoutBounds, newNamesPerHost: 1_000_000 },
    v8Flags: ["--max-old-space-size=256"],
  });
  const residents = await Promise.all(
    ["frank", "grace"].map((id) => resident(server, id, signerOf(id))),
  );
  const random = new SeededRandom(seed);
  const untilMs = performance.now() + sized(3_000, 600_000);
  const memory: number[] = [];
  let rounds = 0;
  while (performance.now() < untilMs || rounds < 10) {
    const randoms = Array.from({ length: atOnce }, () => random.split());
    await Promise.all(randoms.map((random) => connect(server, random)));
    using honest = await Wire.connect(server);
    assertEquals(await honest.ask("PING", `Id: ${rounds}`), `PONG\r\nId: ${rounds}\r\n\r\n`);
    for (const { ping } of residents) await ping();
    if (++rounds % 100 === 0 && isLarge) memory.push(await server.residentMib());
    if (isLarge && rounds % 1_000 === 0) note("fuzz", { rounds, ...counts, MiB: memory.at(-1)! });
  }
  for (const { leave } of residents) await leave();
  const [first, last] = [memory[Math.floor(memory.length / 4)], memory.at(-1)];
  note("fuzz", {
    rounds,
    ...counts,
    "MiB after a quarter": first ?? 0,
    "MiB at the end": last ?? 0,
  });
  if (isLarge) assert(last! < first! + 40, `memory grew from ${first} to ${last} MiB`);
  assert(counts.replies > counts.requests / 4);
});
