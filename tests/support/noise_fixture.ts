/**
 * Both sides of a handshake, and somebody between them.
 *
 * @module
 */

import type { CipherState } from "../../shared/crypto/cipher_state.ts";
import {
  type HandshakeOptions,
  HandshakeState,
  type PatternName,
} from "../../shared/crypto/noise.ts";
import { type KeyPair, primitives } from "../../shared/crypto/primitives.ts";

export const none = new Uint8Array(0);
export const prologue = new TextEncoder().encode("what both have said so far");

/** A handshake's payloads, of lengths that this project's have. */
export const payloads = [none, new Uint8Array(96).fill(0xaa), new Uint8Array(96).fill(0xbb)];

/** Each pattern, and which side's static keys it uses. */
export const patterns: Readonly<
  Record<PatternName, { messages: number; initiatorHasKey: boolean; knowsResponder: boolean }>
> = {
  X: { messages: 1, initiatorHasKey: true, knowsResponder: true },
  XX: { messages: 3, initiatorHasKey: true, knowsResponder: false },
  XXpsk3: { messages: 3, initiatorHasKey: true, knowsResponder: false },
};

/** Two sides that are to understand each other. */
export interface Sides {
  readonly initiator: HandshakeState;
  readonly responder: HandshakeState;
  /** The initiator's static key pair, then the responder's. */
  readonly keys: readonly [KeyPair, KeyPair];
}

/** Makes both sides, with other options for each if a test gives them. */
export function begin(
  pattern: PatternName = "XX",
  ofInitiator: Partial<HandshakeOptions> = {},
  ofResponder: Partial<HandshakeOptions> = {},
): Sides {
  const { initiatorHasKey, knowsResponder } = patterns[pattern];
  const keys = [
    ofInitiator.s ?? primitives.generateKeyPair(),
    ofResponder.s ?? primitives.generateKeyPair(),
  ] as const;
  const common = {
    pattern,
    prologue,
    psks: pattern === "XXpsk3" ? [new Uint8Array(32).fill(0x5c)] : [],
  };
  return {
    initiator: new HandshakeState({
      ...common,
      initiator: true,
      ...initiatorHasKey && { s: keys[0] },
      ...knowsResponder && { rs: keys[1].publicKey },
      ...ofInitiator,
    }),
    responder: new HandshakeState({ ...common, initiator: false, s: keys[1], ...ofResponder }),
    keys,
  };
}

/** Who sends the message of a turn, and who takes it. */
export function turnOf(
  { initiator, responder }: Sides,
  turn: number,
): [writer: HandshakeState, reader: HandshakeState] {
  return turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
}

/**
 * Shakes hands.
 *
 * @param tamper What somebody between both makes of a message.
 * @returns The turn whose message was refused, or undefined if all went well.
 */
export function shakeHands(
  sides: Sides,
  tamper: (message: Uint8Array, turn: number) => Uint8Array = (message) => message,
): number | undefined {
  for (let turn = 0; turn < 3; turn++) {
    const [writer, reader] = turnOf(sides, turn);
    const message = tamper(writer.writeMessage(payloads[turn]!), turn);
    if (reader.readMessage(message) === undefined) return turn;
    if (writer.finished && reader.finished) return undefined;
  }
  throw new Error("The handshake does not end");
}

/** One direction of a channel, from the side that sends to the one that receives. */
export function makeChannel(): { send: CipherState; receive: CipherState; back: CipherState } {
  const sides = begin();
  shakeHands(sides);
  const { send, receive: back } = sides.initiator.split();
  return { send, receive: sides.responder.split().receive, back };
}
