/**
 * What goes wrong in a command, as a sentence.
 *
 * @module
 */

import { UserError } from "../../user_error.ts";

/** Makes a sentence of what goes wrong in a command; the command line prints it and sets the exit code. */
export function worded<A extends unknown[]>(run: (...args: A) => Promise<void>) {
  return async (...args: A) => {
    try {
      await run(...args);
    } catch (error) {
      // Commander's own errors say with which code to exit.
      if (!(error instanceof UserError)) throw error;
      // A server, which needs no wording, starts faster without it.
      const { errorSentence } = await import("../wording/wording.ts");
      throw new Error(errorSentence(error), { cause: error });
    }
  };
}
