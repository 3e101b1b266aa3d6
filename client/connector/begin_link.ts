/**
 * Making a link of a connection: who takes charge of it, and what comes of it.
 *
 * @module
 */

import type { Address } from "../../shared/net/address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { CloseReason } from "../events.ts";
import {
  ignoringReceiver,
  Link,
  type LinkOwner,
  type LinkTimes,
  type PeerFacts,
  type Receiver,
  type Refusal,
  type Self,
} from "../link/link.ts";
import { type PeerConn, rankOf, ranks } from "../transport/transport.ts";
import type { Problem } from "../user_error.ts";
import { type Call, callFailure } from "./call_failure.ts";

/** Who takes charge of links. What concerns a call of ours has the call as its last argument. */
export interface LinkKeeper {
  /** Whether we leave everybody: nobody is called any more. */
  readonly isLeaving: boolean;
  /** Asked before we call. @returns Whether there is room for one more link. */
  makeRoomForOwn(): boolean;
  /** Asked before a connection that somebody has opened becomes a link. @returns Whether there is room. */
  makeRoomForCaller(from: Address): boolean;
  /** Whether plaintext may be tried with a peer that was called and has hung up, of whom no key is known. */
  mayTryPlaintext(peer: PeerFacts, call: Call): boolean;
  /** A link has begun to open. */
  added(link: Link): void;
  /** See {@linkcode LinkOwner}. */
  admitPlaintext(peer: PeerFacts, call?: Call): Refusal | undefined;
  /** See {@linkcode LinkOwner}. */
  admitKey(peer: PeerFacts, call?: Call): Promise<Refusal | undefined>;
  /** A link opens. @returns Who takes what its peer says. @throws {UserError} If it has to be left at once. */
  begin(link: Link, call?: Call): Receiver;
  /** A link is over. */
  closed(link: Link, reason: CloseReason, detail: Problem | undefined): void;
}

/** A link that is opening, and the same once it is open. */
export interface BegunLink {
  readonly link: Link;
  readonly opened: Promise<Link>;
}

/** What links need. */
export interface LinkingOptions {
  readonly self: Self;
  readonly allowPlaintext: boolean;
  /** When there is room for more of what peers say; undefined if there is. */
  readonly room: () => Promise<void> | undefined;
  readonly clock: TimerClock;
  readonly times?: LinkTimes;
}

/** Makes a link of a connection that has just been opened. */
export function beginLink(
  options: LinkingOptions,
  conn: PeerConn,
  role: "initiator" | "responder",
  keeper: LinkKeeper,
  call?: Call,
  legacyChat = false,
): BegunLink {
  const { self, allowPlaintext, room, clock, times } = options;
  const opened = Promise.withResolvers<Link>();
  // Few wait for a link that somebody else opens.
  if (role === "responder") opened.promise.catch(() => {});
  let isSettled = false;
  const owner: LinkOwner = {
    admitPlaintext: (peer) => keeper.admitPlaintext(peer, call),
    admitKey: (peer) => keeper.admitKey(peer, call),
    begin: (link) => {
      isSettled = true;
      try {
        const receiver = keeper.begin(link, call);
        opened.resolve(link);
        return receiver;
      } catch (error) {
        opened.reject(error);
        link.leave();
        return ignoringReceiver;
      }
    },
  };
  const link = new Link({
    conn,
    role,
    self,
    owner,
    onClosed: (reason, detail) => {
      keeper.closed(link, reason, detail);
      // To make an error takes a while, and nobody waits any more for a link that has been opened.
      if (!isSettled) opened.reject(callFailure(link, call, reason, detail));
    },
    room,
    // A server between could read what is not encrypted; and who meets through routers has a key (PROTOCOL.md section 5).
    allowPlaintext: allowPlaintext && rankOf(conn) === ranks.direct,
    legacyChat,
    clock,
    ...(times && { times }),
  });
  keeper.added(link);
  return { link, opened: opened.promise };
}
