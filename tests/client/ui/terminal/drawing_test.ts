// The input line on a real terminal's screen, which gives many emoji another width than this program does.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { columnsOf } from "../../../../shared/text/columns.ts";
import {
  drawn,
  type DrawnLine,
  erased,
  left,
  type Picture,
  pictureOf,
} from "../../../../client/ui/terminal/drawing.ts";
import { hostile } from "../../../support/hostile_shown.ts";
import { obeyed } from "../../../support/hostile_text/hostile_text.ts";
import { Screen } from "../../../support/screen.ts";

const prompt = "bob → alice> ";

/** A line with the cursor at its end, or where a bar stands in it. */
function line(text: string, before = prompt): DrawnLine {
  const cursor = text.indexOf("|");
  return {
    prompt: before,
    text: text.replace("|", ""),
    cursor: cursor === -1 ? text.length : cursor,
  };
}

/** A screen on which lines are drawn below what was received. */
class Drawing implements Disposable {
  readonly screen: Screen;
  picture: Picture | undefined;

  constructor(public size = { columns: 20, rows: 8 }) {
    this.screen = new Screen(size.columns, size.rows);
  }

  async draws(line: DrawnLine): Promise<string> {
    const picture = pictureOf(line, this.size);
    const text = drawn(this.picture, picture);
    await this.screen.shows(text);
    this.picture = picture;
    return text;
  }

  async prints(row: string): Promise<void> {
    if (this.picture !== undefined) await this.screen.shows(erased(this.picture));
    this.picture = undefined;
    await this.screen.shows(row + "\n");
  }

  resizes(columns: number, rows: number): void {
    this.size = { columns, rows };
    this.screen.resize(columns, rows);
  }

  [Symbol.dispose](): void {
    this.screen[Symbol.dispose]();
  }
}

Deno.test("a line is broken where the row ends, and continued behind a bar after a line break", async () => {
  using d = new Drawing();
  await d.prints("hello");
  await d.draws(line("0123456789\nsecond"));
  assertEquals(d.screen.rows, ["hello", "bob → alice> 0123456", "789", "│ second"]);
  assertEquals(d.screen.cursor, { row: 3, column: 8 });
  await d.draws(line("01234|56789\nsecond"));
  assertEquals(d.screen.cursor, { row: 1, column: 18 });
  await d.draws(line("0123456|789\nsecond"));
  assertEquals(d.screen.cursor, { row: 2, column: 0 });
});

Deno.test("behind a full row the cursor is in the next one", async () => {
  using d = new Drawing();
  await d.draws(line("0123456"));
  assertEquals(d.screen.cursor, { row: 1, column: 0 });
  await d.draws(line("01234567"));
  assertEquals(d.screen.rows, ["bob → alice> 0123456", "7"]);
  await d.draws(line("0123456"));
  await d.draws(line("012345"));
  assertEquals(d.screen.rows, ["bob → alice> 012345"]);
});

Deno.test("a letter more at the end is all that is written", async () => {
  using d = new Drawing({ columns: 30, rows: 8 });
  await d.draws(line("hel"));
  assertEquals(await d.draws(line("hell")), "l");
  assertEquals(await d.draws(line("hell")), "");
  assertEquals(await d.draws(line("hel|l")), "\x1b[17G");
  assertEquals(await d.draws(line("hello 漢")), "\x1b[18Go 漢");
  assertEquals(await d.draws(line("hello 漢!")), "!");
});

Deno.test("what is printed comes above, and what was printed stays", async () => {
  using d = new Drawing();
  for (let i = 0; i < 30; i++) {
    await d.prints(`message ${i}`);
    await d.draws(line("x".repeat(i * 3)));
  }
  const rows = d.screen.rows.slice(0, 30);
  assertEquals(rows, Array.from({ length: 30 }, (_, i) => `message ${i}`));
  assertEquals(d.screen.rows[30], "bob → alice> xxxxxxx");
});

Deno.test("of a line that is higher than the screen the rows at the cursor are drawn", async () => {
  using d = new Drawing({ columns: 20, rows: 5 });
  await d.prints("hello");
  const long = Array.from({ length: 50 }, (_, i) => `row ${i}`).join("\n");
  await d.draws(line(long));
  assertEquals(d.screen.rows, ["hello", "bob → alice> ⋮", "│ row 47", "│ row 48", "│ row 49"]);
  await d.draws(line(`|${long}`));
  assertEquals(d.screen.rows, ["hello", "bob → alice> row 0", "│ row 1", "│ row 2", "│ row 3"]);
  assertEquals(d.screen.cursor, { row: 1, column: 13 });
  // Once it is entered all of it stands there.
  const whole = pictureOf(line(long), d.size, true);
  await d.screen.shows(drawn(d.picture, whole) + left(whole));
  assertEquals(d.screen.rows.length, 51);
  assertEquals(d.screen.cursor.column, 0);
});

Deno.test("a line that is higher than the screen says for whom it is, and how many rows are above", async () => {
  const long = Array.from({ length: 50 }, (_, i) => `row ${i}`).join("\n");
  const first = async (text: string, prompt: string, columns: number) => {
    using d = new Drawing({ columns, rows: 5 });
    await d.draws(line(text, prompt));
    return d.screen.rows[0]!.trimEnd();
  };
  assertEquals(await first(long, prompt, 80), "bob → alice> ⋮ 47 rows above");
  assertEquals(await first(`${"a".repeat(15_000)}`, prompt, 80), "bob → alice> ⋮ 185 rows above");
  assertEquals(await first("a\nb\nc\nd\ne", prompt, 80), "bob → alice> ⋮ 2 rows above");
  // Where there is no room for that: the end of the prompt, which has the name.
  assertEquals(await first(long, prompt, 13), "bob → alice>");
  assertEquals(await first(long, "bob → alice-in-wonderland> ", 20), "alice-in-wonderland>");
  assertEquals(
    await first(long, "bob → alice-in-wonderland> ", 21),
    "alice-in-wonderland>".padStart(21),
  );
  assertEquals(await first(long, "bob → 你好呀> ", 6), "好呀>");
  assertEquals(await first(long, "bob → 你好> ", 80), "bob → 你好> ⋮ 47 rows above");
});

Deno.test("nothing moves behind letters whose width is disputed", async () => {
  using d = new Drawing();
  for (const letters of ["👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "❤️", "1️⃣", "😀"]) {
    await d.draws(line(`a${letters}b|c`, "> "));
    assertEquals(d.screen.cursor, { row: 0, column: 2 + columnsOf(`a${letters}b`) }, letters);
    await d.draws(line("abc", "> "));
    assertEquals(d.screen.rows, ["> abc"], letters);
  }
});

Deno.test("what would not be seen, or be obeyed, is drawn as its code", async () => {
  using d = new Drawing();
  await d.draws(line("a\u202eb|c\x1b[2J\x9b", "> "));
  assertEquals(d.screen.rows, ["> a<U+202E>bc␛[2J<U+", "009B>"]);
  assertEquals(d.screen.cursor, { row: 0, column: 12 });
});

for (
  const [from, to] of [[[20, 8], [13, 8]], [[20, 8], [40, 8]], [[20, 8], [20, 3]], [[20, 3], [
    31,
    12,
  ]]]
) {
  Deno.test(`nothing that was received is lost when the screen is resized from ${from} to ${to}`, async () => {
    using d = new Drawing({ columns: from![0]!, rows: from![1]! });
    const received = Array.from({ length: 12 }, (_, i) => `message ${i}`);
    for (const row of received) await d.prints(row);
    await d.draws(line(`${"👨‍👩‍👧‍👦🇩🇪".repeat(9)} and more`));
    for (const [columns, rows] of [to!, from!, to!]) {
      d.resizes(columns!, rows!);
      await d.draws(line(`${"👨‍👩‍👧‍👦🇩🇪".repeat(9)} and more`));
    }
    await d.prints("the last one");
    const seen = d.screen.rows;
    for (const row of [...received, "the last one"]) assert(seen.includes(row), `${row}: ${seen}`);
  });
}

const letter = fc.constantFrom(
  ..."ab /\n",
  "é",
  "e\u0301",
  "漢",
  "👍🏽",
  "👨‍👩‍👧‍👦",
  "🇩🇪",
  "❤️",
  "กำ",
  "\u202e",
  "x".repeat(30),
);
const lines = fc.tuple(fc.array(letter, { maxLength: 12 }), fc.nat(), fc.constantFrom("> ", prompt))
  .map(([letters, at, prompt]): DrawnLine => ({
    prompt,
    text: letters.join(""),
    cursor: letters.slice(0, at % (letters.length + 1)).join("").length,
  }));

Deno.test("drawn over another line it looks as drawn anew, at any size, and nothing above is touched", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(lines, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (all, columns, rows) => {
        const size = { columns, rows };
        using d = new Drawing(size);
        await d.prints("~");
        for (const line of all) await d.draws(line);
        using fresh = new Drawing(size);
        await fresh.prints("~");
        await fresh.draws(all.at(-1)!);
        const count = fresh.picture!.rows.length;
        assertEquals(d.screen.rows.slice(-count), fresh.screen.rows.slice(-count));
        assertEquals(d.screen.rows[0], "~");
        assertEquals(d.screen.cursor.column, fresh.screen.cursor.column);
      },
    ),
    { numRuns: 300 },
  );
});

const step = fc.oneof(
  lines.map((line) => async (d: Drawing, state: { line: DrawnLine }) => {
    state.line = line;
    await d.draws(line);
  }),
  fc.constant(async (d: Drawing, state: { line: DrawnLine; received: number }) => {
    await d.prints(`<${state.received++}>`);
    await d.draws(state.line);
  }),
  fc.tuple(fc.integer({ min: 6, max: 50 }), fc.integer({ min: 1, max: 12 }), fc.boolean()).map((
    [columns, rows, isLate],
  ) =>
  async (d: Drawing, { line }: { line: DrawnLine }) => {
    d.screen.resize(columns, rows);
    // What is written before the program hears of it.
    if (isLate) await d.draws(line);
    d.resizes(columns, rows);
    await d.draws(line);
  }),
);

Deno.test("nothing that was received is lost, whatever is typed and however the screen is resized", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      using d = new Drawing();
      const state = { line: line("", "> "), received: 0 };
      for (const step of steps) await step(d, state);
      const seen = d.screen.rows.join("\n");
      for (let i = 0; i < state.received; i++) assert(seen.includes(`<${i}>`), `<${i}>\n${seen}`);
    }),
    { numRuns: 200 },
  );
});

Deno.test("whatever a line holds, also one that was kept, a terminal obeys nothing of it, and no row is too wide", async () => {
  const size = fc.record({ columns: fc.integer({ min: 6, max: 90 }), rows: fc.nat(12) });
  await fc.assert(fc.asyncProperty(hostile, size, async (text, size) => {
    const picture = pictureOf(line(text), size);
    // deno-lint-ignore no-control-regex -- places of the cursor are the program's own
    const rows = picture.rows.map(({ text }) => text.replaceAll(/\x1b\[\d+G/g, ""));
    for (const row of rows) {
      assertEquals(row.match(obeyed), null);
      assert(columnsOf(row) <= size.columns, row);
    }
    using screen = new Screen(size.columns, size.rows + 1);
    await screen.shows(`~\n${drawn(undefined, picture)}`);
    assertEquals(screen.rows[0], "~");
  }));
});

Deno.test("the program's own signs are those that the terminal has, and the text stays as it is", () => {
  const text = "a\n│ b\nc";
  const line = { prompt: "> ", text, cursor: text.length, own: () => "| " };
  const rows = pictureOf(line, { columns: 20, rows: 9 }).rows.map(({ text }) => text);
  assertEquals([rows[0], rows[1]?.slice(0, 3), rows[2]], ["> a", "| │", "| c"]);
});
