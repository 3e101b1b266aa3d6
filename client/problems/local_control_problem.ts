/**
 * What can go wrong between programs of one user, as codes and fields.
 *
 * @module
 */

/** What goes wrong with a name that is in use in a profile, and with the client that has it. */
export type LocalControlProblem =
  | {
    /** Another client of that name runs with the profile. */
    readonly code: "name-in-use";
    readonly id: string;
  }
  | {
    /** Another program has the name, and has not given it up in time. It cannot be called. */
    readonly code: "name-held";
    readonly id: string;
    /** How long it was waited for. */
    readonly seconds: number;
  }
  | {
    /** The system does not allow to take the name. */
    readonly code: "name-not-taken";
    readonly id: string;
    /** The profile's. */
    readonly directory: string;
    readonly reason: string;
  }
  | {
    /** The client that has the name was to leave, and has not. */
    readonly code: "not-taken-over";
    readonly id: string;
    /** Whether it has not answered, or has said that it leaves and is still there. */
    readonly why: "silent" | "still-there";
    readonly seconds: number;
  }
  | {
    /** A client that runs was asked something and does not answer. */
    readonly code: "running-client-silent";
    readonly seconds: number;
  }
  | {
    /** It has ended before it had answered all. */
    readonly code: "running-client-ended";
    readonly self: string;
  }
  /** So many programs are told what comes in that no more can be. */
  | { readonly code: "too-many-listeners"; readonly max: number }
  /** A program that is told what comes in does not read it, and so many messages wait for that. */
  | { readonly code: "listener-behind"; readonly max: number }
  /** Nobody of the user's receives messages. */
  | { readonly code: "nobody-receives"; readonly self: string }
  | {
    readonly code: "running-client-of-other-version";
    /** That of the client. */
    readonly version: string;
  };
