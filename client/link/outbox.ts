/**
 * What waits to be written to a connection: whatever is added while a write is under way goes out with
 * the next one, so that a burst costs few writes and no promise a message.
 *
 * @module
 */

import { writeTimeoutMs } from "../../shared/protocol/limits.ts";
import { type ByteSink, writeAll } from "../../shared/write_all.ts";

const utf8 = new TextEncoder();

/** Characters after which {@linkcode Outbox.room} makes whoever fills the outbox wait. */
const crowdedChars = 256 * 1024;

/** A queue of text before a connection. */
export class Outbox {
  readonly #sink: ByteSink;
  readonly #onFailure: (error: unknown) => void;
  #text = "";
  #writing: Promise<void> | undefined;
  #failed = false;
  /** Ends with the first failure: a write that is stuck may never end itself. */
  readonly #failure = Promise.withResolvers<void>();

  /**
   * @param sink Where the text goes.
   * @param onFailure Told once that nothing goes out any more: the connection is broken, or its reader
   * does not read.
   */
  constructor(sink: ByteSink, onFailure: (error: unknown) => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
  }

  /** Adds text, to be written behind all that was added before. */
  add(text: string): void {
    if (this.#failed) return;
    this.#text += text;
    this.#writing ??= this.#write();
  }

  /** Done when little enough waits that more may be added. */
  async room(): Promise<void> {
    while (this.#text.length > crowdedChars && this.#writing !== undefined) await this.#progress();
  }

  /** Done when all has been written, or cannot be. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined && !this.#failed) await this.#progress();
  }

  async #progress(): Promise<void> {
    await Promise.race([this.#writing, this.#failure.promise]);
  }

  async #write(): Promise<void> {
    // So that what is added in the same turn goes out in one write.
    await undefined;
    const timer = setTimeout(
      () => this.#fail(new Deno.errors.TimedOut("the other side does not read")),
      writeTimeoutMs,
    );
    const bytes = utf8.encode(this.#text);
    this.#text = "";
    try {
      await writeAll(this.#sink, bytes);
      this.#writing = this.#text === "" ? undefined : this.#write();
    } catch (error) {
      this.#writing = undefined;
      this.#fail(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure.resolve();
    this.#text = "";
    this.#onFailure(error);
  }
}
