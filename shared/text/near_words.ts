/**
 * Which of several words somebody may have meant by one that is none of them.
 *
 * @module
 */

/** More words than these are no help. */
const namedMax = 4;

/** Mistakes in a word, at most: in one of three letters one, in one of six two. */
const mistakesMax = 3;
const lettersPerMistake = 3;

/**
 * Those that begin so; if there are none, those that are the nearest and near enough: of what stands between a typing
 * error and another word. Empty if there is none, or if there are too many.
 *
 * @param words In lower case.
 */
export function nearWords(words: readonly string[], typed: string): string[] {
  const word = typed.toLowerCase();
  if (word === "") return [];
  let near = words.filter((one) => one.startsWith(word));
  if (near.length === 0) {
    const distances = words.map((one) => nearDistance(word, one));
    const least = Math.min(...distances);
    near = words.filter((_, i) => least < Infinity && distances[i] === least);
  }
  return near.length > namedMax ? [] : near;
}

/** The mistakes that make one word of the other; infinite if they are too many. */
function nearDistance(a: string, b: string): number {
  const longer = Math.max(a.length, b.length);
  const most = Math.min(mistakesMax, Math.floor(longer / lettersPerMistake));
  if (Math.abs(a.length - b.length) > most) return Infinity;
  const distance = distanceOf(a, b);
  return distance <= most ? distance : Infinity;
}

/**
 * The Damerau-Levenshtein distance, of which no part of a word is changed twice: letters that are missing, too many,
 * others, or two that have changed their places.
 */
function distanceOf(a: string, b: string): number {
  let before: readonly number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
