/**
 * A terminal's screen, to see what stands on it after all that it was sent: xterm's, which moves rows that do
 * not fit when it is resized, and which by its old tables gives many emoji one column.
 *
 * @module
 */

import headless from "@xterm/headless";

/** A screen, with what has left it upwards. */
export class Screen implements Disposable {
  readonly #terminal: InstanceType<typeof headless.Terminal>;

  constructor(columns: number, rows: number) {
    this.#terminal = new headless.Terminal({
      cols: columns,
      rows,
      scrollback: 10_000,
      allowProposedApi: true,
      // As the line discipline does it.
      convertEol: true,
    });
  }

  /** Sends it something. */
  async shows(text: string): Promise<void> {
    await new Promise<void>((resolve) => this.#terminal.write(text, resolve));
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** Tells each title that it is given. */
  onTitle(told: (title: string) => void): void {
    this.#terminal.onTitleChange(told);
  }

  /** Tells what it is asked to do by an operating system command (OSC) of a number, as its text has it. */
  onCommand(number: number, told: (text: string) => void): void {
    this.#terminal.parser.registerOscHandler(number, (text) => {
      told(text);
      return true;
    });
  }

  /** All rows from the first one on, without the empty ones at the end. */
  get rows(): string[] {
    const { active } = this.#terminal.buffer;
    const rows = Array.from(
      { length: active.length },
      (_, i) => active.getLine(i)!.translateToString(true),
    );
    return rows.slice(0, rows.findLastIndex((row) => row !== "") + 1);
  }

  /** What stands in each column of a row; empty behind a letter of two. */
  cells(row: number): string[] {
    const line = this.#terminal.buffer.active.getLine(row)!;
    return Array.from({ length: line.length }, (_, i) => {
      const cell = line.getCell(i)!;
      return cell.getWidth() === 0 ? "" : cell.getChars() || " ";
    });
  }

  /**
   * How a part of a row is drawn: the colour of its first letter, as one of sixteen or undefined if it is the
   * terminal's own, and whether that is bold, dim or inverse.
   *
   * @throws {Error} If no row has it.
   */
  looks(part: RegExp): string {
    const { active } = this.#terminal.buffer;
    for (const [row, text] of this.rows.entries()) {
      const at = text.search(part);
      if (at === -1) continue;
      const cell = active.getLine(row)!.getCell(at)!;
      return [
        ...cell.isFgDefault() ? [] : [cell.getFgColor()],
        ...cell.isBold() ? ["bold"] : [],
        ...cell.isDim() ? ["dim"] : [],
        ...cell.isInverse() ? ["inverse"] : [],
      ].join(" ");
    }
    throw new Error(`no row has ${part}`);
  }

  /** Where the cursor is: the row counts from the first one, also if that has left the screen. */
  get cursor(): { readonly row: number; readonly column: number } {
    const { active } = this.#terminal.buffer;
    return { row: active.baseY + active.cursorY, column: active.cursorX };
  }

  [Symbol.dispose](): void {
    this.#terminal.dispose();
  }
}
