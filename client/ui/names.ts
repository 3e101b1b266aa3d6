/**
 * Whom a user can name in a command.
 *
 * @module
 */

import type { ChatClient } from "../client.ts";
import { readable } from "./readable.ts";

/** The names of those with whom a conversation is open, and then of all others who are known. */
export function namesOf(client: ChatClient): string[] {
  const open = client.conversations().map(({ name }) => name);
  // Completion is a help, and not the place to report that the store fails.
  const known = readable(() => client.knownNames(), []);
  return [...new Set([...open, ...known])];
}
