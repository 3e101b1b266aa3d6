/**
 * What waits to be written to a connection: whatever is added while a write is under way goes out with
 * the next one, so that a burst costs few writes, few frames and no promise a message.
 *
 * @module
 */

import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { writeTimeoutMs } from "../../shared/protocol/limits.ts";
import type { ByteSink } from "../../shared/net/write_all.ts";

const utf8 = new TextEncoder();
const nothing: Uint8Array = new Uint8Array(0);

/** Characters after which {@linkcode WriteQueue.drained} makes whoever fills the outbox wait. */
const crowdedChars = 256 * 1024;

/** How much room for frames is kept: enough for a long message, and little with every link. */
const framesKeptBytes = 64 * 1024;

/** Encrypts bytes, into `target` if there is room. */
export type Seal = (bytes: Uint8Array, target?: Uint8Array) => Uint8Array;

/** A queue of text and bytes before a connection. */
export class WriteQueue {
  readonly #sink: ByteSink;
  readonly #onFailure: (error: unknown) => void;
  readonly #clock: TimerClock;
  /** What goes out before the text, as it goes over the wire. */
  #bytes: Uint8Array[] = [];
  #text = "";
  #seal: Seal | undefined;
  /** Room for the frames of one write; the next one begins when it is over. */
  #frames = nothing;
  #writing: Promise<void> | undefined;
  #failed = false;
  /** Ends with the first failure: a write that is stuck may never end itself. */
  readonly #failure = Promise.withResolvers<void>();

  /**
   * @param sink Where the text goes.
   * @param onFailure Told once that nothing goes out any more: the connection is broken, or its reader
   * does not read.
   */
  constructor(
    sink: ByteSink,
    onFailure: (error: unknown) => void,
    clock: TimerClock = systemClock,
  ) {
    this.#sink = sink;
    this.#onFailure = onFailure;
    this.#clock = clock;
  }

  /** Adds text, to be written behind all that was added before. */
  add(text: string): void {
    if (this.#failed) return;
    this.#text += text;
    this.#writing ??= this.#write();
  }

  /** Adds bytes that go out as they are, behind all that was added before. */
  addBytes(bytes: Uint8Array): void {
    if (this.#failed) return;
    this.#packText();
    this.#bytes.push(bytes);
    this.#writing ??= this.#write();
  }

  /** From here on text is encrypted before it goes out. */
  sealWith(seal: Seal): void {
    this.#packText();
    this.#seal = seal;
  }

  /** Done when little enough waits that more may be added. */
  async drained(): Promise<void> {
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
    let cancel = this.#limit();
    const frames = this.#packText(this.#frames);
    const parts = this.#bytes;
    this.#bytes = [];
    if (frames.length > this.#frames.length && frames.length <= framesKeptBytes) {
      this.#frames = frames;
    }
    try {
      let written = 0;
      for (const part of parts) {
        for (let at = 0; at < part.length;) {
          if (written > 0) {
            // Who reads slowly, or is reached slowly, reads all the same.
            cancel();
            cancel = this.#limit();
          }
          const count = await this.#sink.write(part.subarray(at));
          at += count;
          written += count;
        }
      }
      this.#writing = this.#text === "" && this.#bytes.length === 0 ? undefined : this.#write();
    } catch (error) {
      this.#writing = undefined;
      this.#fail(error);
    } finally {
      cancel();
    }
  }

  /** Sees to it that a write that gets nowhere is given up. @returns Takes that back. */
  #limit(): () => void {
    return this.#clock.after(
      writeTimeoutMs,
      () => this.#fail(new Deno.errors.TimedOut("the other side does not read")),
    );
  }

  /** Makes bytes of the text that waits. @returns The frames that it takes, if it is encrypted. */
  #packText(room?: Uint8Array): Uint8Array {
    if (this.#text === "") return nothing;
    const bytes = utf8.encode(this.#text);
    this.#text = "";
    const frames = this.#seal === undefined ? nothing : this.#seal(bytes, room);
    this.#bytes.push(this.#seal === undefined ? bytes : frames);
    return frames;
  }

  #fail(error: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure.resolve();
    this.#text = "";
    this.#bytes = [];
    this.#onFailure(error);
  }
}
