/**
 * The closed set of status codes that an ERROR carries, in the spirit of SIP's (RFC 3261 section 21).
 *
 * @module
 */

/** What each code means. A reader that meets a code it does not know treats it as its first digit's 00. */
export const statuses = {
  400: "the request is malformed",
  401: "the request is to be signed",
  403: "this is not yours to change",
  404: "there is no such client",
  408: "the request took too long to arrive",
  413: "the request is too large",
  423: "the interval asked for is too brief",
  426: "encryption is required",
  429: "too much from one host; slow down",
  500: "the server failed",
  503: "the server is full",
  507: "the mailbox is full",
} as const;

/** A code that an ERROR can carry. */
export type StatusCode = keyof typeof statuses;

/**
 * What is wrong with a peer's message: a value, never thrown, since it is the peer's doing and not ours.
 */
export interface Fault {
  readonly code: StatusCode;
  /** One sentence for the peer's user, without a full stop. */
  readonly reason: string;
  /** True if the end of the message cannot be known, so that the connection has to end. */
  readonly fatal: boolean;
  /** In how many seconds the request may be made again; undefined if that is not said. */
  readonly retryAfterS?: number;
}

/** Makes a fault after which the connection goes on. */
export function fault(code: StatusCode, reason: string): Fault {
  return { code, reason, fatal: false };
}

/** Makes a fault after which the connection ends. */
export function fatalFault(code: StatusCode, reason: string): Fault {
  return { code, reason, fatal: true };
}

/** Tells a fault from what was asked for. */
export function isFault(value: object): value is Fault {
  return "fatal" in value;
}
