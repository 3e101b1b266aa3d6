/**
 * What a slash command is.
 *
 * @module
 */

import type { TimerClock } from "../../../shared/time/clock.ts";
import type { Recipient, Session } from "../session.ts";
import type { Answer, LineProblem } from "../wording/wording.ts";

/** What a line is run with. */
export interface CommandContext {
  readonly session: Session;
  /** Shows an answer. */
  readonly show: (answer: Answer | LineProblem) => void;
  /** Undefined if nothing is said of a line that takes long: there may be a thousand under way. */
  readonly clock: TimerClock | undefined;
  /** For whom the user has begun the line; not given if that is the current one when it is run. */
  readonly begunFor?: Recipient;
}

/** What a command returns: an answer; nothing if an event says it all; or that the client ends. */
export type Outcome = Answer | LineProblem | typeof quit | undefined;

/** What `/quit` returns. */
export const quit = Symbol("quit");

/** A slash command. */
export interface Command {
  readonly name: string;
  /** As in the help: `NAME` is required, `[NAME]` is not, `TEXT` takes the rest of the line as it is. */
  readonly argument?: string;
  /** Lines as they may be typed; given if there is an argument. */
  readonly examples?: readonly string[];
  readonly help: string;
  /** Whether it sends a message. */
  readonly sends?: true;
  /**
   * Whether it turns the user to somebody else, or away from somebody. What is written behind it is for the one
   * that is current then; for nobody if it should have turned to somebody and failed.
   */
  readonly turns?: "to" | "away";
  readonly run: (
    context: CommandContext,
    argument: string | undefined,
  ) => Outcome | Promise<Outcome>;
}
