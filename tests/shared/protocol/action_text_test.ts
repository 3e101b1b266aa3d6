import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { readAction, writeAction } from "../../../shared/protocol/action_text.ts";

Deno.test("what somebody does is read as it was written, and nothing else is", () => {
  assertEquals(writeAction("waves"), "/me waves");
  assertEquals(readAction("/me waves\nand goes"), "waves\nand goes");
  for (
    const text of ["", "/me", "/me ", "/me  waves", "/mex waves", " /me waves", "/Me waves", "me"]
  ) {
    assertEquals(readAction(text), undefined, text);
  }
  fc.assert(fc.property(fc.string({ minLength: 1 }), (action) => {
    if (/^\s/.test(action)) return;
    assertEquals(readAction(writeAction(action)), action);
  }));
});
