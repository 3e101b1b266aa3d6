/**
 * The conversations of a client: whom it talks to, under which name, over which links, and which of them
 * is current. A conversation may have several links, as when both sides call each other at once; it ends
 * with its last one.
 *
 * @module
 */

import { type Address, formatAddress } from "../shared/address.ts";
import { within } from "../shared/clock.ts";
import { fingerprintOf } from "../shared/crypto/identity.ts";
import { errorMessage } from "../shared/error_message.ts";
import { linksMax, linksPerPeerMax } from "../shared/protocol/limits.ts";
import { ChatError } from "./chat_error.ts";
import type { PeerState, Security } from "./events.ts";
import { Gatekeeper, type GatekeeperOptions } from "./gatekeeper.ts";
import { Link, type LinkEvents, type LinkTimes, type Refusal, type Self } from "./link/link.ts";
import { isSameKey } from "./trust.ts";

/** How long a link that is closed may take to end. */
const endedTimeoutMs = 1_000;

interface Conversation {
  readonly name: string;
  readonly links: Link[];
  /** Whether the user has called or answered. */
  engaged: boolean;
}

interface Call {
  readonly opened: PromiseWithResolvers<string>;
  readonly calledId: string | undefined;
}

/** What conversations need to know. */
export interface ConversationsOptions extends GatekeeperOptions {
  readonly self: Self;
  /** When there is room for more events; undefined where there is. */
  readonly room: () => Promise<void> | undefined;
  readonly times?: LinkTimes;
}

/** Everyone a client talks to. */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #byName = new Map<string, Conversation>();
  readonly #links = new Map<Link, Conversation | undefined>();
  readonly #opening = new Map<Link, Call>();
  readonly #gatekeeper: Gatekeeper;
  #current: string | undefined;
  #leaving = false;

  constructor(options: ConversationsOptions) {
    this.#options = options;
    this.#gatekeeper = new Gatekeeper(options);
  }

  /** The name of the current conversation. */
  get current(): string | undefined {
    return this.#current;
  }

  /** The names of all conversations, in the order in which they began. */
  get names(): string[] {
    return [...this.#byName.keys()];
  }

  /** All conversations. */
  list(): PeerState[] {
    return [...this.#byName.values()].map(({ name, links }) => ({
      name,
      address: addressOf(links[0]!),
      dialect: links[0]!.dialect!,
      security: this.#securityOf(links[0]!),
      current: name === this.#current,
    }));
  }

  /** The conversation with whoever listens at an address, or has an id. */
  find(wanted: { id?: string; address?: Address }): string | undefined {
    const text = wanted.address && formatAddress(wanted.address);
    return [...this.#byName.values()].find(({ links }) =>
      links.some((link) =>
        (wanted.id !== undefined && link.peerId === wanted.id) ||
        // Where somebody says that he listens is for him to say, and no proof that he is there.
        (text !== undefined && link.role === "caller" && formatAddress(link.remote) === text)
      )
    )?.name;
  }

  /** Takes in a connection that somebody opened to us. */
  takeCall(conn: Deno.TcpConn): void {
    if (this.#leaving || !this.#makeRoom()) return conn.close();
    try {
      conn.setNoDelay(true);
    } catch {
      // The caller is gone already, which its link is about to find out.
    }
    this.#addLink(conn, "called");
  }

  /**
   * Opens a conversation over a connection to somebody, and makes it the current one.
   *
   * @param calledId Whom the user has called, where that is by name.
   * @returns Its name.
   * @throws {ChatError} Where the other side ends it at once or is not to be talked to, or there are too
   * many.
   */
  async openCall(conn: Deno.TcpConn, calledId: string | undefined): Promise<string> {
    if (this.#leaving || !this.#makeRoom()) {
      conn.close();
      throw new ChatError(`Cannot call: ${linksMax} conversations are open; /close one first`);
    }
    const opened = Promise.withResolvers<string>();
    this.#opening.set(this.#addLink(conn, "caller"), { opened, calledId });
    return await opened.promise;
  }

  /**
   * Sends a text in the current conversation.
   *
   * @throws {ChatError} Where there is none, or it is over before the text is on its way.
   */
  async send(text: string): Promise<void> {
    const conversation = this.#current === undefined ? undefined : this.#byName.get(this.#current);
    if (conversation === undefined) {
      throw new ChatError(
        this.#byName.size === 0
          ? "Nobody is there to hear it: /chat IP:PORT or /chat NAME opens a conversation"
          : `No conversation is current: /switch to one of ${this.names.join(", ")}`,
      );
    }
    // The link that has been there longest is the one that has proven to work.
    const link = conversation.links[0]!;
    this.#engage(conversation, link);
    await link.sendText(text);
  }

  /** The fingerprint of somebody who has called and whom the user has not answered. */
  strangerIn(name: string): string | undefined {
    const { links, engaged } = this.#get(name);
    const { peerKey } = links[0]!;
    return engaged || peerKey === undefined ? undefined : fingerprintOf(peerKey);
  }

  /** Notes that the user talks to somebody, whom nobody pushes out of memory from then on. */
  #engage(conversation: Conversation, { peerId, peerKey }: Link): void {
    if (conversation.engaged || peerKey === undefined) return;
    conversation.engaged = true;
    const { trust, emit } = this.#options;
    try {
      trust.engage(peerId!, peerKey);
    } catch (error) {
      const reason = errorMessage(error);
      emit({ type: "problem", problem: `Cannot note that you know ${peerId}: ${reason}` });
    }
  }

  /** Lest one peer takes up all the links that there are. */
  #refusalOfMany({ peerKey, role }: Link): Refusal | undefined {
    if (role === "caller") return undefined;
    let count = 0;
    for (const other of this.#links.keys()) {
      if (other.peerKey !== undefined && isSameKey(other.peerKey, peerKey!)) count++;
    }
    if (count <= linksPerPeerMax) return undefined;
    const reason = "You have as many links with this client as one may have";
    return { code: 429, reason, detail: `more than ${linksPerPeerMax} links with one peer` };
  }

  /** Makes a conversation the current one. @throws {ChatError} Where there is none of that name. */
  switchTo(name: string): void {
    this.#get(name);
    this.#current = name;
    this.#options.emit({ type: "switched", name });
  }

  /** Leaves a conversation. @throws {ChatError} Where there is none of that name. */
  async close(name: string): Promise<void> {
    await Promise.all([...this.#get(name).links].map((link) => link.leave()));
  }

  /**
   * Compares words with a peer: begins, or shows them again where they are there. @throws {ChatError}
   * Where there is no conversation of that name, or it is not encrypted.
   */
  verify(name: string): void {
    const words = this.#linkToVerify(name).verify();
    const { emit } = this.#options;
    if (words === "peer-is-to-begin") emit({ type: "verification-waits", name });
    else if (words !== "coming") emit({ type: "verification-words", name, words });
  }

  /**
   * Takes what the user has found in comparing. Where the words are the same, the peer is verified for
   * good; where they are not, the conversation ends and the key is forgotten.
   *
   * @throws {ChatError} Where there are no words to compare.
   */
  async concludeVerification(name: string, same: boolean): Promise<void> {
    const link = this.#linkToVerify(name);
    if (link.words === undefined) {
      throw new ChatError(
        `There are no words to compare yet: /verify ${name} shows them once both of you have typed it`,
      );
    }
    link.endVerification();
    const { emit, trust } = this.#options;
    const key = link.peerKey!;
    if (same) {
      // A key that there was no room for, or no disk, is remembered at the latest now.
      if (!trust.remember(link.peerId!, key)) {
        throw new ChatError(`Cannot remember the key of ${name}: too many are`);
      }
      trust.markVerified(link.peerId!, key);
      const fingerprint = fingerprintOf(key);
      emit({ type: "verified", name, fingerprint });
      await this.leaveOthers(link.peerId!, fingerprint);
    } else {
      try {
        trust.reject(link.peerId!, key);
        emit({ type: "not-verified", name });
      } finally {
        // Also where the key cannot be forgotten, as on a full disk.
        await this.close(name);
      }
    }
  }

  /**
   * Leaves everyone who goes by an id and has another key than the one that is believed from now on, or
   * none: what is meant for its owner is not to go to them.
   */
  async leaveOthers(id: string, fingerprint: string): Promise<void> {
    const others = [...this.#byName.values()].flatMap(({ links }) => links).filter((link) =>
      link.peerId === id &&
      (link.peerKey === undefined || fingerprintOf(link.peerKey) !== fingerprint)
    );
    await Promise.all(others.map((link) => link.leave()));
  }

  /** Of all links that both sides have, each has to take the same one. */
  #linkToVerify(name: string): Link {
    const [link] = this.#get(name).links
      .filter(({ handshakeHash }) => handshakeHash !== undefined)
      .toSorted((a, b) => a.handshakeHash!.toHex() < b.handshakeHash!.toHex() ? -1 : 1);
    if (link === undefined) {
      throw new ChatError(`${name} talks in plaintext: there is no key to verify`);
    }
    return link;
  }

  #securityOf(link: Link): Security {
    if (link.peerKey === undefined) return "plaintext";
    return this.#options.trust.isVerified(link.peerId!, link.peerKey) ? "verified" : "encrypted";
  }

  /** Done when all that was sent has arrived, as far as the peers say so, or `timeoutMs` have passed. */
  async allDelivered(timeoutMs: number): Promise<void> {
    const links = [...this.#links.keys()];
    await within(timeoutMs, Promise.all(links.map((link) => link.allDelivered())));
  }

  /** Leaves everyone. Done when every link has ended. */
  async leaveAll(): Promise<void> {
    this.#leaving = true;
    const links = [...this.#links.keys()];
    await Promise.all(links.map((link) => link.leave()));
    // Where the runtime does not take back a write when its connection is closed (Deno 2.6), a link
    // whose peer does not read outlives its closing.
    await within(endedTimeoutMs, Promise.all(links.map((link) => link.ended)));
  }

  #get(name: string): Conversation {
    const conversation = this.#byName.get(name);
    if (conversation !== undefined) return conversation;
    const names = this.names;
    throw new ChatError(
      `No conversation is called ${name}: ` +
        (names.length === 0 ? "none is open; /chat opens one" : `there is ${names.join(", ")}`),
    );
  }

  #addLink(conn: Deno.TcpConn, role: "caller" | "called"): Link {
    const { self, times, allowPlaintext } = this.#options;
    const link = new Link({
      conn,
      role,
      self,
      events: this.#events,
      allowPlaintext,
      ...(times && { times }),
    });
    this.#links.set(link, undefined);
    return link;
  }

  /** Sees to it that one more link is allowed: whoever called and has said nothing yet makes room. */
  #makeRoom(): boolean {
    if (this.#links.size < linksMax) return true;
    for (const link of this.#links.keys()) {
      if (link.dialect === undefined && link.role === "called") {
        link.leave();
        return true;
      }
    }
    return false;
  }

  readonly #events: LinkEvents = {
    admitPlaintext: (link) =>
      this.#gatekeeper.admitPlaintext(link, this.#opening.get(link)?.calledId),
    admitKey: async (link) =>
      this.#refusalOfMany(link) ??
        await this.#gatekeeper.admitKey(link, this.#opening.get(link)?.calledId),
    opened: (link) => {
      const { emit } = this.#options;
      const name = this.#nameFor(link);
      const existing = this.#byName.get(name);
      const conversation = existing ?? { name, links: [], engaged: false };
      conversation.links.push(link);
      this.#links.set(link, conversation);
      this.#byName.set(name, conversation);
      if (link.role === "caller") this.#engage(conversation, link);
      const call = this.#opening.get(link);
      this.#opening.delete(link);
      if (call !== undefined || this.#current === undefined) this.#current = name;
      if (existing === undefined) {
        emit({
          type: "opened",
          name,
          address: addressOf(link),
          dialect: link.dialect!,
          security: this.#securityOf(link),
          called: link.role === "caller" ? "by-us" : "by-them",
          current: this.#current === name,
        });
      }
      call?.opened.resolve(name);
    },
    text: (link, text) => {
      const { name } = this.#links.get(link)!;
      this.#options.emit({ type: "message", name, plaintext: link.peerKey === undefined, text });
    },
    verification: (link, { asked, words }) => {
      const { name } = this.#links.get(link)!;
      if (asked) this.#options.emit({ type: "verification-asked", name });
      if (words) this.#options.emit({ type: "verification-words", name, words });
    },
    room: () => this.#options.room(),
    delivered: (link, id) => {
      const { name } = this.#links.get(link)!;
      this.#options.emit({ type: "delivered", name, id });
    },
    closed: (link, reason, detail) => {
      const conversation = this.#links.get(link);
      this.#links.delete(link);
      const call = this.#opening.get(link);
      this.#opening.delete(link);
      const place = formatAddress(link.remote);
      call?.opened.reject(
        new ChatError(
          reason === "refused"
            ? `The call to ${call.calledId ?? place} was given up: ${detail}`
            : `Whoever is at ${place} ended the call: ${detail ?? "it hung up"}`,
        ),
      );
      if (conversation === undefined) return;
      const { name, links } = conversation;
      const { emit } = this.#options;
      links.splice(links.indexOf(link), 1);
      const texts = link.unacknowledged;
      if (texts.length > 0) emit({ type: "undelivered", name, texts });
      if (links.length > 0) return;
      this.#byName.delete(name);
      // Nobody takes its place unasked: what is being typed was not meant for them.
      if (this.#current === name) this.#current = undefined;
      emit({ type: "closed", name, reason, detail });
    },
  };

  /**
   * The name of a link's conversation: the peer's id, or its address where it has none. Another link with
   * the same peer, by its key or, in plaintext, by what it says of itself and where it comes from, joins
   * the conversation; another peer that says the same id gets a number.
   */
  #nameFor(link: Link): string {
    const base = link.peerId ?? formatAddress(link.remote);
    for (let number = 1;; number++) {
      const name = number === 1 ? base : `${base}~${number}`;
      const existing = this.#byName.get(name);
      if (existing === undefined || existing.links.some((other) => isSamePeer(link, other))) {
        return name;
      }
    }
  }
}

function isSamePeer(a: Link, b: Link): boolean {
  if (a.peerKey !== undefined || b.peerKey !== undefined) {
    return a.peerKey !== undefined && b.peerKey !== undefined && a.peerId === b.peerId &&
      isSameKey(a.peerKey, b.peerKey);
  }
  return a.dialect === "p2pchat" && b.dialect === "p2pchat" && a.remote.host === b.remote.host &&
    a.peerAddress !== undefined && b.peerAddress !== undefined &&
    formatAddress(a.peerAddress) === formatAddress(b.peerAddress);
}

/** Where a peer can be called: where it says it listens, where we called it, else where it called from. */
function addressOf(link: Link): Address {
  return link.role === "caller" ? link.remote : link.peerAddress ?? link.remote;
}
