/**
 * Texts by which people say what they do: `/me waves`, as XMPP has it (XEP-0245). A program that does not know that
 * shows the text as it is.
 *
 * @module
 */

const beginning = "/me ";

/** The text that says of its author what they do. */
export function writeAction(action: string): string {
  return beginning + action;
}

/** What the author of a text does, as it says; undefined if it is a text like others. */
export function readAction(text: string): string | undefined {
  return /^\/me \S/.test(text) ? text.slice(beginning.length) : undefined;
}
