/**
 * Which of several words somebody means who may have typed but the beginning of it.
 *
 * @module
 */

/** The word itself, or the only one that begins so; undefined if there is none, or more than one. */
export function meantWord(words: readonly string[], typed: string): string | undefined {
  if (words.includes(typed)) return typed;
  const [only, ...others] = words.filter((word) => word.startsWith(typed));
  return others.length === 0 ? only : undefined;
}
