import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { concat } from "@std/bytes/concat";
import fc from "fast-check";
import { SecureChannel } from "../../../client/link/secure_channel.ts";
import { tagBytes } from "../../../shared/crypto/chacha20_poly1305.ts";
import { CipherState } from "../../../shared/crypto/cipher_state.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import {
  frameBytesMax,
  framePaddingBytes,
  framesPerKeyMax,
  keyLifetimeMs,
} from "../../../shared/protocol/limits.ts";
import { framed, piecesOf } from "../../support/frames.ts";

const utf8 = new TextEncoder();
const nothing = new Uint8Array(0);

const [toCalled, toCaller] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
/** What one frame carries at most: behind its length, without its tag and the three bytes of its head. */
const contentBytesMax = frameBytesMax - tagBytes - 3;

function cipher(key: Uint8Array): CipherState {
  const cipher = new CipherState(primitives);
  cipher.initializeKey(key);
  return cipher;
}

/** The two ends of a channel, as one handshake gives them. */
function channels(
  now: () => number = () => 0,
): { initiator: SecureChannel; responder: SecureChannel } {
  return {
    initiator: new SecureChannel({ send: cipher(toCalled), receive: cipher(toCaller) }, now),
    responder: new SecureChannel({ send: cipher(toCaller), receive: cipher(toCalled) }, now),
  };
}

/** What a channel takes of bytes; undefined if it is broken. */
function taking(channel: SecureChannel, bytes: Uint8Array): Uint8Array[] | undefined {
  const contents = channel.open(bytes);
  return channel.broken && contents.length === 0 ? undefined : contents;
}

/** What comes out of bytes that are read in pieces of these sizes; undefined once the channel is broken. */
function opened(
  channel: SecureChannel,
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): Uint8Array[] | undefined {
  const contents: Uint8Array[] = [];
  for (const piece of piecesOf(bytes, sizes)) {
    const some = taking(channel, piece);
    // The bytes of a read are overwritten by the next one.
    piece.fill(0xee);
    if (some === undefined) return undefined;
    contents.push(...some);
  }
  return contents;
}

/** As {@linkcode opened}, of which what was taken before the channel broke counts, too. */
function taken(channel: SecureChannel, frames: readonly Uint8Array[]): string[] {
  return frames.flatMap((frame) => taking(channel, frame) ?? []).map((content) =>
    new TextDecoder().decode(content)
  );
}

/** A frame with any content, also one that no sender makes. */
function frameOf(sender: CipherState, plaintext: Uint8Array): Uint8Array {
  return framed(sender.encryptWithAd(nothing, plaintext));
}

/** More than the longest frame, so that a reader who waits for the rest of one waits no more. */
function enoughBehind(sender: SecureChannel): Uint8Array {
  return sender.seal(new Uint8Array(3 * frameBytesMax));
}

Deno.test("what goes in comes out on the other side, in order and however the bytes are cut", () => {
  const { initiator, responder } = channels();
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.integer({ min: contentBytesMax - 2, max: contentBytesMax + 2 }).map((length) =>
      new Uint8Array(length).fill(length)
    ),
  );
  fc.assert(
    fc.property(
      fc.array(content, { maxLength: 4 }),
      fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 4 }),
      (contents, sizes) => {
        for (const [from, to] of [[initiator, responder], [responder, initiator]] as const) {
          const bytes = concat(contents.map((content) => from.seal(content)));
          assertEquals(concat(opened(to, bytes, sizes)!), concat(contents));
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("what fits a frame is one piece, and what does not is several", () => {
  const { initiator, responder } = channels();
  for (const [length, pieces] of [[0, 1], [1, 1], [contentBytesMax, 1]] as const) {
    assertEquals(opened(responder, initiator.seal(new Uint8Array(length)))?.length, pieces);
  }
  const long = Uint8Array.from({ length: 2 * contentBytesMax + 1 }, (_, i) => i * 7);
  const pieces = opened(responder, initiator.seal(long))!;
  assertEquals(pieces.map(({ length }) => length), [contentBytesMax, contentBytesMax, 1]);
  assertEquals(concat(pieces), long);
});

Deno.test("all short texts give frames of one length", () => {
  const { initiator } = channels();
  const lengths = new Set(
    Array.from(
      { length: framePaddingBytes - 2 },
      (_, i) => initiator.seal(new Uint8Array(i)).length,
    ),
  );
  assertEquals([...lengths], [2 + framePaddingBytes + tagBytes]);
});

Deno.test("longer ones are a multiple of the padding long, and never more than a frame takes", () => {
  const { initiator } = channels();
  fc.assert(fc.property(fc.nat(contentBytesMax), (length) => {
    const sealed = initiator.seal(new Uint8Array(length)).length - 2;
    assert(sealed <= frameBytesMax);
    assert(sealed >= 3 + length + tagBytes);
    assert(sealed < 3 + length + tagBytes + framePaddingBytes);
    assert((sealed - tagBytes) % framePaddingBytes === 0 || sealed === frameBytesMax);
  }));
  assertEquals(initiator.seal(new Uint8Array(contentBytesMax)).length, 2 + frameBytesMax);
});

Deno.test("the same content never gives the same bytes, and none of it stands in them", () => {
  const { initiator, responder } = channels();
  const content = utf8.encode("the same words, again and again");
  const [first, second] = [initiator.seal(content), initiator.seal(content)];
  assertNotEquals(first, second);
  assertNotEquals(first, responder.seal(content));
  for (const sealed of [first, second]) {
    assert(!new TextDecoder("latin1").decode(sealed).includes("same"));
  }
});

Deno.test("frames are the same wherever they are put, and nothing beside them is written", () => {
  const [into, fresh] = [channels().initiator, channels().initiator];
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    fc.constantFrom(4_095, 4_096, contentBytesMax, contentBytesMax + 1).map((length) =>
      new Uint8Array(length).fill(7)
    ),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(content, fc.oneof(fc.nat(400), fc.constant(200)))),
      (contents) => {
        for (const [content, room] of contents) {
          const expected = fresh.seal(content);
          // Of the rooms, some are as large as it takes, some larger and some too small.
          const target = new Uint8Array(Math.max(0, expected.length + room - 200)).fill(0xee);
          const frames = into.seal(content, target);
          assertEquals(frames, expected);
          const fits = target.length >= expected.length;
          assertEquals(frames.buffer === target.buffer, fits);
          const beside = fits ? target.subarray(expected.length) : target;
          assert(beside.every((byte) => byte === 0xee));
        }
      },
    ),
    { numRuns: 60 },
  );
});

// Wrong bytes

const words = ["one", "two", "three", "four", "five"];
const sent = (channel: SecureChannel) => words.map((word) => channel.seal(utf8.encode(word)));

Deno.test("a frame of which any byte is changed ends the channel, for good", () => {
  const { initiator } = channels();
  const frames = sent(initiator);
  const bytes = concat(frames);
  const behind = enoughBehind(initiator);
  for (let at = 0; at < bytes.length; at++) {
    const { responder } = channels();
    const changed = bytes.slice();
    changed[at]! ^= 1 << at % 8;
    const before = Math.floor(at / frames[0]!.length);
    const whole = frames[0]!.length * before;
    assertEquals(opened(responder, changed.subarray(0, whole))?.length, before);
    const came = taking(responder, changed.slice(whole));
    assert(came === undefined || came.length === 0, `byte ${at}`);
    // A longer length is found out when so much has come.
    assertEquals(taking(responder, behind), undefined, `byte ${at}`);
    assertEquals(taking(responder, bytes), undefined);
    assertEquals(taking(responder, nothing), undefined);
  }
});

Deno.test("nothing of a frame is taken before all of it is there", () => {
  const { initiator } = channels();
  const frames = sent(initiator);
  const bytes = concat(frames);
  const behind = enoughBehind(initiator);
  for (let length = 0; length < bytes.length; length += 13) {
    const { responder } = channels();
    const whole = Math.floor(length / frames[0]!.length);
    assertEquals(opened(responder, bytes.subarray(0, length))?.length ?? 0, whole);
    // Whatever then takes the place of the rest is found out.
    if (length % frames[0]!.length > 0) assertEquals(taking(responder, behind), undefined);
  }
});

Deno.test("frames that are left out, repeated or moved end the channel where that was done", () => {
  fc.assert(fc.property(
    fc.array(fc.nat(words.length - 1), { minLength: 1, maxLength: words.length + 2 }),
    (order) => {
      const { initiator, responder } = channels();
      const frames = sent(initiator);
      const right = order.findIndex((which, place) => which !== place);
      const untouched = right === -1 ? order.length : right;
      const came = taken(responder, order.map((which) => frames[which]!));
      assertEquals(came, words.slice(0, untouched));
      const goesOn = untouched === order.length;
      const next = goesOn && order.length < words.length ? frames[order.length]! : frames[0]!;
      assertEquals(taking(responder, next) !== undefined, goesOn && order.length < words.length);
    },
  ));
});

Deno.test("of several frames of one read, of which one is wrong, those before it are taken", () => {
  const { initiator, responder } = channels();
  const [one, two, three] = sent(initiator) as [Uint8Array, Uint8Array, Uint8Array];
  assertEquals(responder.broken, false);
  assertEquals(responder.open(concat([one, three, two])), [utf8.encode("one")]);
  assertEquals(responder.broken, true);
  assertEquals(taking(responder, two), undefined);
});

Deno.test("what a side has said is not taken as the peer's", () => {
  const { initiator } = channels();
  const own = initiator.seal(utf8.encode("mine"));
  assertEquals(taking(initiator, own), undefined);
  assertEquals(taking(initiator, own), undefined);
});

Deno.test("what belongs to another channel is not taken", () => {
  const { responder } = channels();
  const other = new SecureChannel({
    send: cipher(new Uint8Array(32).fill(3)),
    receive: cipher(toCaller),
  });
  assertEquals(taking(responder, other.seal(utf8.encode("from elsewhere"))), undefined);
});

const inFrame = (then: number, length: number, ...more: number[]) =>
  new Uint8Array([then, length >> 8, length & 0xff, ...more]);

for (
  const [what, plaintext] of [
    ["a length of one more than there is", inFrame(0, 3, 1, 2)],
    ["a length of far more than there is", inFrame(0, 0xffff, ...new Uint8Array(253))],
    ["a first byte that means nothing", inFrame(2, 1, 1)],
    ["a first byte of 255", inFrame(255, 0)],
    ["nothing", nothing],
    ["less than its head", new Uint8Array([0, 0])],
  ] as const
) {
  Deno.test(`a frame that says ${what} ends the channel, though its sender has the key`, () => {
    const { responder } = channels();
    const sender = cipher(toCalled);
    const [good, good2] = [inFrame(0, 2, 1, 2), inFrame(0, 2, 3, 4)];
    assertEquals(taking(responder, frameOf(sender, good)), [new Uint8Array([1, 2])]);
    assertEquals(taking(responder, frameOf(sender, plaintext)), undefined);
    assertEquals(taking(responder, frameOf(sender, good2)), undefined);
  });
}

Deno.test("a frame without padding is taken, and so is any that fills it", () => {
  const { responder } = channels();
  const sender = cipher(toCalled);
  assertEquals(taking(responder, frameOf(sender, inFrame(0, 0))), [nothing]);
  assertEquals(taking(responder, frameOf(sender, inFrame(0, 2, 8, 9))), [new Uint8Array([8, 9])]);
  assertEquals(taking(responder, frameOf(sender, inFrame(0, 1, 8, 1, 2))), [new Uint8Array([8])]);
});

for (const length of [0, 1, tagBytes - 1, tagBytes]) {
  Deno.test(`a frame of ${length} bytes is none`, () => {
    const { responder } = channels();
    assertEquals(
      taking(responder, new Uint8Array([0, length, ...new Uint8Array(length)])),
      undefined,
    );
  });
}

// New keys

Deno.test("both ends stay in step whenever the sender takes a new key", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          byCaller: fc.boolean(),
          passedMs: fc.oneof(fc.constant(0), fc.nat(2 * keyLifetimeMs)),
          length: fc.oneof(fc.nat(300), fc.constant(contentBytesMax + 5)),
        }),
        { minLength: 1, maxLength: 12 },
      ),
      (steps) => {
        let nowMs = 0;
        const { initiator, responder } = channels(() => nowMs);
        for (const { byCaller, passedMs, length } of steps) {
          nowMs += passedMs;
          const [from, to] = byCaller ? [initiator, responder] : [responder, initiator];
          const content = new Uint8Array(length).fill(nowMs);
          assertEquals(concat(opened(to, from.seal(content), [1_000])!), content);
        }
      },
    ),
    { numRuns: 50 },
  );
});

/** The sender's frames as a receiver opens them that changes its key when they say so. */
function reader(key: Uint8Array) {
  const receiver = cipher(key);
  return (frame: Uint8Array) => {
    const plaintext = receiver.decryptWithAd(nothing, frame.subarray(2));
    if (plaintext?.[0] === 1) receiver.rekey();
    return plaintext?.[0];
  };
}

Deno.test("a key that has been used for its time is used for one frame more, and then is another", () => {
  let nowMs = 1_000;
  const { initiator, responder } = channels(() => nowMs);
  const first = reader(toCalled);
  assertEquals(first(initiator.seal(nothing)), 0);
  nowMs += keyLifetimeMs - 1;
  assertEquals(first(initiator.seal(nothing)), 0);
  nowMs += 1;
  assertEquals(first(initiator.seal(nothing)), 1);
  // From here on the time begins anew.
  assertEquals(first(initiator.seal(nothing)), 0);
  nowMs += keyLifetimeMs - 1;
  assertEquals(first(initiator.seal(nothing)), 0);
  nowMs += 1;
  assertEquals(first(initiator.seal(nothing)), 1);
  assertEquals(first(initiator.seal(nothing)), 0);
  // The other direction has a time of its own.
  assertEquals(reader(toCaller)(responder.seal(nothing)), 1);
});

Deno.test("with an old key nothing can be read under the next one", () => {
  let nowMs = 0;
  const { initiator } = channels(() => nowMs);
  const old = cipher(toCalled);
  nowMs = keyLifetimeMs;
  const last = initiator.seal(utf8.encode("last")).subarray(2);
  const next = initiator.seal(utf8.encode("next")).subarray(2);
  assert(old.decryptWithAd(nothing, last) !== undefined);
  assertEquals(old.decryptWithAd(nothing, next), undefined);
});

/** Costs nothing, for tests of a million frames; counts its keys. */
class FreeCipher extends CipherState {
  keys = 1;
  override encryptInto(parts: readonly Uint8Array[], target: Uint8Array, at: number): number {
    for (const part of parts) {
      target.set(part, at);
      at += part.length;
    }
    return at + tagBytes;
  }
  override decryptWithAd(_ad: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    return ciphertext.subarray(0, -tagBytes);
  }
  override rekey(): void {
    this.keys++;
  }
}

function freeChannel() {
  const ciphers = { send: new FreeCipher(primitives), receive: new FreeCipher(primitives) };
  return { ...ciphers, channel: new SecureChannel(ciphers, () => 0) };
}

Deno.test("a sender takes a new key with the last frame that the old one serves", () => {
  const { channel, send } = freeChannel();
  const target = new Uint8Array(1_024);
  for (let i = 1; i < framesPerKeyMax; i++) channel.seal(nothing, target);
  assertEquals(send.keys, 1);
  // Behind its length, a frame says what its receiver has to do.
  assertEquals(channel.seal(nothing)[2], 1);
  assertEquals(send.keys, 2);
  for (let i = 0; i < 3; i++) assertEquals(channel.seal(nothing)[2], 0);
  assertEquals(send.keys, 2);
});

const freeFrame = (then: number) =>
  new Uint8Array([0, 3 + tagBytes, then, ...new Uint8Array(2 + tagBytes)]);

/** Lets a channel take so many frames but one that say nothing. */
function takeAllButOne(channel: SecureChannel, count: number): void {
  const many = 1_024;
  const frames = concat(Array.from({ length: many }, () => freeFrame(0)));
  for (let left = count; left > many; left -= many) {
    assert(taking(channel, frames)?.length === many);
  }
  assertEquals(taking(channel, frames.subarray(freeFrame(0).length))?.length, many - 1);
}

Deno.test("a receiver takes a new key when it is told to, and counts its frames from there", () => {
  const { channel, receive } = freeChannel();
  takeAllButOne(channel, framesPerKeyMax);
  assertEquals(receive.keys, 1);
  assertEquals(taking(channel, freeFrame(1)), [nothing]);
  assertEquals(receive.keys, 2);
  takeAllButOne(channel, framesPerKeyMax);
  assertEquals(taking(channel, freeFrame(0)), [nothing]);
  assertEquals(taking(channel, freeFrame(0)), undefined);
});

Deno.test("a sender that never takes a new key is heard no more after its number of frames", () => {
  const { channel } = freeChannel();
  takeAllButOne(channel, framesPerKeyMax);
  assertEquals(taking(channel, freeFrame(0)), [nothing]);
  assertEquals(taking(channel, freeFrame(0)), undefined);
  assertEquals(taking(channel, freeFrame(1)), undefined);
});
