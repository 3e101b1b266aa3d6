// Which words are near enough to one that was typed.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { nearWords } from "../../../shared/text/near_words.ts";

const words = ["help", "chat", "switch", "quit", "register", "unregister", "me", "msg", "who"];

const cases: readonly [typed: string, near: string[]][] = [
  // Two letters that have changed their places, one that is missing, one too many, another one.
  ["hlep", ["help"]],
  ["swich", ["switch"]],
  ["quitt", ["quit"]],
  ["chet", ["chat"]],
  // In a long word there may be more of them.
  ["rgeisetr", ["register"]],
  ["rgeisetrr", ["register"]],
  ["unergistre", ["unregister"]],
  ["QIUT", ["quit"]],
  ["wo", ["who"]],
  // A beginning comes before what is near.
  ["m", ["me", "msg"]],
  ["regi", ["register"]],
  ["", []],
  ["nope", []],
  ["qui!x", []],
  ["ma", []],
  ["constructor", []],
];

for (const [typed, near] of cases) {
  Deno.test(`near '${typed}' is ${near.join(", ") || "nothing"}`, () => {
    assertEquals(nearWords(words, typed), near);
  });
}

Deno.test("too many words that begin so are no help", () => {
  assertEquals(nearWords(["aa", "ab", "ac", "ad", "ae"], "a"), []);
});

Deno.test("one mistake in a word of three letters or more is near it, and a long line is soon told from it", () => {
  const word = fc.stringMatching(/^[a-z]{3,12}$/);
  fc.assert(fc.property(word, fc.nat(), fc.stringMatching(/^[a-z]$/), (word, n, letter) => {
    const at = n % word.length;
    assertEquals(nearWords([word], word.slice(0, at) + letter + word.slice(at)), [word]);
    assertEquals(nearWords([word], word.slice(0, at) + letter + word.slice(at + 1)), [word]);
  }));
  assert(nearWords(words, "x".repeat(1_000_000)).length === 0);
});
