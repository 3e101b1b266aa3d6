/**
 * The other end of an encrypted conversation, after PROTOCOL.md and the Noise specification: what the
 * client's own encryption is not used here, so that both cannot be wrong in the same way.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Identity, verifyCertificate } from "../../shared/crypto/identity.ts";
import type { CipherState } from "../../shared/crypto/cipher_state.ts";
import { HandshakeState } from "../../shared/crypto/noise.ts";
import { framed } from "./frames.ts";
import { Peer } from "./peer.ts";
import { RawPeer } from "./raw_peer.ts";
import { type PublicKey, publicKeyBytes, publicKeyFrom } from "../../shared/crypto/public_key.ts";

const utf8 = new TextEncoder();
const nothing = new Uint8Array(0);

/** Bytes of content that go into one frame here: fewer than could. */
const contentMost = 60_000;
const frameMost = 65_535;
const paddedTo = 256;
const keyBytes = 32;
const certificateBytes = 64;

/** Who a peer says it is. */
export interface PeerSelf {
  readonly id: string;
  /** Where it says that it listens. */
  readonly port?: number;
  /** A new one by default. */
  readonly identity?: Identity;
}

/** An opening, such as CHAT, that says that its sender encrypts. */
export function encrypting(opening: string): string {
  return opening.replace(/\r\n$/, "Encryption: Noise_XX_25519_ChaChaPoly_SHA256\r\n\r\n");
}

/** One end of an encrypted conversation. */
export class EncryptedPeer extends Peer {
  readonly #send: CipherState;
  readonly #receive: CipherState;

  private constructor(
    /** The connection, as bytes. */
    readonly raw: RawPeer,
    /** What the other side opened with: its CHAT or CHATACK. */
    readonly opening: string,
    /** The other side's key. */
    readonly key: PublicKey,
    { send, receive }: { send: CipherState; receive: CipherState },
  ) {
    super();
    this.#send = send;
    this.#receive = receive;
  }

  /** Calls a client. Done once it has sent its first message, which is empty if it lets us in. */
  static async dial(
    address: { host: string; port: number },
    self: PeerSelf,
  ): Promise<EncryptedPeer> {
    const raw = await RawPeer.dial(address);
    try {
      return await EncryptedPeer.callOver(raw, opening("CHAT", self), self.identity);
    } catch (error) {
      raw.close();
      throw error;
    }
  }

  /** Answers a client's call. */
  static accept(raw: RawPeer, self: PeerSelf): Promise<EncryptedPeer> {
    return EncryptedPeer.answerOver(raw, opening("CHATACK", self), self.identity);
  }

  /** {@linkcode dial}s over a connection, with a CHAT in words. */
  static async callOver(
    raw: RawPeer,
    chat: string,
    identity = Identity.generate(),
  ): Promise<EncryptedPeer> {
    await raw.send(encrypting(chat));
    const chatack = await raw.message();
    assert(chatack.startsWith("CHATACK\r\n"), chatack);
    const prologue = utf8.encode(encrypting(chat) + chatack);
    const state = new HandshakeState({
      pattern: "XX",
      initiator: true,
      prologue,
      s: identity.agreement,
    });
    await raw.send(framed(state.writeMessage(nothing)));
    const key = keyIn(await takeFrame(raw), state);
    await raw.send(framed(state.writeMessage(proofOf(identity))));
    const peer = new EncryptedPeer(raw, chatack, key, state.split());
    await peer.more();
    return peer;
  }

  /** {@linkcode accept}s with a CHATACK in words. */
  static async answerOver(
    raw: RawPeer,
    chatack: string,
    identity = Identity.generate(),
  ): Promise<EncryptedPeer> {
    const chat = await raw.message();
    assert(chat.startsWith("CHAT\r\n"), chat);
    await raw.send(encrypting(chatack));
    const prologue = utf8.encode(chat + encrypting(chatack));
    const state = new HandshakeState({
      pattern: "XX",
      initiator: false,
      prologue,
      s: identity.agreement,
    });
    assertEquals(state.readMessage(await takeFrame(raw)), nothing);
    await raw.send(framed(state.writeMessage(proofOf(identity))));
    const key = keyIn(await takeFrame(raw), state);
    const peer = new EncryptedPeer(raw, chat, key, state.split());
    await raw.send(peer.seal(nothing));
    return peer;
  }

  override async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? utf8.encode(data) : data;
    for (let at = 0; at < bytes.length; at += contentMost) {
      await this.raw.send(this.seal(bytes.subarray(at, at + contentMost)));
    }
  }

  /** The frame that carries some content, as it goes over the wire. It must be sent, and only once. */
  seal(content: Uint8Array): Uint8Array {
    const plaintext = new Uint8Array(Math.ceil((3 + content.length) / paddedTo) * paddedTo);
    plaintext.set([0, content.length >> 8, content.length & 0xff]);
    plaintext.set(content, 3);
    return framed(this.#send.encryptWithAd(nothing, plaintext));
  }

  override close(): void {
    this.raw.close();
  }

  protected override async receive(): Promise<Uint8Array | undefined> {
    const sealed = await takeFrame(this.raw);
    if (sealed.length === 0) return undefined;
    const plaintext = this.#receive.decryptWithAd(nothing, sealed);
    assert(plaintext !== undefined, "a frame does not decrypt");
    const [then, high, low] = plaintext;
    // No test goes on for so long that the key changes.
    assertEquals(then, 0);
    assert(plaintext.length % paddedTo === 0 || sealed.length === frameMost);
    return plaintext.subarray(3, 3 + (high! << 8 | low!));
  }
}

function opening(verb: string, { id, port = 5557 }: PeerSelf): string {
  return `${verb}\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: ${port}\r\nVersion: 1\r\n\r\n`;
}

function proofOf({ publicKey, certificate }: Identity): Uint8Array {
  return new Uint8Array([...publicKeyBytes(publicKey), ...certificate]);
}

/** The key that a handshake message proves. */
function keyIn(message: Uint8Array, state: HandshakeState): PublicKey {
  const payload = state.readMessage(message);
  assert(payload !== undefined, "the handshake failed");
  assertEquals(payload.length, keyBytes + certificateBytes);
  const key = publicKeyFrom(payload.subarray(0, keyBytes));
  assert(verifyCertificate(key, state.remoteStatic!, payload.subarray(keyBytes)));
  return key;
}

/** The next frame without its length; empty if the connection ends before it does. */
async function takeFrame(raw: RawPeer): Promise<Uint8Array> {
  const [high, low] = await raw.bytes(2);
  if (high === undefined || low === undefined) return nothing;
  const length = high << 8 | low;
  const bytes = await raw.bytes(length);
  return bytes.length === length ? bytes : nothing;
}
