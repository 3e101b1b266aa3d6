/**
 * An identity as a file holds it: JSON with the public key for all to read, and the seed, as it is or under
 * a passphrase.
 *
 * ```json
 * {
 *   "version": 1,
 *   "publicKey": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
 *   "sealed": {
 *     "kdf": { "name": "scrypt", "N": 131072, "r": 8, "p": 1, "salt": "…" },
 *     "cipher": "ChaCha20-Poly1305",
 *     "seed": "…"
 *   }
 * }
 * ```
 *
 * Without a passphrase `"seed": "…"` stands in the place of `sealed`. Bytes are base64url without padding.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../../shared/bytes/base64url.ts";
import { tagBytes } from "../../shared/crypto/chacha20_poly1305.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { type PublicKey, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { keyBytes } from "../../shared/crypto/raw_keys.ts";
import {
  isBearable,
  openBox,
  type PassphraseCost,
  saltBytes,
  sealBox,
  type SealedSecret,
} from "./sealed_secret.ts";

/** What an identity's file holds. The public key is known in any case. */
export type IdentityFile =
  | { readonly publicKey: PublicKey; readonly identity: Identity }
  | { readonly publicKey: PublicKey; readonly box: SealedSecret };

const version = 1;
const seedBytes = 32;

/** An identity without a passphrase. */
export function plainIdentity(identity: Identity): IdentityFile {
  return { publicKey: identity.publicKey, identity };
}

/** An identity under a passphrase. This takes half a second, on purpose; tests may name a lower cost. */
export function sealIdentity(
  identity: Identity,
  passphrase: string,
  cost?: PassphraseCost,
): IdentityFile {
  const { publicKey, seed } = identity;
  return { publicKey, box: sealBox(seed, headerOf(publicKey), passphrase, cost) };
}

/**
 * Takes an identity from under its passphrase.
 *
 * @returns Undefined where the passphrase is not the one.
 * @throws {SyntaxError} Where what was sealed is another identity's.
 */
export function unsealIdentity(
  { publicKey, box }: IdentityFile & { readonly box: SealedSecret },
  passphrase: string,
): Identity | undefined {
  const seed = openBox(box, headerOf(publicKey), passphrase);
  return seed && identityOf(seed, publicKey);
}

/** What binds the seal to what stands beside it. */
function headerOf(publicKey: PublicKey): Uint8Array {
  return new TextEncoder().encode(`p2pchat identity ${version}\n${publicKey}`);
}

/** An identity's file as text. */
export function encodeIdentity(file: IdentityFile): string {
  return JSON.stringify(
    {
      version,
      publicKey: file.publicKey,
      ..."box" in file
        ? {
          sealed: {
            kdf: { name: "scrypt", ...file.box.cost, salt: toBase64url(file.box.salt) },
            cipher: "ChaCha20-Poly1305",
            seed: toBase64url(file.box.ciphertext),
          },
        }
        : { seed: toBase64url(file.identity.seed) },
    },
    undefined,
    2,
  ) + "\n";
}

/**
 * Reads an identity's file.
 *
 * @throws {SyntaxError} Where the text is none, and an Error where it is of a newer version. The message is
 * the end of a sentence that names the file.
 */
export function decodeIdentity(text: string): IdentityFile {
  const file = recordOf(parse(text));
  if (typeof file.version === "number" && file.version > version) {
    throw new Error(
      `it is of version ${file.version}, and this program knows version ${version}; ` +
        "use the newer program",
    );
  }
  if (file.version !== version) throw damaged();
  const publicKey = publicKeyFrom(bytesOf(file.publicKey, keyBytes));
  return "sealed" in file
    ? { publicKey, box: boxOf(recordOf(file.sealed)) }
    : { publicKey, identity: identityOf(bytesOf(file.seed, seedBytes), publicKey) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not as the cause: it would quote the text, and with it the seed.
    throw damaged();
  }
}

function boxOf({ kdf, cipher, seed }: Record<string, unknown>): SealedSecret {
  const { name, N, r, p, salt } = recordOf(kdf);
  const cost = { N: numberOf(N), r: numberOf(r), p: numberOf(p) };
  if (name !== "scrypt" || cipher !== "ChaCha20-Poly1305") throw damaged();
  if (!isBearable(cost)) {
    throw new SyntaxError(
      "its passphrase would take too much memory or time: " +
        `scrypt with N ${cost.N}, r ${cost.r}, p ${cost.p}`,
    );
  }
  return {
    cost,
    salt: bytesOf(salt, saltBytes),
    ciphertext: bytesOf(seed, seedBytes + tagBytes),
  };
}

function identityOf(seed: Uint8Array, publicKey: PublicKey): Identity {
  const identity = Identity.fromSeed(seed);
  if (identity.publicKey === publicKey) return identity;
  throw new SyntaxError("its public key belongs to another seed, so one of the two is damaged");
}

function recordOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw damaged();
  return value as Record<string, unknown>;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

function bytesOf(text: unknown, length: number): Uint8Array {
  const bytes = typeof text === "string" ? fromBase64url(text, length) : undefined;
  if (bytes === undefined) throw damaged();
  return bytes;
}

function damaged(): SyntaxError {
  return new SyntaxError("it holds no identity, or a damaged one");
}
