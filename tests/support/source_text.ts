/**
 * Reads TypeScript source as words, literals and punctuation: enough to find imports, exports, classes and
 * what stands in string literals, without a compiler.
 *
 * @module
 */

/** A piece of source text. Comments and blanks are left out. */
export interface Token {
  /** `template` is one stretch of a template literal between its placeholders. */
  readonly type: "word" | "punctuation" | "string" | "template" | "regex";
  /** A literal's text is what stands between its delimiters, with escapes as they are written. */
  readonly text: string;
  /** The line it begins in, counted from 1. */
  readonly line: number;
  /**
   * How many brackets of any kind are open around it. An opening bracket has the depth outside; so does the
   * closing one.
   */
  readonly depth: number;
}

const wordPattern = /[\p{ID_Continue}$#@]+/uy;
const regexPattern = /\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+\/[a-z]*/y;
const blankPattern = /\s+|\/\/.*|\/\*[^]*?\*\//y;
const quotedPattern = /"((?:\\[^]|[^"\\])*)"|'((?:\\[^]|[^'\\])*)'/y;
const stretchPattern = /((?:\\[^]|\$(?!\{)|[^`\\$])*)(`|\$\{)/y;

/** After these words a slash begins a regular expression; after any other it divides. */
const beforeRegex = new Set(["return", "typeof", "case", "in", "of", "void", "yield", "await"]);

/**
 * Splits source text into tokens.
 *
 * @throws {Error} If it meets something that it cannot read.
 */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  /** The open brackets, innermost last. `${` is one of them. */
  const open: string[] = [];
  let [at, line] = [0, 1];
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) return undefined;
    at += match[0].length;
    return match;
  };
  const push = (type: Token["type"], text: string, whole = text) => {
    tokens.push({ type, text, line, depth: open.length });
    line += whole.split("\n").length - 1;
  };
  const takeStretch = () => {
    const match = take(stretchPattern);
    if (match === undefined) throw new Error(`A template literal in line ${line} has no end`);
    push("template", match[1]!, match[0]);
    if (match[2] === "${") open.push("${");
  };
  while (at < source.length) {
    const blank = take(blankPattern);
    if (blank !== undefined) {
      line += blank[0].split("\n").length - 1;
      continue;
    }
    const last = tokens.at(-1);
    if (source[at] === "/" && (last === undefined || mayPrecedeRegex(last))) {
      const match = take(regexPattern);
      if (match === undefined) throw new Error(`Line ${line} has a slash that means nothing`);
      push("regex", match[0]);
      continue;
    }
    const quoted = take(quotedPattern);
    if (quoted !== undefined) {
      push("string", quoted[1] ?? quoted[2]!, quoted[0]);
      continue;
    }
    const word = take(wordPattern);
    if (word !== undefined) {
      push("word", word[0]);
      continue;
    }
    const mark = source[at++]!;
    if (mark === "`") {
      takeStretch();
    } else if (mark === "}" && open.at(-1) === "${") {
      open.pop();
      takeStretch();
    } else if ("([{".includes(mark)) {
      push("punctuation", mark);
      open.push(mark);
    } else if (")]}".includes(mark)) {
      if (open.pop() === undefined) {
        throw new Error(`Line ${line} closes what is not open: ${mark}`);
      }
      push("punctuation", mark);
    } else {
      push("punctuation", mark);
    }
  }
  if (open.length > 0) throw new Error(`Something is not closed: ${open.join(" ")}`);
  return tokens;
}

function mayPrecedeRegex({ type, text }: Token): boolean {
  if (type === "word") return beforeRegex.has(text);
  return type === "punctuation" && text !== ")" && text !== "]";
}
