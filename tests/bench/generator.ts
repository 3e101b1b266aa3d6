/**
 * The load generator: lineload if the environment names it, else our own, which takes the same
 * arguments and prints the same line.
 *
 * @module
 */

import { denoCommand } from "./program.ts";

/** A load generator. */
export interface Generator {
  /** The command, to which the arguments of lineload are added. */
  readonly command: readonly string[];
  /** What a reader of the figures has to know of it. */
  readonly note: string;
}

/** Chooses the load generator. @param lineload The path of the compiled lineload.c, if there is one. */
export function chooseGenerator(lineload: string | undefined): Generator {
  if (lineload !== undefined && lineload !== "") {
    return { command: [lineload], note: `The load came from ${lineload}.` };
  }
  return {
    command: denoCommand("load.ts"),
    note:
      "The load came from tests/bench/load.ts. It costs about as much as a server, so that its ratios\n" +
      "flatter, on one-shot connections above all; LINELOAD=PATH names lineload.c (gcc -O2) instead.",
  };
}
