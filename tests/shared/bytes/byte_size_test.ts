import { assertEquals } from "@std/assert";
import { parseByteSize } from "../../../shared/bytes/byte_size.ts";

Deno.test("an amount of bytes is a number and its unit", () => {
  assertEquals(parseByteSize("500K"), 512_000);
  assertEquals(parseByteSize("8M"), 8_388_608);
  assertEquals(parseByteSize("2G"), 2_147_483_648);
});

Deno.test("what is no amount of bytes is not taken for one", () => {
  for (const text of ["", "8", "0M", "-1M", "8m", "8 M", "8MB", "1.5G", "1000000K", "M"]) {
    assertEquals(parseByteSize(text), undefined, text);
  }
});
