/**
 * What can go wrong with a subcommand, as codes and fields.
 *
 * @module
 */

/** What goes wrong with a subcommand of the command line. */
export type CommandLineProblem =
  | { readonly code: "nothing-said"; readonly name: string }
  /** Several of the user's ids have talked with `name`. */
  | { readonly code: "several-selves"; readonly name: string; readonly selves: readonly string[] }
  | {
    readonly code: "not-that-self";
    readonly name: string;
    /** The id that the user has named. */
    readonly self: string;
    /** Those that have talked with `name`. */
    readonly selves: readonly string[];
  }
  /** A message is to be sent, and nobody has said as whom. */
  | { readonly code: "no-own-name"; readonly name: string }
  /** A message is kept, and has not come as far as was asked for. */
  | {
    readonly code: "not-as-far-in-time";
    readonly name: string;
    readonly until: "delivered" | "mailbox";
    readonly seconds: number;
    /** What the server has answered, if it takes nothing from `self`, who is not registered. */
    readonly refused?: { readonly self: string; readonly status: string; readonly said: string };
  }
  | {
    /** The user wants a server on this machine: what is at its place is none of theirs, or their data are another's. */
    readonly code: "not-served-here";
    readonly port: number;
    readonly taken: "port" | "data";
  }
  | { readonly code: "history-not-written"; readonly reason: string }
  /** What a client prints in a script. It has left, and lines may be left that it has not done. */
  | { readonly code: "output-not-written"; readonly reason: string };
