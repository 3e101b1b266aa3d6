/**
 * Tells how conversations go, once each has settled, and when that has changed. Of the two who talk only one tells it:
 * the one who has opened the link that is in use.
 *
 * @module
 */

import type { PathTaken } from "../../shared/protocol/path_count.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { type PeerConn, ranks } from "../transport/transport.ts";

/** How long a link is in use before it counts as what the conversation has settled on, in milliseconds. */
const settledAfterMs = 10_000;

/** A link, as far as it is told of. */
export interface ReportedLink {
  readonly role: "initiator" | "responder";
  readonly rank: number;
  readonly punched: PeerConn["punched"];
  /** Where the other end is; of a relayed link, where the server is. */
  readonly remote: { readonly host: string };
}

/** A conversation, as far as it is told of. */
export interface ReportedConversation {
  readonly peerId: string;
  /** Undefined if the peer has none: it came by no server, or by one that counts nothing. */
  readonly key: unknown;
  /** The best first. */
  readonly links: readonly ReportedLink[];
}

/** What telling needs. */
export interface PathReportsOptions {
  readonly clock: TimerClock;
  /** Gives what takes how the conversation with somebody goes; undefined if that is told to nobody. */
  readonly rendezvous: { pathCounter(name: string): ((path: PathTaken) => void) | undefined };
}

/** A conversation that is told of. */
interface Told {
  readonly count: (path: PathTaken) => void;
  /** What it has settled on, if it is ours to tell. */
  settled: PathTaken | undefined;
  /** What it is about to settle on. */
  settling: { readonly path: PathTaken; readonly cancel: () => void } | undefined;
}

/** How all conversations go. */
export class PathReports<C extends ReportedConversation> {
  readonly #options: PathReportsOptions;
  /** Those that have links; undefined if nobody is told of one, which does not change while it has some. */
  readonly #told = new Map<C, Told | undefined>();
  #stopped = false;

  constructor(options: PathReportsOptions) {
    this.#options = options;
  }

  /** A conversation has other links than before. */
  changed(conversation: C): void {
    if (this.#stopped) return;
    if (!this.#told.has(conversation)) this.#told.set(conversation, this.#begin(conversation));
    const told = this.#told.get(conversation);
    const [best] = conversation.links;
    if (best === undefined) this.#told.delete(conversation);
    if (told === undefined) return;
    // It was too short to settle on anything else.
    if (best === undefined) return settle(told);
    const path = best.role === "initiator" ? pathOf(best) : undefined;
    if (path !== undefined && path === told.settling?.path) return;
    told.settling?.cancel();
    told.settling = undefined;
    if (path === undefined) told.settled = undefined;
    else if (path !== told.settled) {
      const cancel = this.#options.clock.after(settledAfterMs, () => settle(told));
      told.settling = { path, cancel };
    }
  }

  /** Tells at once what has not settled yet, and nothing from then on. */
  stop(): void {
    this.#stopped = true;
    for (const told of this.#told.values()) if (told !== undefined) settle(told);
  }

  #begin({ key, peerId }: C): Told | undefined {
    const count = key === undefined ? undefined : this.#options.rendezvous.pathCounter(peerId);
    return count && { count, settled: undefined, settling: undefined };
  }
}

function settle(told: Told): void {
  const { settling } = told;
  if (settling === undefined) return;
  settling.cancel();
  told.settling = undefined;
  told.settled = settling.path;
  told.count(settling.path);
}

function pathOf({ rank, punched, remote: { host } }: ReportedLink): PathTaken {
  if (rank === ranks.relayed) return "relayed";
  const family = host.includes(":") ? "ipv6" : "ipv4";
  return punched === undefined ? `direct-tcp-${family}` : `punched-${punched}-${family}`;
}
