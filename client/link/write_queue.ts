/**
 * What waits to be written to a connection. What is added during a write goes out with the next one, so that
 * a burst of messages takes few writes and few frames, and no promise for each message.
 *
 * @module
 */

import { concat } from "@std/bytes/concat";
import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { writeTimeoutMs } from "../../shared/protocol/limits.ts";
import type { ByteSink } from "../../shared/net/write_all.ts";

const utf8 = new TextEncoder();
const nothing: Uint8Array = new Uint8Array(0);

/** Characters from which on {@linkcode WriteQueue.drained} waits. */
const crowdedChars = 256 * 1024;

/** Bytes of memory for frames that each queue keeps: enough for a long message. */
const framesKeptBytes = 64 * 1024;

/** Bytes that are copied at most, to be one write instead of several. */
const joinedBytesMax = 16 * 1024;

/** Encrypts bytes, into `target` if they fit. */
export type Seal = (bytes: Uint8Array, target?: Uint8Array) => Uint8Array;

/** A queue of text and bytes before a connection. */
export class WriteQueue {
  readonly #sink: ByteSink;
  readonly #onFailure: (error: unknown) => void;
  readonly #clock: TimerClock;
  /** What goes out before the text: bytes as they go over the wire. */
  #bytes: Uint8Array[] = [];
  #text = "";
  #seal: Seal | undefined;
  /** Memory for the frames of one write, used again by the next one. */
  #frames = nothing;
  #writing: Promise<void> | undefined;
  #failed = false;
  /** Resolved by the first failure: a write that is stuck may never end. */
  readonly #failure = Promise.withResolvers<void>();

  /**
   * @param sink The connection.
   * @param onFailure Told once that nothing goes out any more: the connection is broken or, if the error is a
   * `Deno.errors.TimedOut`, the peer does not read.
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

  /** Adds text, behind all that was added before. */
  add(text: string): void {
    if (this.#failed) return;
    this.#text += text;
    this.#writing ??= this.#write();
  }

  /** Adds bytes that go out unencrypted, behind all that was added before. */
  addBytes(bytes: Uint8Array): void {
    if (this.#failed) return;
    this.#packText();
    this.#bytes.push(bytes);
    this.#writing ??= this.#write();
  }

  /** Encrypts the text that is added from now on. */
  sealWith(seal: Seal): void {
    this.#packText();
    this.#seal = seal;
  }

  /** Done when little enough waits that more may be added, or nothing goes out any more. */
  async drained(): Promise<void> {
    while (this.#text.length > crowdedChars && this.#writing !== undefined) await this.#progress();
  }

  /** Done when everything has been written, or nothing goes out any more. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined && !this.#failed) await this.#progress();
  }

  async #progress(): Promise<void> {
    await Promise.race([this.#writing, this.#failure.promise]);
  }

  async #write(): Promise<void> {
    // What is added in the same turn goes out in the same write.
    await undefined;
    let cancel = this.#limit();
    const frames = this.#packText(this.#frames);
    const parts = joined(this.#bytes);
    this.#bytes = [];
    if (frames.length > this.#frames.length && frames.length <= framesKeptBytes) {
      this.#frames = frames;
    }
    try {
      let written = 0;
      for (const part of parts) {
        for (let at = 0; at < part.length;) {
          if (written > 0) {
            // A peer that reads slowly, over a slow connection, does read.
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

  /** Gives up a write that gets nowhere. @returns Cancels that. */
  #limit(): () => void {
    return this.#clock.after(
      writeTimeoutMs,
      () => this.#fail(new Deno.errors.TimedOut()),
    );
  }

  /** Makes bytes of the text that waits. @returns Its frames; empty if it is not encrypted. */
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

/** Small parts as one: a write costs far more than copying them, and so does a packet. */
function joined(parts: Uint8Array[]): Uint8Array[] {
  if (parts.length < 2) return parts;
  const bytes = parts.reduce((sum, { length }) => sum + length, 0);
  return bytes <= joinedBytesMax ? [concat(parts)] : parts;
}
