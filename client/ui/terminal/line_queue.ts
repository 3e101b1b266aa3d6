/**
 * The lines that the user has entered in a terminal. Each is run when those before it are done, and a message
 * goes to whom it was begun for or to nobody: a line takes its time, and the user types on meanwhile.
 *
 * @module
 */

import type { Turn } from "../commands/commands.ts";
import type { Recipient } from "../session.ts";

/**
 * For whom a line is: for the one that is current as it is begun; or, while a command is entered and not done
 * that turns to somebody, for the one that is current after that.
 */
export type BegunFor = Recipient | Turn;

/** What the lines are run with. */
export interface LineRunner {
  /** For whom a line is that is begun now. */
  readonly recipient: Recipient;
  /** For whom a line is that was begun behind the last one that was run, before that was done. */
  readonly behind: Recipient;
  /**
   * Runs a line. Never throws.
   *
   * @returns Whether it was the last one to be run.
   */
  run(line: string, begunFor: Recipient): Promise<boolean>;
  /** Told when a line is done, and for whom a line is may have changed. */
  done(): void;
  /**
   * Told that lines were not taken, since too many waited. What follows may have been meant for somebody whom
   * one of them turned to.
   */
  overflowed(lines: { readonly first: string; readonly count: number }): void;
}

interface EnteredLine {
  readonly line: string;
  readonly begunFor: BegunFor;
  readonly turn: Turn | undefined;
}

/** Lines that wait at most: more than anybody types. More of them come of a paste, which holds back nothing. */
export const waitingLinesMax = 10_000;

const nobody: Recipient = { conversation: undefined, name: undefined };

/** Lines that are to be run, in their order. */
export class LineQueue {
  readonly #entered: EnteredLine[] = [];
  /** For whom is what was begun behind each turn that is done. */
  readonly #turnedTo = new WeakMap<Turn, Recipient>();
  /** The last turn that is entered and not done. */
  #turn: Turn | undefined;
  #runner: LineRunner | undefined;
  #running: Promise<void> | undefined;
  #hasEnded = false;
  /** The lines that were not taken. */
  #overflow: { readonly first: string; count: number } | undefined;

  /** Begins to run what has been entered. */
  start(runner: LineRunner): void {
    this.#runner = runner;
    this.#run();
  }

  /** For whom a line is that is begun now. */
  get recipient(): BegunFor {
    return this.#turn ?? this.#runner?.recipient ?? nobody;
  }

  /** Whether everything that was entered is done. */
  get isIdle(): boolean {
    return this.#running === undefined && this.waiting === 0;
  }

  /** Whether two lines are for the same one, as far as that is known. */
  isSame(one: BegunFor, other: BegunFor): boolean {
    const [conversation, others] = [one, other].map((begunFor) =>
      this.#recipientOf(begunFor).conversation
    );
    return one === other || conversation === others;
  }

  /** How many lines are not begun. */
  get waiting(): number {
    return this.#entered.length;
  }

  /**
   * Takes a line, unless too many wait: then this one and all that follow are not taken until those that wait
   * are done. If some behind it were, they could be meant for somebody whom it turns to.
   *
   * @param begunFor What {@linkcode recipient} was when the line was begun.
   * @param turn What the line may change of that.
   */
  enter(line: string, begunFor: BegunFor, turn: Turn | undefined): void {
    if (this.#hasEnded) return;
    if (this.#overflow !== undefined || this.waiting >= waitingLinesMax) {
      this.#overflow ??= { first: line, count: 0 };
      this.#overflow.count++;
      return;
    }
    this.#entered.push({ line, begunFor, turn });
    this.#turn = turn ?? this.#turn;
    this.#run();
  }

  /** Done when everything that was entered is. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Runs nothing more. @returns The lines that are not begun. */
  drop(): string[] {
    this.#hasEnded = true;
    return this.#entered.splice(0).map(({ line }) => line);
  }

  #run(): void {
    if (this.#runner !== undefined) this.#running ??= this.#runAll(this.#runner);
  }

  async #runAll(runner: LineRunner): Promise<void> {
    // What is pasted comes at once: all of it is entered before any of it is run.
    await undefined;
    for (let next; (next = this.#entered.shift()) !== undefined;) {
      const { line, begunFor, turn } = next;
      const isLast = await runner.run(line, this.#recipientOf(begunFor));
      if (turn !== undefined) this.#turnedTo.set(turn, runner.behind);
      if (turn === this.#turn) this.#turn = undefined;
      if (isLast) this.drop();
      else runner.done();
    }
    if (this.#overflow !== undefined && !this.#hasEnded) {
      runner.overflowed(this.#overflow);
      this.#overflow = undefined;
    }
    this.#running = undefined;
  }

  #recipientOf(begunFor: BegunFor): Recipient {
    // A turn that a line was begun behind was entered before that line, and so is done.
    return "turningTo" in begunFor ? this.#turnedTo.get(begunFor) ?? nobody : begunFor;
  }
}
