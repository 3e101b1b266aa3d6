// The words of a full screen.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { viewWords } from "../../../../client/ui/wording/wording.ts";
import { entries, hostile, unsafe } from "../../../support/hostile_shown.ts";

const now = new Date(2026, 10, 25, 23, 9);

/** The line where there is room for all of it. */
function statusText(of: Parameters<typeof viewWords.status>[0]): string {
  return viewWords.status(of).map(({ text }) => text).join("");
}

const status = {
  name: "carol",
  number: 2,
  isUnknown: false,
  security: "verified",
  here: true,
  way: "direct",
  roundTripMs: 0.42,
  waiting: 1,
  server: "ok",
  isScrolled: false,
  unreadAbove: 0,
  unreadBelow: 0,
  isKeyFromServer: false,
  news: [{ name: "bob", unread: 2 }, { name: "eve", unread: 0 }],
} as const;

Deno.test("the status line says how one's words go, what is new, and what waits", () => {
  assertEquals(
    statusText(status),
    "[2 carol · verified · direct 0.4 ms]  Alt+a: bob 2, eve  server ok  1 waits",
  );
  const none = { ...status, name: undefined, number: undefined, news: [], waiting: 0 };
  assertEquals(
    statusText({ ...none, server: "lost" }),
    "[nobody · /chat NAME opens a conversation]",
  );
  const away = { ...status, way: undefined, here: false, news: [], waiting: 3, isScrolled: true };
  assertEquals(
    statusText({ ...away, server: "displaced" }),
    "[2 carol · verified · away]  more below: PgDn  3 wait",
  );
  const alarms = (["none", "ok", "lost", "displaced", "taken"] as const).map(viewWords.alarm);
  assertEquals(alarms, [
    "",
    "",
    "server lost",
    "name taken over",
    "not registered: name taken",
  ]);
  assertEquals(
    statusText({ ...away, isUnknown: true, server: "none", waiting: 0, isScrolled: false }),
    "[2 carol · unknown: /chat carol answers]  not registered",
  );
  const encrypted = { ...away, isScrolled: false, security: "encrypted" } as const;
  assertEquals(
    statusText({ ...encrypted, isKeyFromServer: true, waiting: 1 }),
    "[2 carol · encrypted · key from the server · away]  server ok  1 waits",
  );
  assert(statusText({ ...encrypted, unreadAbove: 7 }).includes("  7 new above: PgUp  "));
  assert(statusText({ ...away, unreadBelow: 3 }).includes("  3 new below: Alt+End  "));
  assert(statusText({ ...away, here: undefined }).includes("· not connected]"));
  assert(statusText({ ...away, here: true }).includes("· not connected]"));
});

Deno.test("as many messages as are not counted are said to be unread in the same words everywhere", () => {
  for (const [count, said] of [[999, "999"], [1_000, "999+"], [2_003, "999+"]] as const) {
    const unread = statusText({
      ...status,
      unreadAbove: count,
      news: [{ name: "bob", unread: count }],
    });
    assert(unread.includes(`  ${said} new above: PgUp  Alt+a: bob ${said}  `), unread);
    const title = viewWords.title({ self: "a", server: undefined, talks: 2, unread: count, now });
    assertEquals(title[1], `2 talks · ${said} unread   23:09`);
    assertEquals(viewWords.windowTitle(count), `(${said}) p2pchat`);
  }
});

Deno.test("the title says who one is, and by which server", () => {
  const title = { self: "alice", talks: 4, unread: 3, now };
  assertEquals(viewWords.title({ ...title, server: { host: "chat.example.org", tls: {} } }), [
    "alice · chat.example.org · tls",
    "4 talks · 3 unread   23:09",
  ]);
  assertEquals(viewWords.title({ ...title, talks: 1, server: undefined }), [
    "alice",
    "1 talk · 3 unread   23:09",
  ]);
});

Deno.test("an absence says from when to when", () => {
  const at = (minutes: number) => new Date(2026, 10, 25, 22, minutes).getTime();
  assertEquals(viewWords.absence("carol", at(53)), "· carol has been away since 22:53 ·");
  assertEquals(viewWords.absence("carol", at(53), at(58)), "· carol was away 22:53–22:58 ·");
});

Deno.test("a terminal obeys nothing that comes from outside, wherever it stands on the screen", () => {
  fc.assert(fc.property(entries, hostile, (entries, text) => {
    const shown = entries.flatMap((entry, i) => {
      const { above = "", who, lines } = viewWords.message(entry, "alice", entries[i - 1]);
      return [above, who, ...lines];
    });
    shown.push(
      viewWords.name(text),
      viewWords.absence(text, 0, 1),
      ...viewWords.title({ self: text, server: { host: text }, talks: 1, unread: 1, now }),
      statusText({ ...status, name: text, news: [{ name: text, unread: 1 }] }),
      statusText({ ...status, name: text, isUnknown: true }),
      viewWords.list(
        [1, 2].map((unread) => ({ name: viewWords.name(text), isSeen: false, unread })),
      ).text,
    );
    for (const line of shown) assert(!unsafe.test(line), JSON.stringify(line));
  }));
});
