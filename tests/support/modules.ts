/**
 * What a source file imports, exports and how long its classes are, read from its text.
 *
 * @module
 */

import { dirname, join } from "node:path/posix";
import { type Token, tokensOf } from "./source_text.ts";

/** A source file. */
export interface Source {
  /** Its path from the top of the project, such as `client/client.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One import, re-export or other mention of another file of the project. */
export interface Import {
  /** The other file's path from the top of the project. */
  readonly path: string;
  /** The names it takes; "*" for all of them. */
  readonly names: readonly string[];
  /** What kind of re-export it is; undefined if it is an import. */
  readonly reexports: "types" | "values" | undefined;
}

/** A source file's outside. */
export interface Module {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  /** The names it exports, those it re-exports included. */
  readonly exports: readonly string[];
  /** Those of its exports that are types which another of its exports mentions, as a parameter's type is. */
  readonly mentionedTypes: readonly string[];
  readonly classes: readonly { readonly name: string; readonly lines: number }[];
}

/** Reads source files. */
export function modulesOf(sources: readonly Source[]): Module[] {
  return sources.map(moduleOf);
}

function moduleOf({ path, text }: Source): Module {
  const tokens = tokensOf(text);
  return {
    path,
    lines: text.split("\n").length - 1,
    imports: importsOf(path, tokens),
    exports: exportsOf(tokens).map(({ name }) => name),
    mentionedTypes: mentionedTypesOf(tokens),
    classes: classesOf(tokens),
  };
}

/** Every string that names a TypeScript file counts: an import of any kind, or the URL of a worker. */
function importsOf(path: string, tokens: readonly Token[]): Import[] {
  return tokens.flatMap(({ type, text }, i) => {
    if (type !== "string" || !/^\.\.?\/.*\.ts$/.test(text)) return [];
    return [{ path: join(dirname(path), text), ...takenBefore(tokens, i) }];
  });
}

/** What an import takes. @param at The token that names the file. */
function takenBefore(tokens: readonly Token[], at: number): Pick<Import, "names" | "reexports"> {
  const words = (from: number) => tokens.slice(from, at).map(({ text }) => text);
  if (tokens[at - 1]?.text === "from") {
    const start = tokens.findLastIndex(({ type, text, depth }, i) =>
      i < at && type === "word" && depth === 0 && (text === "import" || text === "export")
    );
    const clause = words(start + 1);
    const names = clause.includes("*") ? ["*"] : namesIn(clause.slice(0, -1)).map(([name]) => name);
    if (tokens[start]!.text === "import") return { names, reexports: undefined };
    return { names, reexports: clause[0] === "type" ? "types" : "values" };
  }
  // const { a, b } = await import("…")
  const [call, wait, equals, close] = [at - 2, at - 3, at - 4, at - 5].map((i) => tokens[i]?.text);
  if ([call, wait, equals, close].join(" ") === "import await = }") {
    const open = tokens.findLastIndex(({ text }, i) => i < at - 5 && text === "{");
    return { names: namesIn(words(open).slice(0, -4)).map(([name]) => name), reexports: undefined };
  }
  return { names: ["*"], reexports: undefined };
}

/** The names in `{ a, b as c, type d }` or `{ a, b: c }`: each as it is there, and as it is called here. */
function namesIn(clause: readonly string[]): [there: string, here: string][] {
  const parts = clause.join(" ").replaceAll(/[{}]/g, ",").split(",").map((part) => part.trim());
  return parts.filter((part) => part !== "" && part !== "type").map((part) => {
    const [there, here] = part.replace(/^type (?!as\b)/, "").split(/ as | : /);
    return [there!, here ?? there!];
  });
}

const declarators = ["function", "class", "const", "let", "var", "interface", "type", "enum"];

interface Export {
  readonly name: string;
  readonly isType: boolean;
  /** The token that it begins with. */
  readonly at: number;
}

function exportsOf(tokens: readonly Token[]): Export[] {
  const text = (i: number) => tokens[i]?.text ?? "";
  return tokens.flatMap(({ type, text: word, depth, line }, at) => {
    if (type !== "word" || word !== "export" || depth !== 0) return [];
    if (text(at + 1) === "default") return [{ name: "default", isType: false, at }];
    const isType = text(at + 1) === "type" || text(at + 1) === "interface";
    const list = text(at + 1) === "type" && text(at + 2) === "{" ? at + 2 : at + 1;
    if (text(list) === "*") return [{ name: "*", isType: false, at }];
    if (text(list) === "{") {
      const end = tokens.findIndex((token, j) => j > list && token.text === "}");
      const clause = tokens.slice(list, end).map((token) => token.text);
      return namesIn(clause).map(([, name]) => ({ name, isType, at }));
    }
    let declarator = at + 1;
    while (["declare", "abstract", "async"].includes(text(declarator))) declarator++;
    const name = text(declarator + 1) === "*" ? declarator + 2 : declarator + 1;
    if (!declarators.includes(text(declarator)) || tokens[name]?.type !== "word") {
      throw new Error(`It is unclear what line ${line} exports`);
    }
    return [{ name: text(name), isType, at }];
  });
}

const statements = [...declarators, "import", "export", "declare", "abstract", "async"];

function mentionedTypesOf(tokens: readonly Token[]): string[] {
  const exports = exportsOf(tokens);
  const endOf = (at: number) => {
    const end = tokens.findIndex(({ type, text, depth }, i) =>
      i > at && type === "word" && depth === 0 && statements.includes(text) &&
      [";", "}"].includes(tokens[i - 1]!.text)
    );
    return end === -1 ? tokens.length : end;
  };
  const mentions = exports.map(({ at }) =>
    new Set(
      tokens.slice(at, endOf(at)).filter(({ type }) => type === "word").map(({ text }) => text),
    )
  );
  return exports.filter(({ name, isType, at }) =>
    isType && mentions.some((words, i) => exports[i]!.at !== at && words.has(name))
  ).map(({ name }) => name);
}

function classesOf(tokens: readonly Token[]): Module["classes"] {
  return tokens.flatMap(({ type, text, line, depth }, i) => {
    const name = tokens[i + 1];
    if (type !== "word" || text !== "class" || name?.type !== "word") return [];
    const end = tokens.find((token, j) => j > i && token.text === "}" && token.depth === depth);
    return [{ name: name.text, lines: end!.line - line + 1 }];
  });
}
