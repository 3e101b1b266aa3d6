/**
 * The command that takes a conversation off the list. It is called as weechat's `/buffer hide`: what closes a window
 * in other programs is `/close`, and that ends the link here, of which the peer is told.
 *
 * @module
 */

import { UserError } from "../../user_error.ts";
import { namesOf } from "../names.ts";
import type { Session } from "../session.ts";
import type { Command, Outcome } from "./command.ts";
import { nameOf } from "./name_of.ts";

/** The command. */
export const hideCommand: Command = {
  name: "hide",
  argument: "[NAME]",
  examples: ["/hide", "/hide bob"],
  help: "take a conversation off the list on the screen until something new comes; nothing is lost",
  turns: "away",
  run: ({ session }, name) => hide(session, name),
};

function hide(session: Session, given: string | undefined): Outcome {
  const { client, current } = session;
  const word = given === undefined ? current?.name : nameOf(session, given);
  if (word === undefined) return session.nobodyCurrent("hide");
  const name = client.conversation(word)?.name ?? word;
  if (name !== current?.name && !namesOf(client).includes(name)) {
    const open = client.conversations().map(({ name }) => name);
    throw new UserError({ code: "no-conversation", to: name, open });
  }
  client.people.hide(name);
  if (current?.name === name) session.turnToNobody();
  return { type: "hidden", name };
}
