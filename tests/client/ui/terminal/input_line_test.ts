// The line that is being typed: for whom it is, and what becomes of one that was refused.

import { assertEquals } from "@std/assert";
import type { BegunFor } from "../../../../client/ui/terminal/line_queue.ts";
import type { Recipient } from "../../../../client/ui/session.ts";
import { InputLine } from "../../../../client/ui/terminal/input_line.ts";

const [bob, carol] = ["bob", "carol"].map((name): Recipient => ({ conversation: name, name }));

/** A line that is edited. */
class Edited {
  content = { text: "", typed: 0 };

  get line(): string {
    return this.content.text;
  }

  set line(text: string) {
    this.content = { text, typed: text.length };
  }

  write(text: string): void {
    this.line += text;
  }
}

/** A line that is typed, at a prompt that names somebody. */
class Typing {
  named: BegunFor = bob!;
  readonly edited = new Edited();
  readonly input = new InputLine(this.edited, () => this.named);

  types(text: string): void {
    for (const letter of text) {
      this.edited.line += letter;
      this.input.pressed();
    }
  }

  clears(): void {
    this.edited.line = "";
    this.input.pressed();
  }

  enters(): BegunFor {
    const { line } = this.edited;
    // As the screen does, which then tells of the key.
    this.edited.line = "";
    const begunFor = this.input.enter(line);
    this.input.pressed();
    return begunFor;
  }
}

Deno.test("a line is for whom the prompt named when its first letter was typed", () => {
  const t = new Typing();
  t.types("h");
  t.named = carol!;
  t.types("ello");
  assertEquals(t.enters(), bob);
  t.types("hello");
  assertEquals(t.enters(), carol);
});

Deno.test("a line that was cleared begins anew", () => {
  const t = new Typing();
  t.types("hello");
  t.named = carol!;
  t.clears();
  t.types("hello");
  assertEquals(t.enters(), carol);
});

Deno.test("a line that was refused comes back, and is still for whom it was", () => {
  const t = new Typing();
  assertEquals(t.input.putBack("hello", bob!, bob!), true);
  assertEquals([t.edited.line, t.input.isEmpty], ["hello", false]);
  t.named = carol!;
  t.types(" you");
  assertEquals(t.enters(), bob);
});

Deno.test("Enter once more sends it to whom the user was told, unless it is another line by then", () => {
  for (const [more, expected] of [["", carol], ["!", bob]] as const) {
    const t = new Typing();
    t.named = carol!;
    t.input.putBack("hello", bob!, carol!);
    t.types(more);
    assertEquals(t.enters(), expected);
    // Only that one Enter counts.
    t.named = bob!;
    t.types("hello");
    assertEquals(t.enters(), bob);
  }
});

Deno.test("a line that was refused does not disturb another one that is being typed", () => {
  const t = new Typing();
  t.types("half");
  assertEquals(t.input.putBack("hello", carol!, carol!), false);
  assertEquals(t.edited.line, "half");
  assertEquals(t.enters(), bob);
});

Deno.test("a line that is put aside stays for whom it was begun", () => {
  const t = new Typing();
  t.types("for bob");
  const { line } = t.edited;
  const held = t.input.take();
  t.clears();
  t.named = carol!;
  t.types("for carol");
  assertEquals(t.enters(), carol);
  t.edited.line = line;
  t.input.restore(held);
  t.types(" alone");
  assertEquals(t.enters(), bob);
});

const nobody: Recipient = { conversation: undefined, name: undefined };

Deno.test("a slash behind a line that was refused begins a command, behind which the line is back", () => {
  const t = new Typing();
  t.named = nobody;
  t.input.putBack("hello", nobody, nobody);
  t.types("/chat bob");
  assertEquals(t.edited.line, "/chat bob");
  t.input.comeBack(nobody);
  assertEquals(t.edited.line, "/chat bob");
  t.enters();
  t.named = bob!;
  t.input.comeBack(bob!);
  assertEquals(t.edited.line, "hello");
  assertEquals(t.enters(), bob);
  t.input.comeBack(bob!);
  assertEquals(t.edited.line, "");
});

Deno.test("such a line that was begun for somebody else stays theirs", () => {
  for (const begunFor of [carol!, { ...nobody, failed: "/query carol" }]) {
    const t = new Typing();
    t.input.putBack("hello", begunFor, bob!);
    t.types("/who");
    t.enters();
    t.input.comeBack(bob!);
    assertEquals([t.edited.line, t.enters()], ["hello", begunFor]);
  }
});

Deno.test("only a slash that is typed, and that is the first key, makes a line go aside", () => {
  const typed = new Typing();
  typed.input.putBack("and", bob!, bob!);
  typed.types(" /or");
  assertEquals(typed.edited.line, "and /or");
  const pasted = new Typing();
  pasted.input.putBack("and", bob!, bob!);
  pasted.edited.content = { text: "and/or", typed: 3 };
  pasted.input.pressed();
  assertEquals(pasted.edited.line, "and/or");
});

Deno.test("a line that is aside takes the place of a command that is half typed, if it has to", () => {
  const t = new Typing();
  t.input.putBack("hello", nobody, nobody);
  t.types("/ch");
  t.input.comeBack(nobody, true);
  assertEquals(t.edited.line, "hello");
});
