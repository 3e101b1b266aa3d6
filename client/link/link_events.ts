/**
 * What a link tells its owner, and asks it.
 *
 * @module
 */

import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import type { Message } from "../../shared/protocol/message.ts";
import type { CloseReason } from "../events.ts";
import type { Refusal } from "./opening.ts";
import type { Step } from "./word_verification.ts";

/** The owner of links. `L` is the link, which every call names first. */
export interface LinkEvents<L> {
  /** Asked before a link opens with a peer that does not encrypt: whether it is to be talked to. */
  admitPlaintext(link: L): Refusal | undefined;
  /** Asked before a link opens with a peer that has proven its key: whether it is to be talked to. */
  admitKey(link: L): Promise<Refusal | undefined>;
  /** Something may be sent. */
  opened(link: L): void;
  /** A peer without a key has sent a text. */
  text(link: L, text: string): void;
  /** A peer without a key has a text that was sent. Only this protocol's own peers say so. */
  delivered(link: L, id: string): void;
  /**
   * A peer with a key has sent letters: all that one read brought, in their order. Whatever the peer says
   * behind them that asks for an answer, and the end of the link, comes later. Nothing is acknowledged
   * before the owner does so.
   */
  letters(link: L, letters: readonly ChatMessage[]): void;
  /** A peer with a key has a letter, and everything before it in its stream. */
  acknowledged(link: L, id: string): void;
  /** The user of a peer with a key has read a letter, and everything before it in its stream. */
  read(link: L, id: string): void;
  /** A peer with a key cannot go on with a stream of ours, and waits for another one. */
  reset(link: L, stream: string): void;
  /**
   * A peer with a key asks what we have (AUDIT).
   *
   * @returns The answer, with the question's Id; undefined where there is none for this peer.
   */
  audit(link: L, request: Message): Message | undefined;
  /** The peer wants to compare words, or they are there to be compared. */
  verification(link: L, step: Step): void;
  /**
   * Asked before more is read: where what came has not been shown yet, when there will be room for more,
   * so that a peer cannot fill the memory of one who does not look.
   */
  room(): Promise<void> | undefined;
  /** The link is over. */
  closed(link: L, reason: CloseReason, detail: string | undefined): void;
}
