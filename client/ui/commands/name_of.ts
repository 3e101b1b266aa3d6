/**
 * Whom a word names, if it may be the beginning of a name.
 *
 * @module
 */

import type { Session } from "../session.ts";
import { meantWord } from "./meant_word.ts";

/**
 * The name that a word stands for: the only one that begins so, if it is not a name itself. Only for commands that
 * can mean nobody else: a call goes to anybody whom the server knows, and what is about keys takes whole names.
 *
 * @param word A name, the id of a conversation, or a beginning.
 */
export function nameOf(session: Session, word: string): string {
  if (session.client.conversation(word) !== undefined) return word;
  return meantWord(session.names, word) ?? word;
}
