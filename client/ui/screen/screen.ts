/**
 * The front end for people that has the whole screen: a view of each conversation, what is new in the others, and
 * the input line below.
 *
 * @module
 */

import { allSigns, asciiSigns } from "../own_signs.ts";
import { openTerminal, type Terminal } from "../terminal/terminal.ts";
import type { ThemeChoice } from "../wording/wording.ts";
import { FullScreen } from "./full_screen.ts";

/** The other screen of a terminal, on which nothing is broken into rows but by us. */
const screen = { on: "\x1b[?1049h\x1b[?7l\x1b[H", off: "\x1b[?7h\x1b[?1049l" };
/** The title of its window, which is kept meanwhile. */
const title = { on: "\x1b[22;2t", off: "\x1b[23;2t" };
const modes = { on: title.on + screen.on, off: screen.off + title.off };

/**
 * Takes over the terminal, and shows a prompt there.
 *
 * @param self Whose client it is.
 * @param onInterrupt Told of Ctrl+C.
 * @param theme How it is coloured, if that was chosen for this run.
 * @param isAscii Whether the program's own signs are of ASCII.
 */
export function openScreen(
  self: string,
  onInterrupt: () => void,
  theme: ThemeChoice | undefined,
  isAscii: boolean,
): Terminal {
  const own = isAscii ? asciiSigns : allSigns;
  return openTerminal(self, onInterrupt, theme, {
    modes,
    own,
    open: (surroundings) => new FullScreen(surroundings, own),
  });
}
