/**
 * Turning to somebody: to the conversation that there is, to one that a call opens, or to somebody who
 * cannot be reached and can still be written to.
 *
 * @module
 */

import pLimit from "p-limit";
import { type Address, isLocal, isUnspecified, parseAddress } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { fingerprintOf } from "../../shared/crypto/public_key.ts";
import { leftForOtherLink } from "../../shared/protocol/bye_reasons.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import { type Call, type Connector, isRefusedByName } from "../connector/connector.ts";
import type { Servers } from "../servers/servers.ts";
import type { DialableAddress } from "../transport/transport.ts";
import { type Problem, UserError } from "../user_error.ts";
import { type AbsentOwnerOptions, meetAbsentOwner } from "./absent_owner.ts";
import { type Conversation, wasCalledAt } from "./conversation.ts";
import type { ConversationList } from "./conversation_list.ts";
import type { LinkRegistry } from "./link_registry.ts";

/** What calls need. */
export interface CallsOptions extends Omit<AbsentOwnerOptions, "self"> {
  /** Our own id and key, and where we listen. */
  readonly self: { readonly id: string; readonly identity: Identity; readonly address: Address };
  readonly connector: Connector;
  readonly list: ConversationList;
  readonly links: LinkRegistry;
  readonly rendezvous: Pick<Servers, "met" | "pathCounter" | "turnTo">;
}

/** Peers that are looked for at a time. */
const searchesMax = 8;

/** What came of turning to somebody. */
export interface Turn {
  readonly conversation: Conversation;
  /** `away`: they cannot be reached, and what is written to them waits. */
  readonly how: "opened" | "already-open" | "away";
  /** Why they cannot be reached. */
  readonly why: Problem | undefined;
}

/** Calls by the user, and by messages that wait. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #searches = pLimit(searchesMax);

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /**
   * Turns to somebody for the user. They are a contact from then on.
   *
   * @param to The name of an open conversation, an address such as `127.0.0.1:5557`, or a client's id, also with its
   * server: `bob@chat.example.org`.
   * @param onCalling Told where a call goes to.
   * @throws {UserError} If it is none of these, or nobody is there.
   */
  async chat(to: string, onCalling: (address: Address) => void): Promise<Turn> {
    const { rendezvous } = this.#options;
    const turn = await this.#chat(await rendezvous.turnTo(to), onCalling);
    const { key, peerId } = turn.conversation;
    if (key !== undefined) rendezvous.met(peerId, key);
    return turn;
  }

  async #chat(to: string, onCalling: (address: Address) => void): Promise<Turn> {
    const { self, list, connector, links, rendezvous } = this.#options;
    const named = list.connectedAs(to);
    if (named !== undefined) {
      await this.#checkUnknownSender(named);
      return this.#turn("already-open", named);
    }
    const address = to.includes(":") ? parseAddress(to) : undefined;
    if (address === undefined && !isClientId(to)) throw new UserError({ code: "not-a-peer", to });
    if (to === self.id || (address !== undefined && this.#isOwn(address))) {
      throw new UserError({ code: "that-is-yourself" });
    }
    const called = address && list.calledAt(address);
    if (called !== undefined) return this.#turn("already-open", called);
    const call = { expectedId: address === undefined ? to : undefined, interactive: true };
    let isNamed = false;
    try {
      const place = await this.#placeOf(to, address);
      if (!(place instanceof UserError)) {
        const open = this.#openInPlaintext(place, call);
        if (open !== undefined) return this.#turn("already-open", open);
        onCalling(place);
      }
      isNamed = address === undefined;
      const link = place instanceof UserError || address === undefined
        ? await connector.reach(to, place, list.openKnown(to)?.key, call, links)
        : await connector.call(place, call, links);
      // The link may be over already. Whom it was with is known all the same.
      return this.#turn("opened", links.conversationAt(link)!);
    } catch (error) {
      if (!(error instanceof UserError) || isRefusedByName(error)) throw error;
      if (isNamed) rendezvous.pathCounter(to)?.("failed");
      const known = address === undefined
        ? list.openKnown(to) ?? this.#openAbsent(to, error)
        : undefined;
      if (known === undefined) throw error;
      known.wake();
      return this.#turn("away", known, error.problem);
    }
  }

  /** Looks for a peer that messages wait for. Never throws. */
  async search(conversation: Conversation): Promise<void> {
    const { connector, links } = this.#options;
    await this.#searches(() =>
      connector.search(conversation, links, (address) => this.#isOwn(address))
    );
  }

  /** Tries to open a straight link with a peer that is reached over the server. Never throws. */
  async straighten(conversation: Conversation): Promise<void> {
    const { connector, links } = this.#options;
    await this.#searches(() =>
      connector.straighten(conversation, links, (address) => this.#isOwn(address))
    );
  }

  /** Has a conversation go another way, as its links seem to carry nothing any more. Never throws. */
  async goAround(conversation: Conversation): Promise<void> {
    const { connector, links } = this.#options;
    const stalled = [...conversation.links];
    const isOwn = (address: Address) => this.#isOwn(address);
    if (!await connector.goAround(conversation, links, isOwn)) return;
    for (const link of stalled) link.leave(undefined, leftForOtherLink);
  }

  /**
   * The conversation with a legacy program that was called where somebody is: it says no name by which it could
   * be found. Undefined if somebody with a key should be there.
   */
  #openInPlaintext(place: Address, call: Call): Conversation | undefined {
    const { list, links } = this.#options;
    const open = list.calledAt(place);
    const link = open?.links.find((link) => wasCalledAt(link, place));
    if (open === undefined || link === undefined || open.key !== undefined) return undefined;
    if (links.admitPlaintext(link, call) !== undefined) return undefined;
    open.calledAs ??= call.expectedId;
    return open;
  }

  /**
   * Where to call, or why what the server says is not called.
   *
   * @throws {UserError} If nobody knows.
   */
  async #placeOf(to: string, typed: Address | undefined): Promise<DialableAddress | UserError> {
    const { connector, list } = this.#options;
    if (typed !== undefined) {
      return await connector.places.permit(namedBy("user", typed), undefined);
    }
    return await connector.places.find(
      await connector.locate(to),
      to,
      () => list.openKnown(to)?.lastAddress,
    );
  }

  /** The conversation with somebody who has never been met, if the server says that they are away, and names their keys. */
  #openAbsent(name: string, { problem }: UserError): Conversation | undefined {
    if (problem.code !== "server-refused" || problem.status !== "404") return undefined;
    const { self: { id, identity: { fingerprint } }, list } = this.#options;
    const isMet = meetAbsentOwner({ ...this.#options, self: { id, fingerprint } }, name);
    return isMet ? list.openKnown(name) : undefined;
  }

  #turn(how: Turn["how"], conversation: Conversation, why?: Problem): Turn {
    this.#options.list.answer(conversation);
    return { how, conversation, why };
  }

  /** @throws {UserError} If somebody who has called by a name has another key than the server names. */
  async #checkUnknownSender({ name, answered, key }: Conversation): Promise<void> {
    if (answered || key === undefined) return;
    const serverFingerprint = await this.#options.connector.askAny(name);
    const presentedFingerprint = fingerprintOf(key);
    if (serverFingerprint === undefined || serverFingerprint === presentedFingerprint) return;
    const keys = { presentedFingerprint, serverFingerprint };
    throw new UserError({ code: "caller-contradicted", name, ...keys });
  }

  #isOwn({ host, port }: Address): boolean {
    const own = this.#options.self.address;
    return port === own.port &&
      (host === own.host ||
        (host === "localhost" && isLocal(own.host)) ||
        (isUnspecified(own.host) && ["127.0.0.1", "::1", "localhost"].includes(host)));
  }
}
