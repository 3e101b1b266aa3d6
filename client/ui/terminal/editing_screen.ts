/**
 * A terminal in which lines are edited by this program: what is being typed is never garbled. Where the line is
 * drawn is the surface's affair.
 *
 * @module
 */

import { onResize } from "../../../shared/process/signals.ts";
import { textBytesMax } from "../../../shared/protocol/limits.ts";
import { escapeText } from "../../../shared/protocol/text_escape.ts";
import { isMessage, messageLine } from "../commands/commands.ts";
import { allSigns, type OwnSigns } from "../own_signs.ts";
import { searchPromptText, stopAgainText, viewWords } from "../wording/wording.ts";
import { backgroundQuestion } from "./background.ts";
import { type Picture, pictureOf } from "./drawing.ts";
import type { LineText } from "./edited_line.ts";
import { focusReports } from "./focus.ts";
import { KeyReader, type TerminalInput } from "./keys.ts";
import { LineEditor, type Wish } from "./line_editor.ts";
import type { LineScreen, LineScreenEvents } from "./line_screen.ts";
import type { Surface } from "./surface.ts";
import { Suspension } from "./suspension.ts";
import type { TerminalDevice } from "./terminal_device.ts";

/** Rows of the terminal that what Tab offers leaves free: a title, a status line, and a row of the input line. */
const rowsBeside = 3;
/** It has these in any terminal: one for the first of them, one that says how many there are more. */
const leastRows = 2;

/** A screen on which lines are edited. */
export class EditingScreen implements LineScreen {
  readonly #device: TerminalDevice;
  readonly #events: LineScreenEvents;
  readonly #surface: Surface;
  readonly #keys: KeyReader;
  readonly #editor: LineEditor;
  readonly #own: OwnSigns;
  readonly #held = new DisposableStack();
  readonly #suspension: Suspension;
  #prompt = "";
  /** The last layout, and what it was made of. */
  #layout: { readonly key: readonly unknown[]; readonly picture: Picture } | undefined;
  /** Whether it shows an input line: not while the terminal is given back. */
  #isDrawn = true;
  #hasEnded = false;
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** @param own The program's own signs, as the terminal has them. */
  constructor(
    device: TerminalDevice,
    events: LineScreenEvents,
    surface: Surface,
    own = allSigns,
  ) {
    this.#own = own;
    this.#device = device;
    this.#events = events;
    this.#keys = new KeyReader((answer) => {
      device.answered();
      events.answered(answer);
    });
    this.#editor = new LineEditor(() => events.history());
    this.#surface = surface;
    this.#held.use(onResize(() => this.#draw()));
    this.#suspension = this.#held.use(
      new Suspension({
        giveBack: () => this.#giveBack(),
        askAgain: () => device.write(`${stopAgainText}\n`),
        takeOver: () => this.#takeOver(),
      }),
    );
    device.take();
  }

  read(): void {
    this.#device.read((bytes) => this.#read(bytes)).then(() => this.#events.ended());
  }

  get line(): string {
    return this.#editor.line.text;
  }

  /** The line, to be set again. */
  get content(): LineText {
    return this.#editor.line.content;
  }

  set content(line: LineText) {
    this.#editor.set(line);
    this.#draw();
  }

  write(text: string): void {
    this.#editor.line.insert(text);
    this.#draw();
  }

  prompt(prompt: string): void {
    this.#prompt = this.#own(prompt);
    this.#draw();
  }

  print(rows: readonly string[]): void {
    if (rows.length === 0) return;
    this.#surface.print(() => rows);
    this.#draw();
  }

  clear(): void {
    this.#surface.clear();
    this.#draw();
  }

  askBackground(): void {
    this.#keys.awaitAnswer();
    this.#device.ask(backgroundQuestion);
  }

  askFocus(): void {
    this.#keys.awaitReports();
    this.#device.report(focusReports);
  }

  end(): void {
    this.#leave();
    this.#hasEnded = true;
  }

  close(): void {
    this.#hasEnded = true;
    clearTimeout(this.#patience);
    this.#held.dispose();
    this.#device.giveBack();
  }

  #read(bytes: Uint8Array): void {
    clearTimeout(this.#patience);
    if (this.#suspension.isAsking) return;
    this.#take(this.#keys.read(bytes));
    const { patienceMs } = this.#keys;
    if (patienceMs !== undefined && !this.#hasEnded) {
      this.#patience = setTimeout(() => this.#take(this.#keys.giveUp()), patienceMs);
    }
  }

  #take(inputs: readonly TerminalInput[]): void {
    const lastTyped = inputs.findLastIndex(({ type }) => type !== "focus");
    for (const [i, input] of inputs.entries()) {
      if (this.#hasEnded) return;
      if (input.type === "focus") {
        this.#device.reported();
        this.#events.focused(input.hasFocus);
        continue;
      }
      this.#events.typing();
      if (
        input.type === "key" && !this.#leavesSearch(input.key) && this.#surface.takes(input.key)
      ) {
        continue;
      }
      // What comes with more behind it at once was pasted in a terminal that does not say so.
      const isTab = input.type === "key" && input.key === "tab" && i < lastTyped;
      this.#fulfil(this.#editor.take(isTab ? { type: "text", text: "\t" } : input));
      this.#events.pressed();
    }
    this.#draw();
  }

  /** A search in the line comes before what stands on the surface. */
  #leavesSearch(key: string): boolean {
    return key === "escape" && this.#editor.search !== undefined;
  }

  #fulfil(wish: Wish): void {
    switch (wish.type) {
      case "none":
        return;
      case "enter": {
        const { text: all } = wish.line;
        // The line breaks behind what was pasted are none of the message.
        const text = all.endsWith("\n") ? all.trimEnd() : all;
        this.#leave(text);
        return this.#events.entered(wish.beginsPasted ? messageLine(text) : text);
      }
      case "interrupt":
        return this.#events.interrupted();
      case "end":
        this.end();
        // What was entered before may take its time, and nothing reads keys any more: Ctrl+C has to be a signal.
        this.#surface.giveBack();
        this.#device.giveBack();
        return this.#events.ended();
      case "suspend":
        this.#suspension.stop();
        return;
      case "clear-screen":
        return this.#surface.clear();
      case "complete":
        return this.#complete();
      case "pasted":
        return this.#paste(wish);
    }
  }

  #paste({ text, isWhole }: Wish & { type: "pasted" }): void {
    const { line } = this.#editor;
    if (!isWhole || !line.insert(text, "pasted", fitsInMessage)) {
      return this.#events.show({ type: "paste-too-long", max: textBytesMax });
    }
    if (line.beginsPasted && !isMessage(line.text)) this.#events.show({ type: "pasted-slash" });
  }

  #complete(): void {
    const { line } = this.#editor;
    const [found, word] = this.#events.complete(line.text.slice(0, line.cursor));
    const more = commonBeginning(found).slice(word.length);
    if (more !== "") line.insert(more);
    else if (found.length > 1) {
      const rows = Math.max(leastRows, this.#device.size.rows - rowsBeside);
      this.#surface.print((columns) =>
        viewWords.candidates(found, { columns, rows, cutSign: this.#own("…") })
      );
    }
  }

  #draw(): void {
    if (this.#hasEnded || !this.#isDrawn) return;
    this.#surface.draw(this.#laidOut());
  }

  /** How the line looks now: laid out anew if anything of it has changed, since a long one takes its time. */
  #laidOut(): Picture {
    const { line, search } = this.#editor;
    const { columns, rows } = this.#surface.room;
    const prompt = search === undefined ? this.#prompt : searchPromptText(search);
    const key = [prompt, line.text, line.cursor, columns, rows];
    if (key.some((part, i) => part !== this.#layout?.key[i])) {
      const { text, cursor } = line;
      this.#layout = {
        key,
        picture: pictureOf({ prompt, text, cursor, own: this.#own }, { columns, rows }),
      };
    }
    return this.#layout!.picture;
  }

  /** Leaves all rows of the line on the screen, and goes on below them. */
  #leave(text = this.#editor.line.text): void {
    if (this.#hasEnded) return;
    const line = { prompt: this.#prompt, text, cursor: text.length, own: this.#own };
    this.#surface.leave(pictureOf(line, this.#surface.room, true));
  }

  async #giveBack(): Promise<void> {
    this.#surface.giveBack();
    this.#isDrawn = false;
    this.#device.giveBack();
    await this.#device.flush();
  }

  #takeOver(): void {
    if (this.#hasEnded) return;
    this.#isDrawn = true;
    this.#device.take();
    this.#surface.takeOver();
    this.#draw();
  }
}

function fitsInMessage(text: string): boolean {
  return new TextEncoder().encode(escapeText(text)).length <= textBytesMax;
}

function commonBeginning(words: readonly string[]): string {
  const [first = "", ...others] = words;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
