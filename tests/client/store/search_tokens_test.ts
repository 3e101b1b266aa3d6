import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { SearchTerms } from "../../../client/store/search_terms.ts";
import { isWord, tokensOf } from "../../../client/store/search_tokens.ts";
import { searchTokensMax } from "../../../client/store/store_limits.ts";
import { codePoint } from "../../support/code_point.ts";

const cases: readonly (readonly [what: string, text: string, tokens: string])[] = [
  ["words", "Hello, big world: 12 e-mails!", "hello big world 12 e mails"],
  [
    "letters without blanks",
    "漢字かな々ー、ไทย ລາວ",
    "漢 字 か な 々 ー ไ ท ย ລ า ວ".replace("า", "າ"),
  ],
  ["words beside them", "iPhone手机3台", "iphone 手 机 3 台"],
  ["Korean", "한국어 ㅋㅋ 가ㄳ나", "한 국 어 \u110f \u110f 가 \u11aa 나"],
  ["marks, which belong to their letter", "ที่ ខ្មែ မြ か\u3099", "ที่ ខ្ មែ မြ が"],
  ["words with marks", "हिन्दी தமிழ் বাংলা", "हिन्दी தமிழ் বাংলা"],
  ["other forms of a letter", "Ｆｕｌｌ ｗｉｄｔｈ ｶﾞ ﬁn m² ①", "full width ガ fin m2 1"],
  ["case", "STRASSE Straße STRAẞE ΟΔΟΣ οδος", "strasse strasse strasse οδοσ οδοσ"],
  ["Turkish, as English", "İstanbul ısı ISI", "istanbul isi isi"],
  ["accents", "Žižkov Ελλάδα ёж מִלָּה مَرْحَبًا", "zizkov ελλαδα еж מלה مرحبا"],
  ["a longer Arabic word", "مـــرحبا", "مرحبا"],
  ["invisible characters", "so\u00adft क\u094d\u200dष \u200eabc\u200f", "soft क\u094dष abc"],
  ["invisible blanks", "foo\u200bbar می\u200cخواهم क\u200cख", "foo bar می خواهم कख"],
  ["variants of a letter", "葛\u{e0100}城", "葛 城"],
  ["emoji", "a👍🏽b 👩‍👩‍👧‍👦👍 ❤️‍🔥", "a 👍🏽 b 👩‍👩‍👧‍👦 👍 ❤\u200d🔥"],
  ["flags", "🇩🇪🇫🇷🇬 🏴󠁧󠁢󠁥󠁮󠁧󠁿🏴", "🇩🇪 🇫🇷 🇬 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴"],
  ["emoji of other characters", "1️⃣ #️⃣ *⃣ ‼️ ™", "1\u20e3 ＃\u20e3 ＊\u20e3 ‼ ™"],
  ["emoji, however they are shown", "❤ ❤️ ❤︎", "❤ ❤ ❤"],
  ["symbols", "✓done 20℃ №5 1½", "✓ done 20 ° c no 5 1 1 2"],
  ["an apostrophe that is a letter", "обʼєкт ŉ", "обʼєкт ʼn"],
  ["nothing", "!? … 。 € + \u0e48 \u0301 \ud83d \0", ""],
];

for (const [what, text, tokens] of cases) {
  Deno.test(`the tokens of ${what}`, () => {
    assertEquals(tokensOf(text), tokens.split(" ").filter((token) => token !== ""));
  });
}

Deno.test("a word may be begun, a letter or an emoji not", () => {
  for (const token of ["ab", "हि", "é", "7", "\ue000"]) assert(isWord(token), token);
  for (const token of ["漢", "か", "ที่", "한", "👍🏽", "1\u20e3", "✓"]) assert(!isWord(token), token);
});

Deno.test("no letter is another one because of its case", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code);
    // The iota below a Greek vowel is an accent, although in capitals it stands beside it.
    if (!/^\p{L}$/u.test(letter) || letter.normalize("NFD").includes("\u0345")) continue;
    const tokens = tokensOf(letter);
    for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
      if (other !== letter) assertEquals(tokensOf(other), tokens, letter);
    }
  }
});

const letters = [
  ..."漢 字 々 か が ガ ｶﾞ ー ㋿ ไ ที่ นำ น้ำ ກໍ 한 국 ㅋ ㄳ 각 ខ្មែ မြ ၁".split(" "),
  ..."👍 👍🏽 🇩🇪 👩‍👩‍👧 ❤️ ❤ 1️⃣ #️⃣ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☎︎ ™ ‼️ ✓ №".split(" "),
];
const wordLetters = "a Z é e\u0301 ß ẞ ʼ ŉ ﬁ ı Σ ς Я й ё ع َ ש ּ हि न्दी ² ½ 7 ٣ Ａ".split(" ");
const between = [" ", " ", "", "-", "。", "\u3000", "\u00ad", "\u200b"];

Deno.test("whatever a text is, each of its words and each two of its letters are found", () => {
  const part = fc.record({
    before: fc.constantFrom(...between),
    letters: fc.array(fc.constantFrom(...letters), { maxLength: 5 }),
    word: fc.string({ unit: fc.constantFrom(...wordLetters), maxLength: 5 }),
  });
  const composed = fc.array(part, { maxLength: 6 }).map((parts) => ({
    text: parts.map(({ before, letters, word }) => `${before}${letters.join("")} ${word}`).join(""),
    pairs: parts.flatMap(({ letters }) =>
      letters.slice(1).map((letter, i) => letters[i]! + letter)
    ),
  }));
  const any = fc.string({ unit: codePoint }).map((text) => ({ text, pairs: [] as string[] }));
  fc.assert(
    fc.property(fc.oneof(composed, any), ({ text, pairs }) => {
      const tokens = tokensOf(text);
      for (const words of [text, ...text.split(/\s+/), ...pairs]) {
        const terms = new SearchTerms(words);
        assert(terms.empty || terms.match(tokens), JSON.stringify(words));
      }
      for (const pair of pairs) assert(!new SearchTerms(pair).empty, pair);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a token is what SQLite's tokenizer leaves whole", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint }), (text) => {
      for (const token of tokensOf(text)) assert(!/[\0-\x2f\x3a-\x60\x7b-\x7f]/.test(token), token);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a search for too much is a search for its beginning", () => {
  const long = "字".repeat(searchTokensMax);
  assert(new SearchTerms(`${long}漢`).match(tokensOf(long)));
  assert(!new SearchTerms(long).match(tokensOf(long.slice(1))));
  assert(new SearchTerms(`${long} 漢`).match(tokensOf(long)));
});
