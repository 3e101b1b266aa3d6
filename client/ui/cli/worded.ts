/**
 * What goes wrong in a command, as a sentence.
 *
 * @module
 */

import { UserError } from "../../user_error.ts";
import { errorSentence } from "../wording/wording.ts";

/** Makes a sentence of what goes wrong in a command; the command line prints it and sets the exit code. */
export function worded<A extends unknown[]>(run: (...args: A) => Promise<void>) {
  return async (...args: A) => {
    try {
      await run(...args);
    } catch (error) {
      // Commander's own errors say with which code to exit.
      throw error instanceof UserError ? new Error(errorSentence(error), { cause: error }) : error;
    }
  };
}
