/**
 * The way to the server that introduces clients to each other: registering with it, looking others up,
 * watching who is there, and the requests that it takes from those it has registered.
 *
 * What is asked is answered by a return value. What happens unasked goes to the owner as a notice.
 *
 * @module
 */

import { type Examination, examine, type ExamineOptions } from "./examination.ts";
import type { Address } from "../../shared/net/address.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import type { Fingerprint, PublicKey } from "../../shared/crypto/public_key.ts";
import { type Header, header, type Message } from "../../shared/protocol/message.ts";
import type { PresenceStatus } from "../../shared/protocol/records.ts";
import type { KnownClient } from "../events.ts";
import type { Problem } from "../user_error.ts";
import type { Network, PeerConn } from "../transport/transport.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { authenticate, type Granted } from "./authentication.ts";
import { type ContactSource, ContactUpload } from "./contact_upload.ts";
import { ControlConnection } from "./control_connection.ts";
import { type Listed, listEveryone, lookUp } from "./lookup.ts";
import { askOnce, type LookupOptions } from "./lookup_once.ts";
import { LookupCache } from "./lookup_cache.ts";
import { PresenceWatch } from "./presence_watch.ts";
import { askToReflect } from "./reflection.ts";
import { RelayCalls } from "./relay.ts";
import type { Challenge, SealingKeys } from "./reply.ts";
import { dialedChallenge, requestSigned, type Told } from "./signed_request.ts";
import { type Registered, Registration } from "./registration.ts";
import type { ServerConnection } from "./server_connection.ts";
import type { ServerKindsOptions } from "./server_kinds.ts";

export type { Examination } from "./examination.ts";
export type { Listed } from "./lookup.ts";
export type { PresenceStatus } from "../../shared/protocol/records.ts";
export type { Registered } from "./registration.ts";
export type { SealingKeys } from "./reply.ts";

/** What happens unasked. None of these may throw. */
export interface RendezvousNotices {
  /** The server has registered the client, for the first time or again. Now is the time to `watch`. */
  registered(): void;
  /**
   * What follows on a registration can be done: the server has said who is there and whether it keeps mail,
   * if it knows how. Registering is done when this is.
   */
  ready(): Promise<void>;
  /** The client was registered and is not any more, as far as it knows. It tries again until it is. */
  serverLost(problem: Problem): void;
  /** The client is registered again after that, or with another server than before. */
  registeredAgain(server: ServerAddress): void;
  /** Something that the user should know, and that ends nothing. */
  problem(problem: Problem): void;
  /** Another instance of the client is registered now, and this one only after its user registers it again. */
  displaced(): void;
  /** The server has mail for the client. */
  mail(): void;
  /** Somebody calls over the relay, and is there. */
  called(conn: PeerConn): void;
  /** The server says of somebody who is watched whether they are there; undefined if it cannot any more. */
  presence(name: string, status: PresenceStatus | undefined): void;
}

/** What a rendezvous needs to know. */
export interface RendezvousOptions extends ServerKindsOptions {
  /** The client's own id. */
  readonly id: string;
  readonly identity: Identity;
  /** Where the client listens; an unspecified host stands for the one by which the server is reached. */
  readonly listening: Address;
  /** Where the user says that others reach the client, as through a router; where it listens if not given. */
  readonly announced?: Address | undefined;
  /** The servers, at least one, in the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  readonly network: Pick<Network, "dialServer">;
  readonly clock: TimerClock;
  /** Gives numbers from 0 up to 1. */
  readonly random: () => number;
  /** Ends everything without a word to the server. */
  readonly signal: AbortSignal;
  readonly notices: RendezvousNotices;
  /** How conversations go, which is told with a registration; if not given nothing is. */
  readonly paths?: { take(): Told } | undefined;
  /** Whether everybody may know when we come and go, and not our contacts alone. */
  readonly openPresence?: boolean | undefined;
  /** Who the contacts are, for a server that keeps a list of them; if not given it gets none. */
  readonly contacts?: () => ContactSource;
}

/** The connection on which the server has registered the client, or knows whose it is. It is the same object until it is lost. */
export type RegisteredConnection = Pick<ServerConnection, "server" | "request">;

/** A client's relation with its server, or with the one of several that can be reached. */
export class Rendezvous {
  readonly #id: string;
  readonly #notices: RendezvousNotices;
  readonly #connection: ControlConnection;
  readonly #registration: Registration;
  readonly #presence: PresenceWatch;
  readonly #contacts: ContactUpload;
  readonly #relay: RelayCalls;
  readonly #signal: AbortSignal;
  readonly #lookups = new LookupCache();
  /** What the server grants although we are not registered; undefined if it does not know whose client this is. */
  #granted: Granted | undefined;
  readonly #identity: Identity;
  readonly #clock: TimerClock;
  /** What has to be signed when mail is asked for next. */
  readonly #collectChallenges = new WeakMap<RegisteredConnection, Challenge>();

  /** @throws {TypeError} If no server is named. */
  constructor(options: RendezvousOptions) {
    const { id, notices } = options;
    this.#id = id;
    this.#notices = notices;
    this.#signal = options.signal;
    this.#identity = options.identity;
    this.#clock = options.clock;
    const tokenFor = (name: string) => options.contacts?.().tokenFor(name);
    // Then it may know nothing of the control connection either, on which we are called.
    const onReset = () => this.check();
    this.#relay = new RelayCalls({ ...options, tokenFor, onReset });
    this.#connection = new ControlConnection({
      ...options,
      onPush: (push) => this.#takePush(push),
      onLost: () => {
        this.#granted = undefined;
        this.#presence.lost();
        this.#contacts.lost();
      },
    });
    this.#contacts = new ContactUpload({
      id,
      source: options.contacts,
    });
    this.#presence = new PresenceWatch({
      connection: this.#connection,
      tokenFor,
      isOpen: options.openPresence ?? false,
      onChange: (name, status) => notices.presence(name, status),
      onSubscribed: (server, watchack) => this.#contacts.registered(server, watchack),
    });
    this.#registration = new Registration({
      ...options,
      connection: this.#connection,
      onLost: (problem) => notices.serverLost(problem),
      onAgain: (server) => notices.registeredAgain(server),
      onUnchecked: (problem) => notices.problem(problem),
      onDisplaced: () => notices.displaced(),
      onRegistered: async () => {
        notices.registered();
        await this.#presence.registered();
        await notices.ready();
      },
    });
  }

  /** Whether the client is registered, as far as it knows. */
  get registered(): boolean {
    return this.#registration.active;
  }

  /** Where others are told that the client is; undefined while it is not registered. */
  get address(): Address | undefined {
    return this.#registration.address;
  }

  /** The host at which the server was reached, an IP address; as the user names it, before it was reached. */
  get serverHost(): string {
    return this.#connection.serverHost;
  }

  /**
   * The connection on which the client is registered or has shown whose it is, also if it is lost; undefined if
   * there is none, or if the server is a legacy program. What a server grants to registered clients is asked here.
   */
  get connection(): RegisteredConnection | undefined {
    return this.#connection.registered;
  }

  /** How large a mail the server keeps, in bytes; undefined if it keeps none, as far as is known. */
  get mailBytesMax(): number | undefined {
    return this.#presence.mailBytesMax ?? this.#granted?.mailBytesMax;
  }

  /** Connects, unless there is a connection. @throws {UserError} If no server can be reached. */
  async connect(): Promise<void> {
    await this.#connection.connect();
  }

  /** Finds out whether the server still knows of the connection on which we are registered. */
  check(): void {
    this.#connection.registered?.check();
  }

  /** This machine is in another network. @param gone The addresses that it has no more. */
  moved(gone: ReadonlySet<string>): void {
    this.#connection.moved(gone);
    this.#registration.hurry();
  }

  /** Whether the server joins us with others, as far as it has said. */
  get relays(): boolean {
    return this.#presence.relays || (this.#granted?.relays ?? false);
  }

  /**
   * Calls somebody over the server. Done when they have taken part.
   *
   * @param key The only key that is meant; undefined if any is.
   * @param signal Gives the call up.
   * @returns Undefined if there is no server that relays.
   * @throws {UserError} If the server refuses or is lost, or the other one does not come.
   */
  async relay(
    target: string,
    key: PublicKey | undefined,
    signal: AbortSignal,
  ): Promise<PeerConn | undefined> {
    const { connection } = this;
    if (connection === undefined || !this.relays) return undefined;
    const either = AbortSignal.any([signal, this.#signal]);
    return await this.#relay.call(connection, target, key, either);
  }

  /**
   * Asks the server at which UDP address we are seen.
   *
   * @param ask Asks there, of whoever shows that certificate.
   * @returns Undefined if there is no server that says so.
   * @throws {UserError} If the server refuses or is lost.
   * @throws {unknown} What `ask` throws.
   */
  async reflect(
    ask: (server: Address, certificate: Uint8Array) => Promise<Address>,
  ): Promise<Address | undefined> {
    const { connection, serverHost: host } = this;
    if (connection === undefined || !this.#presence.reflects) return undefined;
    const told = await askToReflect(connection, this.#id);
    return told && await ask({ host, port: told.port }, told.certificate);
  }

  /**
   * Asks for mail on a connection, signed if the server has the client sign for the address that it has dialed: so
   * nobody who passes the connection on can take or delete mail.
   *
   * @param headers All but the key and the signature.
   * @returns A COLLECTACK.
   * @throws {UserError} If the server refuses or is lost.
   */
  async collect(connection: RegisteredConnection, headers: readonly Header[]): Promise<Message> {
    const { reply } = await requestSigned(
      connection,
      this.#identity,
      "COLLECT",
      headers,
      "COLLECTACK",
      { known: this.#collectChallenges.get(connection) },
    );
    const nonce = header(reply, "Nonce");
    if (nonce === undefined) this.#collectChallenges.delete(connection);
    else this.#collectChallenges.set(connection, dialedChallenge(nonce));
    return reply;
  }

  /**
   * Registers, and from then on stays registered. Done when what follows on that is done, too.
   *
   * @param onRegistered Told as soon as the client is registered.
   * @throws {UserError} If the server refuses or does not answer.
   */
  register(onRegistered?: (registered: Registered) => void): Promise<Registered> {
    return this.#registration.start(onRegistered);
  }

  /** As {@linkcode register}, but a server that refuses or does not answer is asked again. Done after the first try. */
  stayRegistered(onRegistered?: (registered: Registered) => void): Promise<void> {
    return this.#registration.startTrying(onRegistered);
  }

  /**
   * Shows the server whose client this is, without registering: it takes mail, and calls over the relay.
   *
   * @returns Whether the server knows how.
   * @throws {UserError} As {@linkcode authenticate}.
   */
  async authenticate(): Promise<boolean> {
    const [id, identity, clock] = [this.#id, this.#identity, this.#clock];
    this.#granted = await authenticate(this.#connection, { id, identity, clock });
    return this.#granted !== undefined;
  }

  /**
   * Takes the registration back.
   *
   * @throws {UserError} If the server refuses or does not answer. The registration is not refreshed any more
   * in either case.
   */
  unregister(): Promise<void> {
    return this.#registration.end();
  }

  /**
   * Asks where somebody is, and which key they have.
   *
   * @param target A client's id; undefined for any other client.
   * @returns Undefined if the server names nobody.
   * @throws {ServerRefusal} If the server answers ERROR, as it does if it knows no such client.
   * @throws {UserError} If no server can be asked, or the answer makes no sense.
   */
  async lookUp(target?: string): Promise<KnownClient | undefined> {
    return await lookUp(this.#connection, this.#id, target, {
      client: (client) => this.#lookups.note(client),
      away: (id, owner) => this.#lookups.noteAway(id, owner),
    });
  }

  /** Asks who is registered. @param limit Not everybody. @throws {UserError} If no server can be asked. */
  async everyone(limit?: number): Promise<Listed> {
    return await listEveryone(this.#connection, (client) => this.#lookups.note(client), limit);
  }

  /** The fingerprint that the server named last for a client's key; undefined if it has named none. */
  serverFingerprint(id: string): Fingerprint | undefined {
    return this.#lookups.serverFingerprint(id);
  }

  /** By which keys mail is sealed for the owner of a name, if the server has just said that they are away. */
  sealingKeysOf(id: string): SealingKeys | undefined {
    return this.#lookups.sealingKeysOf(id);
  }

  /** The id of the client that the server said is at an address and has a key. */
  idAt(address: Address): string | undefined {
    return this.#lookups.idAt(address);
  }

  /** The list of contacts is another now. */
  contactsChanged(): void {
    this.#contacts.changed();
  }

  /** Somebody has given us the token by which we are a contact of theirs. */
  tokensChanged(): void {
    this.#presence.tokensChanged();
  }

  /** Whether a client is watched, or is about to be. */
  watches(name: string): boolean {
    return this.#presence.watches(name);
  }

  /** Watches these clients and no others. */
  watch(names: readonly string[]): void {
    this.#presence.watch(names);
  }

  /** What the server says of a client that is watched; undefined if it says nothing. */
  status(name: string): PresenceStatus | undefined {
    return this.#presence.status(name);
  }

  #takePush(push: Message): void {
    switch (push.verb) {
      case "MAIL":
        return this.#notices.mail();
      case "DISPLACED":
        if (header(push, "clientID") === this.#id) this.#registration.displaced();
        return;
      case "RELAYED":
        return void this.#answer(push);
      case "PRESENCE":
        return this.#presence.take(push);
    }
  }

  /** Somebody who does not come after all, or cannot be reached, has nothing to be told. */
  async #answer(relayed: Message): Promise<void> {
    const { connection } = this;
    if (connection === undefined) return;
    const conn = await this.#relay.answer(connection.server, relayed).catch(() => undefined);
    if (conn !== undefined) this.#notices.called(conn);
  }
}

/** Asks a server what it can tell of the network between. @throws {UserError} If it cannot be reached. */
export function examineServer(options: ExamineOptions): Promise<Examination> {
  return examine(options);
}

/** Asks once where a client is, and leaves the server. @throws {UserError} As {@linkcode Rendezvous.lookUp}. */
export function lookUpOnce(options: LookupOptions): Promise<KnownClient | undefined> {
  return askOnce(options);
}
