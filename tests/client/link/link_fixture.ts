/**
 * A link over a real connection, and its other end in the test's hands.
 *
 * @module
 */

import type { CloseReason, Dialect } from "../../../client/events.ts";
import { Link, type LinkEvents, type LinkTimes } from "../../../client/link/link.ts";
import { Events } from "../events.ts";
import { RawListener, RawPeer } from "../raw_peer.ts";

/** What a link tells its owner, as values. */
export type LinkEvent =
  | { readonly type: "opened"; readonly dialect: Dialect; readonly peerId: string | undefined }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "delivered"; readonly id: string }
  | {
    readonly type: "closed";
    readonly reason: CloseReason;
    readonly detail: string | undefined;
  };

/** Turns calls into values. */
export function told(events: Events<LinkEvent>): LinkEvents {
  return {
    opened: ({ dialect, peerId }) => events.take({ type: "opened", dialect: dialect!, peerId }),
    room: () => undefined,
    text: (_, text) => events.take({ type: "text", text }),
    delivered: (_, id) => events.take({ type: "delivered", id }),
    closed: (_, reason, detail) => events.take({ type: "closed", reason, detail }),
  };
}

/** Times that no test waits for. */
export const patient: LinkTimes = { chatackMs: 60_000, pingMs: 60_000, pongMs: 60_000 };

export const self = { id: "alice", address: { host: "127.0.0.1", port: 5556 } };

/** A link that is under test, and its peer. */
export class LinkUnderTest implements AsyncDisposable {
  readonly events = new Events<LinkEvent>();
  readonly link: Link;

  private constructor(
    role: "caller" | "called",
    times: LinkTimes,
    conn: Deno.TcpConn,
    readonly peer: RawPeer,
  ) {
    conn.setNoDelay(true);
    this.link = new Link({ conn, role, self, times, events: told(this.events) });
  }

  static async make(
    role: "caller" | "called",
    times: Partial<LinkTimes> = {},
  ): Promise<LinkUnderTest> {
    using listener = new RawListener();
    const [{ conn }, peer] = await Promise.all([
      RawPeer.dial(listener.address),
      listener.accept(),
    ]);
    return new LinkUnderTest(role, { ...patient, ...times }, conn, peer);
  }

  /** A link that is open with a peer of this protocol; the openings have been read. */
  static async open(
    role: "caller" | "called" = "called",
    times: Partial<LinkTimes> = {},
  ): Promise<LinkUnderTest> {
    const made = await LinkUnderTest.make(role, times);
    await made.peer.send(role === "called" ? chat : chatack);
    await made.peer.message();
    await made.events.see("opened");
    return made;
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

/** How bob opens, and how he answers an opening. */
export const chat = "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\nVersion: 1\r\n\r\n";
export const chatack = chat.replace("CHAT", "CHATACK");
