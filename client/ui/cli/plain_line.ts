/**
 * Command lines that are plain: each option is written as in the help, and nothing is wrong. To read these takes no more
 * than the table of options, and a client starts sooner than with commander, which reads all others: it answers what is
 * wrong, gives help, and knows every other way to write an option.
 *
 * @module
 */

/** An option of a subcommand. */
export interface OptionRow {
  /** How it is written, such as `--host <host>`. */
  readonly flags: string;
  /** What the help says of it. */
  readonly help: string;
  /** Reads its value, if it has one; the value is the text itself if not given. @throws {ArgumentError} */
  readonly parse?: (text: string) => unknown;
  /** The names of options that it excludes. */
  readonly conflicts?: readonly string[];
}

/** A command line that is not plain. */
export class NotPlain extends Error {
  override readonly name = "NotPlain";
}

/** What a plain line says. */
export interface PlainLine {
  readonly words: readonly string[];
  /** By the names of the options: that of `--no-register` is `register`, which is false. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Reads what stands behind a subcommand.
 *
 * @throws {NotPlain} If it is not plain.
 * @throws {ArgumentError} If the value of an option cannot be used.
 */
export function readPlainLine(args: readonly string[], rows: readonly OptionRow[]): PlainLine {
  const words: string[] = [];
  const options: Record<string, unknown> = {};
  const conflicts: string[] = [];
  const rest = args.values();
  for (const arg of rest) {
    if (!arg.startsWith("-")) {
      words.push(arg);
      continue;
    }
    const row = rows.find(({ flags }) => flags.split(" ")[0] === arg);
    if (row === undefined) throw new NotPlain();
    const name = nameOf(arg);
    // Of two values the last one counts, as a rule, which is not known here.
    if (name in options) throw new NotPlain();
    options[name] = row.flags.includes(" ") ? valueOf(rest.next().value, row) : name === named(arg);
    conflicts.push(...row.conflicts ?? []);
  }
  if (conflicts.some((name) => name in options)) throw new NotPlain();
  return { words, options };
}

function valueOf(text: string | undefined, { parse }: OptionRow): unknown {
  if (text === undefined || text === "" || text.startsWith("-")) throw new NotPlain();
  return parse === undefined ? text : parse(text);
}

/** `--no-register` is about `register`. */
function nameOf(flag: string): string {
  return named(flag.replace(/^--no-/, "--"));
}

function named(flag: string): string {
  return flag.slice(2).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
