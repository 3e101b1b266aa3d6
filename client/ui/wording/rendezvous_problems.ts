/**
 * The sentences for what goes wrong with servers.
 *
 * @module
 */

import type { Problem, RendezvousProblem } from "../../user_error.ts";
import type { Sentences } from "./sentences.ts";

/** @param sentenceOf Says what is wrong with one of several servers. */
export function rendezvousSentences(
  sentenceOf: (problem: Problem) => string,
): Sentences<RendezvousProblem> {
  return {
    "server-refused": ({ status, said, retryAfterS }) =>
      `The server refused: ${said} (${status})` + whoseName(status, said) +
      (retryAfterS === undefined ? "" : `; try again in ${retryAfterS} s`),
    "name-taken": ({ id }) =>
      `The name ${id} is taken: it belongs to another key. If it is you: p2pchat identity import FILE ` +
      "brings your key here. Else choose another name: p2pchat client NAME",
    "server-hung-up": ({ server, mayBeLegacy }) =>
      `The server at ${server} closed the connection without an answer; ${again(mayBeLegacy)}`,
    "server-closes-each": ({ server }) =>
      `The server at ${server} closes each connection; try again`,
    "server-no-reply": ({ server, verb, seconds, mayBeLegacy }) =>
      `The server at ${server} did not answer ${verb} within ${seconds} seconds; ` +
      again(mayBeLegacy),
    "server-silent": ({ server, seconds }) =>
      `The server at ${server} has not answered for ${seconds} seconds`,
    "server-closed": ({ server }) => `The server at ${server} closed the connection`,
    "server-connection-broken": ({ server }) => `The connection to the server at ${server} is lost`,
    "server-network-left": ({ server }) =>
      `This machine has left the network from which it reached the server at ${server}`,
    "server-unreadable": ({ server }) =>
      `The server at ${server} sent something that cannot be read`,
    "server-said": ({ server, said }) => `The server at ${server} ended the connection: ${said}`,
    "not-a-server": ({ server, found }) =>
      `What answers at ${server} is not a p2pchat server: ${foundWords(found)}`,
    "wrong-realm": ({ server, realm }) =>
      `The server at ${server} asks for a signature for ${realm}: nothing was signed. If ${realm} ` +
      "is its name, start the client with that",
    "realm-not-an-address": ({ server, dialed }) =>
      `The server at ${server} does not say by which address it goes, so others could use a signature ` +
      `for it: nothing was signed. Its operator can name the address with --realm ${dialed}, or take a ` +
      "newer version",
    "signed-unchecked": ({ server, dialed }) =>
      `The server at ${server} does not say by which address it goes: if it passes on what another ` +
      "server says, it can use your name and your mail there. Its operator can name the address with " +
      `--realm ${dialed}, or take a newer version`,
    "other-address": ({ server, dialed, accepted }) =>
      `The server at ${server} does not go by that address` +
      (accepted.length === 0 ? "" : `, but by ${accepted.join(" or ")}`) +
      ": nothing can be signed for it. Start the client with an address that is the server's; if " +
      `${dialed} is one, its operator can name it with --realm ${dialed}`,
    "server-lacks-verb": ({ server, verb }) =>
      `The server at ${server} has no ${verb}` + (lacking[verb] ?? ""),
    "server-shows-address": ({ server }) =>
      `The server at ${server} tells others your address whatever you ask of it, so you are not ` +
      "registered there; without --private you can be",
    "server-list-too-long": ({ server, bytesMax }) =>
      `The server at ${server} lists more clients than are read, ${bytesMax / 1024} KiB; ` +
      "/chat IP:PORT needs no server",
    "server-sent-no-address": () => "The server sent something that is not an address",
    "no-server": ({ problems }) => problems.map(sentenceOf).join("; "),
  };
}

function again(mayBeLegacy = false): string {
  return mayBeLegacy
    ? "try again, or start the client with --legacy-server if that is a program of the original kind"
    : "try again";
}

/** What it means that a legacy server does not know a verb. */
const lacking: Readonly<Record<string, string>> = {
  UNREGISTER: "; it forgets you when it is restarted",
  INFO: ": it does not say who is registered",
  BRIDGE: ": it does not say where others are; /chat IP:PORT needs no server",
};

function foundWords(found: Extract<RendezvousProblem, { code: "not-a-server" }>["found"]): string {
  switch (found.is) {
    case "tls":
      return `it speaks TLS; name it tls://${found.address}`;
    case "malformed":
      return found.reason;
    case "unexpected":
      return `it said ${found.said} instead of ${found.expected}`;
  }
}

/** What to do about a name that is somebody else's, who may be the user on another machine. */
function whoseName(status: string, said: string): string {
  return status === "403" && said.endsWith(" belongs to another key")
    ? ". If it is yours, p2pchat identity import brings its key here; else choose another name"
    : "";
}
