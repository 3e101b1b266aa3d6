import { assertEquals } from "@std/assert";
import { fitted } from "../../../shared/process/fitted.ts";

const terminal = { isTerminal: () => true };

Deno.test("on a terminal no line is longer than a row, and what continues one has a bar before it", () => {
  assertEquals(
    fitted("bob: ok" + " ".repeat(30) + "22:56 carol: yes\n* next\n", terminal, () => 20),
    "bob: ok\n  │ 22:56 carol: yes\n* next\n",
  );
  assertEquals(
    fitted("a".repeat(25), terminal, () => 10),
    "aaaaaaaaaa\n  │ aaaaaa\n  │ aaaaaa\n  │ aaa",
  );
});

Deno.test("what is no terminal gets lines as they are", () => {
  const line = "a".repeat(1_000) + "\n";
  assertEquals(fitted(line, { isTerminal: () => false }), line);
});
