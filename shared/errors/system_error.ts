/**
 * What the system says went wrong, for people.
 *
 * @module
 */

import { errorMessage } from "./error_message.ts";

/** The reason of a system's error: in its own words, where there are no better ones. */
export function systemReason(error: unknown): string {
  const words = errorMessage(error);
  if (words.includes("failed to lookup address")) return "there is no such host";
  // Deno appends the number: "Network is unreachable (os error 101)", and of files what it did.
  return words.replace(/ \(os error \d+\)(: [^]*)?$/, "");
}
