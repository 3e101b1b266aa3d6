/**
 * A user's session with a client: which conversation their lines go to, what they have seen, and what they
 * were told to wait for. The core knows nothing of this. All rules about which conversation is current stand
 * here; everything is keyed by the conversation's id.
 *
 * @module
 */

import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { Address } from "../../shared/net/address.ts";
import type { ChatClient } from "../client.ts";
import type { ChatResult, SentMessage } from "../conversations/conversations.ts";
import type { ClientEvent, ConversationState, EventSink } from "../events.ts";
import type { Shown } from "./wording/wording.ts";

/** Where a session shows things: a terminal, or the output of a script. */
export interface Display {
  /** Shows something. Never throws. */
  show(shown: Shown): void;
  /** When there is room for more; undefined if there is. */
  room(): Promise<void> | undefined;
  /** When everything so far is on the screen; undefined if it is. Rejects if nobody can see it any more. */
  shown(): Promise<void> | undefined;
}

/** Conversations of which something is remembered, at most. */
const rememberedMax = 1_024;

type Event<T extends ClientEvent["type"]> = Extract<ClientEvent, { type: T }>;

/** A user's session with a client. */
export class Session implements EventSink {
  readonly client: ChatClient;
  readonly #display: Display;
  /** Whether the client has started: what it tells before that is from an earlier run. */
  readonly #hasStarted: boolean = false;
  /** The conversation that the user's lines go to. */
  #current: string | undefined;
  /** The last message of each conversation that came while another one was current. */
  readonly #unseen = new BoundedMap<string, string>(rememberedMax);
  /**
   * Conversations of which the user was told that messages wait. Once these are delivered that stays noted
   * until the next message goes out: a single acknowledgement may bring several events.
   */
  readonly #toldToWait = new BoundedMap<string, "waiting" | "delivered">(rememberedMax);

  /**
   * @param start Starts the client, which tells this session what happens.
   * @throws {Error} What `start` throws.
   */
  constructor(display: Display, start: (sink: EventSink) => ChatClient) {
    this.#display = display;
    this.client = start(this);
    this.#hasStarted = true;
  }

  /** The conversation that the user's lines go to. */
  get current(): ConversationState | undefined {
    if (this.#current === undefined) return undefined;
    const state = this.client.conversation(this.#current);
    // Somebody else may have taken the id of the conversation as their name.
    if (state?.conversation === this.#current) return state;
    // It is over, and nothing is left of it.
    this.#current = undefined;
    return undefined;
  }

  /** The names of those who can be named in a command, for completion. */
  get names(): string[] {
    const open = this.client.conversations().map(({ name }) => name);
    try {
      return [...new Set([...open, ...this.client.knownNames()])];
    } catch {
      // Completion is a help, and not the place to report that the store fails.
      return open;
    }
  }

  /**
   * Turns to somebody, who is the current one then.
   *
   * @param to An address such as `127.0.0.1:5557`, or a client's id.
   * @param onCalling Told where a call goes to.
   * @throws {UserError} If nobody is there; then the current one stays.
   */
  async chat(to: string, onCalling: (address: Address) => void): Promise<ChatResult> {
    const result = await this.client.chat(to, onCalling);
    this.#turnTo(result.conversation.conversation);
    return result;
  }

  /** Makes a conversation the current one. @throws {UserError} If there is none. */
  switchTo(to: string): ConversationState {
    const state = this.client.answer(to);
    this.#turnTo(state.conversation);
    return state;
  }

  /**
   * Sends a text in the current conversation. Done when it is on the disk.
   *
   * @returns Undefined if no conversation is current.
   * @throws {UserError} If it cannot be kept.
   * @throws {RangeError} If it is longer than a message takes.
   */
  async send(text: string): Promise<SentMessage | undefined> {
    const { current } = this;
    if (current === undefined) return undefined;
    const { conversation } = current;
    if (this.#toldToWait.get(conversation) === "delivered") this.#toldToWait.delete(conversation);
    return await this.client.send(conversation, text);
  }

  /** Leaves a conversation; if it was the current one, none is. @throws {UserError} If there is none. */
  async close(to: string): Promise<void> {
    if (this.client.conversation(to)?.conversation === this.#current) this.#current = undefined;
    await this.client.close(to);
  }

  /**
   * Accepts a key that was refused. If a conversation of that name was the current one, the one with the
   * owner of the accepted key is, as far as there is one.
   *
   * @returns Its fingerprint.
   * @throws {UserError} If there is no such key, or it cannot be saved.
   */
  async trust(name: string, fingerprint: string | undefined) {
    const wasCurrent = this.current?.name === name;
    try {
      return await this.client.trust(name, fingerprint);
    } finally {
      if (wasCurrent && this.current === undefined) {
        this.#current = this.client.conversation(name)?.conversation;
      }
    }
  }

  emit(event: ClientEvent): void {
    switch (event.type) {
      case "opened":
        return this.#opened(event);
      case "message":
        return this.#message(event);
      case "delivered":
        return this.#delivered(event);
      case "waiting":
      case "deposited":
        this.#toldToWait.set(event.conversation, "waiting");
        return this.#display.show(event);
      default:
        return this.#display.show(event);
    }
  }

  room(): Promise<void> | undefined {
    return this.#display.room();
  }

  shown(): Promise<void> | undefined {
    return this.#display.shown();
  }

  /** The peer whom the user has called becomes the current one; a caller does if nobody else is. */
  #opened(event: Event<"opened">): void {
    const { cause, conversation } = event;
    if (cause === "chat" || (cause === "call" && this.current === undefined)) {
      this.#turnTo(conversation);
    }
    this.#display.show({ ...event, isCurrent: conversation === this.#current });
  }

  /** The sender of mail becomes the current one if nobody else is. */
  #message(event: Event<"message">): void {
    this.#display.show(event);
    const { conversation, id } = event;
    this.#unseen.set(conversation, id);
    const turns = this.#hasStarted && this.current === undefined && this.#isByMail(conversation);
    if (turns || conversation === this.#current) this.#turnTo(conversation);
  }

  #isByMail(conversation: string): boolean {
    const state = this.client.conversation(conversation);
    return state !== undefined && !state.devices.some(({ connected }) => connected);
  }

  #delivered(event: Event<"delivered">): void {
    const { conversation, waiting } = event;
    const wasWaiting = this.#toldToWait.has(conversation);
    if (wasWaiting && waiting === 0) this.#toldToWait.set(conversation, "delivered");
    this.#display.show({ ...event, wasWaiting });
  }

  /** Makes a conversation the current one: the user sees what has come in it. */
  #turnTo(conversation: string): void {
    this.#current = conversation;
    const id = this.#unseen.get(conversation);
    if (id === undefined) return;
    this.#unseen.delete(conversation);
    this.client.seen(conversation, id);
  }
}
