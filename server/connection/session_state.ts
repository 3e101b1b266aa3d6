/**
 * What a session does with its connection. Replies and news are never written at the same time: while one
 * is being written, the other waits.
 *
 * @module
 */

/** What a session is doing, and what waits until it has done that. */
export type SessionState =
  /** It waits for requests or news. */
  | "idle"
  /** Requests are being answered. */
  | "replying"
  | "replying, news due"
  /** News is being written. */
  | "telling"
  | "telling, news due"
  | "telling, replies due"
  | "telling, both due"
  /** The client has been told of a fault that ends the connection. Nothing more is said. */
  | "ending"
  | "closed";

/** What happens to a session. */
export type SessionEvent =
  /** Requests have come. */
  | "requests"
  /** All of them have been answered. */
  | "replied"
  /** There is news for the client. */
  | "news"
  /** The news has been written. */
  | "told"
  /** Something is wrong that ends the connection. */
  | "fatal"
  | "close";

/**
 * The state after an event.
 *
 * @throws {Error} If the event cannot happen in that state, which is a defect.
 */
export function nextState(state: SessionState, event: SessionEvent): SessionState {
  const next = transitions[state][event];
  if (next === undefined) throw new Error(`A session that is ${state} cannot get "${event}"`);
  return next;
}

/** Whether there is news that waits. */
export function isNewsDue(state: SessionState): boolean {
  return state === "replying, news due" || state === "telling, news due" ||
    state === "telling, both due";
}

/** Whether news is being written. */
export function isTelling(state: SessionState): boolean {
  return state.startsWith("telling");
}

const closed = {
  requests: "closed",
  replied: "closed",
  news: "closed",
  told: "closed",
  fatal: "closed",
  close: "closed",
} as const;

const transitions: Record<SessionState, Partial<Record<SessionEvent, SessionState>>> = {
  "idle": {
    requests: "replying",
    news: "telling",
    fatal: "ending",
    close: "closed",
  },
  "replying": {
    replied: "idle",
    news: "replying, news due",
    fatal: "ending",
    close: "closed",
  },
  "replying, news due": {
    replied: "idle",
    news: "replying, news due",
    fatal: "ending",
    close: "closed",
  },
  "telling": {
    requests: "telling, replies due",
    news: "telling, news due",
    told: "idle",
    close: "closed",
  },
  "telling, news due": {
    requests: "telling, both due",
    news: "telling, news due",
    told: "idle",
    close: "closed",
  },
  "telling, replies due": {
    news: "telling, both due",
    told: "replying",
    close: "closed",
  },
  "telling, both due": {
    news: "telling, both due",
    told: "replying, news due",
    close: "closed",
  },
  "ending": {
    requests: "ending",
    replied: "ending",
    news: "ending",
    fatal: "ending",
    close: "closed",
  },
  "closed": closed,
};
