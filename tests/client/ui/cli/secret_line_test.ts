import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SecretLine } from "../../../../client/ui/cli/secret_line.ts";

/** Types a text. @returns What the screen shows, and how it ended. */
function typed(text: string) {
  const line = new SecretLine();
  let screen = "";
  for (const byte of new TextEncoder().encode(text)) {
    const { echo, end } = line.take(byte);
    screen += echo;
    if (end !== undefined) return { screen, end };
  }
  return { screen, end: undefined };
}

Deno.test("a secret ends with its line, and a star is seen for each of its letters", () => {
  for (const end of ["\r", "\n", "\x04"]) {
    assertEquals(typed(`p é🦊${end}x`), { screen: "****", end: { secret: "p é🦊" } });
  }
  assertEquals(typed("p"), { screen: "*", end: undefined });
  assertEquals(typed("\r"), { screen: "", end: { secret: "" } });
});

Deno.test("letters are taken back, whole, and there can be none left", () => {
  assertEquals(typed("a🦊\x7fb\r"), { screen: "**\b \b*", end: { secret: "ab" } });
  assertEquals(typed("\x08é\x08\x08c\n"), { screen: "*\b \b*", end: { secret: "c" } });
  assertEquals(typed("aé\x15b\r"), { screen: "**\b \b\b \b*", end: { secret: "b" } });
});

Deno.test("Ctrl+C gives no secret", () => {
  assertEquals(typed("ab\x03\r"), { screen: "**", end: "interrupted" });
});

Deno.test("whatever is typed and taken back, what stays is the secret", () => {
  const key = fc.oneof(
    fc.constant("\x7f"),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  );
  fc.assert(fc.property(fc.array(key), (keys) => {
    const letters: string[] = [];
    for (const key of keys.join("")) key === "\x7f" ? letters.pop() : letters.push(key);
    const { end } = typed(keys.join("") + "\r");
    assertEquals(end, { secret: letters.join("") });
  }));
});
