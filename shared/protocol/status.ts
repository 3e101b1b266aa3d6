/**
 * What is wrong with a message: the status codes that an ERROR carries, modelled on those of SIP (RFC 3261
 * section 21), and faults.
 *
 * @module
 */

/**
 * The code of an ERROR. A reader treats a code that it does not know as the one that starts with the same
 * digit and ends in 00.
 */
export type StatusCode =
  /** The request is malformed. */
  | 400
  /** The request has to be signed. */
  | 401
  /** The sender may not do this. */
  | 403
  /** There is no such client. */
  | 404
  /** The request took too long to arrive. */
  | 408
  /** Another instance of the client is registered. */
  | 409
  /** The request is too large. */
  | 413
  /** The server does not go by the address that the client has dialed. */
  | 421
  /** The requested interval is too brief. */
  | 423
  /** Encryption is required. */
  | 426
  /** One host sends too much. */
  | 429
  /** The server failed. */
  | 500
  /** The server is full. */
  | 503
  /** The mailbox is full. */
  | 507;

/** What is wrong with a message of the other side. It is a value, never thrown: the mistake is not ours. */
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

/** Whether a value is a fault, and not what was asked for. */
export function isFault(value: object): value is Fault {
  return "fatal" in value;
}
