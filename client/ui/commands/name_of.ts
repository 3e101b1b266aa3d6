/**
 * Whom a word names: by a name, by what the user calls somebody, or by a beginning of either.
 *
 * @module
 */

import { localNamesOf } from "../local_names.ts";
import { namesOf } from "../names.ts";
import type { Session } from "../session.ts";

/**
 * The name that a word stands for: the only one that begins so, if it is not a name itself. Only for commands that
 * can mean nobody else: a call goes to anybody whom the server knows, and what is about keys takes whole names.
 *
 * @param word A name, the id of a conversation, a local name with or without its tilde, or a beginning.
 */
export function nameOf(session: Session, word: string): string {
  if (session.client.conversation(word) !== undefined) return word;
  const names = namesOf(session.client);
  if (names.includes(word)) return word;
  const localNames = localNamesOf(session);
  const called = localNames.get(word) ?? localNames.get(`~${word}`);
  if (called !== undefined) return called;
  const typed = [
    ...names.map((name) => [name, name] as const),
    ...[...localNames].flatMap(([local, name]) => [[local, name], [local.slice(1), name]] as const),
  ];
  // Somebody may have a name and a local name that begin so.
  const meant = new Set(typed.filter(([one]) => one.startsWith(word)).map(([, name]) => name));
  return meant.size === 1 ? [...meant][0]! : word;
}

/** An argument that begins with a name: with that of the network instead of a local one with its tilde. */
export function withWholeName(session: Session, argument: string): string {
  const [word = ""] = argument.split(/\s/, 1);
  const name = word.startsWith("~") ? localNamesOf(session).get(word) : undefined;
  return name === undefined ? argument : name + argument.slice(word.length);
}
