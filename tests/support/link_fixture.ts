/**
 * A link over a real connection, and its other end in the test's hands. The link's owner admits everybody.
 *
 * @module
 */

import type { CloseReason, Dialect } from "../../client/events.ts";
import { Link, type LinkTimes } from "../../client/link/link.ts";
import { problemSentence } from "../../client/ui/wording/problem_sentences.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { EncryptedPeer } from "./encrypted_peer.ts";
import { Events } from "./events.ts";
import { type LinkHandlers, linkOwner } from "./link_owner.ts";
import type { Peer } from "./peer.ts";
import { RawListener, RawPeer } from "./raw_peer.ts";

/** What a link tells, as values. */
export type LinkEvent =
  | { readonly type: "opened"; readonly dialect: Dialect; readonly peerId: string | undefined }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "delivered"; readonly id: string }
  | {
    readonly type: "closed";
    readonly reason: CloseReason;
    /** In words. */
    readonly detail: string | undefined;
  };

/**
 * Turns calls into values: a text is a text, with a key or without, and is delivered once the peer
 * says so. Messages are acknowledged one by one, as texts are.
 */
export function told(events: Events<LinkEvent>): Partial<LinkHandlers> {
  return {
    opened: ({ dialect, peerId }) => events.take({ type: "opened", dialect: dialect!, peerId }),
    text: (text) => events.take({ type: "text", text }),
    delivered: (id) => events.take({ type: "delivered", id }),
    messages: (messages, replies) => {
      for (const { id, text } of messages) {
        events.take({ type: "text", text });
        replies.acknowledge(id);
      }
    },
    acknowledged: (id) => events.take({ type: "delivered", id }),
    closed: (reason, detail) =>
      events.take({ type: "closed", reason, detail: detail && problemSentence(detail) }),
  };
}

/** Sends a text, whether the peer has a key or not. @returns Its id, if it has one. */
export async function say(link: Link, text: string): Promise<string | undefined> {
  if (link.peerKey === undefined) return await link.sendText(text);
  const id = randomId();
  link.transmit([{ id, text, sentAtMs: 0, position: undefined }]);
  await link.drained();
  return id;
}

/** Times that no test waits for. */
export const patient: LinkTimes = {
  openingMs: 60_000,
  chatackMs: 60_000,
  pingMs: 60_000,
  pongMs: 60_000,
};

export const self = {
  id: "alice",
  address: { host: "127.0.0.1", port: 5556 },
  identity: Identity.generate(),
};

/** A link that is under test, and its peer. */
export class LinkUnderTest<P extends Peer> implements AsyncDisposable {
  private constructor(
    readonly link: Link,
    readonly events: Events<LinkEvent>,
    readonly peer: P,
  ) {}

  static async make(
    role: "initiator" | "responder",
    times: Partial<LinkTimes> = {},
  ): Promise<LinkUnderTest<RawPeer>> {
    using listener = new RawListener();
    const [{ conn }, peer] = await Promise.all([
      RawPeer.dial(listener.address),
      listener.accept(),
    ]);
    conn.setNoDelay(true);
    const events = new Events<LinkEvent>();
    const link = new Link({
      conn,
      role,
      self,
      times: { ...patient, ...times },
      ...linkOwner(told(events)),
      allowPlaintext: true,
    });
    return new LinkUnderTest(link, events, peer);
  }

  /** A link that is open with a peer of this protocol; the openings have been read. */
  static async open(
    security: "plaintext" | "encrypted",
    role: "initiator" | "responder" = "responder",
    times: Partial<LinkTimes> = {},
  ): Promise<LinkUnderTest<Peer>> {
    const { link, events, peer } = await LinkUnderTest.make(role, times);
    let opened: Peer = peer;
    if (security === "encrypted") {
      opened = role === "responder"
        ? await EncryptedPeer.callOver(peer, chat)
        : await EncryptedPeer.answerOver(peer, chatack);
    } else {
      await peer.send(role === "responder" ? chat : chatack);
      await peer.message();
    }
    await events.see("opened");
    return new LinkUnderTest(link, events, opened);
  }

  /** The texts that have come. */
  get texts(): string[] {
    return this.events.of("text").map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link.leave();
    await this.link.ended;
    this.peer.close();
  }
}

/** How bob opens, and how bob answers an opening. */
export const chat = "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\n";
export const chatack = chat.replace("CHAT", "CHATACK");
