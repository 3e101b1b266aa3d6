// What a terminal sends, as keys and pastes, however it is split over reads.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { KeyReader, type TerminalInput } from "../../../../client/ui/terminal/keys.ts";

const key = (key: string): TerminalInput => ({ type: "key", key });
const text = (text: string): TerminalInput => ({ type: "text", text });
const paste = (text: string, isWhole = true): TerminalInput => ({ type: "paste", text, isWhole });

const focus = (hasFocus: boolean): TerminalInput => ({ type: "focus", hasFocus });

/** Reads pieces, and gives up on what is left of a sequence. Neighbouring letters count as one text. */
function read(...pieces: (string | Uint8Array)[]): TerminalInput[] {
  const reader = new KeyReader();
  const inputs = pieces.flatMap((piece) =>
    reader.read(typeof piece === "string" ? new TextEncoder().encode(piece) : piece)
  );
  return joined([...inputs, ...reader.giveUp()]);
}

function joined(inputs: readonly TerminalInput[]): TerminalInput[] {
  const all: TerminalInput[] = [];
  for (const input of inputs) {
    const last = all.at(-1);
    if (input.type === "text" && last?.type === "text") {
      all[all.length - 1] = text(last.text + input.text);
    } else all.push(input);
  }
  return all;
}

/** What terminals send, and which key that is. */
const sent: readonly (readonly [sent: string, key: string | undefined])[] = [
  ["\x1b[A", "up"],
  ["\x1bOA", "up"],
  ["\x1b[1;1A", "up"],
  ["\x1b[B", "down"],
  ["\x1b[C", "right"],
  ["\x1b[D", "left"],
  ["\x1b[1;5D", "ctrl+left"],
  ["\x1b[5D", "ctrl+left"],
  ["\x1bO5C", "ctrl+right"],
  ["\x1b[1;3C", "alt+right"],
  ["\x1b\x1b[D", "alt+left"],
  ["\x1b[H", "home"],
  ["\x1bOF", "end"],
  ["\x1b[1~", "home"],
  ["\x1b[7~", "home"],
  ["\x1b[4~", "end"],
  ["\x1b[3~", "delete"],
  ["\x1bOM", "enter"],
  ["\x1b[13;3u", "alt+enter"],
  ["\x1b[27;5;114~", "ctrl+r"],
  ["\x1bb", "alt+b"],
  ["\x1bB", "alt+b"],
  ["\x1b\x7f", "alt+backspace"],
  ["\x1b\r", "alt+enter"],
  ["\x01", "ctrl+a"],
  ["\x1a", "ctrl+z"],
  ["\b", "backspace"],
  ["\x7f", "backspace"],
  ["\t", "tab"],
  ["\r", "enter"],
  ["\r\n", "enter"],
  ["\n", "enter"],
  ["\x1b", "escape"],
  // What is of no use is swallowed whole.
  ["\x1b[5~", "page-up"],
  ["\x1b[6~", "page-down"],
  ["\x1b[2~", undefined],
  ["\x1b[15;2~", undefined],
  ["\x1b[[A", undefined],
  ["\x1b[<0;12;5M", undefined],
  ["\x1b[32;40;40M", undefined],
  ["\x1b[M !!", undefined],
  ["\x1b[?1;2c", undefined],
  ["\x1b[>0;276;0c", undefined],
  [`\x1b[${"1;".repeat(1_000)}q`, undefined],
  ["\x1b]11;rgb:0000/0000/0000\x07", undefined],
  ["\x1b]11;rgb:0000/0000/0000\x1b\\", undefined],
  ["\x1bP1+r544e\x1b\\", undefined],
  ["\x1b_Gi=1;OK\x1b\\", undefined],
  ["\x1b[", undefined],
  ["\x00", undefined],
  ["\x1c", undefined],
];

for (const [bytes, name] of sent) {
  Deno.test(`${JSON.stringify(bytes.slice(0, 20))} is ${name ?? "no key"}`, () => {
    assertEquals(read(bytes), name === undefined ? [] : [key(name)]);
    const expected = name === undefined ? [] : [key(name)];
    // A lone ESC, and what has begun a sequence, take what comes behind them.
    if (!["\x1b", "\x1b["].includes(bytes)) {
      assertEquals(read(`a${bytes}b`), joined([text("a"), ...expected, text("b")]));
    }
  });
}

Deno.test("Esc that is pressed twice is two keys, however fast", () => {
  const reader = new KeyReader();
  assertEquals(reader.read(new TextEncoder().encode("\x1b\x1b")), []);
  assertEquals(reader.giveUp(), [key("escape"), key("escape")]);
  assertEquals(reader.read(new TextEncoder().encode("\x1b\x1b[A")), [key("alt+up")]);
});

Deno.test("a slash right behind Esc is typed, so that no command goes out as a message", () => {
  assertEquals(read("\x1b/quit"), [key("escape"), text("/quit")]);
  assertEquals(read("\x1b\x1b/quit"), [key("escape"), key("escape"), text("/quit")]);
});

Deno.test("a paste is one, whatever it holds", () => {
  const pasted = "/quit\r\n\x03\x1b[A\ttab\x1b[201";
  assertEquals(read(`a\x1b[200~${pasted}\x1b[201~b`), [text("a"), paste(pasted), text("b")]);
  assertEquals(read("\x1b[200~\x1b[201~"), [paste("")]);
});

Deno.test("of a paste without an end no more is kept than could be sent", () => {
  const reader = new KeyReader();
  const mebibyte = new TextEncoder().encode("x".repeat(1024 * 1024));
  assertEquals(reader.read(new TextEncoder().encode("\x1b[200~")), []);
  for (let i = 0; i < 20; i++) assertEquals(reader.read(mebibyte), []);
  assertEquals(reader.patienceMs, undefined);
  const [input, ...more] = reader.read(new TextEncoder().encode("\x1b[201~\r\x1b[200~y\x1b[201~"));
  assertEquals(input, paste("x".repeat(64 * 1024), false));
  assertEquals(more, [key("enter"), paste("y")]);
});

Deno.test("a line end that is split over two reads is one or an empty line more, and no letter", () => {
  assertEquals(read("a\r", "\nb"), [text("a"), key("enter"), key("enter"), text("b")]);
});

Deno.test("only what may have begun a sequence is waited for", () => {
  const reader = new KeyReader();
  reader.read(new TextEncoder().encode("abc"));
  assertEquals(reader.patienceMs, undefined);
  reader.read(new TextEncoder().encode("\x1b"));
  assertEquals(reader.patienceMs, 100);
  reader.read(new TextEncoder().encode("[1"));
  assertEquals(reader.patienceMs, 500);
  assertEquals(reader.giveUp(), []);
  assertEquals(reader.read(new TextEncoder().encode("A")), [text("A")]);
});

const piece = fc.oneof(
  fc.constantFrom(...sent.map(([bytes]) => bytes)),
  fc.string({ unit: "grapheme" }),
  fc.string().map((pasted) => `\x1b[200~${pasted}\x1b[201~`),
);

Deno.test("it does not matter where the bytes are split", () => {
  fc.assert(fc.property(fc.array(piece), fc.array(fc.nat()), (pieces, cuts) => {
    const bytes = new TextEncoder().encode(pieces.join("").replaceAll("\r\n", "\r"));
    const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].toSorted((a, b) =>
      a - b
    );
    const split = at.slice(1).map((to, i) => bytes.slice(at[i], to));
    assertEquals(read(...split), read(bytes));
  }));
});

Deno.test("no control character is ever typed", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    for (const input of read(bytes)) {
      // deno-lint-ignore no-control-regex -- that is what this is about
      if (input.type === "text") assertEquals(/[\x00-\x1f\x7f-\x9f]/.test(input.text), false);
    }
  }));
});

/** Reads pieces while an answer is awaited. @param pause Whether time passes behind the piece of an index. */
function readAwaiting(pieces: readonly Uint8Array[], pause: (i: number) => boolean = () => false) {
  const answers: string[] = [];
  const reader = new KeyReader((answer) => void answers.push(answer));
  reader.awaitAnswer();
  const inputs = pieces.flatMap((piece, i) => {
    const read = reader.read(piece);
    return pause(i) && reader.patienceMs !== undefined ? [...read, ...reader.giveUp()] : read;
  });
  return { inputs: joined([...inputs, ...reader.giveUp()]), answers, reader };
}

/** A text in pieces of the lengths given, and what is left. */
function cut(text: string, lengths: readonly number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of lengths) {
    pieces.push(bytes.slice(at, at + length));
    at += length;
  }
  return [...pieces, bytes.slice(at)];
}

const white = "rgb:ffff/ffff/ffff";
const ends = ["\x07", "\x1b\\"] as const;

Deno.test("an answer that is awaited is told, and is no key, wherever it comes", () => {
  for (const end of ends) {
    for (const before of ["", "a", "\t", "\x1b[A", "\x1bb", "\r"]) {
      const { inputs, answers } = readAwaiting(cut(`${before}\x1b]11;${white}${end}b`, []));
      assertEquals(inputs, joined([...read(before), text("b")]), JSON.stringify(before));
      assertEquals(answers, [white]);
    }
  }
});

Deno.test("nothing of an answer is typed, in whatever pieces and however late it comes", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 30 });
  const what = fc.constantFrom(white, "rgb:0/0/0", "?", "", "nonsense \\ 7");
  const keys = fc.array(fc.constantFrom("x", "é", "\t", "\r"), { maxLength: 3 });
  const property = fc.property(
    ...[what, fc.constantFrom(...ends), keys, keys, lengths, fc.func(fc.boolean())] as const,
    (what, end, before, after, lengths, pause) => {
      const typed = before.join("") + after.join("");
      const whole = `${before.join("")}\x1b]11;${what}${end}${after.join("")}`;
      const { inputs, answers } = readAwaiting(cut(whole, lengths), pause);
      // A lone ESC that nothing follows for some time is the key.
      const others = joined(inputs.filter((one) => one.type !== "key" || one.key !== "escape"));
      assertEquals(others, read(typed));
      assertEquals(answers, [what]);
    },
  );
  fc.assert(property, { numRuns: 2_000 });
});

Deno.test("byte by byte, with time between any two, an answer is one", () => {
  for (const end of ends) {
    const all = `\x1b]11;${white}${end}`;
    const { inputs, answers } = readAwaiting(
      cut(all, Array.from({ length: all.length }, () => 1)),
      () => true,
    );
    assertEquals([inputs, answers], [[key("escape")], [white]]);
  }
});

Deno.test("while an answer is awaited that never comes, no key is another one or lost", () => {
  fc.assert(fc.property(fc.array(piece), fc.array(fc.nat(20)), (pieces, lengths) => {
    const all = pieces.join("").replaceAll("\r\n", "\r");
    assertEquals(readAwaiting(cut(all, lengths)).inputs, read(all));
  }));
});

Deno.test("what begins as an answer and goes on as none is typed, as far as it came later", () => {
  const late = (...pieces: string[]) =>
    readAwaiting(pieces.map((piece) => new TextEncoder().encode(piece)), (i) => i === 0);
  assertEquals(late("\x1b", "]1 bracket").inputs, [key("escape"), text("]1 bracket")]);
  assertEquals(late("\x1b]", "1 hello").inputs, [text("1 hello")]);
  assertEquals(late("\x1b]11;rgb:ff", "hello", "\r").inputs, [text("hello"), key("enter")]);
  assertEquals(late("\x1b]11;rgb:ff", "hello", "\x1b[A").inputs, [text("hello"), key("up")]);
  const long = "x".repeat(100);
  assertEquals(late("\x1b]11;rgb:ff", long).inputs, [text(long)]);
});

Deno.test("an answer that nobody asked for, and a second one, are swallowed and not told", () => {
  const all = new TextEncoder().encode(`a\x1b]11;${white}\x07b\x1b]11;rgb:0/0/0\x1b\\c`);
  const answers: string[] = [];
  const reader = new KeyReader((answer) => void answers.push(answer));
  assertEquals(joined(reader.read(all)), [text("abc")]);
  assertEquals(answers, []);
  const second = readAwaiting([all]);
  assertEquals(second.inputs, [text("abc")]);
  assertEquals(second.answers, [white]);
});

Deno.test("what is pasted is no answer", () => {
  for (const end of ends) {
    const forged = `\x1b]11;${white}${end}`;
    const { inputs, answers } = readAwaiting(cut(`\x1b[200~${forged}\x1b[201~`, []));
    assertEquals([inputs, answers], [[paste(forged)], []]);
  }
});

Deno.test("a report of the focus is no key, however it is split, and stays in its place among them", () => {
  const all = "a\x1b[Ib\x1b[O\r";
  const inputs = [text("a"), focus(true), text("b"), focus(false), key("enter")];
  for (let at = 0; at <= all.length; at++) {
    assertEquals(read(...cut(all, [at])), inputs);
    assertEquals(readAwaiting(cut(all, [at])).inputs, inputs);
  }
  // ESC was a key.
  assertEquals(read("\x1b\x1b[I"), [key("escape"), focus(true)]);
  // With parameters it is none.
  assertEquals(read("\x1b[1I\x1b[1;2O"), []);
});

Deno.test("a report within what is pasted is none of that, if reports were asked for", () => {
  const all = "\x1b[200~one\x1b[O two\x1b[I\x1b[201~\x1b[O";
  for (let at = 0; at <= all.length; at++) {
    const reader = new KeyReader();
    reader.awaitReports();
    const inputs = cut(all, [at]).flatMap((piece) => reader.read(piece));
    assertEquals(inputs, [paste("one two"), focus(false), focus(true), focus(false)]);
  }
  assertEquals(read(all), [paste("one\x1b[O two\x1b[I"), focus(false)]);
});
