// The themes: what they change is colour alone, and what is coloured can be read on the backgrounds that there are.

import { assert, assertEquals } from "@std/assert";
import { type Theme, themes } from "../../../client/ui/theme.ts";

const roles = Object.keys(themes.none).filter((role) => role !== "name") as Exclude<
  keyof Theme,
  "name"
>[];

/** The parameters with which a theme draws something. */
function parametersOf(theme: Theme, role: typeof roles[number]): number[] {
  const drawn = theme[role]("text");
  // deno-lint-ignore no-control-regex -- that is what colours are made of
  const [, parameters] = /^\x1b\[([\d;]+)mtext\x1b\[0m$/.exec(drawn) ?? [];
  assert(parameters !== undefined, JSON.stringify(drawn));
  return parameters.split(";").map(Number);
}

Deno.test("a theme is found by its name, and the one without colours changes nothing", () => {
  for (const [name, theme] of Object.entries(themes)) assertEquals(theme.name, name);
  for (const role of roles) assertEquals(themes.none[role]("text"), "text", role);
});

Deno.test("all colours are of the terminal's own sixteen, and none sets a background", () => {
  for (const theme of [themes.dark, themes.light]) {
    for (const role of roles) {
      for (const one of parametersOf(theme, role)) {
        assert([1, 2, 7].includes(one) || foreground(one) !== undefined, `${role}: ${one}`);
      }
    }
  }
});

Deno.test("what differs in kind differs in looks: who speaks, what is new, and what went wrong", () => {
  for (const theme of [themes.dark, themes.light]) {
    const looks = (["peer", "news", "problem", "notice", "frame", "seen"] as const)
      .map((role) => parametersOf(theme, role).join(";"));
    assertEquals(new Set(looks).size, looks.length, theme.name);
  }
});

/** Which of sixteen a parameter sets; undefined if it sets none. */
function foreground(parameter: number): number | undefined {
  if (parameter >= 30 && parameter <= 37) return parameter - 30;
  return parameter >= 90 && parameter <= 97 ? parameter - 82 : undefined;
}

/** The sixteen colours of terminals, and their backgrounds. */
const palettes: Record<string, { colours: string; dark?: string; light?: string }> = {
  xterm: {
    colours: "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 " +
      "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff",
    dark: "000000",
    light: "ffffff",
  },
  "the console of Linux": {
    colours: "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa " +
      "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff",
    dark: "000000",
  },
  "Windows Terminal": {
    colours: "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc " +
      "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2",
    dark: "0c0c0c",
    light: "ffffff",
  },
  "Tango, of GNOME": {
    colours: "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf " +
      "555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec",
    dark: "2e3436",
    light: "ffffff",
  },
  "Terminal, of macOS": {
    colours: "000000 990000 00a600 999900 0000b2 b200b2 00a6b2 bfbfbf " +
      "666666 e50000 00d900 e5e500 0000ff e500e5 00e5e5 e5e5e5",
    dark: "000000",
    light: "ffffff",
  },
  Solarized: {
    colours: "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 " +
      "002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3",
    dark: "002b36",
    light: "fdf6e3",
  },
};

function luminance(colour: string): number {
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}

/** WCAG 2.2: the contrast ratio. */
function contrast(one: string, other: string): number {
  const [darker, lighter] = [one, other].map(luminance).toSorted((a, b) => a - b);
  return (lighter! + 0.05) / (darker! + 0.05);
}

/** That of what is not text to be read at length, and of large text (WCAG 2.2, 1.4.3 and 1.4.11). */
const leastContrast = 3;

Deno.test("each colour can be read on the background that its theme is for", () => {
  for (const [name, { colours, ...backgrounds }] of Object.entries(palettes)) {
    const sixteen = colours.split(" ");
    for (const [kind, background] of Object.entries(backgrounds)) {
      for (const role of roles) {
        const parameters = parametersOf(themes[kind as "dark" | "light"], role);
        const own = parameters.map(foreground).find((colour) => colour !== undefined);
        if (own === undefined) continue;
        // Many a terminal shows a bold colour as its brighter kin.
        const seen = parameters.includes(1) && own < 8 ? [own, own + 8] : [own];
        for (const colour of seen) {
          const ratio = contrast(sixteen[colour]!, background);
          assert(
            ratio >= leastContrast,
            `${name}, ${kind}: ${role} in colour ${colour} has a contrast of ${ratio.toFixed(2)}`,
          );
        }
      }
    }
  }
});
