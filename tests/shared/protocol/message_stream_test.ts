import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type ChatMessage,
  messageHash,
  type NumberedMessage,
  readChatMessage,
  streamStart,
  writeChatMessage,
} from "../../../shared/protocol/message_stream.ts";
import { isId, randomId } from "../../../shared/protocol/random_id.ts";
import {
  encode,
  type Header,
  type Message,
  message,
  parse,
} from "../../../shared/protocol/message.ts";
import { isFault } from "../../../shared/protocol/status.ts";
import { primitives } from "../../../shared/crypto/primitives.ts";
import { check } from "../../../shared/protocol/verbs.ts";
import { codePoint } from "../../support/code_point.ts";

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => bytes.toHex());
const number = fc.integer({ min: 0, max: 1e15 - 2 });
const text = fc.string({ unit: codePoint, maxLength: 200 });
const numbered: fc.Arbitrary<NumberedMessage> = fc.record({
  id,
  sentAtMs: number,
  text,
  position: fc.tuple(id, number, number, id).map(([stream, a, b, prev]) => ({
    stream,
    seq: Math.max(a, b) + 1,
    floor: Math.min(a, b),
    prev,
  })),
});

const example: NumberedMessage = {
  id: "00112233445566778899aabbccddeeff",
  sentAtMs: 1_700_000_000_000,
  text: "hello",
  position: { stream: "ffeeddccbbaa99887766554433221100", seq: 1, floor: 0, prev: streamStart },
};

Deno.test("a message goes over the wire and is the same, with or without a position", () => {
  const unnumbered = fc.record({
    id,
    sentAtMs: fc.constant(7),
    text,
    position: fc.constant(undefined),
  });
  fc.assert(
    fc.property(fc.oneof(numbered, unnumbered), (chatMessage: ChatMessage) => {
      const sent = writeChatMessage(chatMessage);
      const read = parse(encode(sent).split("\r\n").slice(0, -2)) as Message;
      assertEquals(check(read, "peer"), undefined);
      assertEquals(readChatMessage(read, 7), chatMessage);
    }),
  );
});

Deno.test("the hash covers the whole message except its floor, which changes when it is sent again", () => {
  fc.assert(
    fc.property(numbered, (chatMessage) => {
      const hash = messageHash(chatMessage);
      assert(isId(hash));
      const { position } = chatMessage;
      assertEquals(
        messageHash({ ...chatMessage, position: { ...position, floor: position.floor + 1 } }),
        hash,
      );
      for (
        const other of [
          { ...chatMessage, id: randomId() },
          { ...chatMessage, sentAtMs: chatMessage.sentAtMs + 1 },
          { ...chatMessage, text: chatMessage.text + "\n" },
          { ...chatMessage, position: { ...position, stream: randomId() } },
          { ...chatMessage, position: { ...position, seq: position.seq + 1 } },
          { ...chatMessage, position: { ...position, prev: randomId() } },
        ]
      ) assert(messageHash(other) !== hash);
    }),
  );
});

Deno.test("the hash is the first half of SHA-256 over lines of UTF-8", () => {
  const { id, position: { stream } } = example;
  for (
    const [text, written] of [["hello", "hello"], ["é\0😀", "é\0😀"], ["\ud83d", "\ufffd"]] as const
  ) {
    const lines = ["p2pchat message 1", streamStart, stream, "1", id, "1700000000000", written];
    const expected = primitives.hash(new TextEncoder().encode(lines.join("\n")));
    assertEquals(messageHash({ ...example, text }), expected.subarray(0, 16).toHex());
  }
});

Deno.test("a malformed position is a fault", () => {
  const { headers } = writeChatMessage(example);
  const without = (name: string): Header[] => headers.filter(([own]) => own !== name);
  const change = (name: string, value: string): Header[] =>
    headers.map(([own, old]) => [own, own === name ? value : old]);
  const wrong: Header[][] = [
    ...["Seq", "Floor", "Prev", "Sent"].map(without),
    ...["", "x", "0".repeat(31), "0".repeat(33), "F".repeat(32), " "].flatMap((value) =>
      ["Id", "Stream", "Prev"].map((name) => change(name, value))
    ),
    ...["", "-1", "01", "1.5", "1e3", "0x1", "9".repeat(16), "NaN"].flatMap((value) =>
      ["Seq", "Floor", "Sent"].map((name) => change(name, value))
    ),
    change("Seq", "0"),
    change("Floor", "1"),
    change("Text", "\\x"),
  ];
  for (const headers of wrong) {
    const read = readChatMessage(message("MSG", headers), 0);
    assert(isFault(read) && read.code === 400, JSON.stringify(headers));
  }
  assert(!isFault(readChatMessage(message("MSG", headers), 0)));
  // Without a Stream there is no position, whatever other headers there are.
  assertEquals(
    (readChatMessage(message("MSG", without("Stream")), 5) as ChatMessage).position,
    undefined,
  );
});

Deno.test("a text that does not fit is refused", () => {
  assertThrows(() => writeChatMessage({ ...example, text: "x".repeat(16_000) }), RangeError);
});
