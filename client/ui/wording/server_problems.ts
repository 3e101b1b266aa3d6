/**
 * The sentences for what goes wrong with the servers beside one's own.
 *
 * @module
 */

import type { Problem, ServersProblem } from "../../user_error.ts";
import type { Sentences } from "./sentences.ts";

/** @param sentenceOf Says what is wrong with one. */
export function serverSentences(
  sentenceOf: (problem: Problem) => string,
): Sentences<ServersProblem> {
  return {
    "not-a-server-name": ({ text }) =>
      `'${text}' is no server. A server is named as chat.example.org, which speaks TLS; as ` +
      "tls://chat.example.org:5555?sha256=FINGERPRINT, as it prints it; or as plain:chat.example.org",
    "own-server": ({ server }) => `${server} is your own server, which is asked anyway`,
    "too-many-servers": ({ max, servers }) =>
      `Cannot use another server: there are ${max} already, ${
        servers.join(", ")
      }; /unvisit one first`,
    "server-spoke-tls": ({ server }) =>
      `${server} has spoken TLS before, so nothing is said to it in the clear: somebody on the way may ` +
      "keep it from doing so. Ask whoever runs it",
    "server-not-allowed": ({ server, name }) =>
      `You have not used ${server} yet. It would learn your name, your key and your address. ` +
      `To have it asked for ${name}, say so once in a client: /visit ${server}`,
    "not-visited": ({ server, visited }) =>
      `${server} is none of the servers that you visit: ` +
      (visited.length === 0 ? "there is none" : `there is ${visited.join(", ")}`),
    "another-of-that-name": ({ name, server, known, there }) =>
      `You know another ${name}, with the key ${known}; the one at ${server} has the key ${there}. ` +
      "Nothing was sent: two people of one name cannot be told apart here",
    "server-not-noted": ({ name, server, reason }) =>
      `Cannot remember that ${name} is at ${server}: ${reason}`,
    "other-servers-unread": ({ reason }) => `Cannot read which servers you visit: ${reason}`,
    "at-other-server": ({ server, problem }) => `${server}: ${sentenceOf(problem)}`,
  };
}
