/**
 * Texts that were sent to a peer without a key and that it has not acknowledged. Such a conversation lives as
 * long as its connection, and so do these.
 *
 * @module
 */

import { unacknowledgedMax } from "../../shared/protocol/limits.ts";

/** The texts of one link. */
export class UnacknowledgedTexts {
  /** By their ids, oldest first. */
  readonly #texts = new Map<string, string>();
  #changed: PromiseWithResolvers<void> | undefined;
  #ended = false;

  /** The texts, oldest first. */
  get texts(): readonly string[] {
    return [...this.#texts.values()];
  }

  /** Adds a text that is being sent. */
  add(id: string, text: string): void {
    this.#texts.set(id, text);
  }

  /** The peer has a text. @returns Whether it was waited for. */
  confirm(id: string): boolean {
    if (!this.#texts.delete(id)) return false;
    this.#change();
    return true;
  }

  /** Done when one more may be added, or at the end. */
  async drained(): Promise<void> {
    while (this.#texts.size >= unacknowledgedMax && !this.#ended) await this.#changedLater();
  }

  /** Done when the peer has them all, or at the end. */
  async none(): Promise<void> {
    while (this.#texts.size > 0 && !this.#ended) await this.#changedLater();
  }

  /** Ends every wait: nothing more will be acknowledged. */
  end(): void {
    this.#ended = true;
    this.#change();
  }

  #change(): void {
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  #changedLater(): Promise<void> {
    this.#changed ??= Promise.withResolvers();
    return this.#changed.promise;
  }
}
