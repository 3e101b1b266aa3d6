/**
 * What goes wrong in a command, as a sentence and an exit code.
 *
 * @module
 */

import { CommandFailure } from "../../../shared/process/command_failure.ts";
import { UserError } from "../../user_error.ts";

/** Makes a sentence of what goes wrong in a command; the command line prints it and ends with the code of its kind. */
export function worded<A extends unknown[]>(run: (...args: A) => Promise<void>) {
  return async (...args: A) => {
    try {
      await run(...args);
    } catch (error) {
      // Commander's own errors say with which code to exit.
      if (!(error instanceof UserError || error instanceof RangeError)) throw error;
      // A server, which needs no wording, starts faster without it.
      const { errorSentence } = await import("../wording/wording.ts");
      const { exitCodes, failureKind } = await import("../failure_kind.ts");
      const exitCode = exitCodes[failureKind(error)];
      throw new CommandFailure(errorSentence(error), exitCode, { cause: error });
    }
  };
}
