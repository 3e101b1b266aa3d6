/**
 * The conversations of a client: with whom it talks, over which links. A conversation may have several
 * links, as when both sides call each other at once; one with a peer that has a key outlives them all.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import { within } from "../../shared/time/clock.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { type Fingerprint, fingerprintOf, type PublicKey } from "../../shared/crypto/public_key.ts";
import { textHeaders } from "../../shared/protocol/text.ts";
import type { AuditReport } from "../audit/audit.ts";
import type { Connector } from "../connector/connector.ts";
import type { ConversationState, PeerRef } from "../events.ts";
import type { VerificationState } from "../link/link.ts";
import type { PresenceStatus } from "../rendezvous/rendezvous.ts";
import type { Servers } from "../servers/servers.ts";
import type { Network, PeerConn } from "../transport/transport.ts";
import { reasonOf, UserError } from "../user_error.ts";
import { PeerAdmission } from "./admission.ts";
import type { Conversation, ConversationOptions } from "./conversation.ts";
import { auditWith } from "./audit_with.ts";
import { Calls, type Turn } from "./calls.ts";
import { ContactList } from "./contact_list.ts";
import { ConversationList } from "./conversation_list.ts";
import {
  type ContactState,
  contactStates,
  isNewsToServer,
  knownNames,
  namesToWatch,
} from "./contacts.ts";
import { Absence } from "./absence.ts";
import { type CommittedMessage, GroupCommit } from "./group_commit.ts";
import { LinkRegistry } from "./link_registry.ts";
import { ConversationMail } from "./mail_intake.ts";
import { PathKeeper } from "./path_keeper.ts";
import { hideIgnored } from "./ignoring.ts";
import { isAnswered, type PathReport, pathsOf } from "./paths.ts";
import { People } from "./people.ts";
import { PresenceNotices } from "./presence_notices.ts";
import { reassign } from "./reassign.ts";
import { acknowledgeShown, showUnshown } from "./unshown.ts";
import { isWithoutWords, VerificationFlow } from "./verification.ts";

export type { ContactState } from "./contacts.ts";
export type { Path, PathReport } from "./paths.ts";
export type { LocallyNamed, NamedKey, People } from "./people.ts";

/** How long a link that is closed may take to end, in milliseconds. */
const endedTimeoutMs = 1_000;

/** What conversations need. */
export interface ConversationsOptions
  extends Omit<ConversationOptions, "self" | "search" | "goAround"> {
  readonly self: { readonly id: string; readonly address: Address; readonly identity: Identity };
  readonly connector: Connector;
  readonly rendezvous: Pick<
    Servers,
    | "check"
    | "collect"
    | "connection"
    | "contactsChanged"
    | "deposit"
    | "keepsMailFor"
    | "serverHost"
    | "lookUp"
    | "met"
    | "moved"
    | "status"
    | "told"
    | "tokensChanged"
    | "turnTo"
    | "watch"
    | "pathCounter"
    | "watches"
  >;
  readonly network: Network;
  readonly allowPlaintext: boolean;
  /** Whether nobody else than contacts is let in. */
  readonly contactsOnly: boolean;
}

/** What came of turning to somebody. */
export interface ChatResult extends Omit<Turn, "conversation"> {
  readonly conversation: ConversationState;
}

/** A message that is on the disk. */
export interface SentMessage extends PeerRef {
  readonly id: string;
  /** Its place in our message stream; undefined for a peer that knows no numbers. */
  readonly stream: string | undefined;
  readonly seq: number | undefined;
}

/** Everybody a client talks to. */
export class Conversations {
  readonly people: People;
  readonly #options: ConversationsOptions;
  readonly #notices: PresenceNotices;
  readonly #list: ConversationList;
  /** Our contacts, as the server is told of them. */
  readonly contactList: ContactList;
  readonly #links: LinkRegistry;
  readonly #calls: Calls;
  readonly #paths: PathKeeper<Conversation>;
  readonly #mail: ConversationMail;
  readonly #commits: GroupCommit;
  readonly #verification: VerificationFlow;

  constructor(options: ConversationsOptions) {
    const { self: { id, identity }, store, trust, clock, rendezvous } = options;
    const notices = this.#notices = new PresenceNotices(options);
    const goAround = (conversation: Conversation) => this.#calls.goAround(conversation);
    this.#paths = new PathKeeper({
      ...options,
      goAround,
      all: () => list.all,
      straighten: (one) => this.#calls.straighten(one),
      isAnswered: (one) => isAnswered(one, clock),
      decides: ({ key }) => key !== undefined && identity.publicKey > key,
    });
    const absence = new Absence((conversation) => list.withId(conversation));
    const noted = notices.noting(hideIgnored(options.sink, options));
    const sink = absence.noting(this.#paths.noting(noted));
    this.#options = { ...options, sink };
    const self = { id, fingerprint: identity.fingerprint };
    const onPeers = (name?: string) => void (isNewsToServer(rendezvous, name) && this.watch());
    const search = (conversation: Conversation) => this.#calls.search(conversation);
    const contacts = this.contactList = new ContactList({
      ...this.#options,
      conversations: () => list.all,
      servers: rendezvous.told,
      onChange: () => rendezvous.contactsChanged(),
      onToken: () => rendezvous.tokensChanged(),
    });
    const onAnswered = (conversation: Conversation) => {
      contacts.added(conversation);
      this.#paths.answered(conversation);
    };
    const parts = { ...this.#options, self, search, goAround, onPeers, onAnswered };
    const list: ConversationList = this.#list = new ConversationList(parts);
    const onDisplaced = (name: string, key: PublicKey) => this.#links.displaceOthers(name, key);
    const admission = new PeerAdmission({ ...this.#options, onDisplaced });
    const onLinks = (conversation: Conversation) => this.#paths.changed(conversation);
    const place = { selfId: id, list, contacts, admission, onLinks };
    this.#links = new LinkRegistry({ ...this.#options, ...place });
    this.#calls = new Calls({ ...this.#options, list, links: this.#links });
    this.#mail = new ConversationMail({ selfId: id, store, admission, list, sink });
    this.#commits = new GroupCommit({ outgoing: store.outgoing, clock });
    this.#verification = new VerificationFlow(trust);
    const collectLeftMail = () => void this.collectMail({ alsoLeft: true });
    const reassigning = { selfId: id, store, list, links: this.#links, commits: this.#commits };
    const about = { list, trust, contacts, store, clock, absence, collectLeftMail, onPeers };
    this.people = new People({
      ...about,
      reassign: (name, key) => reassign(reassigning, name, key),
      leaveKey: (fingerprint) => this.#links.leaveKey(fingerprint),
    });
  }

  /** All that there are, in the order in which they began. */
  get all(): ConversationState[] {
    return this.#list.all.map((conversation) => this.#list.stateOf(conversation));
  }

  /** The one of an id or of a peer's name. */
  find(to: string): ConversationState | undefined {
    const conversation = this.#list.find(to);
    return conversation && this.#list.stateOf(conversation);
  }

  /** How many messages wait in the one of an id; undefined if there is none. */
  waitingIn(id: string): number | undefined {
    return this.#list.withId(id)?.waiting;
  }

  /**
   * Goes on with what an earlier run has left: what waits is sent, and what was not shown is shown.
   *
   * @throws {UserError} If the store cannot be read.
   */
  resume(): void {
    const { store, self, trust } = this.#options;
    for (const record of store.conversations.waiting(self.id)) {
      if (record.key === undefined || trust.keyOf(record.name) !== record.key) continue;
      if (store.blockedKeys.has(fingerprintOf(record.key))) continue;
      const conversation = this.#list.take(record.name, record);
      conversation.answered = true;
      conversation.tellWaiting();
      conversation.wake();
    }
    showUnshown(this.#options);
  }

  /** Takes a connection that somebody opened to us. */
  takeCall(conn: PeerConn): void {
    this.#options.connector.answer(conn, this.#links);
  }

  /** By which ways a conversation goes. @throws {UserError} If there is none. */
  async path(to: string): Promise<PathReport> {
    const { clock, connector } = this.#options;
    return await pathsOf(this.#list.getOrOpen(to), clock, (name) => connector.whyNot(name));
  }

  /** Turns to somebody. See {@linkcode Calls.chat}. @throws {UserError} */
  async chat(to: string, onCalling: (address: Address) => void): Promise<ChatResult> {
    const { conversation, how, why } = await this.#calls.chat(to, onCalling);
    return { conversation: this.#list.stateOf(conversation), how, why };
  }

  /** Turns to a conversation: its peer is a contact from now on. @throws {UserError} If there is none. */
  answer(to: string): ConversationState {
    const conversation = this.#list.getOrOpen(to);
    this.#list.answer(conversation);
    return this.#list.stateOf(conversation);
  }

  /**
   * Sends a text. Done when it is on the disk; or, to a peer without a key, on its way.
   *
   * @throws {UserError} If there is no such conversation, or the text cannot be kept or, without a key, sent.
   * @throws {RangeError} If the text is longer than a message takes.
   */
  async send(to: string, text: string): Promise<SentMessage> {
    const conversation = this.#list.getOrOpen(to);
    const { key, links: [link], ref } = conversation;
    if (key === undefined) {
      if (link === undefined) {
        throw new UserError({ code: "not-connected", name: ref.name, plaintext: true });
      }
      conversation.answered = true;
      const id = await link.sendText(text, conversation.framing);
      const kept = await this.#keepSent(conversation, text);
      return { ...ref, id: id ?? kept?.id ?? "", stream: undefined, seq: undefined };
    }
    // Thrown before anything is kept.
    textHeaders(text);
    this.#list.answer(conversation);
    const { id, numbered } = await this.#commits.commit(conversation, text, true);
    const { stream, seq } = numbered!.position;
    return { ...ref, id, stream, seq };
  }

  /** The user has seen a message, and all before it in its conversation. */
  seen(conversation: string, id: string): void {
    this.#list.find(conversation)?.seen(id);
  }

  /** Notes that a message was taken. @returns Whether it waited for that. @throws {UserError} If it cannot be noted. */
  acknowledge(id: string): boolean {
    return acknowledgeShown(this.#options, id, (name) => this.#list.find(name));
  }

  /** Leaves a conversation. What waits for its peer goes on waiting. @throws {UserError} If there is none. */
  async close(to: string): Promise<void> {
    const conversation = this.#list.get(to);
    // If there are links, the end of the last one tells what waits.
    if (conversation.links.length === 0) conversation.tellWaiting();
    else await conversation.leave();
    this.#list.dropIfIdle(conversation);
  }

  /** Compares words with a peer. @throws {UserError} As {@linkcode VerificationFlow.begin}. */
  verify(to: string): VerificationState {
    return this.#verification.begin(this.#list.get(to));
  }

  /** Does not wait any more for a peer's words. @throws {UserError} As {@linkcode VerificationFlow.withdraw}. */
  withdrawVerification(to: string): boolean {
    return this.#verification.withdraw(this.#list.get(to));
  }

  /**
   * Takes what the user has found in comparing. If the words are the same, the peer is verified for good; if
   * not, the conversation ends and the key is forgotten.
   *
   * @returns The fingerprint that is verified now, if any.
   * @throws {UserError} If there are no words to compare.
   */
  async confirmVerification(to: string, same: boolean): Promise<Fingerprint | undefined> {
    const conversation = this.#list.get(to);
    let differs = !same;
    try {
      const fingerprint = this.#verification.confirm(conversation, same);
      if (fingerprint) await this.#links.leaveOthers(conversation.peerId, fingerprint);
      return fingerprint;
    } catch (error) {
      if (isWithoutWords(error)) differs = false;
      throw error;
    } finally {
      // Also if the key cannot be forgotten, as on a full disk.
      if (differs) {
        // First of all, nothing more is sent to them. The user is warned before the goodbye is through.
        this.#list.drop(conversation);
        conversation.leave();
        this.contactList.renew();
      }
    }
  }

  /** Compares what both sides have. See {@linkcode auditWith}. @throws {UserError} */
  audit(to: string, options: { readonly mayCall?: boolean }): Promise<AuditReport> {
    return auditWith(to, { ...this.#options, list: this.#list }, options);
  }

  /** Fetches the mail and acknowledges it. See {@linkcode Servers.collect}. Never throws. */
  collectMail(options: { readonly alsoLeft: boolean }): Promise<void> {
    return this.#options.rendezvous.collect(this.#mail, options);
  }

  /** Looks at once for everybody for whom messages wait, or for one. */
  wake(name?: string): void {
    for (const conversation of this.#list.all) {
      if (name === undefined || conversation.peerId === name) conversation.wake();
    }
  }

  /** Those whom the user talks to, the latest first. @throws {UserError} If the store cannot be read. */
  contacts(): ContactState[] {
    const { store, self, rendezvous } = this.#options;
    return contactStates(store, self.id, this.#list.all, {
      state: (name) => this.find(name),
      presence: (name) => rendezvous.status(name),
    });
  }

  /** The names of those who were talked to, the latest first. @throws {UserError} If the store fails. */
  knownNames(): string[] {
    return knownNames(this.#options.store, this.#options.self.id);
  }

  /** Has the server say of those who matter most whether they are there. Never throws. */
  watch(): void {
    const { store, self, rendezvous, sink } = this.#options;
    try {
      rendezvous.watch(namesToWatch(store, self.id, this.#list.all));
    } catch (error) {
      const problem = { code: "cannot-watch", reason: reasonOf(error) } as const;
      sink.emit({ type: "problem", problem });
    }
  }

  /** Takes what the server says of somebody. Never throws. */
  takePresence(name: string, status: PresenceStatus | undefined): void {
    const { trust, sink } = this.#options;
    const connected = this.#list.connectedAs(name) !== undefined;
    try {
      if (trust.knows(name)) this.#notices.said(name, status, connected);
    } catch (error) {
      const problem = { code: "cannot-look-up-key", name, reason: reasonOf(error) } as const;
      sink.emit({ type: "problem", problem });
    }
    // Of a client that is only registered it is not known whether it is there: that is found out.
    if (status !== undefined && status !== "away") this.wake(name);
  }

  /** Done when all that was sent has arrived, or is as near as it gets now, or `timeoutMs` have passed. */
  async allDelivered(timeoutMs: number): Promise<void> {
    await this.#commits.flushed();
    const idle = this.#list.all.map((conversation) => conversation.idle());
    await within(timeoutMs, Promise.all(idle), this.#options.clock);
  }

  /** Leaves everybody. Done when every link has ended. */
  async leaveAll(): Promise<void> {
    this.#paths.stop();
    const links = this.#links.beginLeaving();
    await this.#commits.flushed();
    await Promise.all([
      ...this.#list.all.map((conversation) => conversation.leave()),
      ...links.filter((link) => this.#links.conversationAt(link) === undefined)
        .map((link) => link.leave()),
    ]);
    // Meanwhile others may have begun.
    for (const conversation of this.#list.all) conversation.stop();
    this.#notices.stop();
    // If the runtime does not take back a write when its connection is closed (Deno 2.6), a link whose peer
    // does not read outlives its closing.
    const ended = Promise.all(links.map((link) => link.ended));
    await within(endedTimeoutMs, ended, this.#options.clock);
  }

  /** Puts into the history what is on its way already, whatever the disk says to that. */
  async #keepSent(conversation: Conversation, text: string): Promise<CommittedMessage | undefined> {
    try {
      return await this.#commits.commit(conversation, text, false);
    } catch (error) {
      const reason = reasonOf(error instanceof UserError ? error.cause : error);
      const problem = { code: "sent-not-kept", name: conversation.name, reason } as const;
      this.#options.sink.emit({ type: "problem", problem });
      return undefined;
    }
  }
}
