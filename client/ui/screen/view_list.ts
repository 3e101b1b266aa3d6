/**
 * All views, in the order in which they came up, and what is shown in each of them.
 *
 * @module
 */

import type { ContactState } from "../../conversations/conversations.ts";
import type { MessageEvent } from "../../events.ts";
import type { Theme } from "../theme.ts";
import type { Shown } from "../wording/wording.ts";
import { isTimed, lastingOf } from "./answers.ts";
import type { Notice } from "./blocks.ts";
import { isState, routeOf } from "./routing.ts";
import { View } from "./view.ts";

/** What views need to know of the store, and of the words. */
export interface ViewSources {
  /** The row in the store of the last message with somebody; 0 if there is none. */
  lastRow(name: string): number;
  /** Whether a message is in the store. */
  isStored(message: MessageEvent): boolean;
  /** What is shown, in words, in so many columns. @param isTimed Whether the time stands before it. */
  rowsOf(shown: Shown, at: Date, columns: number, isTimed: boolean): string[];
  /** Whether a view that is made is off the list. */
  isHidden(view: View): boolean;
  /** It is on the list again. */
  unhide(view: View): void;
  /** What the user calls somebody. */
  nameFor(name: string): string;
  /** Whether the user is known to look at another window: then not even what is on the screen is seen. */
  isElsewhere(): boolean;
  /** Milliseconds since 1970, UTC. */
  nowMs(): number;
}

/** Who is there, as far as the list shows it. */
type Person = Pick<ContactState, "name" | "connected" | "presence" | "waiting" | "began">;

/** Conversations that have a view of their own, at most: more of them are shown where the user looks. */
const viewsMax = 500;

/** The views. */
export class ViewList {
  /** What belongs to no conversation, while none is seen. */
  readonly home = new View("");
  readonly #sources: ViewSources;
  readonly #views = new Map<string, View>();
  #seen: View = this.home;
  /** Those that were seen, the latest first. */
  #visited: readonly View[] = [];
  #isOrdered = false;

  constructor(sources: ViewSources) {
    this.#sources = sources;
  }

  /** Those on the list, in their order. */
  get all(): View[] {
    return [...this.#views.values()].filter(({ isHidden }) => !isHidden);
  }

  /** The one that is on the screen. */
  get seen(): View {
    return this.#seen;
  }

  /** The one that was on the screen last before this one. */
  get left(): View | undefined {
    return this.#visited.find((view) => view !== this.#seen && !view.isHidden);
  }

  /** Messages that are unread in all views. */
  get unread(): number {
    return this.all.reduce((sum, view) => sum + this.unreadIn(view), 0);
  }

  /** Messages that are unread in a view. */
  unreadIn(view: View): number {
    return view === this.#seen && !this.#sources.isElsewhere() ? view.unreadHere : view.unread;
  }

  /** The views with news, beginning behind the one that is seen. */
  get news(): View[] {
    const all = this.all;
    const at = all.indexOf(this.#seen) + 1;
    return [...all.slice(at), ...all.slice(0, at)]
      .filter((view) => view !== this.#seen && (view.unread > 0 || view.hasNews));
  }

  /** Puts another view on the screen. @param name Empty for {@linkcode home}. @returns Whether it is another one. */
  see(name: string): boolean {
    const view = name === "" ? this.home : this.#of(name);
    view.hasNews = false;
    this.#unhide(view);
    if (view === this.#seen) return false;
    const left = this.#seen;
    left.leave();
    // Nobody's view is no place to go back to.
    if (left !== this.home) this.#visited = [left, ...this.#visited.filter((one) => one !== left)];
    this.#seen = view;
    return true;
  }

  /**
   * Takes note of who is there. The first time the views are put in the order in which the conversations began, so
   * that they have the same numbers in each run; others come behind them.
   *
   * @param isContact Whether somebody gets a view before anything has happened.
   */
  takePeople(people: readonly Person[], isContact: (name: string) => boolean): void {
    for (const { name, connected, presence, waiting } of people) {
      const view = this.#views.get(name) ?? (isContact(name) ? this.#of(name) : undefined);
      if (view === undefined) continue;
      if (connected || presence !== undefined) view.here = connected || presence === "online";
      // That a connection has ended is known without the server. That somebody is there is not, once it is lost.
      else if (view.here) view.here = undefined;
      view.waiting = waiting;
    }
    if (!this.#isOrdered) this.#order(people);
    this.#isOrdered = true;
  }

  /** Shows something where it belongs. */
  take(shown: Shown): void {
    if (isState(shown)) return;
    switch (shown.type) {
      case "hidden": {
        const view = this.#views.get(shown.name);
        if (view !== undefined) view.isHidden = true;
        break;
      }
      case "message":
        return this.#takeMessage(shown);
      case "presence": {
        const view = this.#of(shown.name);
        return shown.here ? this.#returned(view) : this.#left(view);
      }
      case "closed": {
        const view = this.#of(shown.name);
        if (["peer-left", "lost", "silent"].includes(shown.reason)) return this.#left(view);
        break;
      }
      case "opened": {
        this.#returned(this.#of(shown.name));
        const { security, contact, cause, similarTo } = shown;
        // That somebody known is back stands in the list, and at the end of the line about their absence.
        if (contact && cause !== "chat" && security !== "plaintext" && !similarTo) return;
        break;
      }
    }
    const { name, isUrgent } = routeOf(shown);
    const view = name === undefined ? this.#seen : this.#of(name);
    this.#note(view, shown);
    if (view === this.#seen) return;
    if (isUrgent) {
      view.hasNews = true;
      this.#note(this.#seen, shown);
    }
  }

  /** Puts rows into the view that is seen. @param rowsFor Lays them out for so many columns. */
  print(rowsFor: (columns: number) => readonly string[]): void {
    const { name } = this.#seen;
    const afterRow = this.#sources.lastRow(name);
    this.#seen.add({ afterRow, rows: rowsFor, lasting: "visit" });
  }

  /** Has nothing stand in the view that is seen of what was said so far. */
  clear(): void {
    this.#seen.clear(this.#sources.lastRow(this.#seen.name));
  }

  #order(people: readonly Person[]): void {
    const began = new Map<string, number>();
    for (const one of people) {
      // A name has a conversation for each key that it had.
      began.set(one.name, Math.min(one.began, began.get(one.name) ?? Infinity));
    }
    const last = Number.MAX_SAFE_INTEGER;
    const views = [...this.#views.values()].toSorted((a, b) =>
      (began.get(a.name) ?? last) - (began.get(b.name) ?? last)
    );
    this.#views.clear();
    for (const view of views) this.#views.set(view.name, view);
  }

  #takeMessage(message: MessageEvent): void {
    const view = this.#of(message.name);
    if (view === this.home || !this.#sources.isStored(message)) {
      return this.#note(view === this.home ? this.#seen : view, message);
    }
    view.unread++;
    this.#unhide(view);
  }

  #unhide(view: View): void {
    if (!view.isHidden) return;
    view.isHidden = false;
    this.#sources.unhide(view);
  }

  #left(view: View): void {
    const { nowMs, lastRow, nameFor } = this.#sources;
    view.left(nowMs(), lastRow(view.name), nameFor(view.name));
  }

  #returned(view: View): void {
    const { nowMs, nameFor } = this.#sources;
    view.returned(nowMs(), nameFor(view.name));
  }

  #note(view: View, shown: Shown): void {
    const at = new Date(this.#sources.nowMs());
    let made:
      | { readonly columns: number; readonly theme: Theme; readonly rows: readonly string[] }
      | undefined;
    const rows: Notice["rows"] = (columns, theme) => {
      if (made?.columns !== columns || made.theme !== theme) {
        const rows = this.#sources.rowsOf(shown, at, columns, isTimed(shown));
        made = { columns, theme, rows };
      }
      return made.rows;
    };
    const afterRow = view === this.home ? 0 : this.#sources.lastRow(view.name);
    this.#unhide(view);
    const isMessage = shown.type === "message";
    view.add({ afterRow, rows, isMessage, lasting: lastingOf(shown) });
  }

  /** The view of a name, which is made if there is room for it. */
  #of(name: string): View {
    const known = this.#views.get(name);
    if (known !== undefined) return known;
    if (this.#views.size >= viewsMax) return this.home;
    const view = new View(name);
    view.isHidden = this.#sources.isHidden(view);
    this.#views.set(name, view);
    return view;
  }
}
