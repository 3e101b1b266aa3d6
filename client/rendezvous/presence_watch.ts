/**
 * Which of the clients that the user talks to are there, as the server says.
 *
 * @module
 */

import { isClientId } from "../../shared/protocol/client_id.ts";
import { watchedMax } from "../../shared/protocol/limits.ts";
import {
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../shared/protocol/message.ts";
import {
  type Feature,
  formatFeatures,
  formatTarget,
  namesFeature,
  parsePresence,
  parseWholeNumber,
  type PresenceStatus,
} from "../../shared/protocol/records.ts";
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import type { ServerConnection } from "./server_connection.ts";

type Server = Pick<ServerConnection, "request">;

/** What presence needs. */
export interface PresenceWatchOptions {
  readonly connection: { readonly registered: Server | undefined };
  /** The token by which we are a contact of somebody, if we have one. */
  readonly tokenFor: (name: string) => Uint8Array | undefined;
  /** Whether everybody may know when we come and go, and not our contacts alone. */
  readonly isOpen: boolean;
  /** Told what the server has answered. What it does belongs to being registered. Never rejects. */
  readonly onSubscribed: (server: Server, watchack: Message) => Promise<void>;
  /** Told of each change; undefined if it is not known any more. */
  readonly onChange: (name: string, status: PresenceStatus | undefined) => void;
}

/** Which clients the server is asked to watch, and what it says of them. */
export class PresenceWatch {
  readonly #options: PresenceWatchOptions;
  #wanted: ReadonlySet<string> = new Set();
  readonly #statuses = new Map<string, PresenceStatus>();
  /** The server, as long as it may know how to watch. */
  #server: Server | undefined;
  /** Whether the server does not know yet whom to watch. */
  #stale = false;
  /** What the server understands of what we have named, as far as it has said. */
  #serverFeatures: readonly Feature[] = [];
  /** What it was asked for last. */
  #asked: readonly string[] = [];
  #asking: Promise<void> | undefined;
  #mailBytesMax: number | undefined;

  constructor(options: PresenceWatchOptions) {
    this.#options = options;
  }

  /** How large a mail the server keeps, in bytes; undefined if it keeps none. */
  get mailBytesMax(): number | undefined {
    return this.#mailBytesMax;
  }

  /** Whether the server relays. */
  get relays(): boolean {
    return this.#serverFeatures.includes("relay");
  }

  /** Whether the server tells at which UDP address we are seen. */
  get reflects(): boolean {
    return this.#serverFeatures.includes("reflect");
  }

  /** What the server says of a client that is watched; undefined if it says nothing. */
  status(name: string): PresenceStatus | undefined {
    return this.#statuses.get(name);
  }

  /** Whether a client is among those whom the server watches for us, or is being asked to. */
  watches(name: string): boolean {
    return this.#server !== undefined && this.#wanted.has(name);
  }

  /** Watches these and no others; the first `watchedMax` if there are more. */
  watch(names: readonly string[]): void {
    const wanted = new Set([...new Set(names.filter(isClientId))].slice(0, watchedMax));
    const same = wanted.size === this.#wanted.size && this.#wanted.isSupersetOf(wanted);
    this.#wanted = wanted;
    if (same) return;
    this.#forget([...this.#statuses.keys()].filter((name) => !wanted.has(name)));
    if (this.#server !== undefined) this.#ask();
  }

  /** Somebody has given us a token. */
  tokensChanged(): void {
    if (this.#server !== undefined && this.#knowsTokens && !this.#hasAskedFor(this.#targets())) {
      this.#ask();
    }
  }

  /** Call this after each registration. Done when the server knows whom to watch, or does not know how. */
  async registered(): Promise<void> {
    this.#server = this.#options.connection.registered;
    if (this.#server !== undefined) await this.#ask();
  }

  /** Takes a PRESENCE that the server sent. */
  take(push: Message): void {
    if (this.#server !== undefined) this.#note(push);
  }

  /** Call this when the server is lost: what it said of others counts no more. */
  lost(): void {
    this.#server = undefined;
    this.#mailBytesMax = undefined;
    this.#serverFeatures = [];
    this.#forget([...this.#statuses.keys()]);
  }

  #forget(names: readonly string[]): void {
    for (const name of names) this.#statuses.delete(name);
    for (const name of names) this.#options.onChange(name, undefined);
  }

  #ask(): Promise<void> {
    this.#stale = true;
    return this.#asking ??= this.#tell().finally(() => this.#asking = undefined);
  }

  async #tell(): Promise<void> {
    // Lists that are given within one turn are one request.
    await undefined;
    for (let server; this.#stale && (server = this.#server) !== undefined;) {
      this.#stale = false;
      const targets = this.#asked = this.#targets();
      const watch = message("WATCH", [
        ["Version", protocolVersion],
        ["Features", formatFeatures(this.#features)],
        ...targets.map((target): Header => ["Target", target]),
      ]);
      try {
        // Read at once: else a change that the server sent behind it would be overwritten.
        const watchack = await server.request(watch, "WATCHACK", (reply) => {
          this.#mailBytesMax = parseWholeNumber(header(reply, "Mailbox"));
          this.#note(reply);
        });
        this.#serverFeatures = this.#features.filter((feature) => namesFeature(watchack, feature));
        // It says only in its answer that it reads tokens.
        if (!this.#hasAskedFor(this.#targets())) this.#stale = true;
        await this.#options.onSubscribed(server, watchack);
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // The server does not know how, or is gone. The next registration asks again.
        if (this.#server === server) this.lost();
      }
    }
  }

  /** Whether the server tells contacts apart by their tokens. */
  get #knowsTokens(): boolean {
    return this.#serverFeatures.includes("presence");
  }

  get #features(): Feature[] {
    const features: Feature[] = ["contacts", "presence", "relay", "reflect"];
    return this.#options.isOpen ? [...features, "open-presence"] : features;
  }

  /** What the server is to be asked for: whom we watch, each with the token that we have. */
  #targets(): string[] {
    const { tokenFor } = this.#options;
    return [...this.#wanted].map((name) =>
      formatTarget(name, this.#knowsTokens ? tokenFor(name) : undefined)
    );
  }

  #hasAskedFor(targets: readonly string[]): boolean {
    return targets.length === this.#asked.length &&
      targets.every((target, i) => target === this.#asked[i]);
  }

  #note(said: Message): void {
    for (const line of headerValues(said, "Presence")) {
      const { clientId: name, status } = parsePresence(line) ?? {};
      if (name === undefined || status === undefined || !this.#wanted.has(name)) continue;
      if (this.#statuses.get(name) === status) continue;
      this.#statuses.set(name, status);
      this.#options.onChange(name, status);
    }
  }
}
