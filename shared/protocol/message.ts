/**
 * The message: a start line that is a verb, `Name: value` headers, an empty line. Pure functions, no
 * I/O and no clock. The grammar is in PROTOCOL.md.
 *
 * @module
 */

import { fatalFault, type Fault, fault } from "./status.ts";
import { headersMax } from "./limits.ts";

/** A header as it was written; its name is compared without regard to case. */
export type Header = readonly [name: string, value: string];

/** A message. */
export interface Message {
  readonly verb: string;
  readonly headers: readonly Header[];
  /** Lines that are no headers. Only INFO and CHAT of the wild have them. */
  readonly bare: readonly string[];
}

const noLines: readonly string[] = [];

/** Makes a message. The headers are sent in the order given. */
export function message(verb: string, headers: readonly Header[] = []): Message {
  return { verb, headers, bare: noLines };
}

/** The first value of a header, or undefined where the message has none of that name. */
export function header(message: Message, name: string): string | undefined {
  const { headers } = message;
  for (let i = 0; i < headers.length; i++) {
    if (isName(headers[i]![0], name)) return headers[i]![1];
  }
  return undefined;
}

/** All values of a header that may be repeated, in order. */
export function headerValues(message: Message, name: string): string[] {
  return message.headers.filter(([own]) => isName(own, name)).map(([, value]) => value);
}

function isName(a: string, b: string): boolean {
  return a === b || (a.length === b.length && a.toLowerCase() === b.toLowerCase());
}

/**
 * Writes a message as it goes over the wire: CRLF ends a line, one space follows the colon, also where
 * the value is empty.
 *
 * @throws {TypeError} Where the message is none that {@linkcode parse} would give back: the caller is
 * at fault, not the peer.
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
    const { length } = line;
    if (
      length === 0 || hasControl(line, 0, length) ||
      isHeader(line, 0, headerNameEnd(line, 0, length), length)
    ) {
      throw new TypeError(`Cannot encode ${verb}: a bare line would be read as something else`);
    }
    text += line + "\r\n";
  }
  return text + "\r\n";
}

/**
 * Writes a message as {@linkcode encode} does, into bytes from `at` on. It makes no strings, so that a
 * short reply costs a quarter.
 *
 * @returns One past its last byte; or -1 where it does not fit, is not ASCII or is not valid, and has
 * to be given to {@linkcode encode}.
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
    if (!isHeaderName(name) || !isTrimmed(value)) return -1;
    at = put(name, bytes, at);
    // What does not fit falls off the end, which the last comparison sees.
    bytes[at++] = colon;
    bytes[at++] = space;
    at = put(value, bytes, at);
    if (at < 0) return -1;
    at = putLineEnd(bytes, at);
  }
  at = putLineEnd(bytes, at);
  return at <= bytes.length ? at : -1;
}

function put(text: string, bytes: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || c > 0x7e) return -1;
    bytes[at++] = c;
  }
  return at;
}

function putLineEnd(bytes: Uint8Array, at: number): number {
  bytes[at++] = 0x0d;
  bytes[at++] = 0x0a;
  return at;
}

function isHeaderName(name: string): boolean {
  return name !== "" && headerNameEnd(name, 0, name.length) === name.length;
}

function isValue(value: string): boolean {
  return isTrimmed(value) && !hasControl(value, 0, value.length);
}

function isTrimmed(value: string): boolean {
  return value.charCodeAt(0) !== space && value.charCodeAt(value.length - 1) !== space;
}

/**
 * Reads a message from its lines, without line ends and without the empty line that closes it. Spaces
 * around a value are no part of it. Never throws.
 *
 * @returns The message, or what is wrong with it.
 */
export function parse(lines: readonly string[]): Message | Fault {
  const parser = new MessageParser();
  for (const line of lines) parser.addLine(line);
  return parser.finish();
}

/** {@linkcode parse}, for lines that come one by one. */
export class MessageParser {
  #verb: string | undefined;
  #headers: Header[] = [];
  #bare = noLines;
  #lines = 0;
  #fault: Fault | undefined;

  /** Whether no line has come since the last message. */
  get empty(): boolean {
    return this.#lines === 0;
  }

  /** Takes a line, which is a part of `text`; not the empty one that closes a message. */
  addLine(text: string, start = 0, end = text.length): void {
    this.#lines++;
    if (this.#verb === undefined) {
      this.#verb = intern(text, start, end);
      if (!isVerb(this.#verb)) {
        this.#fault = fault(
          400,
          `The start line ${quote(this.#verb)} is not a verb such as REGISTER`,
        );
      }
    } else if (this.#lines - 1 > headersMax) {
      this.#fault = tooManyHeaders;
    } else {
      const nameEnd = headerNameEnd(text, start, end);
      if (hasControl(text, nameEnd, end)) {
        this.#fault ??= fault(
          400,
          `Line ${this.#lines} of ${this.#verb} holds a control character`,
        );
      } else if (isHeader(text, start, nameEnd, end)) {
        this.#headers.push([intern(text, start, nameEnd), trimmed(text, nameEnd + 1, end)]);
      } else {
        this.#bare = [...this.#bare, text.slice(start, end)];
      }
    }
  }

  /** The message that the lines make, or what is wrong with it. The next line begins another. */
  finish(): Message | Fault {
    const item = this.#fault ??
      { verb: this.#verb ?? "", headers: this.#headers, bare: this.#bare };
    this.#verb = undefined;
    this.#headers = [];
    this.#bare = noLines;
    this.#lines = 0;
    this.#fault = undefined;
    return item;
  }
}

/** What is said of a message with more lines than `headersMax`. */
export const tooManyHeaders: Fault = fatalFault(
  413,
  `A message has at most ${headersMax} header lines`,
);

function isHeader(text: string, start: number, nameEnd: number, end: number): boolean {
  return nameEnd > start && nameEnd < end && text.charCodeAt(nameEnd) === colon;
}

function trimmed(text: string, start: number, end: number): string {
  while (start < end && text.charCodeAt(start) === space) start++;
  while (end > start && text.charCodeAt(end - 1) === space) end--;
  return text.slice(start, end);
}

/**
 * A part of a text. Where it is one of the words that nearly every message has, it is the one string
 * that the program has of it: comparing that, many times a message, takes no look at its characters.
 */
function intern(text: string, start: number, end: number): string {
  const candidates = commonWords[end - start];
  if (candidates !== undefined) {
    for (let i = 0; i < candidates.length; i++) {
      if (text.startsWith(candidates[i]!, start)) return candidates[i]!;
    }
  }
  return text.slice(start, end);
}

/** Verbs and header names of the most frequent messages, by their length. */
const commonWords: (readonly string[] | undefined)[] = [];
for (
  const word of ["REGISTER", "BRIDGE", "INFO", "PING", "MSG", "ACK"]
    .concat("clientID", "IP", "Port", "Version", "Expires", "Target", "Id", "Text")
) {
  commonWords[word.length] = [...commonWords[word.length] ?? [], word];
}

const space = 0x20;
const colon = 0x3a;
const hyphen = 0x2d;

// These see every character that comes and goes: as loops they cost a fraction of what patterns do.

/** Whether a text is 1 to 16 capital letters. */
function isVerb(text: string): boolean {
  if (text.length === 0 || text.length > 16) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x41 || c > 0x5a) return false;
  }
  return true;
}

/** How far a header name goes: letters, digits and hyphens, of which the first is a letter. */
function headerNameEnd(text: string, start: number, end: number): number {
  let i = start;
  for (; i < end; i++) {
    const c = text.charCodeAt(i);
    const isLetter = (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
    if (!isLetter && (i === start || !((c >= 0x30 && c <= 0x39) || c === hyphen))) break;
  }
  return i;
}

/** Whether a part of a text has a character of Unicode's category Cc: C0, DEL and C1. */
function hasControl(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return true;
  }
  return false;
}

/** Quotes what a peer sent, for a Reason: no control characters, at most 64 characters. */
export function quote(text: string): string {
  const printable = text.replace(/\p{Cc}/gu, "?");
  const letters = [...printable];
  return `'${letters.length > 64 ? letters.slice(0, 63).join("") + "…" : printable}'`;
}
