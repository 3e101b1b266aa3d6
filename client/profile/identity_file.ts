/**
 * An identity as it is in a file: JSON with the public key, and the seed, as it is or under a passphrase.
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
 * Without a passphrase there is `"seed": "…"` instead of `sealed`. Bytes are base64url without padding.
 *
 * @module
 */

import { fromBase64url, toBase64url } from "../../shared/bytes/base64url.ts";
import { tagBytes } from "../../shared/crypto/chacha20_poly1305.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { keyBytes, type PublicKey, publicKeyFrom } from "../../shared/crypto/public_key.ts";
import { IdentityFailure } from "./identity_failure.ts";
import {
  isBearable,
  openSecret,
  type PassphraseCost,
  saltBytes,
  type SealedSecret,
  sealSecret,
} from "./sealed_secret.ts";

/** What an identity's file holds: the public key, and the identity itself, which may be sealed. */
export type IdentityFile =
  | { readonly publicKey: PublicKey; readonly identity: Identity }
  | { readonly publicKey: PublicKey; readonly sealed: SealedSecret };

const version = 1;
/** What a seed is sealed for: an identity in a file of version 1. */
const sealLabel = "p2pchat identity 1";
const seedBytes = 32;

/** An identity without a passphrase. */
export function plainIdentity(identity: Identity): IdentityFile {
  return { publicKey: identity.publicKey, identity };
}

/** An identity under a passphrase. This takes half a second, on purpose, unless a lower cost is given. */
export function sealIdentity(
  identity: Identity,
  passphrase: string,
  cost?: PassphraseCost,
): IdentityFile {
  const { publicKey, seed } = identity;
  return { publicKey, sealed: sealSecret(seed, headerOf(publicKey), passphrase, cost) };
}

/**
 * Takes an identity from under its passphrase.
 *
 * @returns Undefined if the passphrase is wrong.
 * @throws {IdentityFailure} If the seed under it belongs to another public key.
 */
export function unsealIdentity(
  { publicKey, sealed }: IdentityFile & { readonly sealed: SealedSecret },
  passphrase: string,
): Identity | undefined {
  const seed = openSecret(sealed, headerOf(publicKey), passphrase);
  return seed && identityOf(seed, publicKey);
}

/** Binds the sealed seed to the public key beside it. */
function headerOf(publicKey: PublicKey): Uint8Array {
  return new TextEncoder().encode(`${sealLabel}\n${publicKey}`);
}

/** An identity's file as text. */
export function encodeIdentity(file: IdentityFile): string {
  return JSON.stringify(
    {
      version,
      publicKey: file.publicKey,
      ..."sealed" in file
        ? {
          sealed: {
            kdf: { name: "scrypt", ...file.sealed.cost, salt: toBase64url(file.sealed.salt) },
            cipher: "ChaCha20-Poly1305",
            seed: toBase64url(file.sealed.ciphertext),
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
 * @throws {IdentityFailure} If the text is not one, or is one of a newer version.
 */
export function decodeIdentity(text: string): IdentityFile {
  const file = recordOf(parse(text));
  if (typeof file.version === "number" && file.version > version) {
    throw new IdentityFailure({ is: "newer", version: file.version, known: version });
  }
  if (file.version !== version) throw damaged();
  const publicKey = publicKeyFrom(bytesOf(file.publicKey, keyBytes));
  return "sealed" in file
    ? { publicKey, sealed: sealedOf(recordOf(file.sealed)) }
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

function sealedOf({ kdf, cipher, seed }: Record<string, unknown>): SealedSecret {
  const { name, N, r, p, salt } = recordOf(kdf);
  const cost = { N: numberOf(N), r: numberOf(r), p: numberOf(p) };
  if (name !== "scrypt" || cipher !== "ChaCha20-Poly1305") throw damaged();
  if (!isBearable(cost)) {
    throw new IdentityFailure({ is: "too-costly", ...cost });
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
  throw new IdentityFailure({ is: "other-key" });
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

function damaged(): IdentityFailure {
  return new IdentityFailure({ is: "damaged" });
}
