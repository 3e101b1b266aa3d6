import { assert, assertEquals } from "@std/assert";
import { streamStart } from "../../../shared/protocol/message_stream.ts";
import { isId, randomId } from "../../../shared/protocol/random_id.ts";

Deno.test("ids are 128 random bits, and nothing else is taken for one", () => {
  const ids = Array.from({ length: 100 }, randomId);
  assertEquals(new Set(ids).size, 100);
  assert(ids.every(isId) && isId(streamStart));
  for (const text of ["", "0".repeat(31), "0".repeat(33), "g".repeat(32), `${streamStart}\n`]) {
    assert(!isId(text));
  }
});
