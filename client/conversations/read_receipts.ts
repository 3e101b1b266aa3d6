/**
 * Telling a peer up to which of its messages the user has seen them, if the user lets others know.
 *
 * @module
 */

/** What a read receipt goes over: a link. */
export interface ReceiptLink {
  /** Says that a message and all before it have been read. */
  read(id: string): void;
}

/** The read receipts of one conversation. */
export class ReadReceipts {
  readonly #enabled: boolean;
  #link: ReceiptLink | undefined;
  /** The last message that the user has seen, and the last that the peer was told of. */
  #seen: string | undefined;
  #told: string | undefined;
  #scheduled = false;

  /** @param enabled Whether peers are told at all. */
  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  /** The user has seen a message, and all before it. The peer is told of the last one of a burst. */
  seen(id: string): void {
    this.#seen = id;
    this.#schedule();
  }

  /** The link to the peer is another one now, or there is none. What was said on a lost one may not have come. */
  use(link: ReceiptLink | undefined): void {
    if (link === this.#link) return;
    this.#told = undefined;
    this.#link = link;
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#enabled || this.#scheduled || this.#link === undefined) return;
    if (this.#seen === undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#tell();
    });
  }

  #tell(): void {
    if (this.#link === undefined || this.#seen === undefined || this.#seen === this.#told) return;
    this.#told = this.#seen;
    this.#link.read(this.#seen);
  }
}
