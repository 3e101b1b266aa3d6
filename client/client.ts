/**
 * A client: the one face of the core. It wires the rooms together and knows no user interface. What is asked
 * is answered by a return value or a {@linkcode UserError}; what happens unasked goes out as events.
 *
 * A message goes down from `send` to the conversation, the delivery and a link; one that comes goes up from
 * a link to its conversation and out as an event.
 *
 * @module
 */

import { type Address, nowhere } from "../shared/net/address.ts";
import type { ServerAddress } from "../shared/net/server_address.ts";
import { systemClock, type TimerClock, wait, within } from "../shared/time/clock.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import type { Fingerprint, PublicKey } from "../shared/crypto/public_key.ts";
import { isClientId } from "../shared/protocol/client_id.ts";
import { replyTimeoutMs } from "../shared/protocol/limits.ts";
import type { AuditReport } from "./audit/audit.ts";
import { Connector } from "./connector/connector.ts";
import {
  type ChatResult,
  type ContactState,
  Conversations,
  type PathReport,
  type People,
  type SentMessage,
} from "./conversations/conversations.ts";
import type { ConversationState, EventSink, KnownClient } from "./events.ts";
import type { LinkTimes, VerificationState } from "./link/link.ts";
import type { Listed, Registered, RendezvousNotices } from "./rendezvous/rendezvous.ts";
import { Servers, type Visits } from "./servers/servers.ts";
import type { Found, HistoryEntry, HistoryPoint, OwnLineDrafts, Store } from "./store/store.ts";
import { type Listening, type Network, tcpNetwork } from "./transport/transport.ts";
import { Trust } from "./trust/trust.ts";
import { type Problem, reasonOf, UserError } from "./user_error.ts";

/** A client's options. */
export interface ClientOptions {
  readonly id: string;
  /** The IP address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** The servers that may introduce it, in the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly identity: Identity;
  readonly store: Store;
  readonly sink: EventSink;
  /** Whether to talk to peers that cannot encrypt as well. */
  readonly allowPlaintext?: boolean;
  /** Whether nobody else than contacts may call or write. */
  readonly contactsOnly?: boolean;
  /** Whether everybody may know when this client comes and goes, and not its contacts alone. */
  readonly openPresence?: boolean;
  /** Where others reach the client, as through a router that lets them in there; where it listens if not given. */
  readonly announced?: Address | undefined;
  /**
   * Whether peers are to learn of no address at which this client is: it calls, and is called, over the server alone.
   */
  readonly relayOnly?: boolean;
  /** Whether the servers without TLS are legacy programs, which end at what they do not know. */
  readonly legacyServer?: boolean;
  /** Whether peers are told what the user has seen of their messages. */
  readonly readReceipts?: boolean;
  readonly times?: LinkTimes;
  readonly clock?: TimerClock;
  readonly network?: Network;
  /** Gives numbers from 0 up to 1; `Math.random` if not given. */
  readonly random?: () => number;
}

/** Messages that a search finds, at most. */
const foundMax = 20;
/** How long leaving waits for the server to take the registration back. */
const unregisterTimeoutMs = 2_000;

/** A client that listens. */
export class ChatClient {
  readonly id: string;
  /** Where it listens. */
  readonly address: Address;
  /** The servers beside the client's own that the user has it ask. */
  readonly visits: Visits;
  /** What the user has begun to type. */
  readonly lineDrafts: OwnLineDrafts;
  readonly #clock: TimerClock;
  readonly #store: Store;
  readonly #sink: EventSink;
  readonly #listening: Listening;
  readonly #stopping = new AbortController();
  readonly #servers: Servers;
  readonly #conversations: Conversations;
  #stopped: Promise<void> | undefined;
  /**
   * Starts a client: it listens when this returns, and goes on with the messages that wait.
   *
   * @throws {UserError} If the id is invalid, or the store cannot be read.
   * @throws {Deno.errors.AddrInUse} If the port is taken.
   * @throws {Error} If the host is not of this machine, or listening is not allowed.
   */
  constructor(options: ClientOptions) {
    const { id, servers, identity, store, sink, times, network = tcpNetwork } = options;
    const { random = Math.random, legacyServer = false, clock = systemClock } = options;
    const { allowPlaintext = false, contactsOnly = false, relayOnly = false } = options;
    if (!isClientId(id)) throw new UserError({ code: "not-an-id", id });
    this.id = id;
    this.lineDrafts = store.lineDrafts.of(id);
    this.#clock = clock;
    this.#store = store;
    this.#sink = sink;
    this.#listening = network.listen(
      options,
      (conn) => this.#conversations.takeCall(conn),
      (error) => this.#tellProblem({ code: "call-not-taken", reason: reasonOf(error) }),
    );
    this.address = this.#listening.address;
    const trust = new Trust(store.knownPeers, clock);
    const machine = { network, clock, random, signal: this.#stopping.signal };
    const onProblem = this.#tellProblem;
    const rendezvous = this.#servers = new Servers({
      id,
      identity,
      listening: this.address,
      announced: relayOnly ? nowhere : options.announced,
      servers,
      ...machine,
      legacyServer,
      openPresence: options.openPresence,
      proven: store.provenServers,
      relayOnly,
      store,
      onProblem,
      notices: this.#notices,
      contacts: () => this.#conversations.contactList,
    });
    this.visits = rendezvous.visits;
    const self = { id, address: relayOnly ? nowhere : this.address, identity };
    const connector = new Connector({
      self,
      ...machine,
      rendezvous,
      relayOnly,
      allowPlaintext,
      room: () => sink.room(),
      ...(times && { times }),
    });
    this.#conversations = new Conversations({
      self,
      store,
      trust,
      rendezvous,
      ...machine,
      connector,
      sink,
      allowPlaintext,
      contactsOnly,
      readReceipts: options.readReceipts ?? false,
    });
    sink.emit({ type: "listening", address: this.address });
    try {
      this.#conversations.resume();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** Registers with the server, and stays registered. @throws {UserError} If the server refuses or is away. */
  register(onRegistered?: (registered: Registered) => void): Promise<Registered> {
    return this.#servers.register(onRegistered);
  }

  /** As {@linkcode register}, but a server that refuses or is away is asked again. Done after the first try. */
  stayRegistered(onRegistered: (registered: Registered) => void): Promise<void> {
    return this.#servers.stayRegistered(onRegistered);
  }

  /** Has the server take mail without registering us, and goes on with what waits. @throws {UserError} If it refuses. */
  async authenticate(): Promise<void> {
    if (await this.#servers.authenticate()) this.#conversations.wake();
  }

  /** Takes the registration back. @throws {UserError} If the server refuses or is away. */
  unregister(): Promise<void> {
    return this.#servers.unregister();
  }

  /** Everybody who is registered, or some of them, as far as they fit. @throws {UserError} If no server can be asked. */
  info(limit?: number): Promise<Listed> {
    return this.#servers.everyone(limit);
  }

  /**
   * Asks the server for a client.
   *
   * @param target Its id; undefined for any other client: asking again goes round all of them.
   * @returns Undefined if there is no other.
   * @throws {UserError} If the id is invalid, the server knows no such client, or no server can be asked.
   */
  async bridge(target?: string): Promise<KnownClient | undefined> {
    if (target !== undefined && !isClientId(target)) {
      throw new UserError({ code: "not-an-id", id: target });
    }
    return await this.#servers.lookUp(target);
  }

  /**
   * Turns to somebody: to the conversation that there is, or to one that is opened by a call.
   *
   * @param to The name of an open conversation, an address such as `127.0.0.1:5557`, or a client's id.
   * @param onCalling Told where a call goes to, as soon as that is known.
   * @throws {UserError} If nobody is there, and they are not a contact that messages can wait for.
   */
  chat(to: string, onCalling: (address: Address) => void = () => {}): Promise<ChatResult> {
    return this.#conversations.chat(to, onCalling);
  }

  /**
   * Sends a text. Done when it is on the disk, from where it goes on by itself; or, to a peer without a key,
   * on its way.
   *
   * @param to The id of a conversation, or the name of its peer.
   * @throws {UserError} If there is no such conversation, or the text cannot be kept.
   * @throws {RangeError} If it is longer than a message takes.
   */
  send(to: string, text: string): Promise<SentMessage> {
    return this.#conversations.send(to, text);
  }

  /** The user has seen a message, and all before it in its conversation. Peers are told if the user wants that. */
  seen(conversation: string, id: string): void {
    this.#conversations.seen(conversation, id);
  }

  /** Notes that a message was taken. See {@linkcode EventSink.acknowledges}. @throws {UserError} If the store fails. */
  acknowledge(id: string): boolean {
    return this.#conversations.acknowledge(id);
  }

  /**
   * The user turns to a conversation: its peer is a contact from then on.
   *
   * @param to As in {@linkcode send}.
   * @throws {UserError} If there is none.
   */
  answer(to: string): ConversationState {
    return this.#conversations.answer(to);
  }

  /** Whom the user lets in. */
  get people(): People {
    return this.#conversations.people;
  }

  /** All conversations, in the order in which they began. */
  conversations(): ConversationState[] {
    return this.#conversations.all;
  }

  /** A conversation; undefined if there is none. @param to As in {@linkcode send}. */
  conversation(to: string): ConversationState | undefined {
    return this.#conversations.find(to);
  }

  /** How many messages wait in the conversation of an id; undefined if it is not open. It asks no store. */
  waitingIn(conversation: string): number | undefined {
    return this.#conversations.waitingIn(conversation);
  }

  /** The names of those who have been talked to, the latest first. @throws {UserError} If the store fails. */
  knownNames(): string[] {
    return this.#conversations.knownNames();
  }

  /** Leaves a conversation. @param to As in {@linkcode send}. @throws {UserError} If there is none. */
  async close(to: string): Promise<void> {
    await this.#conversations.close(to);
  }

  /**
   * Begins to compare words with a peer, so that both are sure that nobody is in the middle.
   *
   * @returns The words, if both can see them already; else who has to begin. They come as an event then.
   * @throws {UserError} If there is no encrypted link to the peer.
   */
  verify(to: string): VerificationState {
    return this.#conversations.verify(to);
  }

  /** Waits no more for a peer to compare words. @returns Whether it did. @throws {UserError} If there is no encrypted link. */
  withdrawVerification(to: string): boolean {
    return this.#conversations.withdrawVerification(to);
  }

  /**
   * Takes what the user has found in comparing words.
   *
   * @param same Whether both sides see the same words. If not, the conversation ends.
   * @returns The fingerprint of the key that is verified now; undefined if it is not.
   * @throws {UserError} If there are no words to compare, or the key cannot be saved.
   */
  confirmVerification(to: string, same: boolean): Promise<Fingerprint | undefined> {
    return this.#conversations.confirmVerification(to, same);
  }

  /** By which ways a conversation goes. @throws {UserError} If there is no conversation of that name. */
  path(to: string): Promise<PathReport> {
    return this.#conversations.path(to);
  }

  /** The last messages, oldest first, with somebody or with all; or those next to a point. @throws {UserError} If the store cannot be read. */
  history(name: string | undefined, limit: number, point?: HistoryPoint): HistoryEntry[] {
    return this.#store.history.page(this.id, name, limit, point);
  }

  /** What came from somebody and was not taken. See {@linkcode IncomingMessages.unseen}. */
  unseen(name: string, behind?: number): ReturnType<Store["incoming"]["unseen"]> {
    return this.#store.incoming.unseen(this.id, name, behind);
  }

  /** The last messages with all of some words. All else goes on meanwhile. @throws {UserError} If the store fails. */
  search(words: string): Promise<Found> {
    const pause = () => wait(0, this.#stopping.signal, this.#clock);
    return stepped(this.#store.history.search(this.id, words, foundMax), pause);
  }

  /** The key that is saved for a name. @throws {UserError} If the store cannot be read. */
  keyOf(name: string): PublicKey | undefined {
    return this.#store.knownPeers.find(name)?.key;
  }

  /** Those whom the user talks to, the latest first. @throws {UserError} If the store cannot be read. */
  who(): ContactState[] {
    return this.#conversations.contacts();
  }

  /** Compares what both sides have. @throws {UserError} If there is no link to the peer. */
  audit(to: string, options: { readonly mayCall?: boolean } = {}): Promise<AuditReport> {
    return this.#conversations.audit(to, options);
  }

  /** Done when everything that was sent has arrived, or has had the time to. */
  async allDelivered(): Promise<void> {
    await this.#conversations.allDelivered(replyTimeoutMs);
  }

  /** Says goodbye to everyone and to the server, and stops. Never throws. */
  stop(): Promise<void> {
    return this.#stopped ??= this.#stop();
  }

  async #stop(): Promise<void> {
    const talks = this.#conversations.leaveAll(); // First: the server is told how they went.
    await Promise.all([talks, within(unregisterTimeoutMs, this.#servers.leave(), this.#clock)]);
    this.#stopping.abort();
    await this.#listening.close();
  }

  /** What the server says unasked, and what follows on a registration. */
  readonly #notices: RendezvousNotices = {
    registered: () => this.#conversations.watch(),
    ready: async () => {
      this.#conversations.wake();
      await this.#conversations.collectMail({ alsoLeft: true });
    },
    serverLost: (problem) => this.#sink.emit({ type: "server-lost", problem }),
    registeredAgain: (server) => this.#sink.emit({ type: "registered-again", server }),
    problem: (problem) => this.#tellProblem(problem),
    displaced: () => this.#sink.emit({ type: "displaced", id: this.id }),
    called: (conn) => this.#conversations.takeCall(conn),
    mail: () => void this.#conversations.collectMail({ alsoLeft: false }),
    presence: (name, status) => this.#conversations.takePresence(name, status),
  };

  readonly #tellProblem = (problem: Problem) => this.#sink.emit({ type: "problem", problem });
}

/** Does something in steps, with a pause between each two. */
async function stepped<T>(steps: Generator<void, T>, pause: () => Promise<unknown>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await pause();
  }
}
