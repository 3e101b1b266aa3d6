import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { encode, type Header, message } from "../../../shared/protocol/message.ts";
import { quote, shorten } from "../../../shared/text/quote.ts";
import { codePoint } from "../../support/code_point.ts";

Deno.test("quote shows at most 64 characters, none of them a control or half of one", () => {
  assertEquals(quote("bob"), "'bob'");
  assertEquals(quote("a\x1b\n\x9bb"), "'a???b'");
  assertEquals(quote("🙂".repeat(64)), `'${"🙂".repeat(64)}'`);
  assertEquals(quote("🙂".repeat(65)), `'${"🙂".repeat(63)}…'`);
  fc.assert(fc.property(fc.string({ unit: codePoint }), (text) => {
    const reason: Header = ["Reason", quote(text)];
    assert(encode(message("ERROR", [reason])).includes(reason[1]));
  }));
});

Deno.test("a text is as long as it may be, or shorter", () => {
  assertEquals(shorten("supper", 6), "supper");
  assertEquals(shorten("supper", 5), "supp…");
  assertEquals(shorten("🙂🙂🙂", 2), "🙂…");
});
