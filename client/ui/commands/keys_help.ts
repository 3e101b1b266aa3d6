/**
 * The keys, as the help shows them. The tables of client/README.md have the same rows.
 *
 * @module
 */

/** A key or several, and what they do. */
export type KeyRow = readonly [keys: string, what: string];

/** The keys of the line. */
export const lineKeys: readonly KeyRow[] = [
  ["Enter, Alt+Enter", "sends the line, or begins another row of it"],
  ["Tab", "completes a command or a name"],
  ["Up, Down", "what you said before in this conversation, and back"],
  ["Ctrl+R", "searches earlier lines; Esc or Ctrl+G leaves that"],
  ["Left, Right, Ctrl+B, Ctrl+F", "a letter back or forth; a flag or a family is one"],
  ["Ctrl+Left, Ctrl+Right, Alt+B, Alt+F", "a word back or forth"],
  ["Home, End, Ctrl+A, Ctrl+E", "to the beginning or the end"],
  ["Backspace, Delete, Ctrl+D", "deletes a letter; Ctrl+D in an empty line ends"],
  ["Ctrl+U, Ctrl+K", "deletes to the beginning or to the end"],
  ["Ctrl+W, Alt+Backspace, Alt+D", "deletes a word"],
  ["Ctrl+Y", "puts in what these have deleted last"],
  ["Ctrl+L", "clears the screen; what was on it is above it"],
  ["Ctrl+C", "clears the line; in an empty one it asks, then ends the client"],
  ["Ctrl+Z", "stops the client"],
];

/** The keys of the full screen. */
export const screenKeys: readonly KeyRow[] = [
  ["Alt+1 to Alt+9", "turns to a conversation by its number"],
  ["Alt+A", "turns to the next one with something new"],
  ["Alt+-", "turns back to the one that you were in before, as cd - of shells"],
  ["Ctrl+N, Ctrl+P", "turns to the next or the last one in the list"],
  ["Page Up, Page Down", "goes back in a conversation, and forth again"],
  ["Alt+Home", "goes to what is new, then to the first message; also Ctrl+Home, Alt+<"],
  ["Alt+End", "goes to the end, and all counts as seen; also Ctrl+End, Alt+>"],
  ["Esc", "takes what commands have answered off the view"],
  ["Esc, twice", "goes to the end, and what is new stays new"],
  ["Ctrl+L, /clear", "clears the view; Page Up shows what was in it"],
];
