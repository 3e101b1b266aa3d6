// What counts as read: what was on the screen, with all that came before it.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ownNames } from "../../../../client/ui/local_names.ts";
import { allSigns } from "../../../../client/ui/own_signs.ts";
import { themes } from "../../../../client/ui/theme.ts";
import { blocksOf, type MessageRows } from "../../../../client/ui/screen/blocks.ts";
import { end, Pages, type Position } from "../../../../client/ui/screen/page.ts";
import {
  beginReading,
  noteDrawn,
  noteMissed,
  readUpTo,
} from "../../../../client/ui/screen/reading.ts";
import { View } from "../../../../client/ui/screen/view.ts";
import type { Session } from "../../../../client/ui/session.ts";
import { BoundedMap } from "../../../../shared/collections/bounded_map.ts";
import { entry, MessageList } from "../../../support/screen_fixture.ts";

/** A conversation with bob of which a part is on the screen. */
class Reader {
  readonly view = new View("bob");
  readonly messages = new MessageList([]);
  height = 8;
  /** Whether the user looks at another window. */
  isElsewhere = false;
  #shown = 0;

  readonly session = {
    client: {
      unseen: (_name: string, behind = 0) => {
        const unseen = this.#unseen.filter(({ row }) => row > behind);
        return { first: unseen[0]?.row, count: unseen.length };
      },
      acknowledge: (id: string) => {
        const { row } = this.messages.entries.find((entry) => entry.id === id)!;
        this.#shown = Math.max(this.#shown, row);
      },
      history: (_name: string, limit: number, { before }: { before: number }) =>
        this.messages.before(before, limit),
    },
  } as unknown as Session;

  /** @param text What each says, or whether each is taller than the screen. */
  comes(count = 1, direction: "in" | "out" = "in", text: string | boolean = false): void {
    for (let i = 0; i < count; i++) {
      const at = this.messages.entries.length;
      const tall = `text ${at} ${"word ".repeat(99)}end-${at}`;
      const changes = { direction, ...text !== false && { text: text === true ? tall : text } };
      this.messages.entries.push(entry(at, changes));
      if (direction === "in") this.view.unread++;
    }
  }

  opens(): void {
    this.view.leave();
    const first = beginReading(this.session, this.view);
    if (first !== undefined) this.view.position = this.pages.from(first, this.height);
    this.draws();
  }

  /** @returns The ids of the messages that have been drawn. */
  draws(): readonly string[] {
    const page = this.pages.rowsAt(this.view.position, this.height, 0, this.view.tallEnds);
    (this.isElsewhere ? noteMissed : noteDrawn)(this.session, this.view, page);
    return page.rows;
  }

  moves(to: "up" | "down" | Position): void {
    const { pages, view, height } = this;
    if (to === "up") view.position = pages.up(view.position, height - 1, height);
    else if (to === "down") view.position = pages.down(view.position, height - 1);
    else view.position = to;
    if (view.position.row === end.row && view.position.hidden === 0) view.position = end;
    this.draws();
  }

  get pages(): Pages {
    const { newFrom } = this.view;
    const style = {
      ...{ self: "alice", name: "bob", columns: 40, newFrom, found: undefined, notices: [] },
      nameFor: ownNames,
      own: allSigns,
      theme: themes.none,
      made: new BoundedMap<string, MessageRows>(99),
    };
    return new Pages(this.messages, (section) => blocksOf(section, style));
  }

  /** The texts that do not count as read. */
  get unread(): string[] {
    return this.#unseen.map(({ text }) => text);
  }

  get #unseen() {
    return this.messages.entries.filter(({ row, direction }) =>
      direction === "in" && row > this.#shown
    );
  }
}

Deno.test("own messages behind the new ones do not hide that these are new", () => {
  const t = new Reader();
  t.comes(5);
  t.comes(40, "out");
  t.opens();
  assertEquals(t.unread, []);
  assertEquals(t.draws().some((row) => row.endsWith("text 0")), true);
});

Deno.test("what comes while the user looks at another window is new and unread until they are back", () => {
  const t = new Reader();
  t.comes(2);
  t.opens();
  const [first, third] = [t.view.newFrom, 2].map(Number);
  assertEquals(t.unread, []);
  t.isElsewhere = true;
  t.draws();
  assertEquals(t.view.newFrom, first);
  t.comes(2);
  t.draws();
  assertEquals([t.unread, t.view.unread], [["text 2", "text 3"], 2]);
  assertEquals(t.view.newFrom, t.messages.entries[third!]!.row);
  t.comes();
  t.draws();
  assertEquals(t.view.newFrom, t.messages.entries[third!]!.row);
  t.isElsewhere = false;
  t.draws();
  assertEquals([t.unread, t.view.unread], [[], 0]);
  // Where it is new stays there until the next time.
  assertEquals(t.view.newFrom, t.messages.entries[third!]!.row);
  t.isElsewhere = true;
  t.comes();
  t.draws();
  assertEquals(t.view.newFrom, t.messages.entries[5]!.row);
});

Deno.test("a burst that is higher than the screen is read where it was on it", () => {
  const t = new Reader();
  t.opens();
  t.comes(3);
  t.draws();
  assertEquals([t.unread, t.view.unreadAbove], [[], 0]);
  t.comes(20);
  t.draws();
  assertEquals([t.unread.length, t.view.unreadAbove], [20, 20]);
  // What was on the screen before counts once nothing is left out any more.
  t.moves("up");
  assertEquals(t.unread.length, 20);
  t.moves("up");
  t.moves("up");
  assertEquals([t.unread, t.view.unreadAbove], [[], 0]);
});

Deno.test("a message of one's own that the user has not written here leaves unread what was not on the screen", () => {
  const t = new Reader();
  t.comes(60);
  t.opens();
  const left = t.unread;
  assertEquals(left[0], "text 6");
  t.comes(1, "out");
  t.moves(end);
  assertEquals([t.unread, t.view.unreadAbove], [left, left.length]);
  t.opens();
  assertEquals(t.draws().some((row) => row.endsWith(" text 6")), true);
});

Deno.test("of what lies before a message that is gone to nothing is read", () => {
  const t = new Reader();
  t.comes(100);
  t.view.position = t.pages.around(entry(60).row, t.height);
  t.draws();
  assertEquals(t.unread.length, 100);
  t.opens();
  const left = t.unread;
  for (const index of [60, 97, 20]) {
    t.moves(t.pages.around(entry(index).row, t.height));
    assertEquals(t.unread, left);
  }
});

Deno.test("who goes to the end on purpose, or answers, has read all up to there, however much it is", () => {
  const t = new Reader();
  t.comes(900);
  t.comes(300, "out");
  const { row } = t.messages.entries.at(-1)!;
  t.comes(3);
  t.opens();
  assertEquals(t.unread.length > 890, true);
  readUpTo(t.session, t.view, row);
  assertEquals([t.unread, t.view.unread], [["text 1200", "text 1201", "text 1202"], 3]);
  assertEquals(t.messages.most <= 200, true);
  readUpTo(t.session, t.view, t.messages.entries.at(-1)!.row);
  assertEquals([t.unread, t.view.unread, t.view.unreadAbove], [[], 0, 0]);
  // With nothing left to read nothing happens.
  readUpTo(t.session, t.view, 0);
});

Deno.test("who is further up is told how much has come below", () => {
  const t = new Reader();
  t.comes(40, "out");
  t.opens();
  t.moves("up");
  t.moves("up");
  assertEquals(t.view.unreadBelow, 0);
  t.comes(3);
  t.draws();
  assertEquals([t.view.unreadBelow, t.view.unreadHere], [3, 3]);
  t.comes(1, "out", "word ".repeat(200));
  t.comes(2);
  t.moves("down");
  t.moves("down");
  // Two of them are on the screen, and the rest is below the answer.
  t.moves("down");
  assertEquals([t.view.unreadBelow, t.view.unreadHere], [2, 2]);
  t.moves(end);
  assertEquals([t.view.unreadBelow, t.unread], [0, []]);
});

Deno.test("a message that is taller than the screen is read once its beginning and its end were on it", () => {
  const t = new Reader();
  t.comes(40, "out");
  t.opens();
  t.comes(1, "in", "word ".repeat(200));
  t.draws();
  assertEquals([t.unread.length, t.view.unreadAbove], [1, 1]);
  t.comes(1);
  t.draws();
  assertEquals([t.unread.length, t.view.unreadAbove], [2, 2]);
  let pages = 0;
  for (; t.unread.length > 0 && pages < 20; pages++) t.moves("up");
  assert(t.draws().some((row) => /bob +word/.test(row)) && pages > 3);
  // From its beginning, as it is opened, it is read at its end.
  t.moves(end);
  t.comes(1, "in", "word ".repeat(200));
  t.opens();
  assertEquals(t.draws()[0]!.includes(" new "), true);
  for (let i = 1; i < pages - 1; i++) {
    assertEquals(t.unread.length, 1);
    t.moves("down");
  }
  t.moves(end);
  assertEquals(t.unread, []);
});

Deno.test("what is above a long answer is not read", () => {
  const t = new Reader();
  t.comes(1, "out");
  t.opens();
  t.comes();
  t.comes(1, "out", "word ".repeat(200));
  t.draws();
  assertEquals(t.unread, ["text 1"]);
});

Deno.test("the line above a tall message is not its beginning", () => {
  const t = new Reader();
  t.opens();
  t.comes(9, "out");
  t.comes(1, "in", true);
  // Its end is on the screen, and then what stands above it.
  t.draws();
  const { row } = t.messages.entries[6]!;
  t.moves(t.pages.around(row, t.height));
  assertEquals(t.draws().at(-1), `${"─".repeat(17)} new ${"─".repeat(18)}`);
  assertEquals(t.unread.length, 1);
  t.moves("down");
  assertEquals(t.unread, []);
});

Deno.test("however one moves: what counts as read has been on the screen, and all is read in the end", () => {
  const step = fc.oneof(
    fc.constantFrom("up" as const, "down" as const, "end" as const, "open" as const),
    fc.record({ goesTo: fc.nat() }),
    fc.record({
      isTall: fc.boolean(),
      count: fc.integer({ min: 1, max: 15 }),
      direction: fc.constantFrom("in" as const, "out" as const),
    }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
    const t = new Reader();
    const seen = new Set<string>();
    const look = () => {
      for (const row of t.draws()) {
        for (const [part] of row.matchAll(/text \d+|end-\d+/g)) seen.add(part);
      }
      const unread = new Set(t.unread);
      for (const { text, direction } of t.messages.entries) {
        if (direction === "out" || unread.has(text)) continue;
        for (const [part] of text.matchAll(/text \d+|end-\d+/g)) assert(seen.has(part), part);
      }
    };
    t.opens();
    for (const step of steps) {
      if (typeof step === "object" && "goesTo" in step) {
        const { entries } = t.messages;
        const { row } = entries[step.goesTo % entries.length] ?? {};
        if (row !== undefined) t.moves(t.pages.around(row, t.height));
      } else if (typeof step === "object") t.comes(step.count, step.direction, step.isTall);
      else if (step === "open") t.opens();
      else t.moves(step === "end" ? end : step);
      look();
    }
    t.opens();
    for (let i = 0; i < 200 && t.view.position !== end; i++) t.moves("down");
    assertEquals(t.unread, []);
  }));
});
