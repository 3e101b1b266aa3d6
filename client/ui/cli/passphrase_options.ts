/**
 * Options that say where a passphrase can be read, so that nobody has to be asked for it.
 *
 * @module
 */

import { InvalidArgumentError, Option } from "commander";
import type { PassphraseSource } from "./passphrase_source.ts";

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
export function passphraseFile(): Option {
  return new Option("--passphrase-file <file>", "file whose first line is the passphrase")
    .conflicts("passphraseFd");
}

/** The same for a descriptor. */
export function passphraseDescriptor(): Option {
  return descriptorOption("--passphrase-fd <n>", "the passphrase");
}

/** The option for a file with the passphrase that an identity is put under. */
export function newPassphraseFile(): Option {
  return new Option("--new-passphrase-file <file>", "file whose first line is the new passphrase")
    .conflicts(["newPassphraseFd", "plain"]);
}

/** The same for a descriptor. */
export function newPassphraseDescriptor(): Option {
  return descriptorOption("--new-passphrase-fd <n>", "the new passphrase").conflicts("plain");
}

/** Where the options say that the passphrase is; undefined if they do not. */
export function passphraseIn(options: PassphraseOptions): PassphraseSource | undefined {
  return options.passphraseFile ?? options.passphraseFd;
}

/** Where the options say that the new passphrase is; undefined if they do not. */
export function newPassphraseIn(options: NewPassphraseOptions): PassphraseSource | undefined {
  return options.newPassphraseFile ?? options.newPassphraseFd;
}

function descriptorOption(flags: string, what: string): Option {
  return new Option(flags, `pipe whose first line is ${what}; 0 is standard input`)
    .argParser(parseDescriptor);
}

/** What is written to, standard output and error, has no passphrase. */
function parseDescriptor(text: string): number {
  const descriptor = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  if (descriptor === 0 || descriptor > 2) return descriptor;
  throw new InvalidArgumentError("A descriptor is 0 or a number from 3 on.");
}
