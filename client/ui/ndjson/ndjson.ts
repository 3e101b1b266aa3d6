/**
 * The front end for programs: an object on each line, both ways (NDJSON). In come commands such as
 * `{"do":"send","ref":"7","to":"bob","text":"hi"}`; out go what happens, and one `done` for each command with its
 * `ref`. Nothing else is on standard output. The lines are described by `schema.json` beside this file.
 *
 * @module
 */

import { jsonText } from "../../../shared/text/json_text.ts";
import { aborted } from "../../../shared/time/clock.ts";
import type { ChatClient } from "../../client.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";
import type { HistoryEntry } from "../../store/store.ts";
import { type Problem, UserError } from "../../user_error.ts";
import type { Identity } from "../../../shared/crypto/identity.ts";
import { formatAddress } from "../../../shared/net/address.ts";
import { formatServerAddress } from "../../../shared/net/server_address.ts";
import type { ClientEvent, EventSink, MessageEvent } from "../../events.ts";
import { type InputLine, InputLineStream } from "../input_lines.ts";
import { type Output, OutputQueue } from "../output_queue.ts";
import type { Display } from "../session.ts";
import { type Shown, wordingOf } from "../wording/wording.ts";
import { type CommandContext, commands, type Fields, UsageError } from "./commands.ts";
import {
  entryRecord,
  eventRecord,
  failureRecord,
  type JsonRecord,
  partyOf,
  timeText,
} from "./records.ts";

/** The version of what is printed. It grows when a program that reads it could misunderstand it. */
const formatVersion = 1;

/** Bytes of a line of the input: a message whose every byte is escaped, and its fields. */
const lineBytesMax = 128 * 1024;

/** Commands that are under way at once, at most. More are read when one is done. */
const overlappingMax = 256;

/** Characters of a reference, at most. */
const refLengthMax = 256;

/** Prints objects, in order. */
export class JsonPrinter implements Display {
  readonly #queue: OutputQueue;
  readonly #output: Output;
  #hasLost = false;

  /** @param onClosed Told that nobody reads what is printed any more. */
  constructor(onClosed: () => void, output: Output = Deno.stdout) {
    this.#queue = new OutputQueue(onClosed);
    this.#output = output;
  }

  /** Prints one. */
  print(record: JsonRecord): void {
    if (record["event"] === "unconfirmed") this.#hasLost = true;
    this.#queue.print(`${jsonText({ ...record, at: timeText(Date.now()) })}\n`, this.#output);
  }

  show(shown: Shown): void {
    this.print(shownRecord(shown));
  }

  /** As {@linkcode LinePrinter.hasLost}. */
  get hasLost(): boolean {
    return this.#hasLost;
  }

  /** See {@linkcode OutputQueue.failure}. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#queue.failure;
  }

  isIdle(): boolean {
    return false;
  }

  room(): Promise<void> | undefined {
    return this.#queue.room();
  }

  shown(): Promise<void> | undefined {
    return this.#queue.shown();
  }

  /** Done when all is printed. */
  async flush(): Promise<void> {
    await this.#queue.flush();
  }
}

/** A message of the history, as a line with its end. @param self One's own id and key. */
export function entryLine(entry: HistoryEntry, self: string, ownKey: PublicKey): string {
  return `${jsonText(entryRecord(entry, partyOf(self, ownKey)))}\n`;
}

/** What went wrong, as fields. */
export function problemFields(problem: Problem): JsonRecord {
  return failureRecord(new UserError(problem));
}

/** A message, as it is printed now. */
export function messageRecord(message: MessageEvent): JsonRecord {
  return { ...eventRecord(message), at: timeText(Date.now()) };
}

/** A notice, as it is printed now. */
export function noticeRecord(notice: string, message: string): JsonRecord {
  return { event: "notice", notice, message, at: timeText(Date.now()) };
}

/** What the program itself tells, beside events. */
function shownRecord(shown: Shown): JsonRecord {
  if (shown.type !== "registered") {
    return { event: "notice", notice: shown.type, message: wordingOf(shown).lines.join("\n") };
  }
  const { id, address, server, expiresS, keyed } = shown;
  const at = { address: formatAddress(address), server: formatServerAddress(server) };
  return { event: "registered", name: id, ...at, expiresS, keyed };
}

/** A client that a program drives. */
export class JsonSession implements EventSink {
  /** A message that the program has read may not be done yet: it says itself when it is. */
  readonly acknowledges = true;
  readonly client: ChatClient;
  readonly #printer: JsonPrinter;
  readonly #self: { readonly id: string; readonly identity: Identity };

  /**
   * @param start Starts the client, which tells this session what happens.
   * @throws {Error} What `start` throws.
   */
  constructor(
    printer: JsonPrinter,
    self: { readonly id: string; readonly identity: Identity },
    start: (sink: EventSink) => ChatClient,
  ) {
    this.#printer = printer;
    this.#self = self;
    this.client = start(this);
  }

  /** What commands work with. */
  get context(): CommandContext {
    const { id, identity: { publicKey } } = this.#self;
    return { client: this.client, self: partyOf(id, publicKey), sendings: new Map() };
  }

  emit(event: ClientEvent): void {
    const record = eventRecord(event);
    const { id, identity: { publicKey } } = this.#self;
    this.#printer.print(
      event.type === "listening"
        ? { v: formatVersion, ...record, self: partyOf(id, publicKey) }
        : record,
    );
  }

  room(): Promise<void> | undefined {
    return this.#printer.room();
  }

  shown(): Promise<void> | undefined {
    return this.#printer.shown();
  }
}

/**
 * Does what comes in until `quit`, the end of the input, or the signal. Commands overlap; those that send to one
 * person are done in their order. At the end it waits until what was sent has arrived.
 *
 * @returns Whether all has been done: a command that fails is answered, and no failure of the program.
 */
export async function runJson(
  session: JsonSession,
  printer: JsonPrinter,
  signal: AbortSignal,
  input: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<boolean> {
  const { context } = session;
  const reader = input.pipeThrough(new InputLineStream({ bytesMax: lineBytesMax })).getReader();
  const stopped = aborted(signal);
  const stopReading = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stopReading);
  if (signal.aborted) stopReading();
  const running = new Set<Promise<void>>();
  let line = 0;
  let isMore = true;
  try {
    while (isMore) {
      const { done, value: lines } = await reader.read();
      if (done) break;
      for (const one of lines) {
        line++;
        const command = commandIn(one);
        if (command === undefined) continue;
        if (command.name === "quit") {
          // What was begun before is answered before.
          await Promise.race([Promise.all(running), stopped]);
          printer.print(doneRecord(command, { ok: true }));
          isMore = false;
          break;
        }
        const answer = run(command, line, context).then((record) => printer.print(record))
          .finally(() => running.delete(answer));
        running.add(answer);
        if (running.size >= overlappingMax) await Promise.race([...running, stopped]);
        // A program that does not read its answers gives no more commands.
        await Promise.race([printer.room(), stopped]);
      }
    }
    await Promise.race([Promise.all(running), stopped]);
    if (!signal.aborted) await Promise.race([session.client.allDelivered(), stopped]);
  } finally {
    signal.removeEventListener("abort", stopReading);
    stopReading();
  }
  return true;
}

/** A command that came, or what is wrong with it. */
interface Command {
  readonly name: string;
  readonly ref?: string | number;
  readonly fields: Fields;
  readonly wrong?: UsageError;
}

/** Undefined for an empty line. */
function commandIn(line: InputLine): Command | undefined {
  const wrong = (why: string) => ({ name: "", fields: {}, wrong: new UsageError(why) });
  if (line.text === undefined) {
    return wrong(line.why === "too-long" ? "The line is too long" : "The line is not UTF-8");
  }
  if (line.text.trim() === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch {
    return wrong("The line is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return wrong("The line is no object");
  }
  const fields = value as Fields;
  const { do: name, ref } = fields;
  if (ref !== undefined && !isRef(ref)) {
    return wrong(`"ref" is a number, or a text of up to ${refLengthMax} characters`);
  }
  const command = { name: String(name), fields, ...ref !== undefined && { ref } };
  if (name === "quit" || typeof name === "string" && Object.hasOwn(commands, name)) return command;
  const all = [...Object.keys(commands), "quit"].join(", ");
  return { ...command, wrong: new UsageError(`"do" is one of ${all}`) };
}

function isRef(ref: unknown): ref is string | number {
  return typeof ref === "number" || typeof ref === "string" && ref.length <= refLengthMax;
}

/** Never throws. */
async function run(command: Command, line: number, context: CommandContext): Promise<JsonRecord> {
  const { name, fields, wrong } = command;
  try {
    if (wrong !== undefined) throw wrong;
    return doneRecord(command, { ok: true, ...await commands[name]!(context, fields) });
  } catch (error) {
    return doneRecord(command, { ok: false, line, ...failureRecord(error) });
  }
}

function doneRecord({ ref }: Command, fields: JsonRecord): JsonRecord {
  return { event: "done", ref, ...fields };
}
