/**
 * A message: a start line with a verb, `Name: value` headers, an empty line. Pure functions without I/O and
 * clock. PROTOCOL.md has the grammar.
 *
 * @module
 */

import type { Fault } from "./status.ts";
import { headersMax } from "./limits.ts";
import { messageFaults } from "./reasons.ts";

/** A header as it was written. Upper and lower case do not differ in its name. */
export type Header = readonly [name: string, value: string];

/** A message. */
export interface Message {
  readonly verb: string;
  readonly headers: readonly Header[];
  /** Lines that are not headers. Only the INFO and CHAT of legacy programs have them. */
  readonly bare: readonly string[];
}

const noLines: readonly string[] = [];

/** Makes a message. The headers are sent in the order given. */
export function message(verb: string, headers: readonly Header[] = []): Message {
  return { verb, headers, bare: noLines };
}

/** The first value of a header; undefined if the message has no header of that name. */
export function header(message: Message, name: string): string | undefined {
  const { headers } = message;
  for (let i = 0; i < headers.length; i++) {
    if (isName(headers[i]![0], name)) return headers[i]![1];
  }
  return undefined;
}

/** All values of a header that may repeat, in order. */
export function headerValues(message: Message, name: string): string[] {
  return message.headers.filter(([own]) => isName(own, name)).map(([, value]) => value);
}

function isName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

/**
 * Writes a message as it goes over the wire: a line ends with CRLF, and one space follows the colon, even if
 * the value is empty.
 *
 * @throws {TypeError} If {@linkcode parse} would not give the message back. That is the caller's mistake, not
 * the peer's.
 */
export function encode({ verb, headers, bare }: Message): string {
  if (!isVerb(verb)) {
    throw new TypeError(`Cannot encode a message: '${verb}' is not a verb`);
  }
  if (headers.length + bare.length > headersMax) {
    throw new TypeError(`Cannot encode ${verb}: it has more than ${headersMax} headers`);
  }
  let text = verb + "\r\n";
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i]!;
    if (!isHeaderName(name)) {
      throw new TypeError(`Cannot encode ${verb}: '${name}' is not a header name`);
    }
    if (!isValue(value)) {
      throw new TypeError(`Cannot encode ${verb}: the value of ${name} needs escaping`);
    }
    text += name + ": " + value + "\r\n";
  }
  for (const line of bare) {
    const looksLikeHeader = /^[A-Za-z][A-Za-z0-9-]*:/.test(line);
    if (line === "" || looksLikeHeader || hasControl(line)) {
      throw new TypeError(`Cannot encode ${verb}: a bare line would be read as something else`);
    }
    text += line + "\r\n";
  }
  return text + "\r\n";
}

/**
 * Writes a message as {@linkcode encode} does, into existing memory from `at` on. It makes no strings, so a
 * short reply takes a quarter of the time.
 *
 * @returns The index after its last byte; -1 if the message does not fit, is not ASCII or is not valid. Then
 * the caller has to use {@linkcode encode}.
 */
export function encodeInto(
  { verb, headers, bare }: Message,
  bytes: Uint8Array,
  at: number,
): number {
  if (bare.length > 0 || headers.length > headersMax || !isVerb(verb)) return -1;
  at = put(verb, bytes, at);
  at = putLineEnd(bytes, at);
  for (let i = 0; i < headers.length; i++) {
    const [name, value] = headers[i]!;
    if (!isTrimmed(value)) return -1;
    // Bytes after the end are ignored, and the last comparison finds that they did not fit.
    at = putName(name, bytes, at);
    at = put(value, bytes, at);
    if (at < 0) return -1;
    at = putLineEnd(bytes, at);
  }
  at = putLineEnd(bytes, at);
  return at <= bytes.length ? at : -1;
}

function put(text: string, bytes: Uint8Array, at: number): number {
  if (at < 0) return -1;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c > 0x7e) return -1;
    bytes[at++] = c;
  }
  return at;
}

/** Header names, each with its colon and space. There are few, and they repeat. */
const encodedNames = new Map<string, Uint8Array>();
const encodedNamesMax = 64;

function putName(name: string, bytes: Uint8Array, at: number): number {
  let encoded = encodedNames.get(name);
  if (encoded === undefined) {
    if (!isHeaderName(name)) return -1;
    encoded = utf8.encode(name + ": ");
    if (encodedNames.size < encodedNamesMax) encodedNames.set(name, encoded);
  }
  for (let i = 0; i < encoded.length; i++) bytes[at++] = encoded[i]!;
  return at;
}

function putLineEnd(bytes: Uint8Array, at: number): number {
  bytes[at++] = CR;
  bytes[at++] = LF;
  return at;
}

function isHeaderName(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9-]*$/.test(name);
}

function isValue(value: string): boolean {
  return isTrimmed(value) && !hasControl(value);
}

function isTrimmed(value: string): boolean {
  return value.charCodeAt(0) !== space && value.charCodeAt(value.length - 1) !== space;
}

/**
 * Reads a message from its lines, without line ends and without the empty line at its end. Spaces around a
 * value are not a part of it. Never throws.
 *
 * @returns The message, or what is wrong with it.
 */
export function parse(lines: readonly string[]): Message | Fault {
  const parser = new MessageParser();
  for (const [i, line] of lines.entries()) {
    if (line.includes("\n")) return messageFaults.controlCharacter(`Line ${i + 1}`);
    parser.addText(line);
  }
  return parser.finish();
}

/** {@linkcode parse} for lines that come one by one. */
export class MessageParser {
  #verb: string | undefined;
  #headers: Header[] = [];
  #bare: string[] | undefined;
  #lines = 0;
  #fault: Fault | undefined;
  readonly #listVerb: string | undefined;

  /**
   * @param listVerb The verb whose messages may have any lines, in any number: one that a legacy program has
   * taken from somebody else is not its fault. None by default.
   */
  constructor(listVerb?: string) {
    this.#listVerb = listVerb;
  }

  /** Whether there was no line since the last message. */
  get empty(): boolean {
    return this.#lines === 0;
  }

  /** Takes a line without its line end; not the empty line at the end of a message. */
  addText(line: string): void {
    const bytes = utf8.encode(line);
    this.addLine(bytes, 0, bytes.length === line.length ? line : undefined);
  }

  /**
   * Takes the line that starts at `start` and ends at a line end or at the end of the bytes; not the empty
   * line at the end of a message. It looks at bytes, which takes a fraction of the time that the characters
   * of a string take.
   *
   * @param bytes UTF-8.
   * @param text The bytes as a string if they are ASCII, so that both have the same indices; else undefined.
   * @returns The index after the line and its line end.
   */
  addLine(bytes: Uint8Array, start: number, text: string | undefined): number {
    const nameEnd = headerNameEnd(bytes, start);
    let end = nameEnd;
    let control = false;
    for (; end < bytes.length; end++) {
      const c = bytes[end]!;
      if (c >= 0x20 && c < 0x7f) continue;
      if (c === LF || (c === CR && bytes[end + 1] === LF)) break;
      // C0 and DEL, and C1, which is C2 80 to C2 9F.
      control ||= c < 0x80 || (c === 0xc2 && bytes[end + 1]! < 0xa0);
    }
    if (this.#verb === undefined) this.#takeVerb(word(bytes, start, end, text));
    else if (this.#lines > headersMax && this.#verb !== this.#listVerb) {
      this.#fault = messageFaults.tooManyHeaders;
    } else if (control && this.#verb !== this.#listVerb) {
      this.#fault ??= messageFaults.controlCharacter(
        `Line ${this.#lines + 1} of ${this.#verb}`,
      );
    } else if (nameEnd > start && nameEnd < end && bytes[nameEnd] === colon) {
      const name = word(bytes, start, nameEnd, text);
      this.#headers.push([name, trimmed(bytes, nameEnd + 1, end, text)]);
    } else {
      (this.#bare ??= []).push(part(bytes, start, end, text));
    }
    this.#lines++;
    // A line ends with LF or CRLF, or with the bytes.
    return end === bytes.length ? end : end + (bytes[end] === LF ? 1 : 2);
  }

  #takeVerb(verb: string): void {
    this.#verb = verb;
    if (isVerb(verb)) return;
    this.#fault = messageFaults.notAVerb(verb);
  }

  /** Gives the message that the lines form, or what is wrong with it. The next line starts another one. */
  finish(): Message | Fault {
    const item = this.#fault ??
      { verb: this.#verb ?? "", headers: this.#headers, bare: this.#bare ?? noLines };
    this.#verb = undefined;
    this.#headers = [];
    this.#bare = undefined;
    this.#lines = 0;
    this.#fault = undefined;
    return item;
  }
}

/** A part of bytes as a string. */
function part(bytes: Uint8Array, start: number, end: number, text: string | undefined): string {
  return text === undefined ? decoder.decode(bytes.subarray(start, end)) : text.slice(start, end);
}

function trimmed(bytes: Uint8Array, start: number, end: number, text: string | undefined): string {
  while (start < end && bytes[start] === space) start++;
  while (end > start && bytes[end - 1] === space) end--;
  return part(bytes, start, end, text);
}

/**
 * A part of bytes as a string. For a word that nearly every message has, it is always the same string object:
 * comparing that with itself, which happens many times for each message, does not look at its characters.
 */
function word(bytes: Uint8Array, start: number, end: number, text: string | undefined): string {
  const candidates = commonWords[end - start];
  if (candidates !== undefined) {
    for (let i = 0; i < candidates.length; i++) {
      if (standsAt(bytes, start, candidates[i]!.bytes)) return candidates[i]!.word;
    }
  }
  return part(bytes, start, end, text);
}

function standsAt(bytes: Uint8Array, start: number, wanted: Uint8Array): boolean {
  for (let i = 0; i < wanted.length; i++) {
    if (bytes[start + i] !== wanted[i]) return false;
  }
  return true;
}

const utf8 = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

interface CommonWord {
  readonly word: string;
  readonly bytes: Uint8Array;
}

/** Verbs and header names of the most frequent messages, by length. */
const commonWords: (readonly CommonWord[] | undefined)[] = [];
for (
  const word of ["REGISTER", "BRIDGE", "INFO", "PING", "MSG", "ACK"]
    .concat("clientID", "IP", "Port", "Version", "Expires", "Target", "Id", "Text")
) {
  const common = { word, bytes: utf8.encode(word) };
  commonWords[word.length] = [...commonWords[word.length] ?? [], common];
}

/** The bytes that end a line: LF, or CR and LF. */
export const LF = 0x0a;
/** See {@linkcode LF}. */
export const CR = 0x0d;
const space = 0x20;
const colon = 0x3a;
const hyphen = 0x2d;

// These look at every character that is read or written. Loops take a fraction of the time of patterns.

/** Whether a text is 1 to 16 capital letters. */
function isVerb(text: string): boolean {
  if (text.length === 0 || text.length > 16) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x41 || c > 0x5a) return false;
  }
  return true;
}

/** Where a header name ends: it is a letter, then letters, digits and hyphens. */
function headerNameEnd(bytes: Uint8Array, start: number): number {
  let i = start;
  for (; i < bytes.length; i++) {
    const c = bytes[i]!;
    const isLetter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
    if (!isLetter && (i === start || !((c >= 0x30 && c <= 0x39) || c === hyphen))) break;
  }
  return i;
}

/** Whether a text has a character of the Unicode category Cc: C0, DEL and C1. */
function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true;
  }
  return false;
}
