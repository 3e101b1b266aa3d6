/**
 * Ctrl+Z, as people know it of other programs: the terminal is given back to the shell while the program is
 * stopped, and taken over again when it goes on.
 *
 * @module
 */

import { onContinue } from "../../../shared/process/signals.ts";
import { systemClock, type TimerClock } from "../../../shared/time/clock.ts";

/** What a program does with its terminal if it is to be stopped. */
interface SuspendedTerminal {
  /** Gives it back as it was before the program took it. Done when what that takes is written; never rejected. */
  giveBack(): Promise<void>;
  /** Says, in the terminal that is given back, that Ctrl+Z is to be pressed once more. */
  askAgain(): void;
  /** Takes it, and draws what stands on the screen while the program runs. */
  takeOver(): void;
}

/** By then the system has stopped the program, or never will. */
const stoppedMs = 20;

/** How long the user has to press Ctrl+Z once more, in milliseconds. */
const againMs = 3_000;

/** The stopping of a program that runs in a terminal. Disposing of it leaves the terminal as it is. */
export class Suspension implements Disposable {
  readonly #terminal: SuspendedTerminal;
  readonly #continuing: Disposable;
  readonly #clock: Pick<TimerClock, "after">;
  readonly #stopSelf: () => void;
  #isAsking = false;
  #cancel = () => {};

  /** @param stopSelf Stops the program. What it throws says that it may not. */
  constructor(
    terminal: SuspendedTerminal,
    clock: Pick<TimerClock, "after"> = systemClock,
    stopSelf = () => Deno.kill(Deno.pid, "SIGTSTP"),
  ) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#stopSelf = stopSelf;
    // Also of a program that somebody else has stopped: its shell has had the terminal meanwhile.
    this.#continuing = onContinue(() => this.#takeOver());
  }

  /** Whether Ctrl+Z is to be pressed once more. What is entered meanwhile was meant for a shell. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  /**
   * Stops the program, until its shell lets it go on. Without a shell that could, the system does not stop it;
   * then nothing happens, but that the terminal is taken over again. If the program may not stop itself, as with
   * Deno 2.6, the terminal can: once it is given back, Ctrl+Z is its own.
   */
  async stop(): Promise<void> {
    await this.#terminal.giveBack();
    try {
      this.#stopSelf();
    } catch {
      // Deno 2.6 takes it for a right to stop any program.
      this.#isAsking = true;
      this.#terminal.askAgain();
    }
    this.#cancel();
    const ms = this.#isAsking ? againMs : stoppedMs;
    this.#cancel = this.#clock.after(ms, () => this.#takeOver());
  }

  [Symbol.dispose](): void {
    this.#cancel();
    this.#continuing[Symbol.dispose]();
  }

  #takeOver(): void {
    this.#cancel();
    this.#isAsking = false;
    this.#terminal.takeOver();
  }
}
