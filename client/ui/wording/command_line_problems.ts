/**
 * Sentences for what can go wrong with a subcommand of the command line.
 *
 * @module
 */

import type { CommandLineProblem } from "../../problems/command_line_problem.ts";
import type { Sentences } from "./sentences.ts";
import { secondsText } from "./wording_parts.ts";

/** The subcommands. */
export const commandLineSentences: Sentences<CommandLineProblem> = {
  "nothing-said": ({ name }) => `Nothing has been said with ${name} yet`,
  "several-selves": ({ name, selves }) =>
    `You have talked with ${name} as ${selves.join(" and ")}: --as says which you mean`,
  "not-that-self": ({ name, self, selves }) =>
    `You have not talked with ${name} as ${self}, but as ${selves.join(" and ")}`,
  "no-own-name": ({ name }) =>
    `You have never talked with ${name}: --as says by which of your names you do`,
  "not-as-far-in-time": ({ name, until, seconds, refused }) =>
    `The message is kept and waits for ${name}; it was not ` +
    `${until === "mailbox" ? "at the server's mailbox" : "delivered"} within ${
      secondsText(seconds)
    }` + (refused === undefined ? "" : `. ${whyNotTaken(refused)}`),
  "not-served-here": ({ port, taken }) =>
    taken === "data"
      ? `A server of yours runs on this machine, but not on port ${port} with TLS: ` +
        "name that one, or end it"
      : `On port ${port} of this machine something listens that is no server of yours with TLS. ` +
        `If it is one without, name 127.0.0.1:${port}; else end it, or name here:${
          port < 65_535 ? port + 1 : port - 1
        }`,
  "history-not-written": ({ reason }) => `Cannot export the history to standard output: ${reason}`,
  "output-not-written": ({ reason }) => `The client has left, since it cannot print: ${reason}`,
};

/** Why a server takes nothing from a client that is not registered. */
function whyNotTaken(
  { self, status, said }: NonNullable<
    Extract<CommandLineProblem, { code: "not-as-far-in-time" }>["refused"]
  >,
): string {
  return status === "404"
    ? `The server takes mail only from those who have registered there: start p2pchat client ${self} once`
    : `The server refused: ${said} (${status})`;
}
