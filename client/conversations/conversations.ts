/**
 * The conversations of a client: whom it talks to, under which name, over which links, and which of them
 * is current. A conversation may have several links, as when both sides call each other at once; one with
 * a peer that has a key outlives them all.
 *
 * @module
 */

import { type Address, formatAddress, isLocal } from "../../shared/net/address.ts";
import { within } from "../../shared/time/clock.ts";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { errorMessage } from "../../shared/errors/error_message.ts";
import type { ChatMessage } from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { linksMax, linksPerPeerMax, watchedMax } from "../../shared/protocol/limits.ts";
import type { Message } from "../../shared/protocol/message.ts";
import { textHeaders } from "../../shared/protocol/text.ts";
import { answerAudit, audit, type AuditReport } from "../audit/audit.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { addressOf, Conversation, type ConversationOptions, wasCalledAt } from "./conversation.ts";
import type { PeerConn } from "../transport/transport.ts";
import type { CloseReason, PeerState, Security } from "../events.ts";
import { type Candidate, PeerAdmission, type PeerAdmissionOptions } from "./admission.ts";
import {
  ignoringReceiver,
  type Inbox,
  Link,
  type LinkTimes,
  type PeerFacts,
  type Receiver,
  type Refusal,
  type Self,
} from "../link/link.ts";
import type { OpenedMail } from "../mailbox/mailbox.ts";
import { GroupCommit } from "./group_commit.ts";
import type { HistoryEntry } from "../store/journal.ts";
import { VerificationFlow } from "./verification.ts";

/** Messages that are read at once of those that have not been shown. */
const unshownBatch = 1_000;
/** Conversations beyond so many make room that the user has no part in, and that have no link. */
const conversationsMax = 256;
/** How long a link that is closed may take to end. */
const endedTimeoutMs = 1_000;

/** A call that was answered, and came to nothing: it is no use to call again. */
export class CallRefused extends UserError {}

interface Call {
  readonly opened: PromiseWithResolvers<Conversation>;
  readonly expectedId: string | undefined;
  /** Whether it is the user who calls, and not a message that waits. */
  readonly interactive: boolean;
}

/** What conversations need to know. */
export interface ConversationsOptions extends PeerAdmissionOptions, ConversationOptions {
  readonly self: Self;
  /** When there is room for more events; undefined where there is. */
  readonly room: () => Promise<void> | undefined;
  /** Told that there may be others to watch. */
  readonly onOthers: () => void;
  readonly times?: LinkTimes;
}

/** Everyone a client talks to. */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #byName = new Map<string, Conversation>();
  readonly #links = new Map<Link, Conversation | undefined>();
  readonly #opening = new Map<Link, Call>();
  readonly #gatekeeper: PeerAdmission;
  readonly #posting: GroupCommit;
  readonly #verifying: VerificationFlow;
  #current: string | undefined;
  #leaving = false;

  constructor(options: ConversationsOptions) {
    this.#options = options;
    this.#gatekeeper = new PeerAdmission(options);
    this.#posting = new GroupCommit(options);
    this.#verifying = new VerificationFlow(options);
  }

  /** The name of the current conversation. */
  get current(): string | undefined {
    return this.#current;
  }

  /** The names of all conversations, in the order in which they began. */
  get names(): string[] {
    return [...this.#byName.keys()];
  }

  /** Messages that wait for the peer of the current conversation. */
  get waiting(): number {
    return this.#current === undefined ? 0 : this.#byName.get(this.#current)?.waiting ?? 0;
  }

  /** All conversations. */
  list(): PeerState[] {
    return [...this.#byName.values()].map((conversation) => {
      const { name, links: [link], waiting } = conversation;
      return {
        name,
        address: link && addressOf(link),
        dialect: link?.dialect ?? "p2pchat",
        security: this.#securityOf(conversation),
        current: name === this.#current,
        waiting,
      };
    });
  }

  /**
   * Goes on with what an earlier run has left: messages that wait are sent, and those that came and were
   * not shown are shown.
   *
   * @throws {Error} Where the journal cannot be read.
   */
  resume(): void {
    const { journal, self } = this.#options;
    for (const record of journal.waiting(self.id)) {
      if (record.key === undefined || !this.#isTrusted(record.name, record.key)) continue;
      const conversation = this.#take(record.name, record.id);
      conversation.engaged = true;
      conversation.sayWaiting();
      conversation.wake();
    }
    this.#showUnshown();
  }

  #showUnshown(): void {
    const { journal, self, emit, printed } = this.#options;
    for (let isMore = true; isMore;) {
      const entries = journal.unshown(self.id, unshownBatch);
      for (const { name, text, sentAtMs, plaintext } of entries) {
        emit({ type: "message", name, plaintext, text, sentAtMs });
      }
      isMore = entries.length === unshownBatch;
      // Which come next is known only once these are noted.
      const printing = isMore ? undefined : printed();
      if (printing === undefined) isMore = this.#markShown(entries) && isMore;
      else printing.then(() => this.#markShown(entries), () => {});
    }
  }

  /** @returns Whether that could be written. */
  #markShown(entries: readonly HistoryEntry[]): boolean {
    const { journal, self, emit } = this.#options;
    try {
      for (const [name, row] of new Map(entries.map(({ name, row }) => [name, row]))) {
        for (const { id } of journal.find(self.id, name)) journal.markShown(id, row);
      }
      return true;
    } catch (error) {
      const reason = reasonOf(error);
      const problem = `${reason}; what was shown will be shown again at the next start`;
      emit({ type: "problem", problem });
      return false;
    }
  }

  /** The open conversation with whoever listens at an address, or has an id. */
  find(wanted: { id?: string; address?: Address }): string | undefined {
    const { id, address } = wanted;
    return [...this.#byName.values()].find(({ links }) =>
      links.some((link) =>
        (id !== undefined && link.peerId === id) ||
        (address !== undefined && wasCalledAt(link, address))
      )
    )?.name;
  }

  /** Takes in a connection that somebody opened to us. */
  takeCall(conn: PeerConn): void {
    if (this.#leaving || !this.#makeRoom()) return conn.close();
    this.#addLink(conn, "responder");
  }

  /**
   * Opens a conversation over a connection to somebody.
   *
   * @param calledId Whom the user has called, where that is by name.
   * @param byUser Whether it is to be the current one.
   * @throws {UserError} Where the other side ends it at once or is not to be talked to, or there are too
   * many.
   */
  async openCall(
    conn: PeerConn,
    expectedId: string | undefined,
    interactive: boolean,
  ): Promise<void> {
    if (this.#leaving || !this.#makeRoom()) {
      conn.close();
      throw new UserError(`Cannot call: ${linksMax} conversations are open; /close one first`);
    }
    const opened = Promise.withResolvers<Conversation>();
    this.#opening.set(this.#addLink(conn, "initiator"), { opened, expectedId, interactive });
    await opened.promise;
  }

  /**
   * Makes the conversation with somebody whose key is known the current one, though he is not there.
   *
   * @returns Whether there is anybody of that name whose key is known.
   */
  openAway(name: string): boolean {
    const conversation = this.#known(name);
    if (conversation === undefined) return false;
    this.#engage(conversation);
    this.#current = conversation.name;
    conversation.see();
    conversation.wake();
    return true;
  }

  /**
   * Sends a text in the current conversation. Done when it is on the disk; or, to a peer without a key, on
   * its way.
   *
   * @throws {UserError} Where there is none, the text cannot be kept, or a conversation without a key is
   * over before the text is on its way.
   * @throws {RangeError} Where the text is longer than a message takes.
   */
  async send(text: string): Promise<void> {
    const conversation = this.#current === undefined ? undefined : this.#byName.get(this.#current);
    if (conversation === undefined) {
      throw new UserError(
        this.#byName.size === 0
          ? "Nobody is there to hear it: /chat IP:PORT or /chat NAME opens a conversation"
          : `No conversation is current: /switch to one of ${this.names.join(", ")}`,
      );
    }
    const { key, links: [link] } = conversation;
    if (key === undefined) {
      conversation.engaged = true;
      await link!.sendText(text);
      return await this.#keepSent(conversation, text);
    }
    // Thrown before anything is kept.
    textHeaders(text);
    this.#engage(conversation);
    conversation.see();
    await this.#posting.post(conversation, text);
  }

  /** Puts into the history what is on its way already, whatever the disk says to that. */
  async #keepSent(conversation: Conversation, text: string): Promise<void> {
    try {
      await this.#posting.post(conversation, text);
    } catch (error) {
      const reason = errorMessage(error instanceof UserError ? error.cause : error);
      const problem = `What was sent to ${conversation.name} is not in the history: ${reason}`;
      this.#options.emit({ type: "problem", problem });
    }
  }

  /** The fingerprint of somebody who has called and whom the user has not answered. */
  unknownSenderIn(name: string): Fingerprint | undefined {
    const { key, engaged } = this.#get(name);
    return engaged || key === undefined ? undefined : fingerprintOf(key);
  }

  /** Makes a conversation the current one. @throws {UserError} Where there is none of that name. */
  switchTo(name: string): void {
    const conversation = this.#byName.get(name) ?? this.#known(name) ?? this.#get(name);
    this.#engage(conversation);
    this.#current = name;
    this.#options.emit({ type: "switched", name });
    conversation.see();
  }

  /** Leaves a conversation. @throws {UserError} Where there is none of that name. */
  async close(name: string): Promise<void> {
    const conversation = this.#get(name);
    if (this.#current === name) this.#current = undefined;
    // With links, the end of the last one says what waits.
    if (conversation.links.length === 0) conversation.sayWaiting();
    else await this.#leave(conversation);
    this.#forget(conversation);
  }

  /** Compares words with a peer. @throws {UserError} As {@linkcode VerificationFlow.begin}. */
  verify(name: string): void {
    this.#verifying.begin(this.#get(name));
  }

  /**
   * Takes what the user has found in comparing. Where the words are the same, the peer is verified for
   * good; where they are not, the conversation ends and the key is forgotten.
   *
   * @throws {UserError} Where there are no words to compare.
   */
  async concludeVerification(name: string, same: boolean): Promise<void> {
    const conversation = this.#get(name);
    try {
      const fingerprint = this.#verifying.conclude(conversation, same);
      if (fingerprint !== undefined) await this.leaveOthers(conversation.peerId!, fingerprint);
    } finally {
      // Also where the key cannot be forgotten, as on a full disk.
      if (!same) {
        // First of all, nothing more is sent to whoever that is.
        this.#forget(conversation, true);
        if (this.#current === name) this.#current = undefined;
        await this.#leave(conversation);
      }
    }
  }

  /**
   * Leaves everyone who goes by an id and has another key than the one that is believed from now on, or
   * none: what is meant for its owner is not to go to them.
   */
  async leaveOthers(id: string, fingerprint: Fingerprint): Promise<void> {
    const others = [...this.#links.keys()].filter((link) =>
      link.peerId === id && link.dialect !== undefined &&
      (link.peerKey === undefined || fingerprintOf(link.peerKey) !== fingerprint)
    );
    await Promise.all(others.map((link) => link.leave()));
  }

  /**
   * What waits for somebody goes to the key from now on that the user has accepted for that name.
   *
   * @throws {UserError} Where that cannot be written; then it goes to nobody.
   */
  async reassign(name: string, key: PublicKey): Promise<void> {
    // What is being written down is still meant for the old one.
    await this.#posting.allKept();
    const { journal, self } = this.#options;
    const { id } = journal.open({ self: self.id, name, key });
    const old = this.#byName.get(name);
    const isOther = old !== undefined && old.id !== id;
    if (isOther) this.#forget(old, true);
    for (const other of journal.find(self.id, name)) {
      if (other.key !== undefined) journal.reassign(other.id, id);
    }
    const { last, acknowledged } = journal.get(id).outgoing;
    if (last === acknowledged && !old?.engaged) {
      // What is being typed was meant for a stranger who is to be left.
      if (isOther && this.#current === name) this.#current = undefined;
      return;
    }
    const conversation = this.#take(name, id);
    conversation.engaged = true;
    conversation.wake();
  }

  /** Compares what both sides have of a conversation. @throws {UserError} Where there is no link to it. */
  async audit(name: string): Promise<AuditReport> {
    const { id, links: [link], key } = this.#get(name);
    if (link === undefined || key === undefined) {
      throw new UserError(
        `Cannot compare with ${name}: there is no encrypted connection; /chat first`,
      );
    }
    return await audit(this.#options.journal, id, (request) => link.ask(request));
  }

  /**
   * Takes what has come by mail.
   *
   * @returns False where it is to stay there, since what comes before it is still to come, or nobody
   * believes its key.
   */
  async takeMail(
    { id, key, agreement, address, messages }: OpenedMail,
    from: Address,
  ): Promise<boolean> {
    const visitor: Candidate = {
      role: "responder",
      remote: from,
      peerId: id,
      peerKey: key,
      dialect: "p2pchat",
    };
    if (await this.#gatekeeper.admitKey(visitor, undefined) !== undefined) return false;
    const { journal, self } = this.#options;
    try {
      // Whoever is elsewhere cannot have us call what listens on this machine alone.
      const isReachable = address !== undefined && (!isLocal(address.host) || isLocal(from.host));
      const seen = { agreement, ...isReachable && { address } };
      const record = journal.open({ self: self.id, name: id, key }, seen);
      const conversation = this.#take(id, record.id);
      if (messages.some(({ verb }) => verb === "MSG")) this.#current ??= id;
      const isTaken = conversation.takeMail(messages);
      if (this.#current === id) conversation.see();
      return isTaken;
    } catch (error) {
      const problem = `Cannot keep what came from ${id} by mail: ${reasonOf(error)}`;
      this.#options.emit({ type: "problem", problem });
      return false;
    }
  }

  /** Acknowledges what has come by mail. */
  async answerMail(): Promise<void> {
    await Promise.all([...this.#byName.values()].map((conversation) => conversation.answerMail()));
  }

  /** Looks at once for all for whom messages wait, or for one. */
  wake(name?: string): void {
    for (const conversation of this.#byName.values()) {
      if (name === undefined || conversation.peerId === name) conversation.wake();
    }
  }

  /** Whether there is a link to somebody. */
  isConnected(name: string): boolean {
    return (this.#byName.get(name)?.links.length ?? 0) > 0;
  }

  /** Whom to watch: whom the user talks to, then those who were talked to last, then strangers. */
  get watched(): string[] {
    const { journal, self } = this.#options;
    const open = [...this.#byName.values()].filter(({ key }) => key !== undefined);
    const latest = journal.list(self.id, watchedMax).filter(({ key }) => key !== undefined);
    const ids = [
      ...open.filter(({ engaged }) => engaged).map(({ peerId }) => peerId!),
      ...latest.map(({ name }) => name),
      ...open.map(({ peerId }) => peerId!),
    ];
    return [...new Set(ids)].slice(0, watchedMax);
  }

  /** Done when all that was sent has arrived, or is as near as it gets now, or `timeoutMs` have passed. */
  async allDelivered(timeoutMs: number): Promise<void> {
    await this.#posting.allKept();
    const resting = [...this.#byName.values()].map((conversation) => conversation.atRest());
    await within(timeoutMs, Promise.all(resting), this.#options.clock);
  }

  /** Leaves everyone. Done when every link has ended. */
  async leaveAll(): Promise<void> {
    this.#leaving = true;
    const { clock } = this.#options;
    await this.#posting.allKept();
    const links = [...this.#links.keys()];
    await Promise.all([
      ...[...this.#byName.values()].map((conversation) => this.#leave(conversation)),
      ...links.filter((link) => this.#links.get(link) === undefined).map((link) => link.leave()),
    ]);
    for (const conversation of this.#byName.values()) conversation.stop();
    // Where the runtime does not take back a write when its connection is closed (Deno 2.6), a link
    // whose peer does not read outlives its closing.
    await within(endedTimeoutMs, Promise.all(links.map((link) => link.ended)), clock);
  }

  /** Says goodbye on all links of a conversation, once what was just sent has had time to be confirmed. */
  async #leave(conversation: Conversation): Promise<void> {
    const { links, waiting } = conversation;
    const settled = waiting > 0 ? conversation.allAcknowledged() : undefined;
    await Promise.all(links.map((link) => link.leave(settled)));
  }

  /** Drops a conversation from the list, unless messages wait for its peer. */
  #forget(conversation: Conversation, force = false): void {
    const { name, links, waiting } = conversation;
    if (!force && (links.length > 0 || waiting > 0)) return;
    conversation.stop();
    // Another one may have taken its place, as where the name's key is another one now.
    if (this.#byName.get(name) !== conversation) return;
    this.#byName.delete(name);
    if (this.#current === name && !force) this.#current = undefined;
  }

  /** Notes that the user talks to somebody, whom nobody pushes out of memory from then on. */
  #engage(conversation: Conversation): void {
    const { key, peerId } = conversation;
    if (conversation.engaged || key === undefined) return;
    conversation.engaged = true;
    const { trust, emit, onOthers } = this.#options;
    try {
      trust.addContact(peerId!, key);
    } catch (error) {
      const reason = reasonOf(error);
      emit({ type: "problem", problem: `Cannot note that you know ${peerId}: ${reason}` });
    }
    // A stranger's mail has not been.
    conversation.answerMail();
    onOthers();
  }

  /** Lest one peer takes up all the links that there are. */
  #refusalOfMany({ peerKey, role }: PeerFacts): Refusal | undefined {
    if (role === "initiator") return undefined;
    let count = 0;
    for (const other of this.#links.keys()) {
      if (other.peerKey !== undefined && other.peerKey === peerKey) count++;
    }
    if (count <= linksPerPeerMax) return undefined;
    const reason = "You have as many links with this client as one may have";
    return { code: 429, reason, detail: `more than ${linksPerPeerMax} links with one peer` };
  }

  #isTrusted(name: string, key: PublicKey): boolean {
    return this.#options.trust.keyOf(name) === key;
  }

  /** The conversation with somebody whose key is known, from the journal where it is not here. */
  #known(name: string): Conversation | undefined {
    const there = this.#byName.get(name);
    if (there?.key !== undefined) return there;
    const { journal, self, trust } = this.#options;
    const key = trust.keyOf(name);
    if (there !== undefined || key === undefined) return undefined;
    return this.#take(name, journal.open({ self: self.id, name, key }).id);
  }

  #securityOf({ key, peerId }: Conversation): Security {
    if (key === undefined) return "plaintext";
    return this.#options.trust.isVerified(peerId!, key) ? "verified" : "encrypted";
  }

  /** The conversation of a name, which is made where there is none. */
  #take(name: string, id: number): Conversation {
    const there = this.#byName.get(name);
    if (there?.id === id) return there;
    // Of a key that is not believed any more: whoever has it is gone, or about to be told to go.
    if (there !== undefined) this.#forget(there, true);
    const made = new Conversation(name, this.#options.journal.get(id), this.#options);
    this.#byName.set(name, made);
    if (this.#byName.size > conversationsMax) this.#forgetIdle(made);
    this.#options.onOthers();
    return made;
  }

  /** Drops the oldest conversation in which nothing is going on. */
  #forgetIdle(made: Conversation): void {
    for (const conversation of this.#byName.values()) {
      const { name, engaged, links } = conversation;
      if (conversation === made || engaged || links.length > 0 || name === this.#current) continue;
      return this.#forget(conversation);
    }
  }

  #get(name: string): Conversation {
    const conversation = this.#byName.get(name);
    if (conversation !== undefined) return conversation;
    const names = this.names;
    throw new UserError(
      `No conversation is called ${name}: ` +
        (names.length === 0 ? "none is open; /chat opens one" : `there is ${names.join(", ")}`),
    );
  }

  #addLink(conn: PeerConn, role: "initiator" | "responder"): Link {
    const { self, times, allowPlaintext, clock } = this.#options;
    const link: Link = new Link({
      conn,
      role,
      self,
      owner: {
        admitPlaintext: (peer) =>
          this.#gatekeeper.admitPlaintext(peer, this.#opening.get(link)?.expectedId),
        admitKey: async (peer) => {
          const { expectedId, interactive } = this.#opening.get(link) ?? {};
          return this.#refusalOfMany(peer) ??
            await this.#gatekeeper.admitKey(peer, expectedId, interactive);
        },
        begin: () => this.#begin(link),
      },
      onClosed: (reason, detail) => this.#closed(link, reason, detail),
      room: () => this.#options.room(),
      allowPlaintext,
      clock,
      ...(times && { times }),
    });
    this.#links.set(link, undefined);
    return link;
  }

  /** Sees to it that one more link is allowed: whoever called and has said nothing yet makes room. */
  #makeRoom(): boolean {
    if (this.#links.size < linksMax) return true;
    for (const link of this.#links.keys()) {
      if (link.dialect === undefined && link.role === "responder") {
        link.leave();
        return true;
      }
    }
    return false;
  }

  /** A link opens. @returns Who takes what its peer says. */
  #begin(link: Link): Receiver {
    const answerAudit = (request: Message) => this.#answerAudit(link, request);
    const conversation = link.purpose === "audit" ? undefined : this.#opened(link);
    if (conversation === undefined) return { ...ignoringReceiver, answerAudit };
    const { emit } = this.#options;
    const { name } = conversation;
    return {
      inbox: this.#inboxOf(conversation, link),
      verification: {
        asked: () => emit({ type: "verification-asked", name }),
        words: (words) => emit({ type: "verification-words", name, words }),
      },
      answerAudit,
    };
  }

  #inboxOf(conversation: Conversation, link: Link): Inbox {
    const { name } = conversation;
    return {
      text: (text) => this.#takeText(conversation, text),
      messages: (messages) => this.#takeLetters(conversation, messages, link),
      acknowledged: (id) => conversation.acknowledged(id),
      read: (id) => conversation.read(id),
      reset: (stream) => conversation.reset(stream),
      delivered: (id) => this.#options.emit({ type: "delivered", name, id, late: false }),
    };
  }

  /** @returns The conversation that the link belongs to; undefined if it cannot begin. */
  #opened(link: Link): Conversation | undefined {
    const { emit } = this.#options;
    let conversation: Conversation;
    try {
      conversation = this.#conversationOf(link);
    } catch (error) {
      const problem = `Cannot begin a conversation with ${link.peerId}: ${reasonOf(error)}`;
      emit({ type: "problem", problem });
      this.#opening.get(link)?.opened.reject(new UserError(problem));
      this.#opening.delete(link);
      link.leave();
      return undefined;
    }
    const { name, waiting } = conversation;
    this.#links.set(link, conversation);
    const call = this.#opening.get(link);
    this.#opening.delete(link);
    if (call?.interactive || (this.#current === undefined && call === undefined)) {
      this.#current = name;
    }
    if (link.role === "initiator") this.#engage(conversation);
    if (conversation.links.length === 0) {
      emit({
        type: "opened",
        name,
        address: addressOf(link),
        dialect: link.dialect!,
        security: this.#securityOf(conversation),
        called: link.role === "initiator" ? "by-us" : "by-them",
        current: this.#current === name,
        waiting,
      });
    }
    conversation.attach(link);
    call?.opened.resolve(conversation);
    return conversation;
  }

  #closed(link: Link, reason: CloseReason, detail: string | undefined): void {
    const conversation = this.#links.get(link);
    this.#links.delete(link);
    const call = this.#opening.get(link);
    this.#opening.delete(link);
    const place = formatAddress(link.remote);
    call?.opened.reject(
      reason === "refused"
        ? new CallRefused(`The call to ${call.expectedId ?? place} was given up: ${detail}`)
        : new (reason === "broken" ? CallRefused : UserError)(
          `Whoever is at ${place} ended the call: ${detail ?? "it hung up"}`,
        ),
    );
    if (conversation === undefined) return;
    const { name, key, engaged } = conversation;
    const { emit } = this.#options;
    const texts = link.unacknowledged;
    const wasLast = conversation.detach(link);
    if (texts.length > 0) emit({ type: "undelivered", name, texts });
    if (!wasLast) return;
    // Nobody takes the place of the current one unasked: what is being typed was not meant for them.
    if (key === undefined || !engaged) this.#forget(conversation);
    emit({ type: "closed", name, reason, detail });
    if (!this.#leaving) conversation.sayWaiting();
  }

  #takeText(conversation: Conversation, text: string): void {
    const { clock } = this.#options;
    const letter = { id: randomId(), sentAtMs: clock.timeOfDay(), text, position: undefined };
    this.#takeLetters(conversation, [letter], undefined);
  }

  #takeLetters(
    conversation: Conversation,
    letters: readonly ChatMessage[],
    link: Link | undefined,
  ): void {
    conversation.receive(letters, link);
    if (conversation.name === this.#current) conversation.see();
  }

  #answerAudit({ peerId, peerKey }: Link, request: Message): Message {
    const { journal, self } = this.#options;
    // Also where there is nothing, as when a store was lost: that is what is to be found out.
    const { id } = journal.open({ self: self.id, name: peerId!, key: peerKey! });
    return answerAudit(journal, id, request);
  }

  /**
   * The conversation that a link belongs to. Its name is the peer's id, or its address where it has none.
   * Another link with the same peer, by its key or, in plaintext, by what it says of itself and where it
   * comes from, joins the conversation; another peer that says the same id gets a number.
   */
  #conversationOf(link: Link): Conversation {
    const { journal, self } = this.#options;
    const base = link.peerId ?? formatAddress(link.remote);
    const { peerKey, peerAgreement, peerAddress, role, remote } = link;
    const address = role === "initiator" ? remote : peerAddress;
    for (let number = 1;; number++) {
      const name = number === 1 ? base : `${base}~${number}`;
      const there = this.#byName.get(name);
      if (there !== undefined && !isWith(there, link)) continue;
      const seen = {
        ...peerAgreement && { agreement: peerAgreement },
        ...address && peerKey && { address },
      };
      return this.#take(name, journal.open({ self: self.id, name: base, key: peerKey }, seen).id);
    }
  }
}

/** Whether a link joins a conversation. */
function isWith({ key, peerId, links }: Conversation, link: Link): boolean {
  // What is known of a name's key has been seen to before the link opened.
  if (key !== undefined || link.peerKey !== undefined) {
    return key !== undefined && link.peerKey !== undefined && peerId === link.peerId &&
      (key === link.peerKey || links.length === 0);
  }
  return links.some((other) =>
    link.dialect === "p2pchat" && other.dialect === "p2pchat" &&
    link.remote.host === other.remote.host &&
    link.peerAddress !== undefined && other.peerAddress !== undefined &&
    formatAddress(link.peerAddress) === formatAddress(other.peerAddress)
  );
}
