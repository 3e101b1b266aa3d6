/**
 * What arbitrary strings are made of.
 *
 * @module
 */

import fc from "fast-check";

/** Surrogates are no code points of their own. */
const firstSurrogate = 0xd800;
const surrogates = 0x800;

/**
 * Any code point, as a string. `fc.string({ unit: codePoint })` gives the very strings that the unit "binary" of
 * fast-check gives, which takes a second to make a table of all code points, once in every file.
 */
export const codePoint: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - surrogates })
  .map(
    (n) => String.fromCodePoint(n < firstSurrogate ? n : n + surrogates),
    (text) => {
      if (typeof text !== "string" || [...text].length !== 1 || !text.isWellFormed()) {
        throw new TypeError("This is not one code point");
      }
      const n = text.codePointAt(0)!;
      return n < firstSurrogate ? n : n - surrogates;
    },
  );
