/**
 * Which command a word names: the one of that name, or the only one whose name begins so.
 *
 * @module
 */

import { nearWords } from "../../../shared/text/near_words.ts";
import type { Command } from "./command.ts";
import { meantWord } from "./meant_word.ts";

/** What other programs call the commands that we have. */
const elsewhere: ReadonlyMap<string, string> = new Map([
  ["join", "chat"],
  ["j", "chat"],
  ["query", "chat"],
  ["q", "quit"],
  ["part", "close"],
  ["leave", "close"],
  ["exit", "quit"],
  ["bye", "quit"],
  ["names", "who"],
  ["list", "peers"],
  ["commands", "help"],
]);

/** A command by its name or by a beginning of it that no other one has; undefined if there is none. */
export function findCommand(commands: readonly Command[], word: string): Command | undefined {
  const meant = meantWord(commands.map(({ name }) => name), word);
  return word === "" ? undefined : commands.find(({ name }) => name === meant);
}

/** The commands whose names begin so; none for an empty word. */
export function beginningWith(commands: readonly Command[], word: string): readonly Command[] {
  return word === "" ? [] : commands.filter(({ name }) => name.startsWith(word));
}

/** The commands that a word may have been meant as, if it names none. */
export function nearCommands(commands: readonly Command[], word: string): readonly Command[] {
  const names = commands.map(({ name }) => name);
  const known = elsewhere.get(word.toLowerCase());
  const near = known === undefined ? nearWords(names, word) : [known];
  return commands.filter(({ name }) => near.includes(name));
}
