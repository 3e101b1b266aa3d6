/**
 * Comparing what both sides have of one stream, without telling each other more than the ids: ranges are
 * compared by their digests, and if those differ by halves of them, down to ranges so short that their ids
 * fit into one message.
 *
 * @module
 */

import {
  type AuditDigest,
  auditQuestion,
  type AuditStream,
  readAuditDigest,
  readAuditEntries,
} from "../../shared/protocol/audit.ts";
import {
  auditEntriesMax,
  auditFindingsMax,
  auditQuestionsMax,
  auditRangeMax,
  auditStreamsMax,
} from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import type { ConversationId, Store, StreamExtent } from "../store/store.ts";
import { UserError } from "../user_error.ts";

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
  /** What stands here, while something else stands there. */
  readonly differing: readonly string[];
  /** False if so much was amiss that not all of it has been compared. */
  readonly complete: boolean;
}

type Direction = StreamExtent["direction"];
type Difference = "missingHere" | "missingThere" | "differing";

type Digests = Store["digests"];

/** A range of numbers, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** A stream, seen from here. */
export interface Pair extends Pick<StreamExtent, "direction" | "stream"> {
  /** The highest number that either side has. */
  readonly last: number;
  /** The highest number that this side has. */
  readonly ownLast: number;
  /** Up to where the receiver should have it, by the word of its sender. */
  readonly acknowledged: number;
}

/** The streams that either side knows: the newest first. */
export function pairs(own: readonly StreamExtent[], theirs: readonly AuditStream[]): Pair[] {
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
export class Comparison {
  readonly #digests: Digests;
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
    digests: Digests,
    conversation: ConversationId,
    ask: (request: Message) => Promise<Message>,
    pair: Pair,
  ) {
    this.#digests = digests;
    this.#conversation = conversation;
    this.#ask = ask;
    this.#pair = pair;
  }

  /** Compares. @throws {UserError} If the other side's answers make no sense; and what asking throws. */
  async run(): Promise<StreamFinding> {
    const { last, ownLast, direction, stream } = this.#pair;
    // The other side can claim any last number: only our own justifies more questions.
    const questionsMax = auditQuestionsMax + Math.ceil(ownLast / auditRangeMax);
    // The newest first: that is where the differences are.
    const open: Range[] = [];
    for (let to = last; to > 0 || open.length > 0;) {
      if (this.#questions >= questionsMax || this.#isFull) {
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
    const theirs = readAuditDigest(answer, range) ?? fail();
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
    this.#compareEntries(range, readAuditEntries(answer, range) ?? fail());
    return [];
  }

  #compareEntries(range: Range, there: ReadonlyMap<number, string>): void {
    const { direction, stream, acknowledged } = this.#pair;
    const { from, to } = range;
    const here = new Map<number, string>();
    for (
      const { seq, id } of this.#digests.entries(this.#conversation, direction, stream, from, to)
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

  #digest({ from, to }: Range): AuditDigest {
    const { direction, stream } = this.#pair;
    return this.#digests.digest(this.#conversation, direction, stream, from, to);
  }

  #question({ from, to }: Range, withIds: boolean): Promise<Message> {
    this.#questions++;
    return this.#ask(auditQuestion({ stream: this.#pair.stream, from, to, withIds }));
  }
}

function lengthOf({ from, to }: Range): number {
  return to - from + 1;
}

function halvesOf({ from, to }: Range): Range[] {
  const middle = from + Math.floor((to - from) / 2);
  return [{ from, to: middle }, { from: middle + 1, to }];
}

/** The other side may have been talking meanwhile, or its program is another one. */
function fail(): never {
  throw new UserError({ code: "audit-answers-do-not-fit" });
}
