/**
 * A client that talks to nobody: it keeps what it is asked for, and answers what a test wants.
 *
 * @module
 */

import type { ChatClient } from "../../client/client.ts";
import type { ConversationState, EventSink, PeerRef } from "../../client/events.ts";
import type { Registered } from "../../client/rendezvous/rendezvous.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import type { Shown } from "../../client/ui/wording/wording.ts";
import { type Display, Session } from "../../client/ui/session.ts";
import { Events } from "./events.ts";

/** A method and its arguments, as far as they are no functions. */
export type Call = readonly [method: string, ...args: unknown[]];

const { fingerprint: person, publicKey: device } = Identity.fromSeed(new Uint8Array(32).fill(1));

const address = { host: "127.0.0.1", port: 5557 };

/** What the client is told of its registration. */
export const registered: Registered = {
  id: "alice",
  address,
  server: address,
  expiresS: 300,
  keyed: true,
};

/** Somebody of a name, for events. The id of the conversation is made of the name. */
export function peer(name: string): PeerRef {
  return { conversation: `id of ${name}`, name, person, device };
}

/** A conversation with somebody. */
export function conversationWith(
  name: string,
  { connected = true, waiting = 0 } = {},
): ConversationState {
  return {
    ...peer(name),
    devices: [{ device, address: connected ? address : undefined, connected }],
    dialect: "p2pchat",
    security: "encrypted",
    waiting,
  };
}

/** A client for tests of the front end. */
export class FakeClient {
  readonly id = "alice";
  /** What it was asked for, in order, but for the conversations that it has. */
  readonly calls: Call[] = [];
  /** The conversations that it has, by their peers' names. */
  readonly open = new Map<string, ConversationState>();
  /** The others who were talked to. */
  known: readonly string[] = [];
  /** What each method answers; a function is called for it. */
  readonly answers: Record<string, unknown> = {
    register: (onRegistered: (registered: Registered) => void) => onRegistered(registered),
    info: { count: 0, clients: [] },
    verify: { state: "coming" },
    withdrawVerification: false,
    confirmVerification: person,
    trust: person,
    block: { name: "bob", fingerprint: person },
    unblock: [{ name: "bob", fingerprint: person }],
    ignore: { name: "bob", fingerprint: person },
    unignore: [{ name: "bob", fingerprint: person }],
    ignored: [],
    history: [],
    search: { entries: [], ignored: [] },
    who: [],
    audit: { streams: [] },
    path: { name: "carol", paths: [], whyRelayed: undefined, whyNotPunched: undefined },
  };
  /** Thrown by each method. */
  error: unknown;

  /** Opens a conversation. */
  opens(state: ConversationState): void {
    this.open.set(state.name, state);
  }

  conversations = (): ConversationState[] => [...this.open.values()];

  conversation = (to: string): ConversationState | undefined =>
    this.conversations().find(({ conversation }) => conversation === to) ?? this.open.get(to);

  waitingIn = (id: string): number | undefined =>
    this.conversations().find(({ conversation }) => conversation === id)?.waiting;

  /** By their names, what the user calls people. */
  readonly localNames = new Map<string, string>();

  nicked = () =>
    [...this.localNames].map(([name, localName]) => ({ name, localName, fingerprint: person }));

  localName = (name: string, key = person): string | undefined =>
    key === person ? this.localNames.get(name) : undefined;

  withdrawVerification = () => this.answers.withdrawVerification;

  knownNames = (): readonly string[] => this.known;

  /** What is asked about people counts as asked of the client. */
  get people(): ChatClient["people"] {
    return this.client as unknown as ChatClient["people"];
  }

  /** The client, as a session sees it. */
  get client(): ChatClient {
    return new Proxy(this, {
      get: (self, property) => {
        if (property in self) return Reflect.get(self, property);
        return (...args: unknown[]) => self.#ask(String(property), args);
      },
    }) as unknown as ChatClient;
  }

  #ask(method: string, args: unknown[]): unknown {
    this.calls.push([method, ...args.filter((arg) => typeof arg !== "function")]);
    if (this.error !== undefined) throw this.error;
    const answer = this.answers[method];
    if (typeof answer === "function") return answer(...args);
    if (method in this.answers) return answer;
    const name = String(args[0]);
    if (method === "answer") {
      if (this.conversation(name) === undefined) this.opens(conversationWith(name));
      return this.conversation(name);
    }
    if (method === "chat") return { how: "opened", conversation: conversationWith(name) };
    if (method === "send") return { id: "1" };
    return undefined;
  }
}

/** A session with a client that talks to nobody, and all that it has shown. */
export class FakeSession {
  readonly fake = new FakeClient();
  readonly shown = new Events<Shown>();
  /** Whether the user is neither typing nor has entered anything that is still to be done. */
  isIdle = true;
  readonly display: Display & { holdsTypeAhead: boolean } = {
    holdsTypeAhead: false,
    show: this.shown.take,
    isIdle: () => this.isIdle,
    room: () => undefined,
    shown: () => undefined,
  };
  readonly session: Session;

  /** @param start Told where events go, while the client starts. */
  constructor(start: (sink: EventSink) => void = () => {}) {
    this.session = new Session(this.display, (sink) => {
      start(sink);
      return this.fake.client;
    });
  }

  /** Somebody becomes the current one, whose conversation is open. */
  turnTo(name: string): void {
    if (!this.fake.open.has(name)) this.fake.opens(conversationWith(name));
    this.session.switchTo(name);
    this.fake.calls.length = 0;
  }
}
