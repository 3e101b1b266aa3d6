import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  detectInitiator,
  detectResponder,
  type Verdict,
} from "../../../../client/link/legacy/detect.ts";
import { messageBytesMax } from "../../../../shared/protocol/limits.ts";

const utf8 = new TextEncoder();
const ours = "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\n";
const relatives = ours.replace("Version: 1\r\n", "");
const answer = ours.replace("CHAT", "CHATACK");

// What an initiator says, its dialect while more may come, and its dialect when nothing more does.
const initiators: [said: string, first: Verdict, atLast: Verdict][] = [
  [ours, "p2pchat", "p2pchat"],
  [ours.replaceAll("\r", ""), "p2pchat", "p2pchat"],
  [ours + "MSG\r\n", "p2pchat", "p2pchat"],
  [ours.replace("Version", "VERSION"), "p2pchat", "p2pchat"],
  [relatives, "lines", "lines"],
  [relatives + "Hello\r\n", "lines", "lines"],
  ["CHAT\r\nclientID: x\r\nHello\r\n", "undecided", "lines"],
  [ours.replace("Version: 1", "Version: one"), "lines", "lines"],
  ["CHAT\r\n", "undecided", "lines"],
  ["CHAT", "undecided", "raw"],
  ["C", "undecided", "raw"],
  ["CHAT is a word", "raw", "raw"],
  ["chat\r\n", "raw", "raw"],
  ["Hello", "raw", "raw"],
  ["\r\n" + ours, "raw", "raw"],
  ["👋", "raw", "raw"],
];

for (const [said, first, atLast] of initiators) {
  Deno.test(`an initiator that says ${JSON.stringify(said)} is ${first}, at last ${atLast}`, () => {
    assertEquals(detectInitiator(utf8.encode(said), false), first);
    assertEquals(detectInitiator(utf8.encode(said), true), atLast);
  });
}

const responder: [said: string, first: Verdict, atLast: Verdict][] = [
  [answer, "p2pchat", "p2pchat"],
  [answer.replaceAll("\r", ""), "p2pchat", "p2pchat"],
  ["ERROR\r\nCode: 400\r\nReason: no\r\n\r\n", "p2pchat", "p2pchat"],
  ["ERROR\r\nunknown header Version\r\n\r\n", "raw", "raw"],
  ["ERROR\r\nReason: no\r\n\r\n", "raw", "raw"],
  ["", "undecided", "raw"],
  ["CHATACK", "undecided", "raw"],
  ["CHATACK\r\nclientID: bob\r\n", "undecided", "raw"],
  ["ERR", "undecided", "raw"],
  ["ERRORS are human", "raw", "raw"],
  ["Hello", "raw", "raw"],
  [ours, "raw", "raw"],
];

for (const [said, first, atLast] of responder) {
  Deno.test(`a responder that says ${JSON.stringify(said)} is ${first}, at last ${atLast}`, () => {
    assertEquals(detectResponder(utf8.encode(said), false), first);
    assertEquals(detectResponder(utf8.encode(said), true), atLast);
  });
}

Deno.test("an opening of this protocol may carry headers of any letters", () => {
  for (const name of ["Grüße", "Á", "Н", "🐍"]) {
    const opening = ours.replace("Version", `Nick: ${name}\r\nVersion`);
    assertEquals(detectInitiator(utf8.encode(opening), false), "p2pchat", name);
  }
});

Deno.test("an initiator's dialect is told once its opening is longer than a message may be", () => {
  const endless = utf8.encode("CHAT\r\n" + "x".repeat(messageBytesMax));
  assertEquals(detectInitiator(endless, false), "lines");
});

Deno.test("a responder's dialect is told once its answer is longer than a message may be", () => {
  // Otherwise all that comes until the time is up is kept, and decoded again with each read.
  const endless = utf8.encode("CHATACK\r\n" + "x".repeat(messageBytesMax));
  assertEquals(detectResponder(endless, false), "raw");
});

Deno.test("every cut of an opening is undecided, then decided for good", () => {
  for (const [said, verdict] of [[ours, "p2pchat"], [relatives, "lines"]] as const) {
    const bytes = utf8.encode(said);
    for (let cut = 1; cut < bytes.length; cut++) {
      assertEquals(detectInitiator(bytes.subarray(0, cut), false), "undecided");
    }
    assertEquals(detectInitiator(bytes, false), verdict);
  }
});

Deno.test("any bytes get a verdict, and a final one when the time is up", () => {
  const begun = fc.constantFrom("", "CHAT\r\n", "CHATACK\n", "ERROR\r\n", "CHAT\nVersion: 1\n");
  fc.assert(fc.property(begun, fc.uint8Array({ maxLength: 64 }), (start, noise) => {
    const bytes = new Uint8Array([...utf8.encode(start), ...noise]);
    for (const recognise of [detectInitiator, detectResponder]) {
      const now = recognise(bytes, false);
      assert(["p2pchat", "raw", "lines", "undecided"].includes(now));
      const atLast = recognise(bytes, true);
      assert(atLast !== "undecided");
      if (now !== "undecided") assertEquals(atLast, now);
    }
  }));
});
