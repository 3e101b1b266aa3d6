/**
 * What people paste when they are asked for their server.
 *
 * @module
 */

/**
 * The server in an answer, as it is named on a command line. Its operator may have given it as a program has printed it:
 * alone, in a command that others type, or in the whole line. A mail may have made other quotation marks of the plain
 * ones.
 *
 * @example
 * ```ts
 * givenServer("* others type: p2pchat client NAME 'tls://192.0.2.7:5555'"); // "tls://192.0.2.7:5555"
 * ```
 * @returns The answer as it is, if there is none in it.
 */
export function givenServer(answer: string): string {
  const [, command] = /\bclient \S+ +(.*)/.exec(answer) ?? [];
  const words = (command ?? answer).trim().split(/\s+/).map(unquoted);
  if (command === undefined && words.length > 1) {
    return words.find((word) => word.startsWith("tls://")) ?? answer;
  }
  // A port to listen on may stand before it, and options at any place.
  return words.find((word) => !/^(?:\d+|-.*)$/.test(word)) ?? answer;
}

function unquoted(word: string): string {
  return word.replaceAll(/^['"‘’“”`]+|['"‘’“”`]+$/g, "");
}
