import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Store } from "../../../client/store/store.ts";
import { UserError } from "../../../client/user_error.ts";
import { searchWordsMax } from "../../../client/store/store_limits.ts";
import {
  conversationIn,
  draft,
  fileStore,
  keyBytesOf,
  keyOf,
  outcomes,
  say,
  searched,
  storedConversation,
  stream,
} from "../../support/store_fixture.ts";

/** So many that they are put into the index. */
const enough = 2_000;

function find(history: Store["history"], words: string, limit = 99): string[] {
  return searched(history, "alice", words, limit).map(({ text }) => text);
}

/** What is found, or the code of the error. */
function answer(history: Store["history"], words: string): string[] | string {
  try {
    return find(history, words);
  } catch (error) {
    if (error instanceof UserError) return error.code;
    throw error;
  }
}

/** What cannot be searched for. */
const nothing = "nothing-to-search-for";

/** Texts, what finds each of them, and what does not although it looks alike. */
const inside: readonly (readonly [text: string, finds: string[], not: string[]])[] = [
  ["明日の夕食は八時です。", ["夕食", "八時", "食は", "八時です", "夕食 明日"], ["食夕", "夕時"]],
  ["我们明天晚上八点吃饭", ["明天", "天晚", "吃饭"], ["天明", "明晚"]],
  ["ｶﾞｯｺｳへ", ["ガッ", "ッコ", "ガッコウへ", "ｺｳ"], ["カッ"]],
  ["พบกันพรุ่งนี้ตอนเย็น", ["พรุ่งนี้", "กัน", "เย็น", "ตอนเย็น"], ["พรุง", "นตอ"]],
  ["저녁은 여덟 시에 먹자", ["저녁", "녁은", "여덟", "먹자"], ["은저", "저은"]],
  ["शाम को खाना खाएँगे", ["खाना", "शाम को", "खाएँ"], ["खना", "श म"]],
  ["Ｆｕｌｌ　ｗｉｄｔｈ　１２", ["full", "width", "ＦＵＬＬ", "12"], ["ful width"]],
  ["so 👍🏽👩‍👩‍👧‍👦🇩🇪 ❤️‍🔥", ["👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "👩‍👩‍👧‍👦🇩🇪", "❤‍🔥", "so 🇩🇪"], ["👩", "🔥", "🇪"]],
];

/** The three ways in which a text can be found. */
const ways = [
  ["in the index", false, true],
  ["before it is in the index", false, false],
  ["sealed", true, false],
] as const;

for (const [way, sealed, indexed] of ways) {
  /** A store with texts, and with so many others that the texts are in the index if they should be. */
  const storeOf = (...texts: string[]) => {
    const t = storedConversation({ textKey: keyBytesOf(7), sealed });
    say(t.outgoing, t.id, ...texts);
    if (indexed) say(t.outgoing, t.id, ...Array(enough).fill("-"));
    return t;
  };

  Deno.test(`words are found without regard to case and accents, ${way}`, () => {
    using t = storeOf(
      "The quick brown fox",
      "a lazy DOG, é.g. Žižkov!",
      "über den Fluß",
      "e-mail to bob@example.org",
      "no\u0000tice 漢字",
    );
    const { history } = t;
    const found = (words: string) => find(history, words).map((text) => text.slice(0, 6));
    assertEquals(found("QUICK fox"), ["The qu"]);
    assertEquals(found("fox quick"), ["The qu"]);
    assertEquals(found("zizkov"), ["a lazy"]);
    assertEquals(found("Über"), ["über d"]);
    assertEquals(found("fluß"), ["über d"]);
    assertEquals(found("e-mail"), ["e-mail"]);
    assertEquals(found("mail-e"), []);
    assertEquals(found("bob@example"), ["e-mail"]);
    assertEquals(found("tice"), ["no\0tic"]);
    assertEquals(found("漢字"), ["no\0tic"]);
    assertEquals(found("quick dog"), []);
  });

  Deno.test(`the last word may be begun, and the others not, ${way}`, () => {
    using t = storeOf("tomorrow at noon", "tomatoes", "to be");
    const { history } = t;
    assertEquals(find(history, "tom"), ["tomorrow at noon", "tomatoes"]);
    assertEquals(find(history, "noon tom"), ["tomorrow at noon"]);
    assertEquals(find(history, "tom noon"), []);
    // One message begins too much.
    assertEquals(find(history, "t"), []);
    assertEquals(find(history, "to"), ["tomorrow at noon", "tomatoes", "to be"]);
  });

  Deno.test(`the newest are found, oldest first, of one's own and of both directions, ${way}`, () => {
    using t = storeOf("word 1", "word 2", "word 3");
    const { conversations, history, incoming, outgoing, id } = t;
    outcomes(incoming, id, stream(["word 4"]));
    const eve = conversations.open({ self: "eve", name: "bob", key: keyOf(2) }).id;
    say(outgoing, eve, "word 5");
    assertEquals(find(history, "word"), ["word 1", "word 2", "word 3", "word 4"]);
    assertEquals(find(history, "word", 2), ["word 3", "word 4"]);
    assertEquals(find(history, "word", 0), []);
    assertEquals(searched(history, "eve", "word", 9).map(({ text }) => text), ["word 5"]);
  });

  Deno.test(`letters are found inside texts without blanks, and emoji, ${way}`, () => {
    using t = storeOf(...inside.map(([text]) => text));
    const { history } = t;
    for (const [text, finds, not] of inside) {
      for (const words of finds) assertEquals(answer(history, words), [text], words);
      for (const words of not) assertEquals(answer(history, words), [], words);
    }
  });

  Deno.test(`what cannot be searched for is said, ${way}`, () => {
    using t = storeOf("!?", "……", "ok!", "\u0e48");
    for (const words of ["!?", "…", "。", "\u0e48", "€ -", "\u200d", " ", ""]) {
      const { problem } = assertThrows(() => find(t.history, words), UserError);
      assertEquals(problem, { code: nothing, words });
    }
    assertEquals(find(t.history, "ok !?"), ["ok!"]);
  });

  Deno.test(`nothing that a user can type is a defect, ${way}`, () => {
    using t = storeOf('say "hello" AND NOT (goodbye) OR text:near^*');
    const { history } = t;
    for (
      const words of [
        '"',
        '""',
        "'",
        "hello*",
        "*",
        "AND",
        "NOT hello",
        "(",
        ")",
        "text:hello",
        "-hello",
      ]
        .concat(
          "^hello",
          "NEAR(hello goodbye)",
          "hello + goodbye",
          "{text}:hello",
          "\0",
          "hel\0lo",
          "\\",
        )
        .concat("", " ", "\t\n", "!!!", "😀", "hello;--", "%", "\ud83d", "x".repeat(10_000))
        .concat("hello ".repeat(10_000), '"'.repeat(999), "hello AND", "text", '"hello')
    ) {
      const found = answer(history, words);
      assert(found === nothing || found.length <= 1, words);
    }
    assertEquals(find(history, '"hello" NOT').length, 1);
    assertEquals(answer(history, "!!! ---"), nothing);
    assertEquals(find(history, "hello " + "say ".repeat(searchWordsMax) + "absent").length, 1);
  });
}

Deno.test("what is found is the same in the index, before it and sealed", () => {
  const letters = fc.constantFrom(
    "a",
    "b",
    "A",
    "é",
    "e\u0301",
    "1",
    "-",
    "'",
    '"',
    " ",
    " ",
    "ß",
    "İ",
    "\0",
    "\u0001",
    "Z",
    "_",
    "@",
    "漢",
    "か",
    "\u3099",
    "ﾊﾞ",
    "ที่",
    "한",
    "ㄱ",
    "ㅏ",
    "हि",
    "❤",
    "\ufe0f",
    "\u200d",
    "👍",
    "🏽",
    "🇩",
    "🇪",
    "№",
    "\ud83d",
  );
  const text = fc.string({ unit: letters, maxLength: 8 });
  const query = fc.string({ unit: letters, maxLength: 5 });
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 20 }),
      fc.array(query, { maxLength: 8 }),
      (texts, queries) => {
        const [indexed, plain, sealed] = ways.map(([, sealed]) =>
          storedConversation({ textKey: keyBytesOf(7), sealed })
        );
        using _1 = indexed!;
        using _2 = plain!;
        using _3 = sealed!;
        for (const { outgoing, id } of [indexed!, plain!, sealed!]) say(outgoing, id, ...texts);
        // Writing nothing as often as it takes.
        indexed!.outgoing.accept(Array.from({ length: enough }, () => draft(indexed!.id, "")));
        const parts = texts.flatMap((text) => text.split(/\s+/));
        for (const words of [...queries, ...parts]) {
          const expected = answer(plain!.history, words);
          assertEquals(answer(indexed!.history, words), expected, JSON.stringify(words));
          assertEquals(answer(sealed!.history, words), expected, JSON.stringify(words));
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("the index follows by itself, in another program as well, and is not needed", () => {
  using file = fileStore();
  using one = file.open();
  using other = file.open();
  const id = conversationIn(one);
  const indexed = () => (file.query("SELECT up_to FROM token_rows") as { up_to: number }).up_to;
  say(one.outgoing, id, "needle");
  assertEquals([find(other.history, "needle").length, indexed()], [1, 0]);
  for (let i = 0; i < 3; i++) say(one.outgoing, id, ...Array(enough).fill("hay"));
  assert(indexed() > enough);
  assertEquals(find(other.history, "needle"), ["needle"]);
  assertEquals(find(other.history, "hay", 10_000).length, 3 * enough);
  file.change(
    "UPDATE token_rows SET up_to = 0; INSERT INTO tokens (tokens) VALUES ('delete-all')",
  );
  assertEquals(find(other.history, "needle hay"), []);
  assertEquals(find(other.history, "needle"), ["needle"]);
  assert(indexed() >= 3 * enough);
});

Deno.test("a search by steps finds the same, and lets others have a turn", () => {
  using t = storedConversation({ textKey: keyBytesOf(7), sealed: true });
  const { history, outgoing, id } = t;
  say(outgoing, id, "needle", ...Array(1_700).fill("hay"));
  const steps = history.search("alice", "needle", 9);
  let turns = 0;
  for (let step = steps.next();; step = steps.next(), turns++) {
    if (step.done !== true) continue;
    assertEquals(step.value.entries.map(({ text }) => text), ["needle"]);
    break;
  }
  assert(turns >= 3);
});

Deno.test("words that cannot be searched for are told, and the others are searched for", () => {
  using t = storedConversation();
  say(t.outgoing, t.id, "supper at eight");
  const search = (words: string) => {
    const steps = t.history.search("alice", words, 9);
    for (let step = steps.next();; step = steps.next()) {
      if (step.done === true) return [step.value.entries.length, step.value.ignored];
    }
  };
  assertEquals(search("supper eight"), [1, []]);
  assertEquals(search(" — supper ?! "), [1, ["—", "?!"]]);
  assertEquals(search("supper… (eight)"), [1, []], "punctuation beside letters is no word");
  assertEquals(search("breakfast ?"), [0, ["?"]]);
  const many = "supper ".repeat(searchWordsMax);
  assertEquals(search(many + "absent"), [1, ["absent"]]);
});
