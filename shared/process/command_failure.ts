/**
 * How a command ends that fails, beyond a sentence.
 *
 * @module
 */

/** The exit code of a command that Ctrl+C has ended, as shells have it. */
export const interruptedCode = 130;

/** The failure of a command: its message is the sentence that is printed. */
export class CommandFailure extends Error {
  /** With what the program ends, so that scripts can tell failures apart. */
  readonly exitCode: number;

  constructor(sentence: string, exitCode: number, options?: ErrorOptions) {
    super(sentence, options);
    this.exitCode = exitCode;
  }
}
