// What each key does to the line, its history, and the search in that.

import { assertEquals } from "@std/assert";
import { LineHistories } from "../../../../client/ui/terminal/line_history.ts";
import { LineEditor, type Wish } from "../../../../client/ui/terminal/line_editor.ts";

/** An editor whose keys are pressed by name; what is no name of a key is typed. */
class Keys {
  readonly #histories: LineHistories;
  readonly editor = new LineEditor(() => this.#histories.of(this.name));

  constructor(public name = "bob", earlier: Iterable<string> = []) {
    this.#histories = new LineHistories(() =>
      [...earlier].map((text) => ({ text, typed: text.length }))
    );
  }

  press(...keys: string[]): Wish {
    let wish: Wish = { type: "none" };
    for (const key of keys) {
      const isKey =
        /^(ctrl|alt)\+|^(enter|tab|up|down|left|right|home|end|delete|backspace|escape)$/;
      wish = this.editor.take(
        isKey.test(key) ? { type: "key", key } : { type: "text", text: key },
      );
    }
    return wish;
  }

  /** The line, with a bar where the cursor is. */
  get seen(): string {
    const { text, cursor } = this.editor.line;
    return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
  }
}

/** Keys that are pressed behind `one two`, and what is then in the line. */
const cases: readonly (readonly [keys: string, seen: string])[] = [
  ["left", "one tw|o"],
  ["ctrl+b", "one tw|o"],
  ["home", "|one two"],
  ["ctrl+a", "|one two"],
  ["ctrl+a right", "o|ne two"],
  ["ctrl+a ctrl+f", "o|ne two"],
  ["ctrl+a end", "one two|"],
  ["ctrl+a ctrl+e", "one two|"],
  ["alt+b", "one |two"],
  ["ctrl+left", "one |two"],
  ["ctrl+a alt+f", "one| two"],
  ["ctrl+a ctrl+right", "one| two"],
  ["backspace", "one tw|"],
  ["left delete", "one tw|"],
  ["left ctrl+d", "one tw|"],
  ["ctrl+w", "one |"],
  ["alt+backspace", "one |"],
  ["ctrl+w ctrl+y ctrl+y", "one twotwo|"],
  ["ctrl+u", "|"],
  ["alt+b ctrl+k", "one |"],
  ["ctrl+a alt+d", "| two"],
  ["alt+enter", "one two\n|"],
  ["ctrl+c", "|"],
  ["ctrl+c ctrl+y", "one two|"],
  ["ctrl+o", "one two|"],
  ["ctrl+d", "one two|"],
];

for (const [keys, seen] of cases) {
  Deno.test(`${keys} behind 'one two' makes it '${seen}'`, () => {
    const k = new Keys();
    assertEquals(k.press("one two", ...keys.split(" ")), { type: "none" });
    assertEquals(k.seen, seen);
  });
}

Deno.test("in an empty line Ctrl+C and Ctrl+D have their own meaning", () => {
  const k = new Keys();
  assertEquals(k.press("ctrl+c").type, "interrupt");
  assertEquals(k.press("ctrl+d").type, "end");
  assertEquals(k.press("x", "ctrl+c").type, "none");
  assertEquals(k.press("ctrl+c").type, "interrupt");
});

Deno.test("keys that need the terminal are handed on", () => {
  const k = new Keys();
  assertEquals(k.press("ctrl+z").type, "suspend");
  assertEquals(k.press("ctrl+l").type, "clear-screen");
  assertEquals(k.press("tab").type, "complete");
  assertEquals(k.editor.take({ type: "paste", text: "a\nb", isWhole: true }), {
    type: "pasted",
    text: "a\nb",
    isWhole: true,
  });
});

Deno.test("the arrow keys go back and forth in what was entered, each line once, and the draft stays", () => {
  const k = new Keys();
  k.press("one", "enter", "two", "enter", "one", "enter", " ", "enter", "draft");
  const seen = ["up", "up", "up", "ctrl+p", "down", "ctrl+n", "down"].map((key) => {
    k.press(key);
    return k.seen;
  });
  assertEquals(seen, ["one|", "two|", "two|", "two|", "one|", "draft|", "draft|"]);
});

Deno.test("a pasted line that is brought back is still no command", () => {
  const k = new Keys();
  k.editor.line.insert("/quit", "pasted");
  assertEquals(k.press("enter"), {
    type: "enter",
    line: { text: "/quit", typed: 0 },
    beginsPasted: true,
  });
  k.press("up");
  assertEquals(k.editor.line.beginsPasted, true);
  const wish = k.press("ctrl+u", "/who", "enter");
  assertEquals(wish, { type: "enter", line: { text: "/who", typed: 4 }, beginsPasted: false });
});

Deno.test("Ctrl+R finds earlier lines, one after the other", () => {
  const k = new Keys();
  k.press("apple pie", "enter", "banana", "enter", "apple tart", "enter", "draft");
  k.press("ctrl+r", "app");
  assertEquals([k.seen, k.editor.search?.part, k.editor.search?.isFound], [
    "apple tart|",
    "app",
    true,
  ]);
  k.press("ctrl+r");
  assertEquals(k.seen, "apple pie|");
  // There is no other one.
  k.press("ctrl+r", "ctrl+r");
  assertEquals([k.seen, k.editor.search?.isFound], ["apple pie|", false]);
  k.press("backspace", "backspace");
  assertEquals([k.seen, k.editor.search?.part], ["apple tart|", "a"]);
  for (const leaves of ["escape", "ctrl+g", "ctrl+c"]) {
    k.press("ctrl+r", "ban", leaves);
    assertEquals([k.seen, k.editor.search], ["draft|", undefined]);
  }
  k.press("ctrl+r", "ban", "home");
  assertEquals([k.seen, k.editor.search], ["|banana", undefined]);
  const wish = k.press("ctrl+r", "tart", "enter");
  assertEquals(wish.type === "enter" && wish.line.text, "apple tart");
});

Deno.test("each conversation has lines of its own", () => {
  const keys = new Keys();
  keys.press("to bob", "enter");
  keys.name = "carol";
  keys.press("to carol", "enter", "up", "up");
  assertEquals(keys.seen, "to carol|");
  keys.press("ctrl+c");
  keys.name = "bob";
  keys.press("ctrl+r", "to");
  assertEquals(keys.seen, "to bob|");
});

Deno.test("behind the lines of this run are those of earlier ones, each once", () => {
  const keys = new Keys("bob", ["last", "again", "last", "first"]);
  keys.press("new", "enter", "again", "enter", "half");
  const seen = ["up", "up", "up", "up", "up"].map((key) => (keys.press(key), keys.seen));
  assertEquals(seen, ["again|", "new|", "last|", "first|", "first|"]);
  const forth = ["down", "down", "down", "down", "down"].map((key) => (keys.press(key), keys.seen));
  assertEquals(forth, ["last|", "new|", "again|", "half|", "half|"]);
  keys.press("ctrl+r", "rst");
  assertEquals(keys.seen, "first|");
});

Deno.test("with earlier lines alone, a search finds them, and one that is not there is not found", () => {
  const keys = new Keys("bob", ["one", "two one"]);
  keys.press("ctrl+r", "one", "ctrl+r");
  assertEquals(keys.seen, "two one|");
  keys.press("ctrl+r");
  assertEquals([keys.seen, keys.editor.search?.isFound], ["two one|", false]);
});
