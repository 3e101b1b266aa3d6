// Against another implementation, noise-c (github.com/rweather/noise-c), compiled to WebAssembly.

import { assert, assertEquals, assertThrows } from "@std/assert";
// @ts-types="../../support/noise_c.d.ts"
import createNoise, {
  type CipherState as TheirCipherState,
  type HandshakeState as TheirHandshakeState,
  type NoiseC,
} from "noise-c.wasm";
import { type CipherState, noiseMessageBytesMax } from "../../../shared/crypto/cipher_state.ts";
import { HandshakeState } from "../../../shared/crypto/noise.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";

const { promise, resolve } = Promise.withResolvers<NoiseC>();
// It prints how it was loaded, which does not matter to a test.
createNoise({ printErr: () => undefined }, resolve);
const noiseC = await promise;

const utf8 = new TextEncoder();
const none = new Uint8Array(0);
const prologue = utf8.encode("CHAT p2pchat\r\n\r\nCHATACK p2pchat\r\n\r\n");
const longest = noiseMessageBytesMax - 16;

/** Both implementations with the keys that they need, before the first message. */
function begin(weInitiate: boolean, theirPrologue = prologue) {
  const { NOISE_ROLE_INITIATOR, NOISE_ROLE_RESPONDER, NOISE_DH_CURVE25519 } = noiseC.constants;
  const s = primitives.generateKeyPair();
  const ours = new HandshakeState({ pattern: "XX", initiator: weInitiate, prologue, s });
  const [privateKey, publicKey] = noiseC.CreateKeyPair(NOISE_DH_CURVE25519);
  const theirs = new noiseC.HandshakeState(
    "Noise_XX_25519_ChaChaPoly_SHA256",
    weInitiate ? NOISE_ROLE_RESPONDER : NOISE_ROLE_INITIATOR,
  );
  theirs.Initialize(theirPrologue, privateKey);
  return { ours, theirs, ourKey: s.publicKey, theirKey: publicKey };
}

/** The messages of a handshake, each with a payload of its own. */
function shakeHands(
  ours: HandshakeState,
  theirs: TheirHandshakeState,
  weInitiate: boolean,
  payloads: readonly Uint8Array[],
): void {
  for (const [turn, payload] of payloads.entries()) {
    if ((turn % 2 === 0) === weInitiate) {
      assertSame(theirs.ReadMessage(ours.writeMessage(payload), true), payload);
    } else {
      assertSame(ours.readMessage(theirs.WriteMessage(payload)), payload);
    }
  }
  assert(ours.finished);
  assertEquals(theirs.GetAction(), noiseC.constants.NOISE_ACTION_SPLIT);
}

for (const weInitiate of [true, false]) {
  const who = weInitiate ? "noise-c answers" : "noise-c begins";

  Deno.test(`if ${who}, both agree and understand each other`, () => {
    const { ours, theirs, ourKey, theirKey } = begin(weInitiate);
    shakeHands(ours, theirs, weInitiate, [
      none,
      crypto.getRandomValues(new Uint8Array(96)),
      crypto.getRandomValues(new Uint8Array(96)),
    ]);
    assertEquals(ours.remoteStatic, theirKey);
    assertEquals(new Uint8Array(theirs.GetRemotePublicKey()!), ourKey);
    assertEquals(new Uint8Array(theirs.GetHandshakeHash()), ours.handshakeHash);

    const { send, receive } = ours.split();
    const [theirSend, theirReceive] = theirs.Split();
    for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 300, 4_096, longest - 1, longest, 5]) {
      const text = crypto.getRandomValues(new Uint8Array(length));
      const ad = length % 2 === 0 ? none : text.subarray(0, 7);
      assertSame(theirReceive.DecryptWithAd(ad, send.encryptWithAd(ad, text)), text);
      assertSame(receive.decryptWithAd(ad, theirSend.EncryptWithAd(ad, text)), text);
    }

    // Both take it for a forgery.
    const text = utf8.encode("Hello Bob!");
    const forged = send.encryptWithAd(none, text);
    forged[3]! ^= 1;
    assertThrows(() => theirReceive.DecryptWithAd(none, forged), Error, "MAC_FAILURE");
    const forgedByThem = new Uint8Array(theirSend.EncryptWithAd(none, text));
    forgedByThem[3]! ^= 1;
    assertEquals(receive.decryptWithAd(none, forgedByThem), undefined);
    theirSend.free();
    theirReceive.free();
  });

  Deno.test(`if ${who}, the first payload may be as long as a message allows`, () => {
    const { ours, theirs } = begin(weInitiate);
    shakeHands(ours, theirs, weInitiate, [
      crypto.getRandomValues(new Uint8Array(noiseMessageBytesMax - 32)),
      crypto.getRandomValues(new Uint8Array(noiseMessageBytesMax - 32 - 48 - 16)),
      crypto.getRandomValues(new Uint8Array(noiseMessageBytesMax - 48 - 16)),
    ]);
    theirs.free();
  });

  Deno.test(`if ${who} with another prologue, the second message is refused`, () => {
    const { ours, theirs } = begin(weInitiate, utf8.encode("CHAT p2pchat\r\n\r\n"));
    if (weInitiate) {
      theirs.ReadMessage(ours.writeMessage(none), true);
      assertEquals(ours.readMessage(theirs.WriteMessage(none)), undefined);
      theirs.free();
    } else {
      assertEquals(ours.readMessage(theirs.WriteMessage(none)), none);
      const second = ours.writeMessage(none);
      // It frees itself then.
      assertThrows(() => theirs.ReadMessage(second, true), Error, "MAC_FAILURE");
    }
  });
}

// noise-c has no REKEY that can be called, so its cipher is given the key that ours should have then.
Deno.test("after a rekey, noise-c understands with the next key alone, and the nonces go on", () => {
  const keys: Uint8Array[] = [];
  const s = primitives.generateKeyPair();
  const ours = new HandshakeState({
    pattern: "XX",
    initiator: true,
    prologue,
    s,
    primitives: {
      ...primitives,
      encrypt(key, ...rest) {
        keys.push(key.slice());
        return primitives.encrypt(key, ...rest);
      },
    },
  });
  const { theirs } = begin(true);
  shakeHands(ours, theirs, true, [none, none, none]);
  const { send } = ours.split();
  const [theirSend, theirReceive] = theirs.Split();

  const text = utf8.encode("Hello Bob!");
  assertSame(theirReceive.DecryptWithAd(none, send.encryptWithAd(none, text)), text);
  send.rekey();
  const next = withKey(primitives.rekey(keys.at(-1)!), 1);
  const rekeyed = send.encryptWithAd(none, text);
  assertThrows(() => theirReceive.DecryptWithAd(none, rekeyed), Error, "MAC_FAILURE");
  assertSame(next.DecryptWithAd(none, rekeyed), text);
  assertSame(next.DecryptWithAd(none, send.encryptWithAd(none, text)), text);
  for (const state of [theirSend, theirReceive, next]) state.free();
});

function withKey(key: Uint8Array, nonce: number): TheirCipherState {
  const state = new noiseC.CipherState(noiseC.constants.NOISE_CIPHER_CHACHAPOLY);
  state.InitializeKey(key);
  state.SetNonce(nonce);
  return state;
}

/** Not assertEquals: its report of two long arrays takes long. */
function assertSame(
  actual: ReturnType<CipherState["decryptWithAd"]>,
  expected: Uint8Array,
): void {
  assert(actual !== undefined && actual.length === expected.length);
  assert(actual.every((byte, i) => byte === expected[i]));
}
