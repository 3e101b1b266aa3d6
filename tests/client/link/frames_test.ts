import { assert, assertEquals, assertThrows } from "@std/assert";
import { concat } from "@std/bytes/concat";
import fc from "fast-check";
import { frame, FrameReader, putFrameLength } from "../../../client/link/frames.ts";
import { frameBytesMax } from "../../../shared/protocol/limits.ts";
import { piecesOf } from "../../support/frames.ts";

/** Gives bytes to a reader in pieces of these sizes, one after the other and again from the first. */
function pushed(reader: FrameReader, bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const piece of piecesOf(bytes, sizes)) {
    const taken = reader.push(piece, (frame) => {
      frames.push(frame.slice());
      return true;
    });
    assertEquals(taken, piece.length);
    // The bytes of a read are overwritten by the next one.
    piece.fill(0xee);
  }
  return frames;
}

const contents = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });

Deno.test("a frame is its length in two bytes, big-endian, and its bytes", () => {
  assertEquals(frame(new Uint8Array([7, 8, 9])), new Uint8Array([0, 3, 7, 8, 9]));
  assertEquals(frame(new Uint8Array(0)), new Uint8Array([0, 0]));
  assertEquals([...frame(new Uint8Array(0x1234)).subarray(0, 2)], [0x12, 0x34]);
  const target = new Uint8Array(4);
  putFrameLength(target, 1, 0x0203);
  assertEquals(target, new Uint8Array([0, 2, 3, 0]));
});

Deno.test("what does not fit a frame is not framed", () => {
  assertEquals(frame(new Uint8Array(frameBytesMax)).length, 2 + frameBytesMax);
  assertThrows(() => frame(new Uint8Array(frameBytesMax + 1)), RangeError, "65536");
  const target = new Uint8Array(2);
  putFrameLength(target, 0, frameBytesMax);
  assertThrows(() => putFrameLength(target, 0, frameBytesMax + 1), RangeError, "65536");
  assertEquals(target, new Uint8Array([0xff, 0xff]));
});

Deno.test("frames come out as they went in, however the bytes are cut", () => {
  fc.assert(fc.property(contents, sizes, (contents, sizes) => {
    const bytes = concat(contents.map(frame));
    assertEquals(pushed(new FrameReader(frameBytesMax), bytes, sizes), contents);
    assertEquals(pushed(new FrameReader(300), bytes, [1]), contents);
    assertEquals(pushed(new FrameReader(300), bytes, [bytes.length + 1]), contents);
  }));
});

Deno.test("the longest frames come out as they went in, too", () => {
  const longest = Uint8Array.from({ length: frameBytesMax }, (_, i) => i * 31);
  const contents = [new Uint8Array(0), longest, new Uint8Array([1]), longest];
  const bytes = concat(contents.map(frame));
  for (const sizes of [[bytes.length], [16_384], [1, 65_536], [65_535, 2], [2, 3]]) {
    assertEquals(pushed(new FrameReader(frameBytesMax), bytes, sizes), contents);
  }
});

Deno.test("a frame that is too long is refused, however the bytes are cut", () => {
  fc.assert(fc.property(
    contents,
    sizes,
    fc.integer({ min: 0, max: frameBytesMax - 1 }),
    fc.nat(400),
    (contents, sizes, bytesMax, more) => {
      const fitting = contents.filter(({ length }) => length <= bytesMax);
      const length = Math.min(bytesMax + 1 + more, frameBytesMax);
      const bytes = concat([
        ...fitting.map(frame),
        new Uint8Array([length >> 8, length & 0xff, 1, 2, 3]),
      ]);
      const reader = new FrameReader(bytesMax);
      const taken: Uint8Array[] = [];
      let refused = false;
      for (const piece of piecesOf(bytes, sizes)) {
        if (refused) break;
        refused = reader.push(piece, (frame) => taken.push(frame.slice()) > 0) === -1;
      }
      assert(refused);
      assertEquals(taken, fitting);
    },
  ));
});

Deno.test("a frame that is too long is refused, also if all of it comes at once", () => {
  const reader = new FrameReader(10);
  const taken: Uint8Array[] = [];
  const bytes = concat([
    frame(new Uint8Array(10)),
    frame(new Uint8Array(11)),
    frame(new Uint8Array(1)),
  ]);
  assertEquals(reader.push(bytes, (frame) => taken.push(frame.slice()) > 0), -1);
  assertEquals(taken, [new Uint8Array(10)]);
});

Deno.test("a length is refused as soon as it is there, before any of its bytes", () => {
  const never = () => {
    throw new Error("There is no frame");
  };
  for (const sizes of [[2], [1, 1]]) {
    const reader = new FrameReader(1_024);
    const bytes = new Uint8Array([0x04, 0x01]);
    let at = 0;
    const taken = sizes.map((size) => reader.push(bytes.subarray(at, at += size), never));
    assertEquals(taken.at(-1), -1);
  }
});

Deno.test("a reader that takes no more gets no more, and is told how far it went", () => {
  fc.assert(fc.property(contents, fc.nat(7), fc.nat(400), (contents, last, cut) => {
    fc.pre(last < contents.length);
    const bytes = concat(contents.map(frame));
    const end = concat(contents.slice(0, last + 1).map(frame)).length;
    const reader = new FrameReader(300);
    const seen: Uint8Array[] = [];
    const take = (frame: Uint8Array) => seen.push(frame.slice()) <= last;
    // In one piece, or in two of which only the second ends the last frame.
    const first = Math.min(cut, end - 1);
    assertEquals(reader.push(bytes.subarray(0, first), take), first);
    assertEquals(reader.push(bytes.subarray(first), take), end - first);
    assertEquals(seen, contents.slice(0, last + 1));
  }));
});

Deno.test("a length that is announced and does not come takes no memory", () => {
  const count = 4_000;
  const announced = new Uint8Array([0xff, 0xff, 1, 2, 3]);
  const before = Deno.memoryUsage();
  const readers = Array.from({ length: count }, () => {
    const reader = new FrameReader(frameBytesMax);
    // The length comes alone, and with the frame's first bytes.
    reader.push(announced.subarray(0, 2), () => true);
    reader.push(announced.subarray(2), () => true);
    return reader;
  });
  const after = Deno.memoryUsage();
  const taken = after.external + after.heapTotal - before.external - before.heapTotal;
  assertEquals(readers.length, count);
  assert(taken < count * frameBytesMax / 10, `${taken} bytes for ${count} announcements`);
});
