/**
 * What the test of interoperation uses of noise-c.wasm, which is noise-c compiled and has no types.
 * Its methods throw an Error whose message is the name of one of noise-c's codes.
 */

export interface CipherState {
  InitializeKey(key: Uint8Array): void;
  SetNonce(nonce: number): void;
  EncryptWithAd(ad: Uint8Array, plaintext: Uint8Array): Uint8Array;
  DecryptWithAd(ad: Uint8Array, ciphertext: Uint8Array): Uint8Array;
  free(): void;
}

export interface HandshakeState {
  Initialize(
    prologue: Uint8Array | null,
    s?: Uint8Array | null,
    rs?: Uint8Array | null,
    psk?: Uint8Array | null,
  ): void;
  WriteMessage(payload: Uint8Array | null): Uint8Array;
  ReadMessage(message: Uint8Array, payloadNeeded: true): Uint8Array;
  GetAction(): number;
  GetHandshakeHash(): Uint8Array;
  GetRemotePublicKey(): Uint8Array | null;
  /** Frees the state. @returns The cipher states to send and to receive with. */
  Split(): [CipherState, CipherState];
  free(): void;
}

export interface NoiseC {
  readonly constants: {
    readonly NOISE_CIPHER_CHACHAPOLY: number;
    readonly NOISE_DH_CURVE25519: number;
    readonly NOISE_ROLE_INITIATOR: number;
    readonly NOISE_ROLE_RESPONDER: number;
    readonly NOISE_ACTION_SPLIT: number;
  };
  readonly CipherState: new (cipher: number) => CipherState;
  readonly HandshakeState: new (protocolName: string, role: number) => HandshakeState;
  /** @returns The private and the public key. */
  CreateKeyPair(curve: number): [Uint8Array, Uint8Array];
}

export default function createNoise(
  options: { printErr: (line: string) => void },
  callback: (noise: NoiseC) => void,
): void;
