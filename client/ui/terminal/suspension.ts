/**
 * Ctrl+Z, as people know it of other programs: the terminal is given back to the shell while the program is
 * stopped, and taken over again when it goes on.
 *
 * @module
 */

import { onContinue } from "../../../shared/process/signals.ts";

/** What a program does with its terminal if it is to be stopped. */
interface SuspendedTerminal {
  /** Gives it back as it was before the program took it. Done when what that takes is written; never rejected. */
  giveBack(): Promise<void>;
  /** Takes it, and draws what stands on the screen while the program runs. */
  takeOver(): void;
}

/** By then the system has stopped the program, or never will. */
const stoppedMs = 20;

/** The stopping of a program that runs in a terminal. Disposing of it leaves the terminal as it is. */
export class Suspension implements Disposable {
  readonly #terminal: SuspendedTerminal;
  readonly #continuing: Disposable;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(terminal: SuspendedTerminal) {
    this.#terminal = terminal;
    // Also of a program that somebody else has stopped: its shell has had the terminal meanwhile.
    this.#continuing = onContinue(() => this.#takeOver());
  }

  /**
   * Stops the program, until its shell lets it go on. Without a shell that could, the system does not stop it;
   * then nothing happens, but that the terminal is taken over again.
   */
  async stop(): Promise<void> {
    await this.#terminal.giveBack();
    try {
      Deno.kill(Deno.pid, "SIGTSTP");
    } catch {
      // Deno 2.6 takes it for a right to stop any program.
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#takeOver(), stoppedMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#continuing[Symbol.dispose]();
  }

  #takeOver(): void {
    clearTimeout(this.#timer);
    this.#terminal.takeOver();
  }
}
