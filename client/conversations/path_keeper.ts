/**
 * Keeps each conversation on the best way that there is. While it is relayed a straight way is tried for, ever less
 * often; once that has held for a while the relay is left, since asking for it again takes one round trip. One that
 * carries nothing any more is noticed: see {@linkcode PathChecks}.
 *
 * @module
 */

import { Backoff } from "../../shared/time/backoff.ts";
import { linksMax } from "../../shared/protocol/limits.ts";
import { leftForOtherLink } from "../../shared/protocol/bye_reasons.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { type EventSink, withEmit } from "../events.ts";
import type { Rendezvous } from "../rendezvous/rendezvous.ts";
import { type AddressChange, type Network, ranks } from "../transport/transport.ts";
import { type CheckedConversation, PathChecks, type PathChecksOptions } from "./path_checks.ts";
import {
  PathReports,
  type PathReportsOptions,
  type ReportedConversation,
  type ReportedLink,
} from "./path_reports.ts";
import { type SpareLink, SpareLinks, type SpareLinksOptions } from "./spare_links.ts";
import { mayBeUnknown } from "./unknown_sender.ts";

/** How long from one try to the next, at first and at most. */
const againMs = { firstMs: 1_000, maxMs: 5 * 60_000 };
/** How long a straight way has to hold before the relay is left, in milliseconds: some open, and carry nothing. */
const trustedAfterMs = 10_000;

/** A link, as far as its way matters. */
export interface PathLink extends ReportedLink, SpareLink {
  /** The host at our end; an unspecified one if it goes out from whichever there is, as over UDP. */
  readonly localHost: string;
}

/** A conversation, as far as its ways matter. */
export interface PathConversation extends CheckedConversation, ReportedConversation {
  readonly id: string;
  /** The best first. */
  readonly links: readonly PathLink[];
  readonly isUnknownSender: boolean;
}

/** What keeping conversations on the best way needs. */
export interface PathKeeperOptions<C extends PathConversation>
  extends Omit<PathChecksOptions<C>, "contactAt">, Pick<SpareLinksOptions<C>, "decides"> {
  readonly clock: TimerClock;
  readonly rendezvous: Pick<Rendezvous, "check" | "moved"> & PathReportsOptions["rendezvous"];
  /** All conversations. */
  readonly all: () => readonly C[];
  readonly network: Pick<Network, "watchAddresses">;
  /** Tries to open a straight link. Done when that is over, either way. Never throws. */
  readonly straighten: (conversation: C) => Promise<void>;
}

/** What is planned for a conversation. */
interface Plan {
  readonly seeks: "straight-way" | "end-of-relay";
  cancel: () => void;
}

/** The ways of all conversations. */
export class PathKeeper<C extends PathConversation> {
  readonly #options: PathKeeperOptions<C>;
  readonly #checks: PathChecks<C>;
  readonly #reports: PathReports<C>;
  readonly #spare: SpareLinks<C>;
  readonly #plans = new Map<C, Plan>();
  /** When to try next; begun anew once a straight way has held, so that one which carries nothing is tried rarely. */
  readonly #backoffs = new WeakMap<C, Backoff>();
  readonly #watch: Disposable | undefined;
  #stopped = false;

  constructor(options: PathKeeperOptions<C>) {
    this.#options = options;
    const { all, network, clock } = options;
    this.#reports = new PathReports(options);
    this.#spare = new SpareLinks(options);
    this.#checks = new PathChecks({
      ...options,
      contactAt: (id) => {
        const found = all().find((one) => one.id === id && one.key !== undefined);
        return found === undefined || mayBeUnknown(found) ? undefined : found;
      },
    });
    this.#watch = network.watchAddresses?.(clock, (change) => this.#moved(change));
  }

  /** An event sink that takes note of what happens, and passes it on. */
  noting(sink: EventSink): EventSink {
    return withEmit(sink, (event) => {
      sink.emit(event);
      this.#checks.note(event);
    });
  }

  /** A conversation has other links than before. */
  changed(conversation: C): void {
    this.#reports.changed(conversation);
    if (!this.#stopped) this.#spare.changed(conversation);
    const [best] = conversation.links;
    const plan = this.#plans.get(conversation);
    const isRelayed = best !== undefined && best.rank >= ranks.relayed;
    // A relay that is opened beside another changes nothing.
    if (plan?.seeks === "straight-way" && isRelayed) return;
    plan?.cancel();
    this.#plans.delete(conversation);
    if (best === undefined || this.#stopped) return;
    if (!isRelayed) return this.#leaveRelays(conversation);
    const { random } = this.#options;
    const isFirst = !this.#backoffs.has(conversation);
    const backoff = this.#backoffs.get(conversation) ?? new Backoff({ ...againMs, random });
    this.#backoffs.set(conversation, backoff);
    // Who has called has tried that already; who was called may be able to call back.
    const firstMs = isFirst && best.role === "responder" ? 0 : backoff.next();
    this.#seekStraightWay(firstMs, backoff, conversation);
  }

  /** The peer's user, or ours, has answered: they tell each other where they are from now on. */
  answered(conversation: C): void {
    const plan = this.#plans.get(conversation);
    const backoff = this.#backoffs.get(conversation);
    if (plan?.seeks !== "straight-way" || backoff === undefined) return;
    plan.cancel();
    this.#seekStraightWay(0, backoff, conversation);
  }

  /** Plans nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#watch?.[Symbol.dispose]();
    this.#checks.stop();
    this.#reports.stop();
    this.#spare.stop();
    for (const { cancel } of this.#plans.values()) cancel();
    this.#plans.clear();
  }

  /** This machine is in another network: what was open may carry nothing, and what was not may be. */
  #moved({ gone, come }: AddressChange): void {
    const { all, rendezvous, random } = this.#options;
    rendezvous.moved(gone);
    const linked = all().filter(({ links }) => links.length > 0);
    const unreached = all().filter(({ links, waiting }) => links.length === 0 && waiting > 0);
    // However many wait, the server is not asked for all at once.
    for (const conversation of [...linked, ...unreached].slice(0, linksMax)) {
      const [best] = conversation.links;
      this.#checks.doubt(conversation.id, best !== undefined && gone.has(best.localHost));
      if (come.size === 0 || this.#plans.get(conversation)?.seeks !== "straight-way") continue;
      this.#plans.get(conversation)!.cancel();
      const backoff = new Backoff({ ...againMs, random });
      this.#backoffs.set(conversation, backoff);
      this.#seekStraightWay(backoff.next(), backoff, conversation);
    }
  }

  #seekStraightWay(firstMs: number, backoff: Backoff, conversation: C): void {
    const planned: Plan = { seeks: "straight-way", cancel: () => {} };
    this.#plans.set(conversation, planned);
    this.#tryAfter(firstMs, backoff, conversation, planned);
  }

  #tryAfter(ms: number, backoff: Backoff, conversation: C, plan: Plan): void {
    plan.cancel = this.#options.clock.after(ms, async () => {
      // Nobody has this machine call them by calling it.
      if (!mayBeUnknown(conversation)) await this.#options.straighten(conversation);
      if (this.#plans.get(conversation) !== plan) return;
      this.#tryAfter(backoff.next(), backoff, conversation, plan);
    });
  }

  /** Once it has held, and carries something still, the straight way is trusted. */
  #leaveRelays(conversation: C): void {
    const plan: Plan = { seeks: "end-of-relay", cancel: () => {} };
    this.#plans.set(conversation, plan);
    plan.cancel = this.#options.clock.after(trustedAfterMs, async () => {
      const holds = await this.#options.isAnswered(conversation);
      if (this.#plans.get(conversation) !== plan) return;
      if (!holds) return this.#leaveRelays(conversation);
      this.#plans.delete(conversation);
      this.#backoffs.delete(conversation);
      const relayed = conversation.links.filter((link) => link.rank >= ranks.relayed);
      for (const link of relayed) link.leave(undefined, leftForOtherLink);
    });
  }
}
