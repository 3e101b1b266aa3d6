/**
 * From bytes to messages, under the limits on lines, headers and messages.
 *
 * `TextLineStream` splits the lines. It has no limit of its own, so the bytes are measured before. It is
 * written and read by hand, because piping a stream through it would take longer than the rest of a request.
 * Nearly every read brings whole messages while nothing is pending. Such a read is split directly, without a
 * stream. Both ways give the same messages and the same fault, however the bytes are cut into reads;
 * a property test checks that.
 *
 * @module
 */

import { TextLineStream } from "@std/streams/text-line-stream";
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
  /**
   * The verb whose messages may have `legacyListBytesMax` bytes, in any number of lines; none by default.
   */
  readonly listVerb?: VerbName;
}

const { invalidUtf8, longLine, longList, longMessage, longMailMessage, tooManyHeaders } =
  messageFaults;
const utf8 = new TextEncoder();
const nothing = new Uint8Array();

interface Measured {
  /** The index after the first and after the last empty line; undefined if there is none. */
  readonly firstEnd: number | undefined;
  readonly lastEnd: number | undefined;
  /** Up to where the chunk is within the limits, and the limit that is exceeded there. */
  readonly end: number;
  readonly excess: Fault | undefined;
}

/** Turns the bytes of one connection into messages. */
export class MessageReader {
  readonly #parser: MessageParser;
  readonly #longVerb: Uint8Array;
  readonly #listVerb: Uint8Array;
  #splitter: LineSplitter | undefined;
  // Of the message that is not complete: its bytes, the bytes of its last line, its lines.
  #messageBytes = 0;
  #lineBytes = 0;
  #lineCount = 0;
  #lastByte = 0;
  /** Whether the part of it that has arrived starts like the verb of long messages, or of lists. */
  #mayBeLong = true;
  #mayBeList = true;
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

  /** Whether a part of a message has arrived and the rest has not. */
  get pending(): boolean {
    return this.#messageBytes > 0;
  }

  /**
   * Takes the bytes of one read. They may be reused after the call, or after its promise if it returns one.
   *
   * @returns The messages that are complete now, with a fault in the place of each malformed one. Nothing
   * follows a fatal fault.
   */
  push(chunk: Uint8Array): (Message | Fault)[] | Promise<(Message | Fault)[]> {
    if (this.#ended) return [];
    // A chunk this short cannot exceed a limit on bytes, and the parser counts the headers.
    if (!this.pending && chunk.length <= lineBytesMax && endsWithEmptyLine(chunk)) {
      const text = decodeWhole(chunk);
      if (text !== undefined) return this.#split(chunk, text, []);
    }
    return this.#pushMeasured(chunk);
  }

  async #pushMeasured(chunk: Uint8Array): Promise<(Message | Fault)[]> {
    const items: (Message | Fault)[] = [];
    const straddles = this.pending;
    const { firstEnd, lastEnd, end, excess } = this.#measure(chunk);
    // The end of what an earlier read started, then the complete messages, then the start of the next.
    const whole = straddles ? firstEnd ?? end : 0;
    const rest = lastEnd ?? whole;
    const valid = await this.#stream(chunk.subarray(0, whole), items) &&
      (this.#splitWhole(chunk.subarray(whole, rest), items) ||
        await this.#stream(chunk.subarray(whole, rest), items)) &&
      await this.#stream(chunk.subarray(rest, end), items);
    if (this.#ended) return items;
    const broken = valid ? excess : invalidUtf8;
    if (broken !== undefined) {
      items.push(broken);
      this.#end();
    } else if (!this.pending) {
      // An idle connection keeps no stream, which would be most of its memory.
      this.#splitter = undefined;
    }
    return items;
  }

  /** Finds the first and the last end of a message in a chunk, and where a limit is exceeded. */
  #measure(chunk: Uint8Array): Measured {
    let firstEnd: number | undefined;
    let lastEnd: number | undefined;
    let end = 0;
    let excess: Fault | undefined;
    while (end < chunk.length && excess === undefined) {
      if (++this.#lineBytes > lineBytesMax) excess = longLine;
      else if (++this.#messageBytes > messageBytesMax) excess = this.#excessOfLong();
      else {
        const at = this.#messageBytes - 1;
        if (at < this.#longVerb.length) this.#mayBeLong &&= chunk[end] === this.#longVerb[at];
        if (at < this.#listVerb.length) this.#mayBeList &&= chunk[end] === this.#listVerb[at];
      }
      if (excess === undefined && chunk[end++] === LF) {
        if (this.#lineBytes === 1 || (this.#lineBytes === 2 && this.#lastByte === CR)) {
          firstEnd ??= end;
          lastEnd = end;
          this.#messageBytes = 0;
          this.#lineCount = 0;
          this.#mayBeLong = this.#mayBeList = true;
        } else if (++this.#lineCount > headersMax + 1 && !this.#isList) {
          excess = tooManyHeaders;
        }
        this.#lineBytes = 0;
      }
      this.#lastByte = chunk[end - 1] ?? 0;
    }
    return { firstEnd, lastEnd, end, excess };
  }

  /** What is wrong with a message that is longer than a short one may be; undefined if nothing is. */
  #excessOfLong(): Fault | undefined {
    if (this.#isList) return this.#messageBytes > legacyListBytesMax ? longList : undefined;
    if (!this.#mayBeLong || this.#longVerb.length === 0) return longMessage;
    return this.#messageBytes > mailMessageBytesMax ? longMailMessage : undefined;
  }

  get #isList(): boolean {
    return this.#mayBeList && this.#listVerb.length > 0;
  }

  /** Splits complete messages directly. @returns False if they are not UTF-8; then nothing has happened. */
  #splitWhole(bytes: Uint8Array, items: (Message | Fault)[]): boolean {
    if (bytes.length === 0) return true;
    const text = decodeWhole(bytes);
    if (text === undefined) return false;
    this.#split(bytes, text, items);
    return true;
  }

  /**
   * Sends bytes through the stream line by line, so that lines before one that is not UTF-8 still count.
   *
   * @returns Whether all of it is UTF-8.
   */
  async #stream(bytes: Uint8Array, items: (Message | Fault)[]): Promise<boolean> {
    let start = 0;
    while (start < bytes.length && !this.#ended) {
      const end = bytes.indexOf(LF, start) + 1 || bytes.length;
      this.#splitter ??= new LineSplitter();
      const line = await this.#splitter.push(bytes.subarray(start, end));
      if (line === notUtf8) return false;
      if (line === "") this.#finishMessage(items);
      else if (line !== undefined) this.#parser.addText(line);
      start = end;
    }
    return true;
  }

  /** Splits complete lines as TextLineStream does: a CR before the LF is not a part of the line. */
  #split(bytes: Uint8Array, text: string, items: (Message | Fault)[]): (Message | Fault)[] {
    const ascii = text.length === bytes.length ? text : undefined;
    for (let at = 0; at < bytes.length && !this.#ended;) {
      const first = bytes[at];
      const emptyLength = first === LF ? 1 : first === CR && bytes[at + 1] === LF ? 2 : 0;
      if (emptyLength > 0) this.#finishMessage(items);
      at = emptyLength > 0 ? at + emptyLength : this.#parser.addLine(bytes, at, ascii);
    }
    return items;
  }

  #finishMessage(items: (Message | Fault)[]): void {
    // Empty lines between messages have no meaning.
    if (this.#parser.empty) return;
    const item = this.#parser.finish();
    items.push(item);
    if (isFault(item) && item.fatal) this.#end();
  }

  #end(): void {
    this.#ended = true;
    this.#messageBytes = 0;
    this.#splitter = undefined;
  }
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

const notUtf8 = Symbol("not UTF-8");

/** A TextLineStream with a read that is always waiting, so that writing to it never waits. */
class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #writer;
  readonly #reader;
  #next: Promise<ReadableStreamReadResult<string>>;

  constructor() {
    const stream = new TextLineStream();
    this.#writer = stream.writable.getWriter();
    this.#reader = stream.readable.getReader();
    this.#next = this.#reader.read();
  }

  /**
   * Takes bytes without a line end, except that they may end with one.
   *
   * @returns The line if the bytes end one, else undefined; {@linkcode notUtf8} if they are not UTF-8.
   */
  async push(bytes: Uint8Array): Promise<string | typeof notUtf8 | undefined> {
    const ends = bytes[bytes.length - 1] === LF;
    let text;
    try {
      text = this.#decoder.decode(bytes, { stream: true });
    } catch {
      return notUtf8;
    }
    await this.#writer.write(text);
    if (!ends) return undefined;
    const { value } = await this.#next;
    this.#next = this.#reader.read();
    return value;
  }
}
