/**
 * Mails that wait to be written. Hosts take turns: whoever leaves a thousand mails at once delays the one mail of
 * somebody else by one of theirs.
 *
 * @module
 */

import { depositsWaitingBytesMax, depositsWaitingMax } from "../../shared/protocol/limits.ts";
import type { Mail } from "./mail.ts";

/** A mail that has not been written yet, and what is to be told of it. */
export interface Waiting<T> {
  readonly mail: Mail;
  readonly settle: (outcome: T) => void;
}

interface Line<T> {
  readonly waiting: Waiting<T>[];
  bytes: number;
}

/** The queue. */
export class DepositQueue<T> {
  /** By host; of the server's own host by key. Whose turn is next comes first. */
  readonly #lines = new Map<string, Line<T>>();
  #count = 0;
  #bytes = 0;

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds a mail. @returns One that has to go, since too much waits: the last of whoever has the most. */
  add(one: Waiting<T>): Waiting<T> | undefined {
    const { sender, source, data } = one.mail;
    const who = source.host === "" ? sender : source.host;
    const line = this.#lines.get(who) ?? { waiting: [], bytes: 0 };
    this.#lines.set(who, line);
    line.waiting.push(one);
    line.bytes += data.length;
    this.#count++;
    this.#bytes += data.length;
    if (this.#count <= depositsWaitingMax && this.#bytes <= depositsWaitingBytesMax) {
      return undefined;
    }
    const [longest] = [...this.#lines].reduce((a, b) => weight(b[1]) > weight(a[1]) ? b : a);
    return this.#take(longest, (waiting) => waiting.pop()!);
  }

  /** Takes out the mail whose turn it is; undefined if there is none. */
  next(): Waiting<T> | undefined {
    for (const [who, line] of this.#lines) {
      const one = this.#take(who, (waiting) => waiting.shift()!);
      if (this.#lines.delete(who)) this.#lines.set(who, line);
      return one;
    }
    return undefined;
  }

  /** Takes out everything. */
  clear(): Waiting<T>[] {
    const all = [...this.#lines.values()].flatMap(({ waiting }) => waiting);
    this.#lines.clear();
    this.#count = 0;
    this.#bytes = 0;
    return all;
  }

  #take(who: string, from: (waiting: Waiting<T>[]) => Waiting<T>): Waiting<T> {
    const line = this.#lines.get(who)!;
    const one = from(line.waiting);
    line.bytes -= one.mail.data.length;
    this.#count--;
    this.#bytes -= one.mail.data.length;
    if (line.waiting.length === 0) this.#lines.delete(who);
    return one;
  }
}

/** What waits costs more than its bytes. */
function weight<T>({ waiting, bytes }: Line<T>): number {
  return bytes + 4096 * waiting.length;
}
