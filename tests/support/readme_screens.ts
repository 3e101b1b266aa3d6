/**
 * The screens in the READMEs: drawn as the program draws them, and read off an emulated terminal.
 * `deno task readme` writes them.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { HistoryEntry } from "../../client/store/store.ts";
import { allSigns } from "../../client/ui/own_signs.ts";
import { themes } from "../../client/ui/theme.ts";
import { ownNames } from "../../client/ui/local_names.ts";
import { blocksOf, type MessageRows, type Notice } from "../../client/ui/screen/blocks.ts";
import { frameOf, type ListedView, written } from "../../client/ui/screen/layout.ts";
import { pictureOf } from "../../client/ui/terminal/drawing.ts";
import type { ScreenSize } from "../../client/ui/terminal/terminal.ts";
import { terminalLines } from "../../client/ui/terminal/terminal_lines.ts";
import {
  promptText,
  type Shown,
  type StatusPart,
  viewWords,
} from "../../client/ui/wording/wording.ts";
import { Screen } from "./screen.ts";
import { entry } from "./screen_fixture.ts";

/** What stands before a screen in a README, so that it is found. */
const marks = {
  first: "<!-- The screen is drawn by the program: deno task readme -->\n\n```\n",
  wide: "<!-- The wide screen is drawn by the program: deno task readme -->\n\n```\n",
  narrow: "<!-- The narrow screen is drawn by the program: deno task readme -->\n\n```\n",
};

const day = (hour: number, minute: number) => new Date(2026, 10, 25, hour, minute).getTime();

/** A conversation, and what stands around it. */
interface Scene {
  readonly peer: string;
  readonly said: readonly HistoryEntry[];
  readonly notices: readonly Notice[];
  readonly newFrom?: number;
  readonly list: readonly ListedView[];
  readonly title: string;
  readonly right: string;
  readonly status: readonly StatusPart[];
  readonly typed: string;
}

function said(row: number, peer: string, hour: number, minute: number, text: string): HistoryEntry {
  const sentAtMs = day(hour, minute);
  return entry(row, { direction: "in", name: peer, text, sentAtMs, atMs: sentAtMs });
}

function own(
  row: number,
  peer: string,
  hour: number,
  minute: number,
  text: string,
  state: HistoryEntry["state"],
): HistoryEntry {
  return { ...said(row, peer, hour, minute, text), direction: "out", state };
}

const quiet = { here: true, unread: 0, hasNews: false, waiting: 0, isSeen: false };

const quietStatus = {
  isUnknown: false,
  isKeyFromServer: false,
  here: true,
  way: "direct",
  roundTripMs: 0.4,
  server: "ok",
  isScrolled: false,
  unreadAbove: 0,
  unreadBelow: 0,
} as const;

const opened: Shown = {
  type: "opened",
  ...{ conversation: "c", name: "bob", person: undefined, device: undefined },
  address: { host: "127.0.0.1", port: 42_131 },
  ...{ dialect: "p2pchat", security: "encrypted", cause: "chat", contact: true, waiting: 0 },
  isCurrent: true,
};

const bob: Scene = {
  peer: "bob",
  said: [
    own(0, "bob", 10, 38, "Hello Bob!", "delivered"),
    said(1, "bob", 10, 39, "Hello Alice!"),
  ],
  notices: [{
    afterRow: 0,
    rows: (columns, theme) => terminalLines(opened, new Date(day(10, 38)), columns, theme, true),
  }],
  list: [{ ...quiet, name: "bob", isSeen: true }],
  title: "alice · 127.0.0.1 · no tls",
  right: "1 talk · 0 unread   10:39",
  status: viewWords.status({
    ...{ name: "bob", number: 1, security: "encrypted", waiting: 0, news: [] },
    ...quietStatus,
  }),
  typed: "and this is what alice is typing",
};

const carol: Scene = {
  peer: "carol",
  said: [
    said(0, "carol", 22, 43, "hi alice"),
    own(1, "carol", 22, 44, "shall I ship the second one?", "read"),
    said(2, "carol", 22, 51, "yes, and two lines\nbelong to one message"),
    own(3, "carol", 22, 52, "on it", "delivered"),
    own(4, "carol", 23, 8, "are you there?", "deposited"),
  ],
  notices: [{
    afterRow: 40,
    rows: () => [
      " ".repeat(13) + viewWords.absence("carol", day(22, 53), day(22, 58)),
    ],
  }],
  newFrom: 30,
  list: [
    { ...quiet, name: "bob", unread: 2 },
    { ...quiet, name: "carol", isSeen: true, waiting: 1 },
    { ...quiet, name: "ci", here: false, unread: 1 },
    { ...quiet, name: "dave", here: false, waiting: 1 },
  ],
  title: "alice · chat.example.org · tls",
  right: "4 talks · 3 unread   23:09",
  status: viewWords.status({
    ...{ name: "carol", number: 2, security: "verified", waiting: 1 },
    news: [{ name: "bob", unread: 2 }, { name: "ci", unread: 1 }],
    ...quietStatus,
  }),
  typed: "and this is what I am typing",
};

/** A README with its screens as the program draws them. @throws {Error} If it has no place for one. */
export async function withScreens(
  page: string,
  which: readonly (keyof typeof marks)[],
): Promise<string> {
  let text = page;
  for (const mark of which) {
    const [from, to] = [text.indexOf(marks[mark]), 0];
    if (from < to) throw new Error(`there is no place for the screen ${mark}`);
    const begin = from + marks[mark].length;
    const end = text.indexOf("```", begin);
    text = text.slice(0, begin) + await screens[mark]() + text.slice(end);
  }
  return text;
}

const screens = {
  first: () => drawn(bob, { columns: 80, rows: 9 }),
  wide: () => drawn(carol, { columns: 80, rows: 14 }),
  narrow: () => drawn(carol, { columns: 60, rows: 10 }),
};

async function drawn(scene: Scene, size: ScreenSize): Promise<string> {
  const { peer, said, notices, newFrom, list, title, right, status, typed } = scene;
  const prompt = promptText("alice", { name: peer, waiting: 0 });
  const frame = frameOf({
    title: [title, right],
    list,
    alarm: "",
    status,
    input: pictureOf({ prompt, text: typed, cursor: typed.length }, size),
    view: ({ columns, rows }) => {
      const style = {
        nameFor: ownNames,
        self: "alice",
        name: peer,
        columns,
        newFrom,
        found: undefined,
        notices,
        own: allSigns,
        theme: themes.none,
      };
      const made = new BoundedMap<string, MessageRows>(100);
      const section = { entries: said, before: undefined, isEnd: true };
      return blocksOf(section, { ...style, made }).flatMap((block) => block.rows).slice(-rows);
    },
    own: allSigns,
    theme: themes.none,
  }, size);
  using screen = new Screen(size.columns, size.rows);
  await screen.shows(`\x1b[?7l${written(undefined, frame)}`);
  return screen.rows.map((row) => `${row.trimEnd()}\n`).join("");
}
