/**
 * Errors of the system, in words for people.
 *
 * @module
 */

import { errorMessage } from "./error_message.ts";

/** Gives the reason of an error, in the words of the system if there are no better ones. */
export function systemReason(error: unknown): string {
  const words = errorMessage(error);
  if (words.includes("failed to lookup address")) return "there is no such host";
  // Deno appends the number, "Network is unreachable (os error 101)", and for files the operation.
  return words.replace(/ \(os error \d+\)(: [^]*)?$/, "");
}
