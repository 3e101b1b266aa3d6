/**
 * Options that say where a passphrase can be read, so that nobody has to be asked for it.
 *
 * @module
 */

import { ArgumentError } from "../../../shared/process/argument_error.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import type { OptionRow } from "./plain_line.ts";

/** Where the passphrase is that an identity is under. */
export interface PassphraseOptions {
  readonly passphraseFile?: string;
  readonly passphraseFd?: number;
}

/** Where the passphrase is that an identity is put under. */
export interface NewPassphraseOptions {
  readonly newPassphraseFile?: string;
  readonly newPassphraseFd?: number;
}

/** The option for a file with the passphrase that an identity is under. */
export const passphraseFile: OptionRow = {
  flags: "--passphrase-file <file>",
  help: "file whose first line is the passphrase",
  conflicts: ["passphraseFd"],
};

/** The same for a descriptor. */
export const passphraseDescriptor: OptionRow = {
  flags: "--passphrase-fd <n>",
  help: "pipe whose first line is the passphrase; 0 is standard input",
  parse: parseDescriptor,
};

/** The option for a file with the passphrase that an identity is put under. */
export const newPassphraseFile: OptionRow = {
  flags: "--new-passphrase-file <file>",
  help: "file whose first line is the new passphrase",
  conflicts: ["newPassphraseFd", "plain"],
};

/** The same for a descriptor. */
export const newPassphraseDescriptor: OptionRow = {
  flags: "--new-passphrase-fd <n>",
  help: "pipe whose first line is the new passphrase; 0 is standard input",
  parse: parseDescriptor,
  conflicts: ["plain"],
};

/** Where the options say that the passphrase is; undefined if they do not. */
export function passphraseIn(options: PassphraseOptions): PassphraseSource | undefined {
  return options.passphraseFile ?? options.passphraseFd;
}

/** Where the options say that the new passphrase is; undefined if they do not. */
export function newPassphraseIn(options: NewPassphraseOptions): PassphraseSource | undefined {
  return options.newPassphraseFile ?? options.newPassphraseFd;
}

/** What is written to, standard output and error, has no passphrase. */
function parseDescriptor(text: string): number {
  const descriptor = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (descriptor === 0 || descriptor > 2) return descriptor;
  throw new ArgumentError("A descriptor is 0 or a number from 3 on.");
}
