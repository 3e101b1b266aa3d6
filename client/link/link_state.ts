/**
 * The states of a link and how they follow each other:
 *
 *     opening -> open -> closing -> closed
 *
 * Any state may be skipped, none comes back.
 *
 * @module
 */

import type { CloseReason } from "../events.ts";
import type { Problem } from "../user_error.ts";

/** Why a link ends. */
export interface Ending {
  readonly reason: CloseReason;
  /** More about it, if there is more to say. */
  readonly detail: Problem | undefined;
}

/**
 * What state a link is in, with what it has there. `Opening` is what an opening link has, `Open` what an open
 * one has, which it keeps to its end.
 */
export type LinkState<Opening, Open> =
  | { readonly name: "opening"; readonly opening: Opening }
  | { readonly name: "open"; readonly open: Open }
  | {
    /** The last message is on its way to the peer. */
    readonly name: "closing";
    readonly open: Open | undefined;
    readonly ending: Ending;
    /** Whether what the peer says meanwhile is taken: it is if we leave, and not if something is wrong. */
    readonly hears: boolean;
  }
  | { readonly name: "closed"; readonly open: Open | undefined; readonly ending: Ending };

/** What happens to a link. */
export type LinkStep<Open> =
  | { readonly type: "open"; readonly open: Open }
  /** We leave. */
  | { readonly type: "leave" }
  /** The peer is told what is wrong, after which the link ends. */
  | { readonly type: "refuse"; readonly ending: Ending }
  /** The link ends now. */
  | { readonly type: "end"; readonly ending: Ending };

/** The link ends by our own will. */
export const left: Ending = { reason: "you-left", detail: undefined };

/** The state that follows. It is the same one if the step changes nothing. */
export function nextState<Opening, Open>(
  state: LinkState<Opening, Open>,
  step: LinkStep<Open>,
): LinkState<Opening, Open> {
  switch (state.name) {
    case "opening":
      switch (step.type) {
        case "open":
          return { name: "open", open: step.open };
        case "leave":
          return { name: "closed", open: undefined, ending: left };
        case "refuse":
          return { name: "closing", open: undefined, ending: step.ending, hears: false };
        case "end":
          return { name: "closed", open: undefined, ending: step.ending };
      }
      break;
    case "open":
      switch (step.type) {
        case "open":
          return state;
        case "leave":
          return { name: "closing", open: state.open, ending: left, hears: true };
        case "refuse":
          return { name: "closing", open: state.open, ending: step.ending, hears: false };
        case "end":
          return { name: "closed", open: state.open, ending: step.ending };
      }
      break;
    case "closing":
      switch (step.type) {
        case "open":
        case "leave":
          return state;
        case "refuse":
          return state.hears ? { ...state, ending: step.ending, hears: false } : state;
        case "end":
          // A peer that goes before it has been told does not change why the link ends.
          return { name: "closed", open: state.open, ending: state.ending };
      }
      break;
    case "closed":
      return state;
  }
}
