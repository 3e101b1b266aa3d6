/**
 * Requests as somebody makes them who knows the protocol and means harm: from the table of verbs, with values that
 * are right, at their bounds, and wrong, and with signatures that are good for something else.
 *
 * @module
 */

import { toBase64url } from "../../shared/bytes/base64url.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { verbs } from "../../shared/protocol/verb_table.ts";
import type { SeededRandom } from "../simulation/seeded_random.ts";
import { signatureOf } from "./signer.ts";

/** Those who sign. */
export const signers = Array.from(
  { length: 4 },
  (_, i) => Identity.fromSeed(new Uint8Array(32).fill(50 + i)),
);

/** The names that they want. */
export const names = ["alice", "bob", "carol", "frank", "grace", "a", "Z.z-_9", "x".repeat(32)];

/** Whose a name is, if nobody is quicker. */
export function signerOf(id: string): Identity {
  return signers[names.indexOf(id) % signers.length]!;
}

/** A request, and what it asks for if that is known. */
export interface ArbitraryRequest {
  readonly text: string;
  readonly verb: string;
  /** Whose name is to be registered, and with which key, if with one. */
  readonly clientId: string | undefined;
  readonly key: string | undefined;
  /** By whose key it is signed; undefined if it is not. */
  readonly signedBy: string | undefined;
  /** Whether it says something else than that, since a letter of it is another one. */
  readonly isAltered: boolean;
}

/** What a connection has been told that its next request may need. */
export interface Known {
  nonce: string;
  realm: string;
  readonly dialed: string;
  /** As whom it has registered, if it has. */
  self?: { readonly id: string; readonly signer: Identity };
}

/** The lines of a registration that is right but for its signature. */
export function registrationLines(id: string): string[] {
  return ["REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
}

const clientVerbs = Object.entries(verbs)
  .filter(([, { from }]) => (from as readonly string[]).includes("client"))
  .map(([verb]) => verb);

/** Makes one. A connection often goes on as one who has registered. */
export function arbitraryRequest(random: SeededRandom, known: Known): ArbitraryRequest {
  const verb = random.chance(0.95)
    ? random.pick(clientVerbs)
    : random.pick([...Object.keys(verbs), "X", "register", "A".repeat(17), "", "ÄÖÜ", "PING PING"]);
  const table = verbs[verb as keyof typeof verbs] as
    | { required: readonly string[]; optional: readonly string[] }
    | undefined;
  const { self } = known;
  const signer = self !== undefined && random.chance(0.8) ? self.signer : random.pick(signers);
  // Each of these alone is worth nothing.
  const proof = random.chance(0.5) ? ["Version", "Key", "Nonce", "Signature"] : [];
  const wanted = [
    ...table?.required ?? [],
    ...(table?.optional ?? []).filter((name) => proof.includes(name) || random.chance(0.5)),
  ].filter(() => random.chance(0.97));
  const lines: [string, string][] = wanted
    .filter((name) => name !== "Signature")
    .flatMap((name) => {
      const count = random.chance(0.98) ? 1 : random.int(2, 70);
      return Array.from(
        { length: count },
        (): [string, string] => [name, valueOf(name, random, known, signer)],
      );
    });
  if (random.chance(0.1)) lines.push([random.pick(["X-New", "Key", "Version"]), "y"]);
  const by = random.chance(0.9) ? signer : random.pick(signers);
  const isSigned = wanted.includes("Signature");
  if (isSigned) lines.push(["Signature", signed(verb, lines, random, known, by)]);
  const text = written(verb, lines, random);
  const altered = random.chance(0.03) ? alteredText(text, random) : text;
  return {
    text: altered,
    isAltered: altered !== text,
    signedBy: isSigned ? by.publicKey : undefined,
    verb,
    clientId: lines.find(([name]) => name === "clientID")?.[1],
    key: lines.find(([name]) => name === "Key")?.[1],
  };
}

function signed(
  verb: string,
  lines: readonly [string, string][],
  random: SeededRandom,
  { realm }: Known,
  by: Identity,
): string {
  if (random.chance(0.1)) return random.pick(["", "x", toBase64url(bytes(random, 64))]);
  try {
    const text = lines.map(([name, value]) => `${name}: ${value}`);
    return signatureOf(by, [verb, ...text], realm);
  } catch {
    // What is no message cannot be signed.
    return toBase64url(bytes(random, 64));
  }
}

function written(verb: string, lines: readonly [string, string][], random: SeededRandom): string {
  const end = random.chance(0.9) ? "\r\n" : "\n";
  const text = [verb, ...lines.map(([name, value]) => `${name}: ${value}`)];
  if (random.chance(0.02)) text.splice(random.int(0, text.length), 0, "a line by itself");
  if (random.chance(0.01)) text.splice(random.int(1, text.length), 0, `X: ${"y".repeat(5_000)}`);
  if (random.chance(0.01)) text.push(`X: a\u0000b\u001b[2J`);
  return text.join(end) + end + end;
}

function alteredText(whole: string, random: SeededRandom): string {
  const at = random.int(0, whole.length - 1);
  return whole.slice(0, at) + random.pick(["\0", "\xff", ":", "\r", "\n", " ", "ß"]) +
    whole.slice(at + 1);
}

const numbers = [
  ...["0", "1", "2", "9", "10", "16", "17", "60", "61", "300", "3600", "65535", "65536"],
  ...["2147483648", "9007199254740991", "9007199254740993", "1e9", "-1", "1.5", "0x10", "٣", ""],
];

function valueOf(name: string, random: SeededRandom, known: Known, signer: Identity): string {
  if (random.chance(0.03)) return random.pick(["", " ", "x", "\u202e", "a b c", "0".repeat(4_000)]);
  switch (name) {
    case "clientID":
    case "Target":
    case "After": {
      if (name === "After" && random.chance(0.5)) return random.pick(numbers);
      const id = random.chance(0.95)
        ? random.pick(names)
        : random.pick(["ü", "x".repeat(33), "#a"]);
      return name === "Target" && random.chance(0.2) ? `${id} ${hex(random)}` : id;
    }
    case "IP":
      return random.pick(["127.0.0.1", "::1", "192.0.2.1", "999.1.1.1", "fe80::1%eth0", "::"]);
    case "Port":
    case "Expires":
    case "Limit":
    case "Epoch":
    case "Part":
    case "Parts":
    case "Taken":
      return random.pick(numbers);
    case "Version":
      return random.pick(["1", "1", "1", "1", "2", "0", "x"]);
    case "Key":
      return random.chance(0.9) ? signer.publicKey : toBase64url(bytes(random, 32));
    case "Nonce":
      return random.chance(0.9) ? known.nonce : hex(random);
    case "Dialed":
      return random.chance(0.8) ? known.dialed : random.pick(["192.0.2.1:5555", "x", "[::1]:1"]);
    case "Features":
      return random.pick([
        "contacts",
        "displaced, contacts, relay",
        "presence, open-presence",
        ",,",
      ]);
    case "Refresh":
      return random.pick(["yes", "no"]);
    case "Data":
      return toBase64url(bytes(random, random.pick([0, 1, 16, 96, 2_000, 2_880])));
    default:
      // Instance, Id, Token.
      return hex(random);
  }
}

function hex(random: SeededRandom): string {
  // Few of them, so that some meet again.
  return random.int(0, 7).toString(16).repeat(random.pick([32, 32, 32, 31]));
}

function bytes(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.int(0, 255));
}
