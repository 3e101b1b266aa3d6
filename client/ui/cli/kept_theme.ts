/**
 * The theme that the user has chosen in an earlier run.
 *
 * @module
 */

import type { Store } from "../../store/store.ts";
import { readable } from "../readable.ts";
import { isThemeChoice } from "../theme_choices.ts";
import type { ThemeChoice } from "../wording/wording.ts";

/** The theme; `auto` if none was chosen, or one that only a later version of the program has. */
export function keptTheme(settings: Pick<Store["settings"], "of">): ThemeChoice {
  const kept = readable(() => settings.of("theme"), undefined);
  return isThemeChoice(kept) ? kept : "auto";
}
