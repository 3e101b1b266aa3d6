import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  blockBytes,
  decodeTarHeader,
  encodeTarHeader,
  paddedSize,
} from "../../../client/backup/tar_header.ts";

const now = Date.UTC(2026, 0, 2);

Deno.test("a header is a block that gives back what it was made of", () => {
  const entries = fc.record({
    name: fc.stringMatching(/^[a-z.-]{1,100}$/),
    size: fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(8 ** 11 - 1, 8 ** 11)),
  });
  fc.assert(fc.property(entries, (entry) => {
    const header = encodeTarHeader(entry, now);
    assertEquals(header.length, blockBytes);
    assertEquals(decodeTarHeader(header), entry);
  }));
});

Deno.test("a header with one byte changed is none", () => {
  const header = encodeTarHeader({ name: "store.db", size: 1_000 }, now);
  for (let i = 0; i < blockBytes; i++) {
    const changed = header.slice();
    changed[i]! ^= 1;
    // A checksum may have a blank in place of its last zero byte.
    const entry = decodeTarHeader(changed);
    if (i < 154 || i > 155) assertEquals([i, entry], [i, undefined]);
  }
  assertEquals(decodeTarHeader(new Uint8Array(blockBytes)), undefined);
  assertEquals(decodeTarHeader(new Uint8Array(blockBytes).fill(0xff)), undefined);
});

Deno.test("a name that does not fit is a mistake", () => {
  assertThrows(() => encodeTarHeader({ name: "x".repeat(101), size: 1 }, now), RangeError);
});

Deno.test("files take up whole blocks", () => {
  assertEquals([0, 1, 512, 513].map(paddedSize), [0, 512, 512, 1_024]);
});
