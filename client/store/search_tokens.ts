/**
 * The tokens of a text: what a search compares. The index holds them, and a text that is not in it is taken apart
 * in the same way, so that both find the same.
 *
 * - A word is a token: in scripts that put blanks between words.
 * - A letter with its marks is a token: in scripts that put no blanks, and in Korean, whose words take endings.
 * - An emoji is a token, however many characters it is made of: UTS #51, section 1.4.9.
 * - A symbol is a token. Punctuation is none, nor are the signs of mathematics and money.
 *
 * Texts that look alike have the same tokens (NFKC, UAX #15), whatever case, accents and invisible characters they
 * have.
 *
 * @module
 */

import { latePattern } from "../../shared/text/late_pattern.ts";

/** The tokens of a text, in order. None holds a blank, an ASCII character but letters and digits, or a NUL. */
export function tokensOf(text: string): string[] {
  // Most texts are ASCII.
  if (asciiPattern.test(text)) return text.toLowerCase().match(asciiWordPattern) ?? [];
  // The pattern is one group: every second part is an emoji.
  return text.split(emojiPattern())
    .flatMap((part, i) => i % 2 === 1 ? foldEmoji(part) : fold(part).match(tokenPattern()) ?? []);
}

/** Whether a token is a word, which may be searched for by its beginning. */
export function isWord(token: string): boolean {
  return wordPattern().test(token);
}

const asciiPattern = /^[\0-\x7f]*$/;
const asciiWordPattern = /[a-z0-9]+/g;

/** Scripts of which each letter is a token. */
const letterScripts = [
  ["Han", "Hiragana", "Katakana", "Bopomofo", "Hangul", "Yi", "Tangut", "Nushu"],
  ["Thai", "Lao", "Khmer", "Myanmar", "Tai_Le", "New_Tai_Lue", "Tai_Tham", "Tai_Viet"],
  ["Javanese", "Balinese"],
].flat().map((script) => String.raw`\p{Script_Extensions=${script}}`).join("");
/** What Latin words have as well, such as the apostrophe U+02BC, belongs to these. */
const single = String.raw`[[${letterScripts}]--\p{Script_Extensions=Latin}]`;
const alone = String.raw`[[\p{L}\p{N}]&&${single}]`;
/** Private use characters are what their users agree on: letters, as a rule. */
const joined = String.raw`[[\p{L}\p{N}\p{Co}]--${single}]`;
const tokenPattern = latePattern(() =>
  new RegExp(String.raw`${alone}\p{M}*|${joined}(?:${joined}|\p{M})*|\p{So}`, "gv")
);
// A keycap begins with a digit, too.
const wordPattern = latePattern(() => new RegExp(String.raw`^${joined}(?!\u20e3)`, "v"));

const emojiPattern = latePattern(() => {
  const one = String.raw`[\p{Extended_Pictographic}\p{Emoji_Modifier}\p{Regional_Indicator}]` +
    // How it is shown, the tone of its skin, and what a flag is of.
    String.raw`[\ufe0e\ufe0f\p{Emoji_Modifier}\u{e0020}-\u{e007f}]*`;
  const keycap = String.raw`[0-9#*]\ufe0f?\u20e3`;
  return new RegExp(
    String.raw`(${keycap}|\p{Regional_Indicator}{2}|${one}(?:\u200d${one})*)`,
    "v",
  );
});

/** An emoji without what says how it is shown. ASCII characters would not stay in the token. */
function foldEmoji(emoji: string): string {
  return emoji.replaceAll(/[\ufe0e\ufe0f]/g, "").replace("#", "＃").replace("*", "＊");
}

/** A text without case, accents, and differences that cannot be seen. */
function fold(text: string): string {
  return text
    .replaceAll(ignoredPattern(), "")
    .replaceAll(separatePattern(), " $& ")
    .normalize("NFKD")
    .replaceAll(accentPattern(), "")
    // In this order, “ẞ” and “ß” become “ss”, and “ς” and “ı” become what “Σ” and “I” become.
    .toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ")
    .normalize("NFKC");
}

/**
 * Invisible characters, and the stroke that makes an Arabic word longer. Two invisible ones separate words: U+200B,
 * and U+200C in Arabic script.
 */
const ignoredPattern = latePattern(() =>
  /[[\p{Default_Ignorable_Code_Point}\u0640]--[\u200b\u200c]]|(?<!\p{Script_Extensions=Arabic})\u200c/gv
);
/** What would become a part of the word or letter beside it: symbols such as “№”, fractions, letters such as “ㅋ”. */
const separatePattern = latePattern(() =>
  /[\p{So}\u00bc-\u00be\u2150-\u215f\u3131-\u318e\uffa0-\uffdc]/gu
);
/** Marks that stand with letters of any script; vowels of Hebrew and Arabic. But “が” is not “か”. */
const accentPattern = latePattern(() =>
  /[[\p{M}&&[\p{Script=Inherited}\p{Script=Hebrew}\p{Script=Arabic}]]--[\u3099\u309a]]/gv
);
