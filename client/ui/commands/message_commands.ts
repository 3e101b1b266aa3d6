/**
 * The commands that send a message.
 *
 * @module
 */

import { writeAction } from "../../../shared/protocol/action_text.ts";
import type { Command, CommandContext, Outcome } from "./command.ts";

/** They, in the order of the help. */
export const messageCommands: readonly Command[] = [
  {
    name: "msg",
    argument: "TEXT",
    examples: ["/msg /etc/hosts is a file"],
    help: "send a message; a line without a slash is one, too",
    sends: true,
    run: (context, text) => say(context, text!),
  },
  {
    name: "me",
    argument: "TEXT",
    examples: ["/me waves"],
    help: "say what you do: the others see * and your name before it",
    sends: true,
    run: (context, text) => say(context, writeAction(text!.trimStart())),
  },
];

/** Sends a text in the current conversation, if it was begun for that. */
export async function say({ session, begunFor }: CommandContext, text: string): Promise<Outcome> {
  const refusal = session.refusal(begunFor);
  if (refusal === undefined) await session.send(text);
  return refusal;
}
