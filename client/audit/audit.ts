/**
 * Comparing what both sides of a conversation have, without telling each other more than the ids: ranges
 * of a stream are compared by their digests, and where those differ by halves of them, down to ranges so
 * short that their ids fit into one message.
 *
 * @module
 */

import { isId, randomId } from "../../shared/protocol/random_id.ts";
import {
  auditEntriesMax,
  auditFindingsMax,
  auditQuestionsMax,
  auditRangeMax,
  auditStreamsMax,
} from "../../shared/protocol/limits.ts";
import {
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import { UserError } from "../user_error.ts";
import type { ConversationId, Journal, RangeDigest, StreamExtent } from "../store/journal.ts";

/** What an audit found. */
export interface AuditReport {
  readonly streams: readonly StreamFinding[];
}

/** What an audit found in one stream. Ids are named up to `auditFindingsMax` of each kind. */
export interface StreamFinding {
  /** From this side. */
  readonly direction: "sent" | "received";
  readonly stream: string;
  /** How many both have, alike. */
  readonly same: number;
  /** How many are sent and not acknowledged, and so rightly not on the other side. */
  readonly waiting: number;
  /** What only the other side has, though this one should. */
  readonly missingHere: readonly string[];
  /** What only this side has, though the other one should. */
  readonly missingThere: readonly string[];
  /** What stands here where something else stands there. */
  readonly differing: readonly string[];
  /** False where so much was amiss that not all of it has been compared. */
  readonly complete: boolean;
}

type Direction = StreamExtent["direction"];
type Difference = "missingHere" | "missingThere" | "differing";

/** A range of numbers, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * Answers an AUDIT: which streams there are; what a range of one comes to; or which ids it has. What it
 * costs is bounded, whoever asks whatever.
 *
 * @returns An AUDITACK; an ERROR where the question is none.
 */
export function answerAudit(
  journal: Journal,
  conversation: ConversationId,
  request: Message,
): Message {
  const id = header(request, "Id") ?? "";
  const stream = header(request, "Stream");
  if (stream === undefined) return streamList(journal, conversation, id);
  const range = rangeOf(request);
  const wantsIds = header(request, "Ids") === "yes";
  if (!isId(stream) || range === undefined || lengthOf(range) > auditRangeMax) {
    return refusal(`An AUDIT asks for a Stream, From and To, ${auditRangeMax} numbers at most`);
  }
  if (wantsIds && lengthOf(range) > auditEntriesMax) {
    return refusal(`An AUDIT asks for at most ${auditEntriesMax} Ids`);
  }
  const { from, to } = range;
  const direction = directionOf(journal, conversation, stream);
  const { count, digest } = journal.digest(conversation, direction, stream, from, to);
  const headers: Header[] = [["Id", id], ["Count", String(count)], ["Digest", digest]];
  if (wantsIds) {
    for (const { seq, id } of journal.entries(conversation, direction, stream, from, to)) {
      headers.push(["Entry", `${seq} ${id}`]);
    }
  }
  return message("AUDITACK", headers);
}

function streamList(journal: Journal, conversation: ConversationId, id: string): Message {
  const lines = journal.streams(conversation).slice(0, auditStreamsMax).map((
    { direction, stream, last, acknowledged },
  ): Header => ["Stream", `${direction} ${stream} ${last} ${acknowledged}`]);
  return message("AUDITACK", [["Id", id], ...lines]);
}

function refusal(reason: string): Message {
  return message("ERROR", [["Code", "400"], ["Reason", reason]]);
}

/** In which direction one's own stream goes; one of that id that is unknown has nothing in either. */
function directionOf(journal: Journal, conversation: ConversationId, stream: string): Direction {
  const known = journal.streams(conversation).find((extent) => extent.stream === stream);
  return known?.direction ?? "received";
}

/**
 * Compares all streams of a conversation with what the other side has.
 *
 * @param ask Asks the other side.
 * @throws {UserError} Where the other side gives answers that are none; and whatever `ask` is rejected with.
 */
export async function audit(
  journal: Journal,
  conversation: ConversationId,
  ask: (request: Message) => Promise<Message>,
): Promise<AuditReport> {
  const own = journal.streams(conversation);
  const theirs = extentsIn(await ask(question([])));
  const streams = [];
  for (const extent of pairs(own, theirs)) {
    streams.push(await new Comparison(journal, conversation, ask, extent).run());
  }
  return { streams };
}

/** A stream, seen from here. */
interface Pair extends Pick<StreamExtent, "direction" | "stream"> {
  /** The highest number that either side has. */
  readonly last: number;
  /** The highest number that this side has. */
  readonly ownLast: number;
  /** Up to where the receiver should have it, by the word of its sender. */
  readonly acknowledged: number;
}

/** The streams that either side knows: the newest first. */
function pairs(own: readonly StreamExtent[], theirs: readonly StreamExtent[]): Pair[] {
  const seenFromHere = theirs.map((extent) => ({
    ...extent,
    direction: opposite(extent.direction),
  }));
  const known = own.slice(0, auditStreamsMax);
  const others = seenFromHere.filter((extent) => !own.some((mine) => isSame(mine, extent)));
  return [...known, ...others].map(({ direction, stream }) => {
    const [here, there] = [own, seenFromHere].map((side) =>
      side.find((extent) => isSame(extent, { direction, stream }))
    );
    const sender = direction === "sent" ? here : there;
    return {
      direction,
      stream,
      last: Math.max(here?.last ?? 0, there?.last ?? 0),
      ownLast: here?.last ?? 0,
      // What its sender no longer knows has been acknowledged once, else it would still know it.
      acknowledged: sender?.acknowledged ?? (here ?? there)!.last,
    };
  });
}

function isSame(
  a: Pick<StreamExtent, "direction" | "stream">,
  b: Pick<StreamExtent, "direction" | "stream">,
): boolean {
  return a.direction === b.direction && a.stream === b.stream;
}

function opposite(direction: Direction): Direction {
  return direction === "sent" ? "received" : "sent";
}

/** Compares one stream. */
class Comparison {
  readonly #journal: Journal;
  readonly #conversation: ConversationId;
  readonly #ask: (request: Message) => Promise<Message>;
  readonly #pair: Pair;
  #same = 0;
  #waiting = 0;
  #questions = 0;
  readonly #found: Record<Difference, string[]> = {
    missingHere: [],
    missingThere: [],
    differing: [],
  };
  #complete = true;

  constructor(
    journal: Journal,
    conversation: ConversationId,
    ask: (request: Message) => Promise<Message>,
    pair: Pair,
  ) {
    this.#journal = journal;
    this.#conversation = conversation;
    this.#ask = ask;
    this.#pair = pair;
  }

  async run(): Promise<StreamFinding> {
    const { last, ownLast, direction, stream } = this.#pair;
    // The other side can claim any last number: only our own justifies more questions.
    const pendingRequestsMax = auditQuestionsMax + Math.ceil(ownLast / auditRangeMax);
    // The newest first: that is where the differences are.
    const open: Range[] = [];
    for (let to = last; to > 0 || open.length > 0;) {
      if (this.#questions >= pendingRequestsMax || this.#isFull) {
        this.#complete = false;
        break;
      }
      const range = open.pop() ?? { from: Math.max(1, to - auditRangeMax + 1), to };
      to = Math.min(to, range.from - 1);
      open.push(...await this.#compare(range));
    }
    const { missingHere, missingThere, differing } = this.#found;
    return {
      direction,
      stream,
      same: this.#same,
      waiting: this.#waiting,
      missingHere,
      missingThere,
      differing,
      complete: this.#complete,
    };
  }

  /** Whether so much has been found that more would not be named. */
  get #isFull(): boolean {
    return Object.values(this.#found).some((ids) => ids.length >= auditFindingsMax);
  }

  /** @returns The parts of the range that have to be looked at more closely. */
  async #compare(range: Range): Promise<Range[]> {
    const own = this.#digest(range);
    const short = lengthOf(range) < auditEntriesMax;
    const answer = await this.#question(range, short);
    const theirs = digestIn(answer, range);
    if (own.count === theirs.count && (own.count === 0 || own.digest === theirs.digest)) {
      this.#same += own.count;
      return [];
    }
    const [sender, receiver] = this.#pair.direction === "sent" ? [own, theirs] : [theirs, own];
    if (receiver.count === 0 && range.from > this.#pair.acknowledged) {
      this.#waiting += sender.count;
      return [];
    }
    if (!short) return halvesOf(range);
    this.#compareEntries(range, entriesIn(answer, range));
    return [];
  }

  #compareEntries(range: Range, there: ReadonlyMap<number, string>): void {
    const { direction, stream, acknowledged } = this.#pair;
    const { from, to } = range;
    const here = new Map<number, string>();
    for (
      const { seq, id } of this.#journal.entries(this.#conversation, direction, stream, from, to)
    ) here.set(seq, id);
    const [sender, receiver] = direction === "sent" ? [here, there] : [there, here];
    for (let seq = from; seq <= to; seq++) {
      const [mine, theirs] = [here.get(seq), there.get(seq)];
      if (mine === undefined && theirs === undefined) continue;
      if (mine === theirs) this.#same++;
      else if (sender.has(seq) && !receiver.has(seq) && seq > acknowledged) this.#waiting++;
      else if (mine === undefined) this.#note("missingHere", theirs!);
      else this.#note(theirs === undefined ? "missingThere" : "differing", mine);
    }
  }

  #note(what: Difference, id: string): void {
    const ids = this.#found[what];
    if (ids.length < auditFindingsMax) ids.push(id);
    else this.#complete = false;
  }

  #digest({ from, to }: Range): RangeDigest {
    const { direction, stream } = this.#pair;
    return this.#journal.digest(this.#conversation, direction, stream, from, to);
  }

  #question({ from, to }: Range, withIds: boolean): Promise<Message> {
    this.#questions++;
    const headers: Header[] = [
      ["Stream", this.#pair.stream],
      ["From", String(from)],
      ["To", String(to)],
    ];
    if (withIds) headers.push(["Ids", "yes"]);
    return this.#ask(question(headers));
  }
}

function question(headers: readonly Header[]): Message {
  return message("AUDIT", [["Id", randomId()], ...headers]);
}

function lengthOf({ from, to }: Range): number {
  return to - from + 1;
}

function halvesOf({ from, to }: Range): Range[] {
  const middle = from + Math.floor((to - from) / 2);
  return [{ from, to: middle }, { from: middle + 1, to }];
}

const numberPattern = /^(?:0|[1-9][0-9]{0,14})$/;
const digestPattern = /^[0-9a-f]{32}$/;
const extentPattern = /^(sent|received) ([0-9a-f]{32}) ([0-9]{1,15}) ([0-9]{1,15})$/;
const entryPattern = /^([0-9]{1,15}) (\S+)$/;

function rangeOf(request: Message): Range | undefined {
  const [from, to] = ["From", "To"].map((name) => {
    const text = header(request, name) ?? "";
    return numberPattern.test(text) ? Number(text) : undefined;
  });
  return from === undefined || to === undefined || from < 1 || from > to ? undefined : { from, to };
}

function extentsIn(answer: Message): StreamExtent[] {
  return headerValues(answer, "Stream").slice(0, auditStreamsMax).map((line) => {
    const [, direction, stream, last, acknowledged] = extentPattern.exec(line) ?? [];
    const extent = {
      direction: direction as Direction,
      stream: stream!,
      last: Number(last),
      acknowledged: Number(acknowledged),
    };
    if (direction === undefined || extent.acknowledged > extent.last) throw noAnswer();
    return extent;
  });
}

function digestIn(answer: Message, range: Range): RangeDigest {
  const count = header(answer, "Count") ?? "";
  const digest = header(answer, "Digest") ?? "";
  if (!numberPattern.test(count) || !digestPattern.test(digest)) throw noAnswer();
  if (Number(count) > lengthOf(range)) throw noAnswer();
  return { count: Number(count), digest };
}

function entriesIn(answer: Message, { from, to }: Range): Map<number, string> {
  const entries = new Map<number, string>();
  for (const line of headerValues(answer, "Entry")) {
    const [, seq, id] = entryPattern.exec(line) ?? [];
    if (id === undefined || !isId(id) || Number(seq) < from || Number(seq) > to) throw noAnswer();
    entries.set(Number(seq), id);
  }
  if (entries.size !== Number(header(answer, "Count"))) throw noAnswer();
  return entries;
}

function noAnswer(): UserError {
  return new UserError(
    "Cannot compare: the other side's answers do not fit together; it may have been talking " +
      "meanwhile, or its program is another one; try again",
  );
}
