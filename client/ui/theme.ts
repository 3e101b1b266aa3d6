/**
 * The colours of a terminal: what each thing that is drawn looks like, for a dark background, a light one, and
 * without any. They are of the sixteen that each terminal has, in the shades that its user has given them.
 *
 * There are few. What is said is in the terminal's own colour; what is beside it is dim; one colour is for who
 * speaks, one for what is new or to be heeded, and one for what went wrong. Peers have no colours of their own: a
 * view has one peer, and of the colours that can be read on white only three are left. Nothing is told by colour
 * alone, so that nothing is lost without.
 *
 * @module
 */

import type { ThemeName } from "./wording/wording.ts";

/** What is drawn. */
type Role =
  /** Who wrote a message: the peer, or oneself. */
  | "peer"
  | "self"
  | "time"
  /** What became of one's own message. */
  | "state"
  /** What marks a message that was not encrypted. */
  | "plaintext"
  /** The bar before the further rows of a message, and the one beside the list. */
  | "bar"
  /** The lines above a message: another day, what is new, what was searched for, another key. */
  | "day"
  | "newLine"
  | "foundLine"
  | "otherKey"
  /** What has happened. */
  | "notice"
  | "problem"
  /** The rows at the top and at the foot of the screen. */
  | "frame"
  /** In the list, the conversation that is seen, and those with something new. */
  | "seen"
  | "news";

/** Has a text drawn as something. It may hold places of the cursor, but no colours. */
type Paint = (text: string) => string;

/** How all that is drawn looks. */
export type Theme = Readonly<Record<Role, Paint>> & { readonly name: ThemeName };

/** Attributes that every background has. */
const [bold, dim, inverse] = ["1", "2", "7"];

/** The parameters of `CSI … m` (ECMA-48, 8.3.117): 30 to 37 are colours, 90 to 97 their brighter kin. */
interface Colours {
  readonly who: string;
  readonly heed: string;
  readonly wrong: string;
}

/** Red of the darker kind is too dark on black in many a terminal, and so is blue. */
const onDark: Colours = { who: `${bold};36`, heed: "33", wrong: "91" };
/**
 * Green, yellow and cyan are too bright on white. Nothing is bold, which makes a colour brighter in many a terminal.
 */
const onLight: Colours = { who: "34", heed: "35", wrong: "31" };

/** The themes. */
export const themes: Readonly<Record<ThemeName, Theme>> = {
  dark: themeOf("dark", onDark),
  light: themeOf("light", onLight),
  none: themeOf("none", undefined),
};

function themeOf(name: ThemeName, colours: Colours | undefined): Theme {
  const painted = (parameters: string | undefined): Paint =>
    colours === undefined ? (text) => text : (text) => `\x1b[${parameters}m${text}\x1b[0m`;
  const [who, heed, wrong] = [colours?.who, colours?.heed, colours?.wrong].map(painted);
  const [strong, faint, turned] = [bold, dim, inverse].map(painted);
  return {
    name,
    peer: who!,
    self: faint!,
    time: faint!,
    state: faint!,
    plaintext: heed!,
    bar: faint!,
    day: faint!,
    newLine: heed!,
    foundLine: heed!,
    otherKey: heed!,
    notice: faint!,
    problem: wrong!,
    frame: turned!,
    seen: strong!,
    news: heed!,
  };
}
