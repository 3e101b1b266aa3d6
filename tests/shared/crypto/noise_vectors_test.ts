// The vectors that other implementations have published, for the patterns that the program has. They are no
// part of the project: if their file is missing these tests are left out, unless P2PCHAT_VECTORS=required
// says that it must be there.

import { assert, assertEquals } from "@std/assert";
import { HandshakeState, type PatternName } from "../../../shared/crypto/noise.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import { patterns } from "../../support/noise_fixture.ts";

/** All bytes in hexadecimal. */
interface Vector {
  readonly source: string;
  readonly protocol_name: string;
  readonly init_prologue: string;
  readonly init_psks?: string[];
  readonly init_static?: string;
  readonly init_ephemeral: string;
  readonly init_remote_static?: string;
  readonly resp_prologue: string;
  readonly resp_psks?: string[];
  readonly resp_static?: string;
  readonly resp_ephemeral?: string;
  readonly handshake_hash?: string;
  readonly messages: { readonly payload: string; readonly ciphertext: string }[];
}

const file = new URL("../../../../shared/data/noise-vectors.json", import.meta.url);
const hex = (text: string) => Uint8Array.fromHex(text);
const keyPair = (text: string) => primitives.keyPairOf(hex(text));

const vectors = await readVectors();

Deno.test({
  name: "the file of published Noise vectors is there",
  ignore: vectors === undefined && Deno.env.get("P2PCHAT_VECTORS") !== "required",
  fn() {
    assert(vectors !== undefined, `no file ${file.pathname}`);
    assertEquals(vectors.length, 5);
  },
});

for (const vector of vectors ?? []) {
  Deno.test(`${vector.protocol_name} gives the bytes of ${vector.source}'s vector`, () => {
    const pattern = patternOf(vector) as PatternName;
    const isOneWay = pattern.length === 1;
    const initiator = new HandshakeState({
      pattern,
      initiator: true,
      prologue: hex(vector.init_prologue),
      ...vector.init_static && { s: keyPair(vector.init_static) },
      e: keyPair(vector.init_ephemeral),
      ...vector.init_remote_static && { rs: hex(vector.init_remote_static) },
      psks: (vector.init_psks ?? []).map(hex),
    });
    const responder = new HandshakeState({
      pattern,
      initiator: false,
      prologue: hex(vector.resp_prologue),
      ...vector.resp_static && { s: keyPair(vector.resp_static) },
      ...vector.resp_ephemeral && { e: keyPair(vector.resp_ephemeral) },
      psks: (vector.resp_psks ?? []).map(hex),
    });

    let turn = 0;
    for (; !initiator.finished || !responder.finished; turn++) {
      const [writer, reader] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
      const { payload, ciphertext } = vector.messages[turn]!;
      const message = writer.writeMessage(hex(payload));
      assertEquals(message.toHex(), ciphertext);
      assertEquals(reader.readMessage(message)?.toHex(), payload);
    }
    assertEquals(initiator.handshakeHash, responder.handshakeHash);
    if (vector.handshake_hash !== undefined) {
      assertEquals(initiator.handshakeHash.toHex(), vector.handshake_hash);
    }
    assertEquals(
      initiator.remoteStatic,
      vector.resp_static && keyPair(vector.resp_static).publicKey,
    );
    assertEquals(
      responder.remoteStatic,
      vector.init_static && keyPair(vector.init_static).publicKey,
    );

    const channels = [initiator.split(), responder.split()] as const;
    assert(turn < vector.messages.length, "the vector has no transport message");
    for (; turn < vector.messages.length; turn++) {
      // The sides go on in turns, if both may speak.
      const [sender, receiver] = isOneWay || turn % 2 === 0 ? channels : channels.toReversed();
      const { payload, ciphertext } = vector.messages[turn]!;
      const message = sender!.send.encryptWithAd(new Uint8Array(0), hex(payload));
      assertEquals(message.toHex(), ciphertext);
      assertEquals(
        receiver!.receive.decryptWithAd(new Uint8Array(0), message)?.toHex(),
        payload,
      );
    }
  });
}

function patternOf({ protocol_name }: Vector): string {
  return protocol_name.split("_")[1]!;
}

async function readVectors(): Promise<Vector[] | undefined> {
  try {
    const { vectors } = JSON.parse(await Deno.readTextFile(file)) as { vectors: Vector[] };
    return vectors.filter((vector) => patternOf(vector) in patterns);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
