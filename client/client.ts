/**
 * A client: the one place that wires listener, registration, rendezvous and conversations together.
 * It knows no user interface; what happens goes out as events.
 *
 * @module
 */

import pLimit from "p-limit";
import { type Address, isLocal, isUnspecified, parseAddress } from "../shared/net/address.ts";
import { systemClock, type TimerClock, wait, within } from "../shared/time/clock.ts";
import type { Identity } from "../shared/crypto/identity.ts";
import type { Fingerprint } from "../shared/crypto/public_key.ts";
import { clientIdRule, isClientId } from "../shared/protocol/client_id.ts";
import { replyTimeoutMs } from "../shared/protocol/limits.ts";
import { reasonOf, UserError } from "./user_error.ts";
import { PresenceNotices } from "./conversations/presence_notices.ts";
import type { Conversation } from "./conversations/conversation.ts";
import { CallRefused, Conversations } from "./conversations/conversations.ts";
import type { ChatEvent, KnownClient } from "./events.ts";
import type { LinkTimes } from "./link/link.ts";
import { Mailbox, type MailIntake } from "./mailbox/mailbox.ts";
import { type Listening, type Network, tcpNetwork } from "./transport/transport.ts";
import { type PresenceStatus, Rendezvous } from "./rendezvous/rendezvous.ts";
import type { ServerAddress } from "../shared/net/server_address.ts";
import type { Store } from "./store/store.ts";
import { Trust } from "./trust/trust.ts";

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
  readonly store: Pick<Store, "journal" | "knownPeers">;
  /** Whether to talk to peers that cannot encrypt as well. */
  readonly allowPlaintext?: boolean;
  /** Whether peers are told what the user has seen of their messages. */
  readonly readReceipts?: boolean;
  readonly onEvent: (event: ChatEvent) => void;
  /** When there is room for more events, where they are shown more slowly than they come. */
  readonly room?: () => Promise<void> | undefined;
  /** When all that was told so far is on the screen; undefined where it is. */
  readonly printed?: () => Promise<void> | undefined;
  readonly times?: LinkTimes;
  readonly clock?: TimerClock;
  readonly network?: Network;
  /** Gives numbers from 0 up to 1; `Math.random` where not given. */
  readonly random?: () => number;
}

/** Of so many of those who have been talked to, the latest, the names are known. */
const namesMax = 1_000;

/** People for whom messages wait who are looked for at a time. */
const searchesMax = 8;

/** Messages that a search shows. */
const foundMax = 20;

/** People whom `/who` shows. */
const whoMax = 60;

/** How long a peer that is new waits until the server has said whether it knows its key. */
const introductionTimeoutMs = 2_000;

/** How long leaving waits for the server to take the registration back. */
const unregisterTimeoutMs = 2_000;

/** A client that listens. */
export class ChatClient {
  readonly id: string;
  /** Where it listens. */
  readonly address: Address;
  readonly #emit: (event: ChatEvent) => void;
  readonly #clock: TimerClock;
  readonly #network: Network;
  readonly #listening: Listening;
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | undefined;
  readonly #store: ClientOptions["store"];
  readonly #conversations: Conversations;
  readonly #rendezvous: Rendezvous;
  readonly #mailbox: Mailbox;
  readonly #comingsAndGoings: PresenceNotices;
  readonly #trust: Trust;
  readonly #searches = pLimit(searchesMax);

  /**
   * Starts a client: it listens when this returns, and goes on with the messages that an earlier one has
   * left.
   *
   * @throws {UserError} Where the id is none.
   * @throws {Deno.errors.AddrInUse} Where the port is taken.
   * @throws {Error} Where the host is not of this machine, listening is not allowed, or the journal cannot
   * be read.
   */
  constructor(options: ClientOptions) {
    const { id, host, port, servers, identity, store, onEvent } = options;
    const { allowPlaintext = false, readReceipts = false, times } = options;
    const { room = () => undefined, printed = () => undefined } = options;
    const { clock = systemClock, network = tcpNetwork, random = Math.random } = options;
    if (!isClientId(id)) throw new UserError(`The id '${id}' is not ${clientIdRule}`);
    this.id = id;
    this.#clock = clock;
    this.#network = network;
    this.#store = store;
    this.#listening = network.listen(
      { host, port },
      (conn) => this.#conversations.takeCall(conn),
      (error) => this.#emit({ type: "problem", problem: `Cannot take a call: ${error}` }),
    );
    this.address = this.#listening.address;
    this.#comingsAndGoings = new PresenceNotices({ clock, emit: onEvent });
    this.#emit = (event) => {
      this.#comingsAndGoings.note(event);
      onEvent(event);
    };
    this.#trust = new Trust(store.knownPeers, clock);
    const { signal } = this.#stopping;
    this.#rendezvous = new Rendezvous({
      id,
      identity,
      listening: this.address,
      servers,
      network,
      clock,
      random,
      signal,
      notices: {
        registered: () => this.#watch(),
        ready: () => this.#registered(),
        serverLost: (problem) => this.#emit({ type: "server-lost", problem }),
        registeredAgain: (server) => this.#emit({ type: "registered-again", server }),
        mail: () => this.#mailbox.collect(this.#mailIntake, { alsoLeft: false }),
        presence: (name, status) => this.#takePresence(name, status),
      },
    });
    this.#mailbox = new Mailbox({
      id,
      identity,
      rendezvous: this.#rendezvous,
      signal,
      onProblem: (problem) => this.#emit({ type: "problem", problem }),
    });
    this.#conversations = new Conversations({
      self: { id, address: this.address, identity },
      trust: this.#trust,
      journal: store.journal,
      clock,
      random,
      allowPlaintext,
      readReceipts,
      said: (id) => this.#rendezvous.serverFingerprint(id),
      introducedAt: (address) => this.#rendezvous.idAt(address),
      ask: (id) => this.#ask(id),
      emit: this.#emit,
      room,
      printed,
      seek: (conversation) => this.#searches(() => this.#seek(conversation)),
      deposit: (to, messages) =>
        this.#mailbox.available ? this.#mailbox.deposit(to, messages) : undefined,
      onOthers: () => this.#watch(),
      ...(times && { times }),
    });
    this.#emit({ type: "listening", address: this.address });
    try {
      this.#conversations.resume();
    } catch (error) {
      this.stop();
      throw error;
    }
  }

  /** The name of the current conversation. */
  get current(): string | undefined {
    return this.#conversations.current;
  }

  /** The names of all conversations. */
  get names(): string[] {
    return this.#conversations.names;
  }

  /** Those, and then the names of others who have been talked to, the latest first. */
  get knownNames(): string[] {
    const talkedTo = this.#store.journal.list(this.id, namesMax).map(({ name }) => name);
    return [...new Set([...this.names, ...talkedTo])];
  }

  /** Messages that wait for the peer of the current conversation. */
  get waiting(): number {
    return this.#conversations.waiting;
  }

  /** Registers with the server, and stays registered. @throws {UserError} */
  async register(): Promise<void> {
    await this.#rendezvous.register((registered) =>
      this.#emit({ type: "registered", ...registered })
    );
  }

  /** Takes the registration back. @throws {UserError} */
  async unregister(): Promise<void> {
    await this.#rendezvous.unregister();
    this.#emit({ type: "unregistered", id: this.id });
  }

  /** Asks for everyone who is registered. @throws {UserError} */
  async info(): Promise<void> {
    this.#emit({ type: "clients", ...await this.#rendezvous.everyone(), selfId: this.id });
  }

  /** Asks for another client, or for the one of that id. @throws {UserError} */
  async bridge(target?: string): Promise<void> {
    this.#emit({ type: "bridged", found: await this.#find(target) });
  }

  /**
   * Opens a conversation with whoever listens at an address, or is registered under an id; where there
   * is one already, makes it the current one.
   *
   * @throws {UserError} Where nobody is there.
   */
  async chat(whom: string): Promise<void> {
    const address = whom.includes(":") ? parseAddress(whom) : undefined;
    if (address === undefined && !isClientId(whom)) {
      throw new UserError(
        `'${whom}' is neither an address such as 127.0.0.1:5557 nor the id of a client`,
      );
    }
    if (whom === this.id || (address !== undefined && this.#isOwn(address))) {
      throw new UserError("That is yourself; /chat with another client");
    }
    const open = this.#conversations.find(address === undefined ? { id: whom } : { address });
    if (open !== undefined) {
      if (address === undefined) await this.#checkStranger(whom, open);
      return this.#conversations.switchTo(open);
    }
    if (address !== undefined) return await this.#call(address, undefined, true);
    let found: KnownClient | undefined;
    try {
      found = await this.#find(whom);
      // A server of the wild knows no Target, and names whomever it likes.
      if (found !== undefined && found.id !== "" && found.id !== whom) {
        throw new UserError(
          `The server cannot look up ${whom}: it named ${found.id}; /chat IP:PORT`,
        );
      }
      if (found === undefined) {
        throw new UserError(`The server knows no ${whom}; /info shows whom it knows`);
      }
      await this.#call(found.address, whom, true);
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof CallRefused) throw error;
      if (!this.#conversations.openAway(whom)) throw error;
      // Whoever has been met can be written to also when nobody can be reached.
      this.#emit({ type: "away", name: whom, why: error.problem });
    }
  }

  /**
   * Sends a text in the current conversation. Done when it is on the disk, from where it goes on by itself.
   *
   * @throws {UserError} Where there is no conversation, or the text cannot be kept.
   * @throws {RangeError} Where it is longer than a message takes.
   */
  async send(text: string): Promise<void> {
    await this.#conversations.send(text);
  }

  /**
   * Accepts a key that was refused, and leaves whoever has the one that was believed before.
   *
   * @param which A name, and behind it the fingerprint where several keys were refused for it.
   * @throws {UserError} Where there is none.
   */
  async trust(which: string): Promise<void> {
    const [name, fingerprint] = which.split(/\s+/);
    const trusted = this.#trust.trust(name!, fingerprint);
    this.#emit({ type: "trusted", name: name!, fingerprint: trusted });
    try {
      // Whoever accepts a key means its owner also with what was written before.
      await this.#conversations.reassign(name!, this.#trust.keyOf(name!)!);
    } finally {
      await this.#conversations.leaveOthers(name!, trusted);
    }
    // Mail that was sealed with that key has been left where it is.
    this.#mailbox.collect(this.#mailIntake, { alsoLeft: true });
  }

  /**
   * Makes sure, together with a peer, that nobody is in the middle.
   *
   * @param which A name; behind it `yes` where both see the same words, `no` where they do not.
   * @throws {UserError} Where there is nothing to verify.
   */
  async verify(which: string): Promise<void> {
    const [name, found, more] = which.split(/\s+/);
    if (found === undefined) return this.#conversations.verify(name!);
    if (more !== undefined || (found !== "yes" && found !== "no")) {
      throw new UserError(
        `'${found}' is no answer: /verify ${name} yes where you see the same words, else no`,
      );
    }
    await this.#conversations.concludeVerification(name!, found === "yes");
  }

  /** Tells of all conversations. */
  peers(): void {
    this.#emit({ type: "peers", peers: this.#conversations.list() });
  }

  /** Makes a conversation the current one. @throws {UserError} */
  switchTo(name: string): void {
    this.#conversations.switchTo(name);
  }

  /** Leaves a conversation, or the current one. @throws {UserError} */
  async close(name = this.current): Promise<void> {
    if (name === undefined) {
      throw new UserError("No conversation is current; /close NAME closes one of /peers");
    }
    await this.#conversations.close(name);
  }

  /**
   * Shows what was said last: in one conversation, or in all.
   *
   * @param count Messages at most.
   * @throws {Error} Where the journal cannot be read.
   */
  history(name: string | undefined, count: number): void {
    const entries = this.#store.journal.history(this.id, name, count);
    this.#emit({ type: "history", ...name !== undefined && { name }, entries });
  }

  /**
   * Shows the last messages that have all of some words. Where texts are sealed that takes its time, in
   * which all else goes on.
   *
   * @throws {Error} As {@linkcode history}.
   */
  async search(words: string): Promise<void> {
    const steps = this.#store.journal.searchBySteps(this.id, words, foundMax);
    let step;
    while (!(step = steps.next()).done) await wait(0, this.#stopping.signal, this.#clock);
    this.#emit({ type: "history", words, entries: step.value });
  }

  /** Tells who of those whom the user talks to is there. @throws {Error} As {@linkcode history}. */
  who(): void {
    const people = this.#store.journal.list(this.id, whoMax)
      .filter(({ key }) => key !== undefined)
      .map(({ name, lastAtMs, outgoing: { last, acknowledged } }) => ({
        name,
        presence: this.#rendezvous.status(name),
        connected: this.#conversations.isConnected(name),
        waiting: last - acknowledged,
        lastAtMs,
      }));
    this.#emit({ type: "who", people });
  }

  /** Compares what both sides have of a conversation. @throws {UserError} Where there is no link to it. */
  async audit(name = this.current): Promise<void> {
    if (name === undefined) {
      throw new UserError("No conversation is current; /audit NAME names one");
    }
    const report = await this.#conversations.audit(name);
    this.#emit({ type: "audited", name, report });
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
    await Promise.all([this.#conversations.leaveAll(), this.#unregisterQuietly()]);
    this.#stopping.abort();
    this.#comingsAndGoings.stop();
    await this.#listening.close();
  }

  async #unregisterQuietly(): Promise<void> {
    if (!this.#rendezvous.registered) return;
    // Where the server does not hear it, the registration runs out by itself.
    await within(unregisterTimeoutMs, this.#rendezvous.unregister().catch(() => {}), this.#clock);
  }

  async #find(target: string | undefined): Promise<KnownClient | undefined> {
    if (target !== undefined && !isClientId(target)) {
      throw new UserError(`The id '${target}' is not ${clientIdRule}`);
    }
    return await this.#rendezvous.lookUp(target);
  }

  /** Asks the server, if it is one that we are known to, whose key it knows for an id. */
  async #ask(id: string): Promise<Fingerprint | undefined> {
    if (this.#rendezvous.registered) await this.#findQuietly(id);
    return this.#rendezvous.serverFingerprint(id);
  }

  async #findQuietly(id: string): Promise<void> {
    // Where the server does not say, there is nothing to hold a key against.
    await within(introductionTimeoutMs, this.#find(id), this.#clock).catch(() => {});
  }

  /** @throws {UserError} Where who has called by a name has another key than the server names. */
  async #checkStranger(id: string, name: string): Promise<void> {
    const shown = this.#conversations.unknownSenderIn(name);
    if (shown === undefined) return;
    await this.#findQuietly(id);
    const said = this.#rendezvous.serverFingerprint(id);
    if (said === undefined || said === shown) return;
    throw new UserError(
      `Who has called as ${id} has the key ${shown}, and the server names ${said}: one of them is ` +
        `wrong. /switch ${name} to answer all the same; to call the other one, /close ${name} first`,
    );
  }

  async #call(address: Address, name: string | undefined, interactive: boolean): Promise<void> {
    if (interactive) this.#emit({ type: "calling", name, address });
    const options = { signal: this.#stopping.signal };
    const conn = await this.#network.dial(address, name, options);
    await this.#conversations.openCall(conn, name, interactive);
  }

  /** Looks for somebody for whom messages wait: where the server says, or where he was last. */
  async #seek(conversation: Conversation): Promise<void> {
    const name = conversation.peerId!;
    try {
      const found = await this.#whereabouts(name);
      const address = found ?? conversation.lastAddress;
      if (address === undefined || this.#isOwn(address)) return;
      // Whoever the server says is away is not where he was.
      if (found === undefined && this.#rendezvous.status(name) === "away") return;
      await this.#call(address, name, false);
    } catch {
      // What waits goes on waiting, which the user has been told.
    }
  }

  /** Where the server says that somebody is; undefined where it does not say. */
  async #whereabouts(name: string): Promise<Address | undefined> {
    try {
      const found = await this.#find(name);
      return found?.id === name ? found.address : undefined;
    } catch (error) {
      if (error instanceof UserError) return undefined;
      throw error;
    }
  }

  /** What follows on each registration. */
  async #registered(): Promise<void> {
    this.#conversations.wake();
    await this.#mailbox.collect(this.#mailIntake, { alsoLeft: true });
  }

  #watch(): void {
    try {
      this.#rendezvous.watch(this.#conversations.watched);
    } catch (error) {
      const problem = `Cannot see whom to watch: ${reasonOf(error)}`;
      this.#emit({ type: "problem", problem });
    }
  }

  /** Takes what the server says of somebody. Never throws. */
  #takePresence(name: string, status: PresenceStatus | undefined): void {
    try {
      const connected = this.#conversations.isConnected(name);
      if (this.#trust.knows(name)) this.#comingsAndGoings.said(name, status, connected);
    } catch (error) {
      const problem = `Cannot look up the key of ${name}: ${reasonOf(error)}`;
      this.#emit({ type: "problem", problem });
    }
    // Of who is registered only it is not known whether he is there: that is found out.
    if (status !== undefined && status !== "away") this.#conversations.wake(name);
  }

  readonly #mailIntake: MailIntake = {
    take: (mail, from) => this.#conversations.takeMail(mail, from),
    answer: () => this.#conversations.answerMail(),
  };

  #isOwn({ host, port }: Address): boolean {
    const own = this.address.host;
    return port === this.address.port &&
      (host === own ||
        (host === "localhost" && isLocal(own)) ||
        (isUnspecified(own) && ["127.0.0.1", "::1", "localhost"].includes(host)));
  }
}
