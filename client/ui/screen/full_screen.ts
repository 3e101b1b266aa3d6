/**
 * The full screen: it follows what happens, takes the keys that go from one conversation to another, and draws.
 * Many events come to one drawing, and a terminal that is slow gets fewer of them.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import { namesIn } from "../local_names.ts";
import type { Session } from "../session.ts";
import type { OwnSigns } from "../own_signs.ts";
import type { Picture, ScreenSize, Views, ViewSurroundings } from "../terminal/terminal.ts";
import { type Shown, viewWords } from "../wording/wording.ts";
import { blocksOf, type MessageRows } from "./blocks.ts";
import { type Frame, frameOf, written } from "./layout.ts";
import { end, type PageRows, Pages } from "./page.ts";
import { beginReading, noteDrawn, noteMissed, readUpTo } from "./reading.ts";
import { PeopleWatch } from "./people_watch.ts";
import { RoundTrip } from "./round_trip.ts";
import { goTo, type Scroll, scroll, scrollBy } from "./scrolling.ts";
import { ServerWatch } from "./server_watch.ts";
import { surroundingsOf } from "./surroundings.ts";
import { isContact, lastRowOf, messagesOf } from "./talks.ts";
import { turnBy } from "./turning_keys.ts";
import type { View } from "./view.ts";
import { ViewList } from "./view_list.ts";
import { viewSources } from "./view_sources.ts";
import { WindowTitle } from "./window_title.ts";

/** Events are drawn at most this often, in milliseconds: those that come between are drawn together. */
const gatheringMs = 40;
/** How often it is asked anew who is there, without a reason. */
const minuteMs = 60_000;
/** Messages whose rows are kept: more than the highest terminal shows. */
const blocksMax = 1_000;

/** A full screen. */
export class FullScreen implements Views {
  readonly #outside: ViewSurroundings;
  readonly #own: OwnSigns;
  readonly #views: ViewList;
  readonly #server = new ServerWatch();
  #session: Session | undefined;
  /** What was shown before the client ran. */
  #early: Shown[] = [];
  /** Whose view is looked at without turning to them. */
  #looking: string | undefined;
  /** The last key, unless the line has changed since. */
  #pressed: string | undefined;
  #line: Picture | undefined;
  #frame: Frame | undefined;
  /** The rows of the view, and what they were made of. */
  #made: {
    readonly key: string;
    readonly page: PageRows;
    /** The row of the last message that there was. */
    readonly last: number;
  } | undefined;
  readonly #blocks = new BoundedMap<string, MessageRows>(blocksMax);
  /** Grows with all that may change what is in a view. */
  #version = 0;
  /** Rows that the view had when it was drawn last. */
  #height = 1;
  #columns = 1;
  #isPaused = false;
  #hasEnded = false;
  #drawnAtMs = -Infinity;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #minute: ReturnType<typeof setInterval> | undefined;
  readonly #people = new PeopleWatch();
  readonly #nameFor = namesIn(() => this.#session);
  readonly #title = new WindowTitle((text) => this.#outside.device.write(text));
  readonly #roundTrip = new RoundTrip(() => this.#soon());

  constructor(outside: ViewSurroundings, own: OwnSigns) {
    this.#outside = outside;
    this.#own = own;
    this.#views = new ViewList(
      viewSources(() => this.#session, outside, own, this.#nameFor),
    );
  }

  get room(): ScreenSize {
    const { columns, rows } = this.#outside.device.size;
    return { columns, rows: Math.max(2, Math.ceil(rows / 2)) };
  }

  get looking(): string | undefined {
    return this.#looking;
  }

  start(session: Session): void {
    this.#session = session;
    for (const shown of this.#early.splice(0)) this.#take(shown);
    // Before any key is taken: who has which number is known then.
    this.#people.ask(session, this.#views);
    this.#minute = setInterval(() => {
      this.#people.changed();
      this.#roundTrip.forget();
      this.#soon();
    }, minuteMs);
    this.#soon();
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#drawing);
    clearInterval(this.#minute);
  }

  show(shown: Shown): void {
    this.#server.take(shown);
    if (this.#session === undefined) this.#early.push(shown);
    else this.#take(shown);
    this.#soon();
  }

  draw(line: Picture): void {
    const { columns, rows } = this.#outside.device.size;
    const { size } = this.#frame ?? {};
    const isSame = line === this.#line && size?.columns === columns && size.rows === rows;
    this.#line = line;
    // Each event brings the line again, and most change nothing of it.
    if (isSame) return this.#soon();
    this.#pressed = undefined;
    this.#paint();
  }

  leave(line: Picture): void {
    this.#line = line;
    this.#views.seen.entered();
    this.#changed();
  }

  print(rowsFor: (columns: number) => readonly string[]): void {
    this.#views.print(rowsFor);
    this.#changed();
  }

  clear(): void {
    this.#views.clear();
    this.#frame = undefined;
    this.#changed();
  }

  giveBack(): void {
    this.#isPaused = true;
    this.#frame = undefined;
  }

  takeOver(): void {
    this.#isPaused = false;
    this.#frame = undefined;
    this.#soon();
  }

  takes(key: string): boolean {
    const isTwice = key === this.#pressed;
    this.#pressed = key;
    const turn = turnBy(key, this.#views);
    if (turn !== undefined) return this.#go(turn.to);
    const view = this.#views.seen;
    if (key === "escape" && view.takeOffAnswers()) return this.#changed();
    const to = scrollBy(key, isTwice);
    const isAtEnd = view.position === end;
    return to !== undefined && !(to === "end" && isAtEnd) && this.#scroll(to);
  }

  answered(name: string): void {
    const view = this.#views.seen;
    if (view.name !== name) return;
    view.replied();
    // What has come since Enter is new.
    this.#read(view, view.enteredAt);
  }

  #take(shown: Shown): void {
    if (shown.type === "gone-to") return this.#goTo(shown);
    if (shown.type === "hidden" && shown.name === this.#looking) this.#looking = undefined;
    this.#follow();
    this.#views.take(shown);
    this.#people.changed();
    if (shown.type === "opened") this.#roundTrip.forget();
    this.#changed();
  }

  /** Sees to it that the view of the current conversation is on the screen. */
  #follow(): void {
    const current = this.#session?.recipient.name;
    if (current !== undefined) this.#looking = undefined;
    if (!this.#views.see(current ?? this.#looking ?? "")) return;
    const view = this.#views.seen;
    if (current !== undefined) view.wasCurrent = true;
    const first = beginReading(this.#session, view);
    if (first !== undefined) view.position = this.#pages(view).from(first, this.#height);
    this.#changed();
  }

  #go(view: View | undefined): true {
    const session = this.#session;
    if (session === undefined || view === undefined) return true;
    if (view === this.#views.seen && !this.#outside.isTurning()) return true;
    const { name } = view;
    const from = this.#views.seen.name;
    // Who turns to somebody lets them in: to look at what a stranger writes is not meant so.
    if (view.wasCurrent || isContact(session, name)) this.#outside.turnTo(name, from);
    else {
      const before = this.#looking;
      this.#looking = name;
      if (!this.#outside.lookAway(name, from)) this.#looking = before;
    }
    return this.#changed();
  }

  #scroll(to: Scroll): true {
    const view = this.#views.seen;
    scroll(view, () => this.#pages(view), to, this.#height);
    // Who goes there on purpose has done with what is above.
    if (to === "last") this.#read(view, Infinity);
    return this.#changed();
  }

  /** Shows a message where it was said. Nobody is current if that is only to be looked at. */
  #goTo({ name, row }: Shown & { type: "gone-to" }): void {
    this.#looking = name;
    this.#follow();
    const view = this.#views.seen;
    if (view.name === name) goTo(view, () => this.#pages(view), row, this.#height);
    this.#changed();
  }

  /** Notes that all is read up to a row of the store. */
  #read(view: View, row: number): void {
    const session = this.#session;
    if (session === undefined) return;
    readUpTo(session, view, Math.min(row, lastRowOf(this.#session, view.name)));
    this.#changed();
  }

  #changed(): true {
    this.#version++;
    this.#soon();
    return true;
  }

  #soon(): void {
    if (this.#hasEnded || this.#isPaused) return;
    const passedMs = performance.now() - this.#drawnAtMs;
    this.#drawing ??= setTimeout(() => this.#paint(), Math.max(0, gatheringMs - passedMs));
  }

  #paint(): void {
    if (this.#hasEnded || this.#isPaused || this.#line === undefined) return;
    const { device } = this.#outside;
    clearTimeout(this.#drawing);
    this.#drawing = undefined;
    this.#drawnAtMs = performance.now();
    const room = device.room();
    if (room !== undefined) {
      room.then(() => this.#soon());
      return;
    }
    this.#follow();
    if (!this.#people.ask(this.#session, this.#views)) this.#soon();
    const frame = frameOf({
      ...surroundingsOf(this.#session, this.#views, {
        self: this.#outside.self,
        server: this.#server,
        roundTrip: this.#roundTrip,
        nameFor: this.#nameFor,
        isUnknown: this.#looking !== undefined,
      }),
      input: this.#line,
      view: (size) => this.#rows(size),
      own: this.#own,
      theme: this.#outside.theme(),
    }, device.size);
    device.write(written(this.#frame, frame));
    this.#frame = frame;
    this.#title.name(viewWords.windowTitle(this.#views.unread));
    this.#noteSeen();
  }

  #rows({ columns, rows: height }: ScreenSize): readonly string[] {
    const view = this.#views.seen;
    this.#height = Math.max(1, height);
    this.#columns = columns;
    const key = [view.name, this.#version, columns, height, this.#outside.theme().name].join(" ");
    if (this.#made?.key !== key) {
      const { position, clearedRow, tallEnds } = view;
      const page = this.#pages(view).rowsAt(position, height, clearedRow, tallEnds);
      this.#made = { key, page, last: lastRowOf(this.#session, view.name) };
    }
    return this.#made.page.rows;
  }

  #pages(view: View): Pages {
    const style = {
      self: this.#outside.self,
      name: view.name,
      nameFor: this.#nameFor,
      columns: this.#columns,
      newFrom: view.newFrom,
      found: view.found,
      own: this.#own,
      theme: this.#outside.theme(),
      notices: view.notices,
      made: this.#blocks,
    };
    return new Pages(messagesOf(this.#session, view.name), (section) => blocksOf(section, style));
  }

  /** Once what is drawn is on the screen, its messages are seen, unless the user looks at another window. */
  #noteSeen(): void {
    const view = this.#views.seen;
    const made = this.#made;
    const session = this.#session;
    if (made === undefined || session === undefined) return;
    const drawn = () => {
      const isElsewhere = this.#outside.isElsewhere();
      if (!isElsewhere) view.drawnTo = made.last;
      const note = isElsewhere ? noteMissed : noteDrawn;
      if (note(session, view, made.page)) this.#changed();
    };
    const shown = this.#outside.device.shown();
    if (shown === undefined) drawn();
    else shown.then(drawn, () => {});
  }
}
