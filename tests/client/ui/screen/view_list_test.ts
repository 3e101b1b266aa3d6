// Which view has what: news of somebody in theirs, coming and going as one line, and the rest where the user looks.

import { assertEquals } from "@std/assert";
import type { Shown } from "../../../../client/ui/wording/wording.ts";
import { type Theme, themes } from "../../../../client/ui/theme.ts";
import { end } from "../../../../client/ui/screen/page.ts";
import { turnBy } from "../../../../client/ui/screen/turning_keys.ts";
import { ViewList } from "../../../../client/ui/screen/view_list.ts";
import { conversationWith, peer } from "../../../support/fake_client.ts";
import "../../../support/screen_fixture.ts";

class Watching {
  nowMs = new Date(2026, 10, 25, 22, 53).getTime();
  /** What the user calls people. */
  readonly called = new Map<string, string>();
  isElsewhere = false;
  readonly unstored = new Set<string>();
  /** Who is off the list, as it is kept. */
  readonly hidden = new Set<string>();
  readonly views = new ViewList({
    lastRow: () => 7,
    isHidden: ({ name }) => this.hidden.has(name),
    unhide: ({ name }) => this.hidden.delete(name),
    isStored: ({ id }) => !this.unstored.has(id),
    rowsOf: (shown, at, _columns, isTimed) => [
      (isTimed ? `${at.getHours()}:${at.getMinutes()} ` : "") + shown.type,
    ],
    nameFor: (name) => this.called.get(name) ?? name,
    isElsewhere: () => this.isElsewhere,
    nowMs: () => this.nowMs,
  });

  message(name: string, id: string): void {
    this.views.take({
      ...{ type: "message", ...peer(name), id, stream: undefined, seq: undefined, kind: "text" },
      ...{ plaintext: false, text: "Hello", sentAtMs: 0 },
    });
  }

  /** Without the times. */
  rows(name: string): string[] {
    return this.timed(name).map((row) => row.trim().replace(/^\d\d:\d\d /, ""));
  }

  timed(name: string): string[] {
    const view = name === "" ? this.views.home : this.view(name);
    return view.notices.flatMap(({ rows }) => rows(40, themes.none));
  }

  view(name: string) {
    return this.views.all.find((view) => view.name === name)!;
  }
}

const opened = (name: string, changes = {}): Shown => {
  const { dialect, security } = conversationWith(name);
  const address = { host: "127.0.0.1", port: 1 };
  return {
    ...{ type: "opened", ...peer(name), address, dialect, security, cause: "call", contact: true },
    ...{ waiting: 0, isCurrent: false, ...changes },
  } as Shown;
};

Deno.test("messages count in their views, but in the one that is seen", () => {
  const t = new Watching();
  t.message("bob", "1");
  t.message("bob", "2");
  t.message("carol", "3");
  assertEquals([t.views.unread, t.views.news.map(({ name }) => name)], [3, ["bob", "carol"]]);
  t.views.see("bob");
  assertEquals([t.views.unread, t.views.news.map(({ name }) => name)], [1, ["carol"]]);
  t.message("bob", "4");
  assertEquals([t.view("bob").unread, t.views.unread], [3, 1]);
  // What is at the end is about to be read, and what is above it is not.
  t.view("bob").unreadAbove = 2;
  assertEquals([t.views.unreadIn(t.view("bob")), t.views.unread], [2, 3]);
  t.view("bob").position = { row: 10, hidden: 0 };
  t.message("bob", "5");
  assertEquals([t.views.unreadIn(t.view("bob")), t.views.unread], [4, 5]);
});

Deno.test("while the user looks at another window, messages count in the view that is seen as well", () => {
  const t = new Watching();
  t.views.see("bob");
  t.isElsewhere = true;
  t.message("bob", "1");
  assertEquals([t.views.unread, t.views.unreadIn(t.view("bob"))], [1, 1]);
  t.isElsewhere = false;
  assertEquals([t.views.unread, t.views.unreadIn(t.view("bob"))], [0, 0]);
});

Deno.test("an absence is one line, in the view of who was away", () => {
  const t = new Watching();
  t.views.see("bob");
  t.views.take({ type: "presence", name: "carol", here: false });
  t.views.take({ type: "closed", ...peer("carol"), reason: "peer-left", detail: undefined });
  assertEquals(t.rows("carol"), ["· carol has been away since 22:53 ·"]);
  t.nowMs += 5 * 60_000;
  t.views.take(opened("carol"));
  t.views.take({ type: "presence", name: "carol", here: true });
  assertEquals(t.rows("carol"), ["· carol was away 22:53–22:58 ·"]);
  t.called.set("carol", "~sis");
  t.views.take({ type: "presence", name: "carol", here: false });
  assertEquals(t.rows("carol").at(-1), "· ~sis has been away since 22:58 ·");
  assertEquals([t.rows("bob"), t.rows("")], [[], []]);
  assertEquals(t.view("carol").hasNews, false);
});

Deno.test("once the server says nothing, it is not known of those without a connection that they are there", () => {
  const t = new Watching();
  const knows = (presence: "online" | "away" | undefined, connected = false) => {
    t.views.takePeople([{ name: "bob", presence, connected, waiting: 0, began: 1 }], () => true);
    return t.view("bob").here;
  };
  assertEquals(knows(undefined), undefined);
  assertEquals([knows("online"), knows(undefined), knows(undefined)], [true, undefined, undefined]);
  assertEquals([knows("online"), knows("online", true), knows(undefined, true)], [
    true,
    true,
    true,
  ]);
  assertEquals([knows("away"), knows(undefined)], [false, false]);
  t.views.take(opened("bob"));
  assertEquals(knows(undefined, true), true);
  t.views.take({ type: "closed", ...peer("bob"), reason: "peer-left", detail: undefined });
  assertEquals(knows(undefined), false);
});

Deno.test("those who are known have the same numbers in each run, whatever happens first", () => {
  const t = new Watching();
  t.message("stranger", "1");
  t.message("dave", "2");
  const person = (name: string, began: number) => ({
    ...{ name, began, connected: false, presence: undefined, waiting: 0 },
  });
  const names = () => t.views.all.map(({ name }) => name).join();
  const known = [person("dave", 7), person("bob", 9), person("carol", 3), person("bob", 5)];
  t.views.takePeople(known, () => true);
  assertEquals(names(), "carol,bob,dave,stranger");
  // Once they have numbers they keep them.
  t.views.takePeople([person("stranger", 1), person("eve", 2), ...known], () => true);
  assertEquals(names(), "carol,bob,dave,stranger,eve");
});

Deno.test("who is hidden is off the list until something new comes, or the user turns to them", () => {
  const t = new Watching();
  const names = () => t.views.all.map(({ name }) => name).join();
  const person = (name: string, began: number) => ({
    ...{ name, began, connected: false, presence: undefined, waiting: 0 },
  });
  const known = [person("bob", 1), person("carol", 2), person("dave", 3), person("eve", 4)];
  t.hidden.add("dave");
  t.views.takePeople(known, () => true);
  assertEquals(names(), "bob,carol,eve");
  const hides = (name: string) => {
    t.hidden.add(name);
    t.views.take({ type: "hidden", name });
  };
  hides("carol");
  hides("bob");
  assertEquals([names(), t.rows("")], ["eve", ["hidden", "hidden"]]);
  // Coming and going is nothing new, and neither is that somebody is there.
  t.views.take({ type: "presence", name: "bob", here: false });
  t.views.take(opened("bob"));
  t.views.take({ type: "closed", ...peer("carol"), reason: "peer-left", detail: undefined });
  t.views.takePeople(known, () => true);
  assertEquals([names(), t.views.unread], ["eve", 0]);
  // Each is back where it was.
  t.message("carol", "1");
  assertEquals([names(), t.views.unread], ["carol,eve", 1]);
  t.views.see("dave");
  assertEquals(names(), "carol,dave,eve");
  t.views.take(opened("bob", { contact: false }));
  assertEquals([names(), t.hidden.size], ["bob,carol,dave,eve", 0]);
});

Deno.test("a key turns back to who was seen before, also from nobody, and to no one who is hidden", () => {
  const t = new Watching();
  const back = () => turnBy("alt+-", t.views)!.to?.name;
  t.views.see("bob");
  assertEquals(back(), undefined);
  t.views.see("carol");
  t.views.see("dave");
  assertEquals(back(), "carol");
  t.views.see("carol");
  assertEquals(back(), "dave");
  t.views.see("");
  assertEquals(back(), "carol");
  t.views.take({ type: "hidden", name: "carol" });
  assertEquals(back(), "dave");
  t.views.see("dave");
  assertEquals(back(), "bob");
});

Deno.test("a stranger who calls, and a key that is another one, are seen at once and marked", () => {
  const t = new Watching();
  t.views.see("bob");
  t.views.take(opened("eve", { contact: false }));
  assertEquals([t.rows("bob"), t.rows("eve")], [["opened"], ["opened"]]);
  assertEquals(t.views.news.map(({ name }) => name), ["eve"]);
  t.views.see("eve");
  assertEquals(t.views.news, []);
});

Deno.test("somebody new whose name only looks like another one is pointed out where the user looks", () => {
  const t = new Watching();
  t.views.see("bob");
  const met = { type: "first-contact", fingerprint: "", vouched: true } as unknown as Shown;
  t.views.take({ ...met, name: "eve" } as Shown);
  assertEquals([t.rows("bob"), t.rows("eve")], [[], ["first-contact"]]);
  const similarTo = [{ name: "bob", standing: "contact" }];
  t.views.take({ ...met, name: "B0b", similarTo } as Shown);
  assertEquals([t.rows("bob"), t.rows("B0b")], [["first-contact"], ["first-contact"]]);
});

Deno.test("answers stand where the user looks", () => {
  const t = new Watching();
  t.views.take({ type: "unregistered", id: "alice" });
  t.views.see("bob");
  t.views.take({ type: "registered" } as Shown);
  t.views.take({ type: "switched", name: "bob" });
  assertEquals([t.rows(""), t.rows("bob")], [["unregistered"], ["registered"]]);
});

Deno.test("answers are taken off by a key, by the next message, and on leaving; what has happened is not", () => {
  const t = new Watching();
  const help: Shown = { type: "help", rows: [], examples: [] };
  const history: Shown = { type: "history", entries: [], words: "train" };
  t.unstored.add("1");
  t.views.see("bob");
  const view = t.view("bob");
  t.message("bob", "1");
  const stays = ["message", "server-lost", "verification-words", "lines-refused"];
  for (const type of stays.slice(1)) t.views.take({ type, name: "bob" } as unknown as Shown);
  t.views.take(help);
  t.views.take(history);
  t.views.print((columns) => [`/help  /history in ${columns}`]);
  assertEquals(t.rows("bob"), [...stays, "help", "history", "/help  /history in 40"]);
  // The list of what was found stays for the next that is gone to.
  t.views.see("carol");
  assertEquals(t.rows("bob"), [...stays, "history"]);
  t.views.see("bob");
  view.entered();
  // What the line itself brings is not what it has answered.
  t.views.take(help);
  view.replied();
  assertEquals(t.rows("bob"), [...stays, "help"]);
  t.views.take(history);
  assertEquals([view.takeOffAnswers(), view.takeOffAnswers()], [true, false]);
  assertEquals(t.rows("bob"), stays);
});

Deno.test("what was cleared stays so when answers are taken off, and when there is much more of it", () => {
  const t = new Watching();
  t.views.see("bob");
  t.views.take({ type: "unregistered", id: "alice" });
  t.views.take({ type: "help", rows: [], examples: [] });
  t.views.clear();
  t.view("bob").takeOffAnswers();
  assertEquals(t.rows("bob"), []);
  for (let i = 0; i < 600; i++) t.views.take({ type: "registered" } as Shown);
  assertEquals(new Set(t.rows("bob")), new Set(["registered"]));
});

Deno.test("what has happened has its time; what is answered, and a message, have none of that", () => {
  const t = new Watching();
  t.views.see("bob");
  t.unstored.add("1");
  t.message("bob", "1");
  t.views.take({ type: "registered" } as Shown);
  t.nowMs += 60_000;
  t.views.take({ type: "server-lost" } as Shown);
  t.views.take({ type: "help", rows: [], examples: [] });
  t.views.take({ type: "serving", others: [] });
  t.nowMs += 60_000;
  assertEquals(t.timed("bob"), [
    "message",
    "22:53 registered",
    "22:54 server-lost",
    "help",
    "serving",
  ]);
});

Deno.test("a message that the store does not have is shown all the same", () => {
  const t = new Watching();
  t.unstored.add("1");
  t.message("bob", "1");
  assertEquals([t.rows("bob"), t.view("bob").unread], [["message"], 0]);
});

Deno.test("a message that is nowhere else outlasts other notices", () => {
  const t = new Watching();
  t.views.see("bob");
  t.unstored.add("1");
  t.message("bob", "1");
  for (let i = 0; i < 600; i++) t.views.take({ type: "unregistered", id: "alice" });
  assertEquals([t.rows("bob").length, t.rows("bob")[0]], [500, "message"]);
});

Deno.test("what is cleared is left out at the end alone, and comes back", () => {
  const t = new Watching();
  t.views.see("bob");
  const view = t.view("bob");
  t.views.take({ type: "unregistered", id: "alice" });
  t.views.clear();
  assertEquals([t.rows("bob"), view.clearedRow], [[], 7]);
  t.views.take({ type: "registered" } as Shown);
  assertEquals(t.rows("bob"), ["registered"]);
  view.position = { row: 3, hidden: 0 };
  assertEquals([t.rows("bob"), view.clearedRow], [["unregistered", "registered"], 0]);
  view.position = end;
  view.uncover();
  assertEquals([t.rows("bob"), view.clearedRow], [["unregistered", "registered"], 0]);
});

Deno.test("however many strangers write, there are not more views than some, and nothing is hidden", () => {
  const t = new Watching();
  for (let i = 0; i < 600; i++) t.message(`m${i}`, "1");
  assertEquals(t.views.all.length, 500);
  assertEquals(t.rows("").length, 100);
});

Deno.test("what stands in a view is drawn anew when the theme is another one", () => {
  let drawn = 0;
  const views = new ViewList({
    lastRow: () => 7,
    isHidden: () => false,
    unhide: () => {},
    isStored: () => true,
    rowsOf: () => [`drawing ${++drawn}`],
    nameFor: (name) => name,
    isElsewhere: () => false,
    nowMs: () => 0,
  });
  views.take({ type: "closed", ...peer("bob"), reason: "lost", detail: undefined });
  views.take({ type: "hint", hint: "local-only" });
  const rows = (theme: Theme) =>
    [views.home, ...views.all].flatMap(({ notices }) => notices)
      .flatMap((notice) => notice.rows(60, theme));
  const { none, dark, light } = themes;
  const [hint, absence] = rows(none);
  assertEquals(rows(none)[0], hint);
  assertEquals(rows(dark), ["drawing 2", dark.notice(absence!)]);
  assertEquals(rows(light), ["drawing 3", light.notice(absence!)]);
});
