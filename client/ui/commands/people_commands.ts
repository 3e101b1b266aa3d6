/**
 * The slash commands by which the user says whom they let in, and whose key they believe.
 *
 * @module
 */

import type { ChatClient } from "../../client.ts";
import type { Command, CommandContext, Outcome } from "./command.ts";
import { nickCommand } from "./nick_command.ts";

/** These commands, in the order of the help. */
export const peopleCommands: readonly Command[] = [
  {
    name: "accept",
    argument: "NAME",
    examples: ["/accept carol"],
    help: "take someone who calls or writes for a contact, and all that they send",
    run: ({ session }, name) => ({
      type: "accepted",
      name: session.client.people.accept(name!).name,
    }),
  },
  {
    name: "block",
    argument: "NAME|KEY",
    examples: ["/block carol"],
    help: "refuse the calls and the mail of a key; KEY is its fingerprint",
    turns: "away",
    run: async ({ session }, who) => ({ type: "blocked", ...await session.block(who!) }),
  },
  {
    name: "unblock",
    argument: "NAME|KEY",
    examples: ["/unblock carol"],
    help: "let somebody call and write again",
    run: ({ session }, who) => ({
      type: "unblocked",
      keys: session.client.people.unblock(who!),
    }),
  },
  {
    name: "ignore",
    argument: "[NAME|KEY]",
    examples: ["/ignore", "/ignore carol"],
    help: "do not show what somebody writes, or say who is ignored; it is still delivered",
    run: ({ session: { client: { people } } }, who) =>
      who === undefined
        ? { type: "ignoring", keys: people.ignored() }
        : { type: "ignored", ...people.ignore(who) },
  },
  {
    name: "unignore",
    argument: "NAME|KEY",
    examples: ["/unignore carol"],
    help: "show again what somebody writes",
    run: ({ session }, who) => ({ type: "unignored", keys: session.client.people.unignore(who!) }),
  },
  {
    name: "away",
    argument: "[TEXT]",
    examples: ["/away back at eight", "/away"],
    help: "have contacts who write told, once each, that you are away; alone it takes that back",
    run: ({ session: { client: { people } } }, text) => {
      if (text === undefined) return { type: "came-back", wasAway: people.comeBack() };
      people.leave(text);
      return { type: "gone-away", text };
    },
  },
  nickCommand,
  {
    name: "verify",
    argument: "NAME [yes|no]",
    examples: ["/verify bob", "/verify bob yes"],
    help: "compare words with someone to be sure that nobody is in the middle",
    turns: "away",
    run: (context, argument) => verify(context, argument!),
  },
  {
    name: "trust",
    argument: "NAME [FINGERPRINT]",
    examples: ["/trust bob"],
    help: "accept a key that was refused, for example if someone has a new machine",
    turns: "to",
    run: (context, argument) => trust(context, argument!),
  },
];

async function verify({ session }: CommandContext, argument: string): Promise<Outcome> {
  const [name = "", ...words] = argument.split(/\s+/);
  if (words.length === 0) return beginVerification(session.client, name);
  const given = words.join(" ");
  if (given !== "yes" && given !== "no") return { type: "not-yes-or-no", given, name };
  if (given === "no" && session.client.withdrawVerification(name)) {
    return { type: "verification-withdrawn", name };
  }
  const fingerprint = await session.confirmVerification(name, given === "yes");
  return fingerprint === undefined
    ? { type: "not-verified", name }
    : { type: "verified", name, fingerprint };
}

function beginVerification(client: ChatClient, name: string): Outcome {
  const verification = client.verify(name);
  switch (verification.state) {
    case "words":
      return { type: "verification-words", name, words: verification.words };
    case "coming":
      return undefined;
    case "peer-must-begin":
      return { type: "verification-waits", name };
  }
}

async function trust({ session }: CommandContext, argument: string): Promise<Outcome> {
  const [name = "", fingerprint] = argument.split(/\s+/);
  return { type: "trusted", name, fingerprint: await session.trust(name, fingerprint) };
}
