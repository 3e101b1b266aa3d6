/**
 * Lines that are half typed, each with the conversation that it was begun in: the one in the input line, and those
 * that are put aside. They outlive the program, as far as the store takes them. It is told a little later than the
 * user types; if it fails it is told again, and nobody is bothered.
 *
 * @module
 */

import { BoundedMap } from "../../../shared/collections/bounded_map.ts";
import type { TimerClock } from "../../../shared/time/clock.ts";
import type { ChatClient } from "../../client.ts";
import { readable } from "../readable.ts";
import type { Recipient } from "../session.ts";
import type { LineText } from "./edited_line.ts";
import type { HeldLine } from "./input_line.ts";

/** A line, and for whom it was begun. */
interface Draft {
  readonly line: LineText;
  readonly held: HeldLine;
}

/** What drafts need of the terminal. */
export interface DraftSurroundings {
  /** Where lines outlive the program; undefined if there is no such place yet, or no more. */
  kept(): ChatClient["lineDrafts"] | undefined;
  /** Whether a line that is in the conversation of the prompt now was begun for somebody else. */
  isForAnother(held: HeldLine): boolean;
  /** Whether everything that was entered is done: what is not in the line any more is on the disk. */
  isDone(): boolean;
  readonly clock: Pick<TimerClock, "after">;
}

/** Lines that are kept at most. */
const draftsMax = 256;
/** So much of what was typed last is lost at most if the machine stops. */
const keepingMs = 500;
/** A store that has failed is left alone for so long. */
const failedMs = 10_000;

type StoredLine = Parameters<ChatClient["lineDrafts"]["write"]>[1];

const nobody: Recipient = { conversation: undefined, name: undefined };
const empty: StoredLine = { text: "", typed: 0, isForAnother: false };

/** Half-typed lines, by the names of those whose conversations they were begun in; empty if none was current. */
export class Drafts {
  readonly #surroundings: DraftSurroundings;
  readonly #aside = new BoundedMap<string, Draft & { readonly stored: StoredLine }>(draftsMax);
  /** What the store has, as far as it was asked. */
  readonly #stored = new BoundedMap<string, StoredLine>(draftsMax);
  /** What the store should have instead. */
  readonly #unstored = new BoundedMap<string, StoredLine>(draftsMax);
  /** Whose conversation the input line is in. */
  #place: string | undefined;
  /** Takes back that the store is told. */
  #cancel: (() => void) | undefined;
  #hasFailed = false;

  constructor(surroundings: DraftSurroundings) {
    this.#surroundings = surroundings;
  }

  /** Puts a line aside. */
  keep(name: string, draft: Draft): void {
    if (draft.line.text === "") return;
    const stored = this.#storedOf(draft);
    this.#aside.set(name, { ...draft, stored });
    this.#want(name, stored);
  }

  /** Whether a line was begun in a conversation, and is not in the input line; also in an earlier run. */
  has(name: string): boolean {
    readable(() => this.#ask(name), false);
    return this.#aside.has(name);
  }

  /** That line, once. */
  take(name: string): Draft | undefined {
    const draft = this.has(name) ? this.#aside.get(name) : undefined;
    this.#aside.delete(name);
    return draft;
  }

  /** Takes note of what is in the input line, and whose conversation that is in. */
  note(name: string, draft: Draft): void {
    readable(() => this.#ask(name), false);
    const left = this.#place;
    this.#place = name;
    if (left !== undefined && left !== name) this.#want(left, empty);
    this.#want(name, this.#storedOf(draft));
    if (this.#unstored.size === 0 || this.#surroundings.kept() === undefined) return;
    // What was sent must not come back, whatever happens.
    if (draft.line.text === "" && this.#surroundings.isDone() && !this.#hasFailed) this.#store();
    else this.#cancel ??= this.#surroundings.clock.after(keepingMs, () => this.#store());
  }

  /** Has the store have everything. @param isDone As of {@linkcode DraftSurroundings.isDone}. */
  end(isDone: boolean): void {
    this.#store(isDone);
    this.#cancel?.();
  }

  /**
   * Asks the store what an earlier run has left, once.
   *
   * @returns Whether it has said so.
   * @throws {UserError} If it cannot be read.
   */
  #ask(name: string): boolean {
    if (this.#stored.has(name)) return true;
    const kept = this.#surroundings.kept();
    if (kept === undefined) return false;
    const line = kept.read(name);
    this.#stored.set(name, line ?? empty);
    if (line !== undefined && !this.#aside.has(name)) {
      // Whoever it was for is not known any more: the user is asked.
      const begunFor = line.isForAnother ? nobody : undefined;
      this.#aside.set(name, { line, held: { begunFor, asked: undefined }, stored: line });
    }
    return true;
  }

  #storedOf({ line, held }: Draft): StoredLine {
    if (line.text === "") return empty;
    return { ...line, isForAnother: this.#surroundings.isForAnother(held) };
  }

  /** Says what the store should have: where the line is empty, the one that is aside. */
  #want(name: string, line: StoredLine): void {
    const wanted = line.text === "" ? this.#aside.get(name)?.stored ?? empty : line;
    if (isSame(wanted, this.#stored.get(name) ?? empty)) this.#unstored.delete(name);
    else this.#unstored.set(name, wanted);
  }

  #store(isDone = this.#surroundings.isDone()): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#hasFailed = false;
    for (const [name, line] of [...this.#unstored.entries()]) {
      if (line.text === "" && !isDone) continue;
      try {
        // Before anything is written over it.
        if (!this.#ask(name)) return;
        this.#surroundings.kept()?.write(name, line);
        this.#stored.set(name, line);
        this.#unstored.delete(name);
      } catch {
        this.#hasFailed = true;
        this.#cancel = this.#surroundings.clock.after(failedMs, () => this.#store());
        return;
      }
    }
  }
}

function isSame(one: StoredLine, other: StoredLine): boolean {
  return one.typed === other.typed && one.isForAnother === other.isForAnother &&
    one.text === other.text;
}
