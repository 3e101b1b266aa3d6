import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  headersMax,
  lineBytesMax,
  mailBytesMax,
  mailLineLengthMax,
  mailMessageBytesMax,
} from "../../../shared/protocol/limits.ts";
import { dataHeaders, dataOf } from "../../../shared/protocol/mail_data.ts";
import { encode, message } from "../../../shared/protocol/message.ts";

Deno.test("a mail comes back from its headers as it was", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 9_000 }), (mail) => {
    assertEquals(dataOf(message("DEPOSIT", dataHeaders(mail))), mail);
  }));
});

Deno.test("the longest mail fits its message, with its lines as long as they may be", () => {
  for (const bytes of [1, 2_880, 2_881, mailBytesMax]) {
    const headers = dataHeaders(new Uint8Array(bytes).fill(0xff));
    for (const [, line] of headers.slice(0, -1)) assertEquals(line.length, mailLineLengthMax);
    assert(headers.length + 6 <= headersMax);
    const text = encode(message("DEPOSIT", headers));
    assert(text.length + 512 <= mailMessageBytesMax);
    assert(text.split("\r\n").every((line) => line.length + 2 <= lineBytesMax));
  }
});

Deno.test("Data that is not valid base64url is not a mail", () => {
  for (const text of ["A", "AB", "AAAAA", "AA==", "A A", "+/+/", "é"]) {
    assertEquals(dataOf(message("DEPOSIT", [["Data", text]])), undefined, text);
  }
  // It may be cut anywhere.
  const cut = message("DEPOSIT", [["Data", "A"], ["Id", "1"], ["data", "QID"]]);
  assertEquals(dataOf(cut), new Uint8Array([1, 2, 3]));
});
