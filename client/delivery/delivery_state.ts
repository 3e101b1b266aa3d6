/**
 * What a delivery does, and what it does next: the one place where that is decided.
 *
 * @module
 */

/**
 * - `idle`: there is nothing to do, since nothing waits or all that waits is at the mailbox;
 * - `transmitting`: there is a link, and what waits goes out over it;
 * - `searching`: the peer is being looked for;
 * - `depositing`: what waits is being left at the server's mailbox;
 * - `waiting`: the peer cannot be reached now, and is looked for again later;
 * - `stopped`: nothing is done any more.
 */
export type DeliveryState =
  | "idle"
  | "transmitting"
  | "searching"
  | "depositing"
  | "waiting"
  | "stopped";

/** What the next state rests on. */
export interface Situation {
  readonly stopped: boolean;
  /** Whether there is a link. */
  readonly connected: boolean;
  /** Whether there is a message that the peer lacks. */
  readonly messagesWait: boolean;
  /** Whether all that the peer lacks is at the mailbox. */
  readonly allDeposited: boolean;
  readonly search: StepSituation & {
    /** Whether to look for the peer even if everything is at the mailbox. */
    readonly wanted: boolean;
  };
  readonly deposit: StepSituation;
}

/** Whether a step may be taken now, or is being taken. */
export interface StepSituation {
  readonly due: boolean;
  readonly underWay: boolean;
}

/** The state that follows from a situation: the first row that fits counts. */
export function nextState(situation: Situation): DeliveryState {
  const { stopped, connected, messagesWait, allDeposited, search, deposit } = situation;
  if (stopped) return "stopped";
  if (!messagesWait) return "idle";
  if (connected) return "transmitting";
  if (search.underWay || (search.due && !deposit.underWay)) return "searching";
  if (deposit.underWay || (deposit.due && !allDeposited)) return "depositing";
  if (allDeposited && !search.wanted) return "idle";
  return "waiting";
}
