/**
 * Finds what only a front end should say: sentences for people, slash commands and flags in source text.
 *
 * @module
 */

import { type Token, tokensOf } from "./source_text.ts";

/** Two words in a row, the second in lower case; or one that continues what stands before the literal. */
const sentence = /(?:^|[A-Za-z']{2,}[,;:.]?) [a-z]{2,}/;
const command = /(?:^|[\s'"(])\/[a-z]+\b(?!\/)/;
const flag = /(?:^|[\s'"(])--[a-z]/;

const sql =
  /\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|FROM|WHERE|PRAGMA|ORDER BY|AND|SET|AS)\b/;

/** The labels that keep one use of a key or hash apart from another. No one reads them. */
const label = /^p2pchat [a-z ]+ [1-9]\b/;

/** Calls whose texts tell a programmer what is wrong in the program, or are only compared with. */
const exemptCalls = [
  "TypeError",
  "RangeError",
  "AssertionError",
  "assert",
  "includes",
  "startsWith",
];

/** Lines and texts of the literals that say something to people. */
export function sentencesIn(source: string, options: { readonly hasSql?: boolean } = {}): string[] {
  const tokens = tokensOf(source);
  return tokens.flatMap((token, i) => {
    const { type, text, line } = token;
    if (type !== "string" && type !== "template") return [];
    if (![sentence, command, flag].some((pattern) => pattern.test(text))) return [];
    if (label.test(text) || options.hasSql === true && sql.test(text)) return [];
    if (callersOf(tokens, i).some((name) => exemptCalls.includes(name))) return [];
    return [`${line}: ${text}`];
  });
}

/** The names of the calls in whose arguments a token stands. */
function callersOf(tokens: readonly Token[], at: number): string[] {
  const callers: string[] = [];
  let depth = tokens[at]!.depth;
  for (let i = at - 1; i >= 0 && depth > 0; i--) {
    const token = tokens[i]!;
    if (token.depth >= depth) continue;
    depth = token.depth;
    if (token.text === "(") callers.push(tokens[i - 1]?.text ?? "");
  }
  return callers;
}
