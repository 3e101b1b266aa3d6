/**
 * What a peer or a server says that means harm: messages from the table of verbs, with values that are right, at
 * their bounds, and wrong, in any order.
 *
 * @module
 */

import { toBase64url } from "../../shared/bytes/base64url.ts";
import { type Speaker, verbs } from "../../shared/protocol/verb_table.ts";
import type { SeededRandom } from "../simulation/seeded_random.ts";

const table = verbs as Readonly<
  Record<
    string,
    {
      readonly from: readonly Speaker[];
      readonly required: readonly string[];
      readonly optional: readonly string[];
    }
  >
>;

/** Makes a message that a speaker of some kind may say, or one that it may not. */
export function arbitrarySaid(random: SeededRandom, speaker: Speaker, verb?: string): string {
  const own = Object.keys(table).filter((name) => table[name]!.from.includes(speaker));
  const said = verb ??
    (random.chance(0.95)
      ? random.pick(own)
      : random.pick([...Object.keys(table), "X", "", "A".repeat(40), "\u202eGSM"]));
  const { required = [], optional = [] } = table[said] ?? {};
  const headers = [
    ...required.filter(() => random.chance(0.97)),
    ...optional.filter(() => random.chance(0.6)),
  ].flatMap((name) =>
    Array.from(
      { length: random.chance(0.9) ? 1 : random.int(0, 70) },
      () => `${name}: ${valueOf(name, random)}`,
    )
  );
  if (random.chance(0.03)) headers.push("a line by itself", `X: ${"y".repeat(3_000)}`);
  const end = random.chance(0.9) ? "\r\n" : "\n";
  const text = [said, ...headers, "", ""].join(end);
  if (random.chance(0.97)) return text;
  const at = random.int(0, text.length - 1);
  return text.slice(0, at) + random.pick(["\0", "\xff", ":", "\r", "\n", "\u001b[2J"]) +
    text.slice(at + 1);
}

const numbers = [
  ...["0", "1", "2", "5", "60", "300", "5556", "65535", "65536", "1700000000000"],
  ...["9007199254740991", "9007199254740993", "18446744073709551616", "-1", "1.5", "٣", ""],
];

const texts = [
  ...["hello", "", " ", "a\\nb", "\\u001b[2J\\u0007", "\\u009b31m", "\\ud800", "\\u202eabc", "\\x"],
  ...["x".repeat(4_000), "e" + "\u0301".repeat(500), "👩‍👩‍👧", "\u3164", "/quit", "22:56 bob: hi"],
];

function valueOf(name: string, random: SeededRandom): string {
  if (random.chance(0.05)) return random.pick(texts);
  switch (name) {
    case "clientID":
    case "Target":
    case "After":
      return random.pick(["alice", "bob", "friend", "mallory", "x".repeat(33), "ü", "a b"]);
    case "IP":
      return random.pick(["127.0.0.1", "::1", "", "999.1.1.1", "fe80::1%eth0", "0.0.0.0", "x"]);
    case "Client":
      return `${random.pick(["bob", "x y", "alice"])} 127.0.0.1 ${random.pick(numbers)}`;
    case "Presence":
      return `${random.pick(["mallory", "friend", "x"])} ${random.pick(["online", "away", "z"])}`;
    case "Version":
      return random.pick(["1", "1", "1", "1", "2", "x"]);
    case "Encryption":
      return random.pick(["Noise_XX_25519_ChaChaPoly_SHA256", "none", ""]);
    case "Features":
      return random.pick([
        ...["dialed", "tokens", "contacts, presence, relay, reflect", ",,"],
        "tokens, certificates, paths, away",
      ]);
    case "Candidate":
      return `${random.pick(["tcp", "tcp", "udp", "x"])} ${random.pick(places)}`;
    case "Certificate":
      return toBase64url(bytes(random, random.pick([0, 1, 246, 512, 600])));
    case "Code":
      return random.pick(["400", "401", "404", "409", "413", "421", "429", "500", "503", "x"]);
    case "Key":
    case "From-Key":
    case "Fingerprint":
    case "Data":
      return toBase64url(bytes(random, random.pick([0, 16, 32, 64, 300])));
    case "Id":
    case "Nonce":
    case "Commit":
    case "Stream":
    case "Prev":
    case "Token":
    case "Digest":
      return random.chance(0.3)
        ? random.pick(ids)
        : bytes(random, random.pick([8, 16, 16, 32, 32])).toHex();
    case "Text":
    case "Reason":
      return random.pick(texts);
    case "Realm":
      return random.pick(["127.0.0.1:5555", "0".repeat(32), "chat.example.org:5555"]);
    default:
      return random.pick(numbers);
  }
}

/** Where nobody is who would mind, and some that nobody may have called. */
const places = [
  ...["127.0.0.1:9", "192.168.1.1:80", "169.254.169.254:80", "[fe80::1]:1", "[::]:5", "x:1", ""],
  ...["203.0.113.7:40000", "[2001:db8::1]:40000", "255.255.255.255:1", "127.0.0.1:0"],
];

/** Some that come again. */
const ids = Array.from({ length: 4 }, (_, i) => `${i}`.repeat(32));

/** Bytes of a text, some of which may be others: no text then, as a rule. */
export function mutated(random: SeededRandom, text: string, chance: number): Uint8Array {
  const all = new TextEncoder().encode(text);
  if (all.length === 0 || !random.chance(chance)) return all;
  for (let n = random.int(1, 4); n > 0; n--) {
    all[random.int(0, all.length - 1)] = random.pick([0xff, 0xc0, 0x80, 0xed, 0, 10, 13]);
  }
  return all;
}

export function bytes(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(0, 255));
}
