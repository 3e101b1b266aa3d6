/**
 * Carries out an opening: gives it what comes, sends what it says, asks the owner what it wants to know, and
 * keeps its times.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import type { CloseReason } from "../events.ts";
import type { Problem } from "../user_error.ts";
import type { LinkAdmission, PeerFacts } from "./link_events.ts";
import { type Found, type Opened, Opening, type OpeningOptions, type Step } from "./opening.ts";

/** What carrying out an opening needs. Times are in milliseconds. */
export interface OpeningTaskOptions extends Omit<OpeningOptions, "now" | "allowPlaintext"> {
  readonly clock: TimerClock;
  /** How long the opening may take as a whole. */
  readonly openingMs: number;
  /** How long the responder has to answer CHAT before it is taken for a legacy program. */
  readonly chatackMs: number;
  /**
   * Whether legacy programs are talked to. Then a caller may say nothing for as long as it likes, as these
   * do until their user types something.
   */
  readonly allowPlaintext: boolean;
  readonly admission: LinkAdmission;
  /** The peer as the owner is asked about it. */
  readonly peer: PeerFacts;
  /** Sends bytes as they are. */
  readonly send: (bytes: Uint8Array) => void;
  readonly opened: (opened: Opened) => Promise<void>;
  /** Ends the link: once the peer has been told why, if it `isTold`. */
  readonly end: (reason: CloseReason, detail: Problem | undefined, isTold: boolean) => void;
}

/**
 * How long the rest of a first message may take, in milliseconds, before what has come is taken as all of it;
 * and how long a peer that is called may take to hang up behind what it has said.
 */
const quietMs = 500;

/** One opening under way. */
export class OpeningTask {
  readonly #options: OpeningTaskOptions;
  readonly #opening: Opening;
  #cancelLimit: (() => void) | undefined;
  #cancelQuiet = () => {};
  #doubts = false;
  #stopped = false;

  /** Begins. */
  constructor(options: OpeningTaskOptions) {
    this.#options = options;
    const { role, allowPlaintext, chatackMs, clock, send } = options;
    this.#opening = new Opening({ ...options, now: () => clock.now() });
    if (role === "initiator" || !allowPlaintext) this.#limit();
    if (role === "responder") return;
    send(this.#opening.begin());
    this.#afterQuiet(chatackMs);
  }

  /** What is known of the peer so far. It is still filled in. */
  get found(): Readonly<Found> {
    return this.#opening.found;
  }

  /** Takes what a read brought. */
  async take(bytes: Uint8Array): Promise<void> {
    if (this.#cancelLimit === undefined) this.#limit();
    await this.#follow(this.#opening.take(bytes));
  }

  /** Takes the end of the connection. */
  async finish(): Promise<void> {
    await this.#follow(this.#opening.hungUp());
  }

  /** Stops: the link is open, or over. */
  stop(): void {
    this.#stopped = true;
    this.#cancelLimit?.();
    this.#cancelQuiet();
  }

  async #follow(step: Step): Promise<void> {
    const { role, send, opened, end } = this.#options;
    if (this.#stopped) return;
    for (const bytes of step.send) send(bytes);
    if (!this.#opening.undecided) this.#cancelQuiet();
    switch (step.type) {
      case "more":
        if (this.#opening.pending && role === "responder") this.#afterQuiet(quietMs);
        return;
      case "doubt":
        if (!this.#doubts) this.#afterQuiet(quietMs);
        this.#doubts = true;
        return;
      case "admit":
        return await this.#ask(step.by);
      case "open":
        return await opened(step);
      case "end":
        return end(step.reason, step.detail, step.send.length > 0);
    }
  }

  async #ask(by: "plaintext" | "key"): Promise<void> {
    const { admission, peer } = this.#options;
    // Without a key nothing is waited for, so that no text of a legacy program comes in between.
    const refusal = by === "plaintext"
      ? admission.admitPlaintext(peer)
      : await admission.admitKey(peer);
    if (this.#stopped) return;
    await this.#follow(
      refusal === undefined ? this.#opening.admitted() : this.#opening.refused(refusal),
    );
  }

  #limit(): void {
    const { clock, openingMs, end } = this.#options;
    this.#cancelLimit = clock.after(
      openingMs,
      () => end("silent", { code: "opening-too-slow" }, false),
    );
  }

  #afterQuiet(ms: number): void {
    const { clock, end } = this.#options;
    this.#cancelQuiet();
    this.#cancelQuiet = clock.after(ms, () => {
      this.#follow(this.#opening.timeIsUp()).catch(() => end("lost", undefined, false));
    });
  }
}
