/**
 * Who of those whom the user talks to is there, by the server's word.
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
import { protocolVersion } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";
import { type KeptConnection, wholeNumber } from "./control_connection.ts";

const statuses = ["online", "registered", "away"] as const;

/**
 * Whether somebody is there: `online` where the server hears from them, `registered` where they have
 * registered with a program that does not keep its connection, `away` where neither is so.
 */
export type PresenceStatus = typeof statuses[number];

type Server = Pick<KeptConnection, "request">;

/** What presence needs. */
export interface PresenceWatchOptions {
  readonly connection: { readonly kept: Server | undefined };
  /** Told of each change; undefined where it is not known any more. */
  readonly onChange: (name: string, status: PresenceStatus | undefined) => void;
}

/** Whom the server is asked to watch, and what it says of them. */
export class PresenceWatch {
  readonly #options: PresenceWatchOptions;
  #wanted: ReadonlySet<string> = new Set();
  readonly #statuses = new Map<string, PresenceStatus>();
  /** The server, where it is one to be asked, as far as is known. */
  #server: Server | undefined;
  /** Whether the server has not been told yet whom to watch. */
  #stale = false;
  #asking: Promise<void> | undefined;
  #mailBytesMax: number | undefined;

  constructor(options: PresenceWatchOptions) {
    this.#options = options;
  }

  /** How large a mail may be that the server keeps, in bytes; undefined where it keeps none. */
  get mailBytesMax(): number | undefined {
    return this.#mailBytesMax;
  }

  /** What the server says of somebody who is watched; undefined where it says nothing. */
  status(name: string): PresenceStatus | undefined {
    return this.#statuses.get(name);
  }

  /** Watches these and nobody else; of more than `watchedMax` the first. */
  watch(names: readonly string[]): void {
    const wanted = new Set([...new Set(names.filter(isClientId))].slice(0, watchedMax));
    const same = wanted.size === this.#wanted.size && this.#wanted.isSupersetOf(wanted);
    this.#wanted = wanted;
    if (same) return;
    this.#forget([...this.#statuses.keys()].filter((name) => !wanted.has(name)));
    if (this.#server !== undefined) this.#ask();
  }

  /** To be called after each registration. Done when the server has been told, or does not listen. */
  async registered(): Promise<void> {
    this.#server = this.#options.connection.kept;
    if (this.#server !== undefined) await this.#ask();
  }

  /** Takes a PRESENCE that the server sent. */
  take(push: Message): void {
    if (this.#server !== undefined) this.#note(push);
  }

  /** To be called when the server is lost: nobody is there on the word of one that is gone. */
  lost(): void {
    this.#server = undefined;
    this.#mailBytesMax = undefined;
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
    // Whoever is asked for in one turn is asked for at once.
    await undefined;
    for (let server; this.#stale && (server = this.#server) !== undefined;) {
      this.#stale = false;
      const targets = [...this.#wanted].map((name): Header => ["Target", name]);
      const watch = message("WATCH", [["Version", protocolVersion], ...targets]);
      try {
        // Read at once, lest it come after a change that the server sent behind it.
        await server.request(watch, "WATCHACK", (reply) => {
          this.#mailBytesMax = wholeNumber(header(reply, "Mailbox"));
          this.#note(reply);
        });
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        // The server does not know how, or is gone: the next registration asks again.
        if (this.#server === server) this.lost();
      }
    }
  }

  #note(said: Message): void {
    for (const line of headerValues(said, "Presence")) {
      const [name = "", word] = line.split(" ");
      const status = statuses.find((status) => status === word);
      if (status === undefined || !this.#wanted.has(name)) continue;
      if (this.#statuses.get(name) === status) continue;
      this.#statuses.set(name, status);
      this.#options.onChange(name, status);
    }
  }
}
