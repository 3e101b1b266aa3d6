/**
 * The slash commands by which the user reads again what was said.
 *
 * @module
 */

import type { PublicKey } from "../../../shared/crypto/public_key.ts";
import type { ChatClient } from "../../client.ts";
import type { Command, CommandContext, Outcome } from "./command.ts";
import { nameOf } from "./name_of.ts";

/** How many messages `/history` shows: by default, and at most. */
const historyDefault = 20;
const historyMax = 1_000;
/** Messages before and behind one that was found, where there is no view of its conversation. */
const aroundMax = 5;

/** These commands, in the order of the help. */
export const historyCommands: readonly Command[] = [
  {
    name: "history",
    argument: "[NAME] [N]",
    examples: ["/history", "/history bob 100"],
    help: `show the last messages, ${historyDefault} if you do not say how many`,
    run: (context, argument) => showHistory(context, argument),
  },
  {
    name: "search",
    argument: "WORDS",
    examples: ["/search train tuesday"],
    help: "find messages that have all these words",
    run: async ({ session }, words) => {
      const { entries, ignored } = await session.client.search(words!);
      session.found = entries;
      const present = presentPersons(session.client, entries);
      return { type: "history", words: words!, ignored, entries, present };
    },
  },
  {
    name: "goto",
    argument: "N",
    examples: ["/goto 3"],
    help: "go to where a message was said that /search has found; N is its number in the list",
    turns: "to",
    run: (context, number) => goTo(context, number!),
  },
];

/** Shows the messages with somebody; with the current peer, or if there is none with everyone. */
function showHistory({ session }: CommandContext, argument = ""): Outcome {
  const words = argument.split(/\s+/).filter((word) => word !== "");
  // A name may be a number, too: then another number stands behind it.
  const count = /^\d+$/.test(words.at(-1) ?? "") ? Number(words.pop()) : historyDefault;
  const [given, more] = words;
  const name = given === undefined ? session.current?.name : nameOf(session, given);
  if (more !== undefined) return { type: "not-a-count", given: more, name: name! };
  if (count < 1 || count > historyMax) {
    return { type: "count-out-of-range", count, max: historyMax };
  }
  const { client } = session;
  const entries = client.history(name, count);
  const present = presentPersons(client, entries);
  return { type: "history", ...name !== undefined && { name }, entries, present };
}

/** Turns to the conversation of a message that was found. Somebody who is no contact is only looked at. */
function goTo({ session }: CommandContext, number: string): Outcome {
  const { client, found } = session;
  const entry = /^\d+$/.test(number) ? found[Number(number) - 1] : undefined;
  if (entry === undefined) {
    session.failTurn(`/goto ${number}`);
    return { type: "not-found", number, count: found.length };
  }
  const { name, row } = entry;
  if (client.people.isContact(name)) session.switchTo(name);
  else if (session.current?.name !== name) session.turnToNobody();
  const entries = [
    ...client.history(name, aroundMax + 1, { before: row + 1 }),
    ...client.history(name, aroundMax, { behind: row }),
  ];
  return { type: "gone-to", name, row, entries, present: presentPersons(client, entries) };
}

/** Whose keys are saved now, of those who have said something, or to whom something was said. */
function presentPersons(
  client: ChatClient,
  entries: readonly { readonly name: string }[],
): { name: string; key: PublicKey }[] {
  return [...new Set(entries.map(({ name }) => name))].flatMap((name) => {
    const key = client.keyOf(name);
    return key === undefined ? [] : [{ name, key }];
  });
}
