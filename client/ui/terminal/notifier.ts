/**
 * Telling the user of messages while they do something else, by the bell and a notification of the terminal.
 *
 * @module
 */

import type { MessageEvent } from "../../events.ts";
import type { NameFor } from "../local_names.ts";
import { type Notify, type Shown, viewWords } from "../wording/wording.ts";

/** One notification in this time, at most, in milliseconds: a flood of messages is no flood of bells. */
const pauseMs = 2_000;

/** What is told. */
export interface NotifierOptions {
  /** The user's own id, which a message may mention. */
  readonly self: () => string;
  /** What the user calls somebody. */
  readonly nameFor: NameFor;
  /** Whether the user has let somebody in: nobody else makes the terminal ring. */
  readonly isKnown: (name: string) => boolean;
  /** Whether the user is known to look at somebody's conversation right now, and needs not be told. */
  readonly isWatched: (name: string) => boolean;
  /** What kind of terminal it is, as `TERM` says. */
  readonly terminal: string | undefined;
  readonly write: (text: string) => void;
  /** Milliseconds of a clock that does not go back. */
  readonly now: () => number;
}

/** Tells of messages. */
export class Notifier {
  readonly #options: NotifierOptions;
  #what: Notify;
  #toldAtMs = -Infinity;

  /** @param what Of which messages is told until the user says otherwise. */
  constructor(what: Notify, options: NotifierOptions) {
    this.#what = what;
    this.#options = options;
  }

  /**
   * Takes what is shown: messages, and of which of them is told from then on.
   *
   * @returns The same; if it was asked of which of them is told, the answer.
   */
  take(shown: Shown): Shown {
    if (shown.type === "message") this.#tell(shown);
    if (shown.type !== "notifying") return shown;
    const { what = this.#what } = shown;
    this.#what = what;
    return { type: "notifying", what };
  }

  #tell(message: MessageEvent): void {
    const { now, write, isKnown, isWatched, nameFor, terminal = "" } = this.#options;
    if (!this.#isMeant(message) || now() - this.#toldAtMs < pauseMs) return;
    if (!isKnown(message.name) || isWatched(message.name)) return;
    this.#toldAtMs = now();
    // A terminal that knows none rings.
    const name = message.person === undefined
      ? message.name
      : nameFor(message.name, message.person);
    const text = viewWords.notification({ ...message, name });
    write(`\x07\x1b]${sequenceOf(terminal)};${text}\x07`);
  }

  #isMeant({ text }: MessageEvent): boolean {
    if (this.#what !== "mention") return this.#what === "all";
    const words = text.toLowerCase().split(/[^\p{L}\p{N}._-]+/u);
    const self = this.#options.self().toLowerCase();
    return words.some((word) => word.replace(/[.:]+$/, "") === self);
  }
}

/**
 * The beginning of a notification: OSC 99 is that of kitty, 777 that of rxvt and foot, 9 that of all others. There
 * are terminals that know several, and would show a message for each.
 */
function sequenceOf(terminal: string): string {
  if (/kitty/.test(terminal)) return "99;";
  return /^(rxvt|foot)/.test(terminal) ? "777;notify;p2pchat" : "9";
}
