/**
 * What a peer is told by mail about the mail that came from it: of each stream the last word, once all its
 * mail has been looked at.
 *
 * @module
 */

import { incomingStreamsMax } from "../../shared/protocol/limits.ts";
import { type Message, message } from "../../shared/protocol/message.ts";

/** The replies that one peer is still to get. */
export class MailReplies {
  readonly #byStream = new Map<string, Message>();

  /** A message, and everything before it in its stream, is safe here. */
  acknowledge(stream: string, id: string): void {
    this.#put(`ACK ${stream}`, message("ACK", [["Id", id]]));
  }

  /** A stream does not fit what is here. */
  reset(stream: string): void {
    this.#put(`RESET ${stream}`, message("RESET", [["Stream", stream]]));
  }

  /** The replies that are due now. */
  get messages(): readonly Message[] {
    return [...this.#byStream.values()];
  }

  /** Takes note that some of it has been said. What came in its place meanwhile is still to be said. */
  said(messages: readonly Message[]): void {
    for (const [about, reply] of this.#byStream) {
      if (messages.includes(reply)) this.#byStream.delete(about);
    }
  }

  #put(about: string, reply: Message): void {
    const isNew = !this.#byStream.has(about);
    // What is not answered is sent again.
    if (isNew && this.#byStream.size >= incomingStreamsMax) return;
    this.#byStream.set(about, reply);
  }
}
