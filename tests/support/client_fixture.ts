/**
 * Clients, and servers that a test makes up, for tests of whole clients.
 *
 * @module
 */

import { assert } from "@std/assert";
import { ChatClient, type ClientOptions } from "../../client/client.ts";
import type { ChatResult } from "../../client/conversations/conversations.ts";
import { conversationId } from "../../client/conversations/conversation_id.ts";
import type { ClientEvent, KnownClient, PeerRef } from "../../client/events.ts";
import { Session } from "../../client/ui/session.ts";
import type { Shown } from "../../client/ui/wording/wording.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { openStore, type Store } from "../../client/store/store.ts";
import type { Address } from "../../shared/net/address.ts";
import { namedBy } from "../../shared/net/named_address.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { Events } from "./events.ts";
import { RawListener, type RawPeer } from "./raw_peer.ts";

/** What a person has beside a name. */
export interface PersonOptions extends Partial<Omit<ClientOptions, "id" | "store" | "sink">> {
  /** One that outlives the client; if not given, the client has its own. */
  readonly store?: Store;
}

/** A client, somebody who uses it, and all that happened to them. */
export class Person implements AsyncDisposable {
  /** What the client told. */
  readonly events = new Events<ClientEvent>();
  /** What was shown of that. */
  readonly shown = new Events<Shown>();
  readonly session: Session;
  readonly identity: Identity;
  readonly store: Store;
  readonly #ownStore: Store | undefined;

  constructor(id: string, { address }: { address: ServerAddress }, options: PersonOptions = {}) {
    const { identity = Identity.generate(), store } = options;
    this.identity = identity;
    this.#ownStore = store === undefined ? openStore(":memory:") : undefined;
    this.store = store ?? this.#ownStore!;
    const display = {
      show: this.shown.take,
      isIdle: () => true,
      room: () => undefined,
      shown: () => undefined,
    };
    this.session = new Session(display, (session) =>
      new ChatClient({
        host: "127.0.0.1",
        port: 0,
        servers: [address],
        ...options,
        id,
        identity,
        store: this.store,
        sink: {
          emit: (event) => {
            session.emit(event);
            this.events.take(event);
          },
          room: () => session.room(),
          shown: () => session.shown(),
        },
      }));
  }

  get client(): ChatClient {
    return this.session.client;
  }

  /** Where the client listens, as `/chat` takes it. */
  get place(): string {
    return `127.0.0.1:${this.client.address.port}`;
  }

  /** The client as a server that it is registered with names it. */
  get known(): KnownClient {
    const { client: { id, address }, identity: { fingerprint } } = this;
    return { id, address: namedBy({ serverHost: "127.0.0.1" }, address), fingerprint };
  }

  /** What has been said to the client, with who said it. */
  get heard(): string[] {
    return this.events.of("message").map(({ name, text }) => `${name}: ${text}`);
  }

  /** Whom events of others' are about that concern this person. */
  refOf({ client: { id }, identity }: Person): PeerRef {
    const { fingerprint: person, publicKey: device } = this.identity;
    const parties = [{ person, name: this.client.id }, {
      person: identity.fingerprint,
      name: id,
    }] as const;
    return { conversation: conversationId(...parties), name: this.client.id, person, device };
  }

  /** The name of the current conversation. */
  get current(): string | undefined {
    return this.session.current?.name;
  }

  /** The names of all conversations. */
  get names(): string[] {
    return this.client.conversations().map(({ name }) => name);
  }

  /** Messages that wait for the peer of the current conversation. */
  get waiting(): number {
    return this.session.current?.waiting ?? 0;
  }

  /** Turns to somebody. */
  chat(to: string): Promise<ChatResult> {
    return this.session.chat(to, () => {});
  }

  /** Says something in the current conversation; if none is, in the one that began first. */
  async send(text: string): Promise<void> {
    const [first] = this.names;
    if (this.current === undefined && first !== undefined) this.switchTo(first);
    assert(await this.session.send(text), "no conversation is current");
  }

  /** Makes a conversation the current one. */
  switchTo(name: string): void {
    this.session.switchTo(name);
  }

  /** Leaves a conversation, or the current one. */
  async close(name = this.current!): Promise<void> {
    await this.session.close(name);
  }

  /** Accepts a key that was refused. */
  async trust(name: string, fingerprint?: string): Promise<string> {
    return await this.session.trust(name, fingerprint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.stop();
    this.session.end();
    this.#ownStore?.[Symbol.dispose]();
  }
}

/** Asserts that one hears what the other says. */
export async function hears(listener: Person, speaker: Person, text: string): Promise<void> {
  await speaker.send(text);
  await listener.events.see("message", (message) => message.text === text);
}

/** Somebody whose clients come and go, while what they keep stays. */
export class Home implements Disposable {
  readonly identity = Identity.generate();
  readonly store = openStore(":memory:");

  constructor(
    readonly id: string,
    readonly server: { readonly address: ServerAddress },
    readonly options: PersonOptions = {},
  ) {}

  /** Starts a client. */
  start(options: PersonOptions = {}): Person {
    const { id, server, identity, store } = this;
    return new Person(id, server, { identity, store, ...this.options, ...options });
  }

  /** Starts a client that the server knows. */
  async come(options: PersonOptions = {}): Promise<Person> {
    const person = this.start(options);
    await person.client.register();
    return person;
  }

  /** What was said in all of its conversations: who said it, and what. */
  get said(): string[] {
    return this.store.history.latest(this.id, undefined, 10_000).map(({ name, direction, text }) =>
      `${direction === "in" ? name : this.id}: ${text}`
    );
  }

  [Symbol.dispose](): void {
    this.store[Symbol.dispose]();
  }
}

/** A server that nobody asks. */
export const nowhere = { address: { host: "127.0.0.1", port: 9 } };

/** A server that answers as a test says. */
export class FakeServer implements AsyncDisposable {
  readonly requests: string[] = [];
  readonly address: Address;
  readonly #listener = new RawListener();
  readonly #peers: RawPeer[] = [];
  readonly #accepting: Promise<void>;

  /**
   * @param answer What is answered to a request; undefined hangs up.
   * @param hangsUp Whether it hangs up after each answer, as some legacy programs do.
   */
  constructor(
    readonly answer: (request: string, number: number) => string | undefined,
    readonly hangsUp = false,
  ) {
    this.address = this.#listener.address;
    this.#accepting = this.#accept();
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for (;;) {
        const peer = await this.#listener.accept();
        this.#peers.push(peer);
        serving.push(this.#serve(peer));
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(serving);
  }

  async #serve(peer: RawPeer): Promise<void> {
    try {
      for (let request; (request = await peer.message()) !== "";) {
        this.requests.push(request);
        const answer = this.answer(request, this.requests.length);
        if (answer === undefined) break;
        await peer.send(answer);
        if (this.hangsUp) break;
      }
    } catch {
      // It was closed under our feet, by the test or its client.
    }
    peer.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener[Symbol.dispose]();
    for (const peer of this.#peers) peer.close();
    await this.#accepting;
  }
}
