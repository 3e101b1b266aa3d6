/**
 * A user's session with a client: which conversation their lines go to, what they have seen, and what they
 * were told to wait for. The core knows nothing of this. All rules about which conversation is current stand
 * here; everything is keyed by the conversation's id.
 *
 * Only the user changes which conversation is current. It stays so until they close it, turn to another one,
 * or try to and fail: then no conversation is, since what follows was meant for somebody else. A person in a
 * terminal who has read that it failed means whom the prompt names: there it stays, and the terminal holds back
 * what was begun before. There is one exception: in a terminal a contact who calls becomes the current one if
 * nobody is and nothing is being typed.
 *
 * @module
 */

import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { BoundedMap } from "../../shared/collections/bounded_map.ts";
import type { Address } from "../../shared/net/address.ts";
import type { ChatClient } from "../client.ts";
import type { Fingerprint } from "../../shared/crypto/public_key.ts";
import type { ChatResult, NamedKey, SentMessage } from "../conversations/conversations.ts";
import type { ClientEvent, ConversationState, EventSink, PeerRef } from "../events.ts";
import type { HistoryEntry } from "../store/store.ts";
import { UserError } from "../user_error.ts";
import { StrangerNotices } from "./stranger_notices.ts";
import type { LineProblem, Shown } from "./wording/wording.ts";

/** Where a session shows things: a terminal, or the output of a script. */
export interface Display {
  /** Whether it tells itself which messages were on the screen. See {@linkcode EventSink.acknowledges}. */
  readonly acknowledges?: boolean;
  /**
   * Whether it holds back by itself what was begun before the user could read that a command has failed. Then
   * who is current stays so. See {@linkcode Session.failedTurn}.
   */
  readonly holdsTypeAhead?: boolean;
  /** Shows something. Never throws. */
  show(shown: Shown): void;
  /**
   * Whether a contact who calls may become the current one: the user has entered nothing that is still to be
   * done, and is not typing. Always false in a script, which cannot see who calls.
   */
  isIdle(): boolean;
  /** When there is room for more; undefined if there is. */
  room(): Promise<void> | undefined;
  /** When everything so far is on the screen; undefined if it is. Rejects if nobody can see it any more. */
  shown(): Promise<void> | undefined;
}

/** Conversations of which something is remembered, at most. */
const rememberedMax = 1_024;

type Event<T extends ClientEvent["type"]> = Extract<ClientEvent, { type: T }>;

/** Which conversation is current. */
type Current =
  | { readonly type: "peer"; readonly peer: PeerRef }
  | { readonly type: "nobody" }
  | {
    /** The user has tried to turn to somebody, and what they write from then on was meant for them. */
    readonly type: "failed";
    readonly command: string;
  };

const nobody: Current = { type: "nobody" };

/** The conversation that was current at some time; both are undefined if none was. */
export interface Recipient {
  readonly conversation: string | undefined;
  readonly name: string | undefined;
  /** The command that should have turned to whom it is, and has failed. */
  readonly failed?: string;
}

/** The conversation that the user's lines go to. */
export interface CurrentConversation extends PeerRef {
  /** Whether the client has it open: it drops some if their peers leave. */
  readonly isOpen: boolean;
  /** Messages that the peer lacks. */
  readonly waiting: number;
}

/** A user's session with a client. */
export class Session implements EventSink {
  readonly acknowledges: boolean;
  readonly client: ChatClient;
  /** What the user has searched for last: the messages that were found, oldest first. */
  found: readonly HistoryEntry[] = [];
  readonly #display: Display;
  readonly #strangers: StrangerNotices;
  #current: Current = nobody;
  /** The command that has {@linkcode failTurn failed} last; the display may forget it. */
  failedTurn: string | undefined;
  /** The last message of each conversation that came while another one was current. */
  readonly #unseen = new BoundedMap<string, string>(rememberedMax);
  /**
   * Conversations of which the user was told that messages wait. Once these are delivered that stays noted
   * until the next message goes out: a single acknowledgement may bring several events.
   */
  readonly #toldToWait = new BoundedMap<string, "waiting" | "delivered">(rememberedMax);

  /** @param start Starts the client, which tells this session what happens. @throws {Error} What it throws. */
  constructor(
    display: Display,
    start: (sink: EventSink) => ChatClient,
    clock: Pick<TimerClock, "now" | "after"> = systemClock,
  ) {
    this.#display = display;
    this.acknowledges = display.acknowledges ?? false;
    this.#strangers = new StrangerNotices((gathered) => display.show(gathered), clock);
    this.client = start(this);
  }

  /** The conversation that the user's lines go to. Its peer may have left. */
  get current(): CurrentConversation | undefined {
    if (this.#current.type !== "peer") return undefined;
    const { peer } = this.#current;
    const waiting = this.client.waitingIn(peer.conversation);
    return { ...peer, isOpen: waiting !== undefined, waiting: waiting ?? 0 };
  }

  /** For whom a line is that is begun now. */
  get recipient(): Recipient {
    const { conversation, name } = this.#current.type === "peer" ? this.#current.peer : {};
    return { conversation, name };
  }

  /**
   * Turns to somebody, who is the current one then.
   *
   * @param to As in {@linkcode ChatClient.chat}.
   * @param onCalling Told where a call goes to.
   * @throws {UserError} If nobody is there; then the turn has {@linkcode failTurn failed}.
   */
  async chat(to: string, onCalling: (address: Address) => void): Promise<ChatResult> {
    try {
      const result = await this.client.chat(to, onCalling);
      this.#turnTo(result.conversation);
      return result;
    } catch (error) {
      this.failTurn(`/chat ${to}`);
      throw error;
    }
  }

  /** Makes a conversation the current one. @throws {UserError} If there is none; then the turn has failed. */
  switchTo(to: string): ConversationState {
    try {
      const state = this.client.answer(to);
      this.#turnTo(state);
      return state;
    } catch (error) {
      this.failTurn(`/switch ${to}`);
      throw error;
    }
  }

  /** A command that should have turned to somebody has failed: what follows on it was meant for somebody else. */
  failTurn(command: string): void {
    this.failedTurn = command;
    if (this.#current.type !== "peer" || !this.#display.holdsTypeAhead) this.turnToNobody(command);
  }

  /** No conversation is current. @param failed The command that should have turned to somebody, if one has failed. */
  turnToNobody(failed?: string): void {
    this.#current = failed === undefined ? nobody : { type: "failed", command: failed };
  }

  /**
   * Why a text cannot be sent now; undefined if it can.
   *
   * @param begunFor For whom the user has begun it; not given if that is the current one.
   */
  refusal(begunFor?: Recipient): LineProblem | undefined {
    const current = this.#current;
    switch (current.type) {
      case "failed":
        return { type: "turn-failed", command: current.command };
      case "nobody":
        return this.nobodyCurrent("msg");
      case "peer": {
        const { conversation, name } = current.peer;
        if (begunFor === undefined || begunFor.conversation === conversation) return undefined;
        const { failed, name: before } = begunFor;
        const why = failed === undefined ? {} : { failed };
        return { type: "begun-for-another", begunFor: before, ...why, current: name, asks: false };
      }
    }
  }

  /** The problem with a line that names nobody while nobody is the current one. */
  nobodyCurrent(command: "msg" | "close" | "hide" | "audit" | "path"): LineProblem {
    const names = this.client.conversations().map(({ name }) => name);
    return { type: "nobody-current", command, names };
  }

  /**
   * Sends a text in the current conversation. Done when it is on the disk.
   *
   * @returns Undefined if no conversation is current.
   * @throws {UserError} If it cannot be kept, or a peer without a key has left.
   * @throws {RangeError} If it is longer than a message takes.
   */
  async send(text: string): Promise<SentMessage | undefined> {
    if (this.#current.type !== "peer") return undefined;
    const { peer } = this.#current;
    const { conversation } = peer;
    this.#reopen(peer);
    if (this.#toldToWait.get(conversation) === "delivered") this.#toldToWait.delete(conversation);
    return await this.client.send(conversation, text);
  }

  /**
   * Leaves a conversation; if it was the current one, none is.
   *
   * @param to Not given for the current one.
   * @returns False if none is named and none is current.
   * @throws {UserError} If there is none of that name.
   */
  async close(to?: string): Promise<boolean> {
    const peer = this.#current.type === "peer" ? this.#current.peer : undefined;
    if (peer === undefined || (to !== undefined && !this.#names(to, peer))) {
      if (to !== undefined) await this.client.close(to);
      return to !== undefined;
    }
    this.#current = nobody;
    // Nothing may be left of it, if its peer has left.
    if (this.#isOpen(peer)) await this.client.close(peer.conversation);
    return true;
  }

  /**
   * Accepts a key that was refused. If a conversation of that name was the current one, the one with the
   * owner of the accepted key is, as far as there is one.
   *
   * @returns Its fingerprint.
   * @throws {UserError} If there is no such key, or it cannot be saved; then the turn has failed.
   */
  async trust(name: string, fingerprint: string | undefined): Promise<Fingerprint> {
    const before = this.#current;
    try {
      const trusted = await this.client.people.trust(name, fingerprint);
      const isOther = before.type === "peer" && before.peer.name !== name;
      const state = before.type === "peer" ? this.client.conversation(name) : undefined;
      if (!isOther) this.#current = state === undefined ? nobody : { type: "peer", peer: state };
      return trusted;
    } catch (error) {
      this.failTurn(["/trust", name, fingerprint ?? ""].join(" ").trimEnd());
      throw error;
    }
  }

  /**
   * Takes what the user has found in comparing words. If they differ, the conversation ends, and if it was the
   * current one, none is.
   *
   * @returns The fingerprint of the key that is verified now; undefined if it is not.
   * @throws {UserError} As {@linkcode ChatClient.confirmVerification}.
   */
  async confirmVerification(name: string, same: boolean): Promise<Fingerprint | undefined> {
    const { conversation } = this.client.conversation(name) ?? {};
    if (!same && this.#isCurrent(conversation)) this.#current = nobody;
    return await this.client.confirmVerification(name, same);
  }

  /**
   * Blocks a key. If its conversation was the current one, none is.
   *
   * @throws {UserError} As {@linkcode People.block}.
   */
  async block(who: string): Promise<NamedKey> {
    const blocked = await this.client.people.block(who);
    const { person } = this.#current.type === "peer" ? this.#current.peer : {};
    if (person === blocked.fingerprint) this.#current = nobody;
    return blocked;
  }

  /** Shows what is gathered: the session ends. */
  end(): void {
    this.#strangers.end();
  }

  emit(event: ClientEvent): void {
    if (!this.#strangers.take(event)) return;
    switch (event.type) {
      case "opened":
        return this.#opened(event);
      case "message":
        return this.#message(event);
      case "delivered":
        return this.#delivered(event);
      case "presence": {
        const { waiting = 0 } = this.client.conversation(event.name) ?? {};
        return this.#display.show({ ...event, waiting });
      }
      case "path-changed":
        // Silently: what is said goes on as before, and /path tells which way.
        return;
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

  /** The peer whom the user calls becomes the current one; in a terminal a contact who calls does if nobody is. */
  #opened(event: Event<"opened">): void {
    const { cause, contact } = event;
    const mayAnswer = cause === "call" && contact && this.#current.type === "nobody";
    if (cause === "chat" || (mayAnswer && this.#display.isIdle())) this.#turnTo(event);
    this.#display.show({ ...event, isCurrent: this.#isCurrent(event.conversation) });
  }

  #message(event: Event<"message">): void {
    this.#display.show(event);
    const { conversation, id } = event;
    if (this.acknowledges) return;
    this.#unseen.set(conversation, id);
    if (this.#isCurrent(conversation)) this.#markSeen(conversation);
  }

  #delivered(event: Event<"delivered">): void {
    const { conversation, waiting } = event;
    const wasWaiting = this.#toldToWait.has(conversation);
    if (wasWaiting && waiting === 0) this.#toldToWait.set(conversation, "delivered");
    this.#display.show({ ...event, wasWaiting });
  }

  #isCurrent(conversation: string | undefined): boolean {
    return conversation !== undefined && conversation === this.recipient.conversation;
  }

  /** Whether a name that the user gives, or an id, is that of a peer's conversation. */
  #names(to: string, { conversation, name }: PeerRef): boolean {
    const state = this.client.conversation(to);
    return state === undefined ? to === name : state.conversation === conversation;
  }

  #isOpen({ conversation }: PeerRef): boolean {
    return this.client.waitingIn(conversation) !== undefined;
  }

  /**
   * Has the client take up the current conversation again if it has dropped it when its peer left.
   *
   * @throws {UserError} If the peer has no key and is gone, or another conversation has its name by now.
   */
  #reopen(peer: PeerRef): void {
    const { name, device } = peer;
    const plaintext = device === undefined;
    if (this.#isOpen(peer)) return;
    if (!plaintext && this.client.conversation(name) === undefined) {
      this.client.answer(name);
      if (this.#isOpen(peer)) return;
    }
    throw new UserError({ code: "not-connected", name, plaintext });
  }

  /** Makes a conversation the current one: the user sees what has come in it. */
  #turnTo({ conversation, name, person, device }: PeerRef): void {
    this.#current = { type: "peer", peer: { conversation, name, person, device } };
    this.#markSeen(conversation);
  }

  #markSeen(conversation: string): void {
    const id = this.#unseen.get(conversation);
    if (id === undefined) return;
    this.#unseen.delete(conversation);
    this.client.seen(conversation, id);
  }
}
