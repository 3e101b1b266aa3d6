/**
 * The slash command that turns to somebody, and may say something at once.
 *
 * @module
 */

import type { Command, CommandContext, Outcome } from "./command.ts";

/** `/chat`. */
export const chatCommand: Command = {
  name: "chat",
  argument: "IP:PORT|NAME [TEXT]",
  examples: [
    "/chat bob",
    "/chat bob@chat.example.org",
    "/chat bob Are you there?",
    "/chat 192.0.2.7:5556",
  ],
  help: "open a conversation, also with someone you know who is away",
  turns: "to",
  run: (context, argument) => chat(context, chatArgument(argument!)),
};

/** What stands behind `/chat`. */
interface ChatArgument {
  /** A name or an address. */
  readonly to: string;
  /** What is to be said; undefined if nothing is. */
  readonly text: string | undefined;
}

/** Reads what stands behind `/chat`, without the blanks around it. */
export function chatArgument(argument: string): ChatArgument {
  const [, to, text] = /^(\S*)(?:\s+(.*))?$/s.exec(argument)!;
  return { to: to!, text };
}

async function chat(
  { session, show }: CommandContext,
  { to, text }: ChatArgument,
): Promise<Outcome> {
  const name = to.includes(":") ? undefined : to;
  const { how, conversation, why } = await session.chat(
    to,
    (address) => show({ type: "calling", name, address }),
  );
  if (how === "already-open") show({ type: "switched", name: conversation.name });
  if (how === "away") show({ type: "away", name: conversation.name, why });
  if (text !== undefined) await session.send(text);
  return undefined;
}
