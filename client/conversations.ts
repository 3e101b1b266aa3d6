/**
 * The conversations of a client: whom it talks to, under which name, over which links, and which of them
 * is current. A conversation may have several links, as when both sides call each other at once; it ends
 * with its last one.
 *
 * @module
 */

import { type Address, formatAddress } from "../shared/address.ts";
import { within } from "../shared/clock.ts";
import { linksMax } from "../shared/protocol/limits.ts";
import { ChatError } from "./chat_error.ts";
import type { ChatEvent, PeerState } from "./events.ts";
import { Link, type LinkEvents, type LinkTimes, type Self } from "./link/link.ts";

/** How long a link that is closed may take to end. */
const endedTimeoutMs = 1_000;

interface Conversation {
  readonly name: string;
  readonly links: Link[];
}

/** What conversations need to know. */
export interface ConversationsOptions {
  readonly self: Self;
  readonly emit: (event: ChatEvent) => void;
  /** When there is room for more events; undefined where there is. */
  readonly room: () => Promise<void> | undefined;
  readonly times?: LinkTimes;
}

/** Everyone a client talks to. */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #byName = new Map<string, Conversation>();
  readonly #links = new Map<Link, Conversation | undefined>();
  readonly #opening = new Map<Link, PromiseWithResolvers<string>>();
  #current: string | undefined;
  #leaving = false;

  constructor(options: ConversationsOptions) {
    this.#options = options;
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
      current: name === this.#current,
    }));
  }

  /** The conversation with whoever listens at an address, or has an id. */
  find(wanted: { id?: string; address?: Address }): string | undefined {
    const text = wanted.address && formatAddress(wanted.address);
    return [...this.#byName.values()].find(({ links }) =>
      links.some((link) =>
        (wanted.id !== undefined && link.peerId === wanted.id) ||
        (text !== undefined && formatAddress(addressOf(link)) === text)
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
   * @returns Its name.
   * @throws {ChatError} Where the other side ends it at once, or there are too many.
   */
  async openCall(conn: Deno.TcpConn): Promise<string> {
    if (this.#leaving || !this.#makeRoom()) {
      conn.close();
      throw new ChatError(`Cannot call: ${linksMax} conversations are open; /close one first`);
    }
    const opened = Promise.withResolvers<string>();
    this.#opening.set(this.#addLink(conn, "caller"), opened);
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
    await conversation.links[0]!.sendText(text);
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
    const { self, times } = this.#options;
    const link = new Link({ conn, role, self, events: this.#events, ...(times && { times }) });
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
    opened: (link) => {
      const { emit } = this.#options;
      const name = this.#nameFor(link);
      const existing = this.#byName.get(name);
      const conversation = existing ?? { name, links: [] };
      conversation.links.push(link);
      this.#links.set(link, conversation);
      this.#byName.set(name, conversation);
      const opening = this.#opening.get(link);
      this.#opening.delete(link);
      if (opening !== undefined || this.#current === undefined) this.#current = name;
      if (existing === undefined) {
        emit({
          type: "opened",
          name,
          address: addressOf(link),
          dialect: link.dialect!,
          called: link.role === "caller" ? "by-us" : "by-them",
          current: this.#current === name,
        });
      }
      opening?.resolve(name);
    },
    text: (link, text) => {
      const { name } = this.#links.get(link)!;
      this.#options.emit({ type: "message", name, dialect: link.dialect!, text });
    },
    room: () => this.#options.room(),
    delivered: (link, id) => {
      const { name } = this.#links.get(link)!;
      this.#options.emit({ type: "delivered", name, id });
    },
    closed: (link, reason, detail) => {
      const conversation = this.#links.get(link);
      this.#links.delete(link);
      const opening = this.#opening.get(link);
      this.#opening.delete(link);
      opening?.reject(
        new ChatError(
          `Whoever is at ${formatAddress(link.remote)} ended the call: ${detail ?? "it hung up"}`,
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
   * the same peer, by what it says of itself and where it comes from, joins the conversation; another
   * peer that says the same id gets a number.
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
  return a.dialect === "p2pchat" && b.dialect === "p2pchat" && a.remote.host === b.remote.host &&
    a.peerAddress !== undefined && b.peerAddress !== undefined &&
    formatAddress(a.peerAddress) === formatAddress(b.peerAddress);
}

/** Where a peer can be called: where it says it listens, where we called it, else where it called from. */
function addressOf(link: Link): Address {
  return link.role === "caller" ? link.remote : link.peerAddress ?? link.remote;
}
