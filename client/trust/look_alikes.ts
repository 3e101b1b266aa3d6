/**
 * Names that people take for each other.
 *
 * @module
 */

/** Letters of ids that look like others, of whatever case. */
const alike: readonly (readonly [pattern: RegExp, letter: string])[] = [
  [/rn/g, "m"],
  [/vv/g, "w"],
  [/0/g, "o"],
  [/[1i]/g, "l"],
  [/2/g, "z"],
  [/5/g, "s"],
  [/8/g, "b"],
];

/**
 * What all names have in common that look like a name: its skeleton (Unicode Technical Standard 39, section 4,
 * for the characters of ids). Case and the separators `.`, `_` and `-` do not count; of `0` and `O`, of `1`, `l`
 * and `I`, and of other such letters each stands for the other.
 */
export function skeletonOf(name: string): string {
  const letters = name.replaceAll(/[._-]/g, "").toLowerCase();
  return alike.reduce((text, [pattern, letter]) => text.replaceAll(pattern, letter), letters);
}
