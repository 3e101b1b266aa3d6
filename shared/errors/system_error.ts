/**
 * Errors of the system, in words for people.
 *
 * @module
 */

import { errorMessage } from "./error_message.ts";

/** Gives the reason of an error, in the words of the system if there are no better ones. */
export function systemReason(error: unknown): string {
  const words = errorMessage(error);
  const lookup = lookupFailure(error);
  if (lookup !== undefined) return lookupWords[lookup];
  // Deno appends the number, "Network is unreachable (os error 101)", and for files the operation.
  return words.replace(/ \(os error \d+\)(: [^]*)?$/, "");
}

const lookupWords = {
  "no-such-host": "there is no such host",
  "not-looked-up": "its name cannot be looked up at the moment; is this machine online?",
} as const;

/** Why the addresses of a name are not known: it has none, or nobody who knows answers. */
export type LookupFailure = keyof typeof lookupWords;

/** Undefined if an error is none of looking up a name. */
export function lookupFailure(error: unknown): LookupFailure | undefined {
  // What Deno says if the system cannot look up a name; it gives no code.
  const [, lookup] = /failed to lookup address information: (.*)/.exec(errorMessage(error)) ?? [];
  if (lookup === undefined) return undefined;
  return absent.test(lookup) ? "no-such-host" : "not-looked-up";
}

/** How resolvers say that there is no such name: those of glibc, musl, macOS and Windows. */
const absent =
  /not known|nodename nor servname|does not resolve|No address associated|No such host/i;
