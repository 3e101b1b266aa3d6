/**
 * From bytes to messages, under the limits on lines, headers and messages.
 *
 * One message is made at a time, when it is asked for: a read of 16 KiB may hold 2,700 messages, which would take
 * a hundred times as much memory. Of a message that has not arrived in full the bytes are kept, and no more.
 * However the bytes are cut into reads, they give the same messages and the same fault; a property test checks
 * that.
 *
 * @module
 */

import { GrowingBytes } from "../bytes/growing_bytes.ts";
import { type Fault, isFault } from "./status.ts";
import { CR, LF, type Message, MessageParser } from "./message.ts";
import {
  headersMax,
  legacyListBytesMax,
  lineBytesMax,
  mailMessageBytesMax,
  messageBytesMax,
} from "./limits.ts";
import { messageFaults } from "./reasons.ts";
import type { VerbName } from "./verbs.ts";

/** How a connection is read. */
export interface MessageReaderOptions {
  /** The verb whose messages may have `mailMessageBytesMax` bytes; none by default. */
  readonly longVerb?: VerbName;
  /** The verb whose messages may have any number of lines, of any kind, and `legacyListBytesMax` bytes. */
  readonly listVerb?: VerbName;
}

const { invalidUtf8, longLine, longList, longMessage, longMailMessage, tooManyHeaders } =
  messageFaults;
const utf8 = new TextEncoder();
const nothing = new Uint8Array();

/** Turns the bytes of one connection into messages. */
export class MessageReader {
  readonly #parser: MessageParser;
  readonly #longVerb: Uint8Array;
  readonly #listVerb: Uint8Array;
  /** Complete messages, these as a string if they are ASCII, and where the next one begins. */
  #whole: Uint8Array = nothing;
  #wholeText: string | undefined;
  #at = 0;
  /** What has been pushed and not been looked at. */
  #rest: Uint8Array = nothing;
  /** The message that is not complete, and up to where it is known to be UTF-8. */
  #part: GrowingBytes | undefined;
  #validBytes = 0;
  // Of that message: the bytes of its last line, its complete lines, its last byte, how long it may be.
  #lineBytes = 0;
  #lineCount = 0;
  #lastByte = 0;
  #bytesMax = messageBytesMax;
  #ended = false;

  constructor({ longVerb, listVerb }: MessageReaderOptions = {}) {
    this.#parser = new MessageParser(listVerb);
    this.#longVerb = longVerb === undefined ? nothing : utf8.encode(longVerb);
    this.#listVerb = listVerb === undefined ? nothing : utf8.encode(listVerb);
  }

  /** Whether a fault was fatal. Then nothing more is read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a part of a message has arrived and the rest has not, once all messages have been taken. */
  get pending(): boolean {
    return this.#part !== undefined;
  }

  /** How much memory the message takes that is not complete, in bytes. */
  get pendingBytes(): number {
    return this.#part?.capacity ?? 0;
  }

  /**
   * Takes the bytes of one read. They must stay as they are until {@linkcode next} has given all of their
   * messages.
   */
  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    // A chunk this short cannot exceed a limit on bytes, and the parser counts the headers.
    if (!this.pending && chunk.length <= lineBytesMax && endsWithEmptyLine(chunk)) {
      const text = decodeWhole(chunk);
      if (text !== undefined) return this.#begin(chunk, text);
    }
    this.#rest = chunk;
  }

  /**
   * The next message that is complete, or a fault in the place of one that is malformed. Nothing follows a fatal
   * fault.
   *
   * @returns Undefined if more has to be pushed first.
   */
  next(): Message | Fault | undefined {
    for (;;) {
      const item = this.#split() ?? this.#find();
      if (item !== undefined || this.#whole.length === 0) return item;
    }
  }

  /** All messages of one read, one at a time: {@linkcode push}, and {@linkcode next} until there is none. */
  *messages(chunk: Uint8Array): Generator<Message | Fault> {
    this.push(chunk);
    for (let item; (item = this.next()) !== undefined;) yield item;
  }

  #begin(bytes: Uint8Array, text: string): void {
    this.#whole = bytes;
    this.#wholeText = text.length === bytes.length ? text : undefined;
    this.#at = 0;
  }

  /** The next of the complete messages. */
  #split(): Message | Fault | undefined {
    const bytes = this.#whole;
    while (this.#at < bytes.length) {
      const first = bytes[this.#at];
      const emptyLength = first === LF ? 1 : first === CR && bytes[this.#at + 1] === LF ? 2 : 0;
      if (emptyLength === 0) {
        this.#at = this.#parser.addLine(bytes, this.#at, this.#wholeText);
        continue;
      }
      this.#at += emptyLength;
      // Empty lines between messages have no meaning.
      if (this.#parser.empty) continue;
      const item = this.#parser.finish();
      return isFault(item) && item.fatal ? this.#end(item) : item;
    }
    // They may be a part of a connection's buffer, or of what was kept of a message.
    this.#whole = nothing;
    this.#wholeText = undefined;
    this.#at = 0;
    return undefined;
  }

  /** Finds the end of the next message in what has not been looked at. @returns Why there will be none. */
  #find(): Fault | undefined {
    const chunk = this.#rest;
    if (chunk.length === 0) return undefined;
    let end = 0;
    let isWhole = false;
    let excess: Fault | undefined;
    const before = this.#part?.length ?? 0;
    while (end < chunk.length && !isWhole && excess === undefined) {
      if (++this.#lineBytes > lineBytesMax) excess = longLine;
      else if (before + end >= this.#bytesMax) excess = this.#excess(chunk);
      if (excess !== undefined) break;
      const byte = chunk[end++]!;
      if (byte === LF) {
        isWhole = this.#lineBytes === 1 || (this.#lineBytes === 2 && this.#lastByte === CR);
        const isLate = ++this.#lineCount > headersMax + 1 && !isWhole;
        if (isLate && !this.#beginsWith(this.#listVerb, chunk)) excess = tooManyHeaders;
        this.#lineBytes = 0;
      }
      this.#lastByte = byte;
    }
    if (before > 0 || !isWhole) (this.#part ??= new GrowingBytes()).add(chunk.subarray(0, end));
    // Even an empty part would keep the whole chunk.
    this.#rest = end < chunk.length ? chunk.subarray(end) : nothing;
    if (!isWhole) {
      if (!this.#isValidSoFar()) return this.#end(invalidUtf8);
      return excess && this.#end(excess);
    }
    const bytes = this.#part?.bytes ?? chunk.subarray(0, end);
    this.#forgetPart();
    const text = decodeWhole(bytes);
    if (text === undefined) return this.#end(invalidUtf8);
    this.#begin(bytes, text);
    return undefined;
  }

  /** What is wrong with a message that has as many bytes as it may, and more; undefined if it may have more. */
  #excess(chunk: Uint8Array): Fault | undefined {
    if (this.#beginsWith(this.#listVerb, chunk)) {
      if (this.#bytesMax === legacyListBytesMax) return longList;
      this.#bytesMax = legacyListBytesMax;
    } else {
      if (!this.#beginsWith(this.#longVerb, chunk)) return longMessage;
      if (this.#bytesMax === mailMessageBytesMax) return longMailMessage;
      this.#bytesMax = mailMessageBytesMax;
    }
    return undefined;
  }

  /** Whether the message that is not complete, and continues in a chunk, begins with a verb. */
  #beginsWith(verb: Uint8Array, chunk: Uint8Array): boolean {
    const part = this.#part?.bytes ?? nothing;
    return verb.length > 0 &&
      verb.every((byte, i) => byte === (i < part.length ? part[i] : chunk[i - part.length]));
  }

  /** Whether what has arrived of a message is UTF-8, but for a character that is not complete at its end. */
  #isValidSoFar(): boolean {
    const bytes = this.#part!.bytes;
    const end = wholeCharactersEnd(bytes);
    if (end <= this.#validBytes) return true;
    const isValid = decodeWhole(bytes.subarray(this.#validBytes, end)) !== undefined;
    this.#validBytes = end;
    return isValid;
  }

  #forgetPart(): void {
    this.#part = undefined;
    this.#validBytes = 0;
    this.#lineBytes = 0;
    this.#lineCount = 0;
    this.#lastByte = 0;
    this.#bytesMax = messageBytesMax;
  }

  #end(fault: Fault): Fault {
    this.#ended = true;
    this.#whole = nothing;
    this.#wholeText = undefined;
    this.#at = 0;
    this.#rest = nothing;
    this.#forgetPart();
    return fault;
  }
}

/** The index behind the last complete character of UTF-8 (RFC 3629 section 3). */
function wholeCharactersEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 1;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

// They keep no state between calls, so all readers can share them.
const lossyDecoder = new TextDecoder("utf-8", { ignoreBOM: true });
const fatalDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Decodes bytes that are complete; undefined if they are not UTF-8. */
function decodeWhole(bytes: Uint8Array): string | undefined {
  // The decoder that replaces invalid bytes takes half the time of the one that throws. If it has replaced
  // nothing, all bytes are valid.
  const text = lossyDecoder.decode(bytes);
  if (!text.includes("\ufffd")) return text;
  try {
    return fatalDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

function endsWithEmptyLine(chunk: Uint8Array): boolean {
  const last = chunk.length - 1;
  if (last < 1 || chunk[last] !== LF) return false;
  return chunk[last - 1] === LF ||
    (chunk[last - 1] === CR && last >= 2 && chunk[last - 2] === LF);
}
