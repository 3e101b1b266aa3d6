/**
 * Why a program cannot listen, in words.
 *
 * @module
 */

import { type Address, formatAddress } from "./address.ts";
import { systemReason } from "../errors/system_error.ts";

/**
 * Starts a listener.
 *
 * @throws {Error} If it cannot start: a sentence for people, with the error of the system as its cause.
 */
export function listening<T>({ host, port }: Address, start: () => T): T {
  try {
    return start();
  } catch (cause) {
    // An error with a cause is a sentence about something else that failed.
    if (cause instanceof Error && cause.cause !== undefined) throw cause;
    const reason = cause instanceof Deno.errors.AddrInUse
      ? "the port is taken; choose another, or 0 for a free one"
      : cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable
      ? "that is not allowed; ports below 1024 need more rights"
      : cause instanceof Deno.errors.AddrNotAvailable
      ? "that is no address of this machine; 0.0.0.0 stands for all it has"
      : systemReason(cause);
    throw new Error(`Cannot listen on ${formatAddress({ host, port })}: ${reason}`, { cause });
  }
}
