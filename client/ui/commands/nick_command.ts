/**
 * The command by which the user calls people what they like.
 *
 * @module
 */

import type { Command, CommandContext, Outcome } from "./command.ts";
import { usageOf } from "./help.ts";
import { withWholeName } from "./name_of.ts";

/** The command. */
export const nickCommand: Command = {
  name: "nick",
  argument: "[LOCALNAME] NAME",
  examples: ["/nick sis carol", "/nick carol", "/nick"],
  help: "call somebody by a name of your own, shown as ~LOCALNAME; without one, as everybody does",
  run: (context, argument) => nick(context, argument),
};

function nick({ session }: CommandContext, argument = ""): Outcome {
  const { people } = session.client;
  if (argument === "") return { type: "nicks", named: people.nicked() };
  const [localName, who, ...more] = argument.split(/\s+/) as [string, ...string[]];
  if (more.length > 0) {
    return { type: "usage", usage: usageOf(nickCommand), help: nickCommand.help };
  }
  const name = withWholeName(session, who ?? localName);
  if (who === undefined || localName === "-") return { type: "unnicked", ...people.unnick(name) };
  return { type: "nicked", ...people.nick(localName.replace(/^~/, ""), name) };
}
