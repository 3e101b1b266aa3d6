/**
 * Proving over a port of this machine, which anybody on it can call or listen on, that both sides can read a
 * secret that only the user can. Neither side says the secret, and none says anything before the other has
 * proven that it knows it: once a client was killed, its port can be somebody else's.
 *
 * @module
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { JsonLines } from "./json_lines.ts";

/** Who proves. It keeps the proof of one side from being sent back as that of the other. */
type Side = "asker" | "client";

/** A new secret: 256 bits in hexadecimal. */
export function newSecret(): string {
  return randomBytes(32).toString("hex");
}

/** Proves both sides to each other, as the one that has called. @returns Whether the other one is the client. */
export async function proveAsker(
  lines: JsonLines,
  secret: string,
  timeoutMs: number,
): Promise<"proven" | "unproven" | "silent"> {
  const nonce = randomBytes(16).toString("hex");
  await lines.write({ nonce });
  const read = await lines.read(timeoutMs);
  if (read.is === "silence") return "silent";
  const { nonce: theirs, proof } = fieldsOf(read);
  if (typeof theirs !== "string" || !isProof(proof, secret, "client", nonce, theirs)) {
    return "unproven";
  }
  await lines.write({ proof: proofOf(secret, "asker", nonce, theirs) });
  return "proven";
}

/** Proves both sides to each other, as the one that was called. @returns Whether the other one may ask. */
export async function proveClient(
  lines: JsonLines,
  secret: string,
  timeoutMs: number,
): Promise<boolean> {
  const { nonce: theirs } = fieldsOf(await lines.read(timeoutMs));
  if (typeof theirs !== "string") return false;
  const nonce = randomBytes(16).toString("hex");
  await lines.write({ nonce, proof: proofOf(secret, "client", theirs, nonce) });
  const { proof } = fieldsOf(await lines.read(timeoutMs));
  return isProof(proof, secret, "asker", theirs, nonce);
}

function fieldsOf(read: Awaited<ReturnType<JsonLines["read"]>>): Record<string, unknown> {
  const isObject = read.is === "value" && typeof read.value === "object" && read.value !== null;
  return isObject ? read.value as Record<string, unknown> : {};
}

function isProof(
  proof: unknown,
  secret: string,
  side: Side,
  askerNonce: string,
  clientNonce: string,
): boolean {
  if (typeof proof !== "string") return false;
  const [given, expected] = [proof, proofOf(secret, side, askerNonce, clientNonce)]
    .map((text) => new TextEncoder().encode(text));
  return given!.length === expected!.length && timingSafeEqual(given!, expected!);
}

function proofOf(secret: string, side: Side, askerNonce: string, clientNonce: string): string {
  return createHmac("sha256", secret)
    .update(JSON.stringify(["p2pchat local proof 1", side, askerNonce, clientNonce])).digest("hex");
}
