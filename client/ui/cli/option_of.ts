/**
 * Options for commander.
 *
 * @module
 */

import { Option } from "commander";
import type { OptionRow } from "./plain_line.ts";

/** The option of a row. */
export function optionOf({ flags, help, parse, conflicts = [] }: OptionRow): Option {
  const option = new Option(flags, help).conflicts([...conflicts]);
  return parse === undefined ? option : option.argParser(parse);
}
