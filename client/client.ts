/**
 * A client: the one place that wires listener, registration, rendezvous and conversations together.
 * It knows no user interface; what happens goes out as events.
 *
 * @module
 */

import { acceptUntil } from "../shared/accept.ts";
import {
  type Address,
  formatAddress,
  isLocal,
  isUnspecified,
  parseAddress,
  parsePort,
  plainHost,
} from "../shared/address.ts";
import { within } from "../shared/clock.ts";
import { type Identity, isFingerprint } from "../shared/crypto/identity.ts";
import { clientIdRule, isClientId } from "../shared/client_id.ts";
import { replyTimeoutMs } from "../shared/protocol/limits.ts";
import { type Header, header, headerValues, message } from "../shared/protocol/message.ts";
import { protocolVersion } from "../shared/protocol/verbs.ts";
import { ChatError } from "./chat_error.ts";
import { Conversations } from "./conversations.ts";
import { dial } from "./dial.ts";
import type { ChatEvent, KnownClient } from "./events.ts";
import type { LinkTimes } from "./link/link.ts";
import { Introductions } from "./introductions.ts";
import { Registration } from "./registration.ts";
import { Rendezvous, wholeNumber } from "./rendezvous.ts";
import type { ServerAddress } from "./server_address.ts";
import type { KnownPeers } from "./store/known_peers.ts";
import { Trust } from "./trust.ts";

/** A client's options. */
export interface ClientOptions {
  readonly id: string;
  /** The IP address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly server: ServerAddress;
  readonly identity: Identity;
  readonly knownPeers: KnownPeers;
  /** Whether to talk to peers that cannot encrypt as well. */
  readonly allowPlaintext?: boolean;
  readonly onEvent: (event: ChatEvent) => void;
  /** When there is room for more events, where they are shown more slowly than they come. */
  readonly room?: () => Promise<void> | undefined;
  readonly times?: LinkTimes;
}

/** How many clients `/info` shows before it says that there are more. */
const infoShownMax = 1_000;

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
  readonly #listener: Deno.TcpListener;
  readonly #stopping = new AbortController();
  readonly #accepting: Promise<void>;
  #stopped: Promise<void> | undefined;
  readonly #conversations: Conversations;
  readonly #rendezvous: Rendezvous;
  readonly #registration: Registration;
  readonly #trust: Trust;
  readonly #introductions = new Introductions();

  /**
   * Starts a client: it listens when this returns.
   *
   * @throws {ChatError} Where the id is none.
   * @throws {Deno.errors.AddrInUse} Where the port is taken.
   * @throws {Error} Where the host is not of this machine, or listening is not allowed.
   */
  constructor(options: ClientOptions) {
    const { id, host, port, server, identity, knownPeers, onEvent } = options;
    const { allowPlaintext = false, room = () => undefined, times } = options;
    if (!isClientId(id)) throw new ChatError(`The id '${id}' is not ${clientIdRule}`);
    this.id = id;
    this.#emit = onEvent;
    this.#listener = Deno.listen({ hostname: host, port });
    const { hostname } = this.#listener.addr;
    this.address = { host: plainHost(hostname), port: this.#listener.addr.port };
    this.#trust = new Trust(knownPeers);
    this.#conversations = new Conversations({
      self: { id, address: this.address, identity },
      trust: this.#trust,
      allowPlaintext,
      said: (id) => this.#introductions.said(id),
      introducedAt: (address) => this.#introductions.at(address),
      ask: (id) => this.#ask(id),
      emit: onEvent,
      room,
      ...(times && { times }),
    });
    this.#rendezvous = new Rendezvous(server, this.#stopping.signal);
    this.#registration = new Registration({
      id,
      identity,
      listening: this.address,
      server,
      rendezvous: this.#rendezvous,
      emit: onEvent,
    });
    this.#accepting = acceptUntil(
      this.#stopping.signal,
      this.#listener,
      (conn) => this.#conversations.takeCall(conn),
      (error) => onEvent({ type: "problem", problem: `Cannot take a call: ${error}` }),
    );
    onEvent({ type: "listening", address: this.address });
  }

  /** The name of the current conversation. */
  get current(): string | undefined {
    return this.#conversations.current;
  }

  /** The names of all conversations. */
  get names(): string[] {
    return this.#conversations.names;
  }

  /** Registers with the server, and stays registered. @throws {ChatError} */
  async register(): Promise<void> {
    await this.#registration.start();
  }

  /** Takes the registration back. @throws {ChatError} */
  async unregister(): Promise<void> {
    await this.#registration.end();
    this.#emit({ type: "unregistered", id: this.id });
  }

  /** Asks for everyone who is registered. @throws {ChatError} */
  async info(): Promise<void> {
    const clients: KnownClient[] = [];
    let count = 0;
    let after: string | undefined;
    do {
      const page: Header[] = after === undefined ? [] : [["After", after]];
      const reply = await this.#rendezvous.request(
        message("INFO", [["Version", protocolVersion], ...page]),
        "INFOACK",
      );
      count = wholeNumber(header(reply, "Count")) ?? 0;
      const found = headerValues(reply, "Client").flatMap(readKnownClient);
      for (const client of found) this.#introductions.note(client);
      clients.push(...found);
      const next = header(reply, "After");
      // A server whose pages bring nobody would be asked for ever.
      after = next !== undefined && isClientId(next) && found.length > 0 ? next : undefined;
    } while (after !== undefined && clients.length < infoShownMax);
    this.#emit({ type: "clients", count, clients, selfId: this.id });
  }

  /** Asks for another client, or for the one of that id. @throws {ChatError} */
  async bridge(target?: string): Promise<void> {
    this.#emit({ type: "bridged", found: await this.#find(target) });
  }

  /**
   * Opens a conversation with whoever listens at an address, or is registered under an id; where there
   * is one already, makes it the current one.
   *
   * @throws {ChatError} Where nobody is there.
   */
  async chat(whom: string): Promise<void> {
    const address = whom.includes(":") ? parseAddress(whom) : undefined;
    if (address === undefined && !isClientId(whom)) {
      throw new ChatError(
        `'${whom}' is neither an address such as 127.0.0.1:5557 nor the id of a client`,
      );
    }
    if (whom === this.id || (address !== undefined && this.#isOwn(address))) {
      throw new ChatError("That is yourself; /chat with another client");
    }
    const open = this.#conversations.find(address === undefined ? { id: whom } : { address });
    if (open !== undefined) {
      if (address === undefined) await this.#checkStranger(whom, open);
      return this.#conversations.switchTo(open);
    }
    if (address !== undefined) return await this.#call(address, undefined);
    const found = await this.#find(whom);
    if (found === undefined) {
      throw new ChatError(`The server knows no ${whom}; /info shows whom it knows`);
    }
    // A server of the wild knows no Target, and names whomever it likes.
    if (found.id !== "" && found.id !== whom) {
      throw new ChatError(`The server cannot look up ${whom}: it named ${found.id}; /chat IP:PORT`);
    }
    await this.#call(found.address, whom);
  }

  /** Sends a text in the current conversation. @throws {ChatError} */
  async send(text: string): Promise<void> {
    await this.#conversations.send(text);
  }

  /**
   * Accepts a key that was refused, and leaves whoever has the one that was believed before.
   *
   * @param which A name, and behind it the fingerprint where several keys were refused for it.
   * @throws {ChatError} Where there is none.
   */
  async trust(which: string): Promise<void> {
    const [name, fingerprint] = which.split(/\s+/);
    const trusted = this.#trust.trust(name!, fingerprint);
    this.#emit({ type: "trusted", name: name!, fingerprint: trusted });
    await this.#conversations.leaveOthers(name!, trusted);
  }

  /**
   * Makes sure, together with a peer, that nobody is in the middle.
   *
   * @param which A name; behind it `yes` where both see the same words, `no` where they do not.
   * @throws {ChatError} Where there is nothing to verify.
   */
  async verify(which: string): Promise<void> {
    const [name, found, more] = which.split(/\s+/);
    if (found === undefined) return this.#conversations.verify(name!);
    if (more !== undefined || (found !== "yes" && found !== "no")) {
      throw new ChatError(
        `'${found}' is no answer: /verify ${name} yes where you see the same words, else no`,
      );
    }
    await this.#conversations.concludeVerification(name!, found === "yes");
  }

  /** Tells of all conversations. */
  peers(): void {
    this.#emit({ type: "peers", peers: this.#conversations.list() });
  }

  /** Makes a conversation the current one. @throws {ChatError} */
  switchTo(name: string): void {
    this.#conversations.switchTo(name);
  }

  /** Leaves a conversation, or the current one. @throws {ChatError} */
  async close(name = this.current): Promise<void> {
    if (name === undefined) {
      throw new ChatError("No conversation is current; /close NAME closes one of /peers");
    }
    await this.#conversations.close(name);
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
    this.#listener.close();
    await this.#accepting;
  }

  async #unregisterQuietly(): Promise<void> {
    if (!this.#registration.active) return;
    // Where the server does not hear it, the registration runs out by itself.
    await within(unregisterTimeoutMs, this.#registration.end().catch(() => {}));
  }

  async #find(target: string | undefined): Promise<KnownClient | undefined> {
    if (target !== undefined && !isClientId(target)) {
      throw new ChatError(`The id '${target}' is not ${clientIdRule}`);
    }
    const headers: Header[] = [["clientID", this.id], ["Version", protocolVersion]];
    if (target !== undefined) headers.push(["Target", target]);
    const reply = await this.#rendezvous.request(message("BRIDGE", headers), "BRIDGEACK");
    const id = header(reply, "clientID") ?? "";
    const host = header(reply, "IP") ?? "";
    const port = parsePort(header(reply, "Port") ?? "");
    if (host === "" || port === undefined) return undefined;
    const address = parseAddress(formatAddress({ host, port }));
    if (address === undefined) throw new ChatError("The server sent an address that is none");
    const found = {
      id: isClientId(id) ? id : "",
      address,
      ...fingerprintIn(header(reply, "Fingerprint")),
    };
    if (found.id !== "") this.#introductions.note(found);
    return found;
  }

  /** Asks the server, if it is one that we are known to, whose key it knows for an id. */
  async #ask(id: string): Promise<string | undefined> {
    if (this.#registration.active) await this.#findQuietly(id);
    return this.#introductions.said(id);
  }

  async #findQuietly(id: string): Promise<void> {
    // Where the server does not say, there is nothing to hold a key against.
    await within(introductionTimeoutMs, this.#find(id)).catch(() => {});
  }

  /** @throws {ChatError} Where who has called by a name has another key than the server names. */
  async #checkStranger(id: string, name: string): Promise<void> {
    const shown = this.#conversations.strangerIn(name);
    if (shown === undefined) return;
    await this.#findQuietly(id);
    const said = this.#introductions.said(id);
    if (said === undefined || said === shown) return;
    throw new ChatError(
      `Who has called as ${id} has the key ${shown}, and the server names ${said}: one of them is ` +
        `wrong. /switch ${name} to answer all the same; to call the other one, /close ${name} first`,
    );
  }

  async #call(address: Address, name: string | undefined): Promise<void> {
    this.#emit({ type: "calling", name, address });
    const conn = await dial(address, name ?? "a client", { signal: this.#stopping.signal });
    await this.#conversations.openCall(conn, name);
  }

  #isOwn({ host, port }: Address): boolean {
    const own = this.address.host;
    return port === this.address.port &&
      (host === own ||
        (host === "localhost" && isLocal(own)) ||
        (isUnspecified(own) && ["127.0.0.1", "::1", "localhost"].includes(host)));
  }
}

/** Reads a Client line of INFOACK; none where it is malformed. */
function readKnownClient(line: string): KnownClient[] {
  const [id = "", place = "", fingerprint] = line.split(" ");
  const address = parseAddress(place);
  if (!isClientId(id) || address === undefined) return [];
  return [{ id, address, ...fingerprintIn(fingerprint) }];
}

function fingerprintIn(text: string | undefined): { fingerprint?: string } {
  return text !== undefined && isFingerprint(text) ? { fingerprint: text } : {};
}
