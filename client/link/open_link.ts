/**
 * What an open link has: a session, over an encrypted channel if the peer has a key, and a heartbeat if the
 * peer knows PING.
 *
 * @module
 */

import { encode, type Message, message } from "../../shared/protocol/message.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { Heartbeat } from "../../shared/time/heartbeat.ts";
import { LegacySession } from "./legacy/legacy_session.ts";
import type { Self } from "./introduction.ts";
import type { PeerFacts, Receiver } from "./link_events.ts";
import type { LinkTimes } from "./link_times.ts";
import { PeerSession } from "./peer_session.ts";
import type { SecureChannel } from "./secure_channel.ts";
import type { SessionLink } from "./session.ts";
import type { WriteQueue } from "./write_queue.ts";

/** What an open link is made of. */
export interface OpenLinkOptions extends SessionLink {
  readonly peer: PeerFacts;
  readonly self: Pick<Self, "id" | "address">;
  /** What encrypts; undefined in plaintext. */
  readonly channel: SecureChannel | undefined;
  readonly writes: WriteQueue;
  readonly clock: TimerClock;
  readonly times: LinkTimes;
}

/** A link that is open, up to its end. */
export class OpenLink {
  readonly session: PeerSession | LegacySession;
  readonly #options: OpenLinkOptions;
  readonly #heartbeat: Heartbeat | undefined;

  constructor(options: OpenLinkOptions) {
    this.#options = options;
    const { peer, channel, writes, clock, times: { pingMs, pongMs }, end } = options;
    if (channel !== undefined) writes.sealWith((bytes, room) => channel.seal(bytes, room));
    if (peer.dialect === "raw" || peer.dialect === "lines") {
      this.session = new LegacySession({ ...options, dialect: peer.dialect });
      return;
    }
    const send = (message: Message) => writes.add(encode(message));
    this.session = new PeerSession({ ...options, send });
    this.#heartbeat = new Heartbeat({
      clock,
      pingMs,
      pongMs,
      ping: () => send(message("PING")),
      lost: () => end("silent", { code: "peer-silent" }),
    });
    this.#heartbeat.start();
  }

  /**
   * Begins to take what the peer says.
   *
   * @param contents What has come behind the opening, decrypted.
   */
  async begin(receiver: Receiver, contents: readonly Uint8Array[]): Promise<void> {
    this.session.begin(receiver);
    await this.#take(contents);
  }

  /** Takes what a read brought. */
  async take(bytes: Uint8Array): Promise<void> {
    this.#heartbeat?.heard();
    if (this.#options.isOver()) return;
    await this.#take(this.#options.channel?.open(bytes) ?? [bytes]);
  }

  /** Nothing is read for a while, for reasons of our own, or is read again. */
  pause(paused: boolean): void {
    this.#heartbeat?.pause(paused);
  }

  /** Ends every wait: the link is over. */
  end(): void {
    this.#heartbeat?.stop();
    this.session.end();
  }

  async #take(contents: readonly Uint8Array[]): Promise<void> {
    await this.session.take(contents);
    if (this.#options.channel?.broken) this.#options.end("broken", { code: "not-authentic" });
  }
}
