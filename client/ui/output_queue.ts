/**
 * What goes out on standard output and standard error of a program that others read: in order, many lines in one
 * write, and with a word to those who send when the reader is slow.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";

const utf8 = new TextEncoder();

/** Characters waiting to be printed at which {@linkcode OutputQueue.room} makes a peer wait. */
const waitingMax = 256 * 1024;

/** Where text goes. */
export type Output = Pick<typeof Deno.stdout, "write" | "isTerminal">;

/** What goes out in one write. */
interface Batch {
  readonly output: Output;
  text: string;
}

/** Text on its way out. */
export class OutputQueue {
  #printing: Promise<void> = Promise.resolve();
  /** The last of those whose printing has not begun. */
  #next: Batch | undefined;
  #waiting = 0;
  #failure: { readonly cause: unknown } | undefined;
  readonly #onClosed: () => void;

  /** @param onClosed Told that nobody reads what is printed any more. */
  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  /** Prints a text behind all that was before it. Never throws. */
  print(text: string, output: Output): void {
    this.#waiting += text.length;
    if (this.#next?.output === output) this.#next.text += text;
    else this.#begin({ output, text });
  }

  /** Why nothing is printed any more, other than that nobody reads it: they have had enough, as `head` has. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure?.cause instanceof Deno.errors.BrokenPipe ? undefined : this.#failure;
  }

  /** When there is room for more; undefined if there is. */
  room(): Promise<void> | undefined {
    return this.#waiting > waitingMax ? this.#printing : undefined;
  }

  /** When everything so far is printed; undefined if it is. Rejects if nobody reads it any more. */
  shown(): Promise<void> | undefined {
    return this.#waiting === 0 && this.#failure === undefined
      ? undefined
      : this.#printing.then(() => {
        if (this.#failure !== undefined) throw new Error("Nobody reads what is printed");
      });
  }

  /** Done when all is printed. */
  async flush(): Promise<void> {
    await this.#printing;
  }

  #begin(batch: Batch): void {
    this.#next = batch;
    this.#printing = this.#printing.then(async () => {
      if (this.#next === batch) this.#next = undefined;
      try {
        await writeAll(batch.output, utf8.encode(batch.text));
      } catch (cause) {
        this.#failure ??= { cause };
        this.#onClosed();
      }
      this.#waiting -= batch.text.length;
    });
  }
}
