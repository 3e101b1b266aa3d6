/**
 * Which servers are legacy programs. A reply without `Version`, to a request that has one, shows it.
 *
 * Only a plaintext server that has never said `Version` is taken for one, in this run or an earlier one:
 * anybody can forge a reply on a plain line, and what a legacy server is sent names no key.
 *
 * @module
 */

import type { Message } from "../../shared/protocol/message.ts";
import {
  formatServerAddress,
  type ServerAddress,
  serverPlace,
} from "../../shared/net/server_address.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";

/** Remembers which servers have said `Version`, also for later runs. Either may throw a {@linkcode UserError}. */
export interface Proven {
  has(place: string): boolean;
  add(place: string): void;
}

/** What is known of servers beforehand. */
export interface ServerKindsOptions {
  /** Remembers for later runs; nothing does by default. */
  readonly proven?: Proven;
  /** Whether the user says that the servers without TLS are legacy programs. */
  readonly legacyServer?: boolean;
}

/** What a legacy server answers with. */
const legacyReplies: readonly string[] = ["REGACK", "BRIDGEACK", "INFOACK"];

/** What comes of a request that a server does not know. */
const ignorances: readonly string[] = ["server-hung-up", "server-no-reply", "not-a-server"];

/** What each server is. */
export class ServerKinds {
  readonly #options: ServerKindsOptions;
  /** Those that have said `Version`. */
  readonly #version1 = new Set<string>();
  readonly #legacy = new Set<string>();

  constructor(options: ServerKindsOptions) {
    this.#options = options;
  }

  /** Takes note of a reply. */
  heard(server: ServerAddress, request: Message, reply: Message): void {
    // A server that is asked without a Version answers without one.
    if (!speaksVersion1(request)) return;
    const place = serverPlace(server);
    if (speaksVersion1(reply)) this.#noteVersion1(place);
    else if (
      server.tls === undefined && legacyReplies.includes(reply.verb) && !this.#isProven(place)
    ) this.#legacy.add(place);
  }

  /** Whether a server is a legacy program. It is one for the rest of the run, unless it says `Version`. */
  isLegacy(server: ServerAddress): boolean {
    if (server.tls !== undefined) return false;
    return this.#options.legacyServer === true || this.#legacy.has(serverPlace(server));
  }

  /**
   * Says of a failed request that the server does not know its verb, if it is a legacy program and may not; or
   * that it may be one, if it may.
   *
   * @returns The error itself if that is not so.
   */
  explained(error: UserError, server: ServerAddress, verb: string): UserError {
    const { problem } = error;
    const said = problem.code === "server-hung-up" || problem.code === "server-no-reply";
    if (said && this.#mayBeLegacy(server)) {
      return new UserError({ ...problem, mayBeLegacy: true }, { cause: error });
    }
    if (verb === "REGISTER" || !this.isLegacy(server) || !ignorances.includes(error.code)) {
      return error;
    }
    const place = formatServerAddress(server);
    return new UserError({ code: "server-lacks-verb", server: place, verb }, { cause: error });
  }

  /** Whether a server has not shown what it is. */
  #mayBeLegacy(server: ServerAddress): boolean {
    return server.tls === undefined && !this.isLegacy(server) &&
      !this.#isProven(serverPlace(server));
  }

  #noteVersion1(place: string): void {
    this.#legacy.delete(place);
    if (this.#version1.has(place)) return;
    this.#version1.add(place);
    try {
      this.#options.proven?.add(place);
    } catch (error) {
      // It holds for this run, and is tried again in the next.
      if (!(error instanceof UserError)) throw error;
    }
  }

  #isProven(place: string): boolean {
    if (this.#version1.has(place)) return true;
    try {
      return this.#options.proven?.has(place) ?? false;
    } catch (error) {
      // A server may have proven it: it goes on being sent the key.
      if (!(error instanceof UserError)) throw error;
      return true;
    }
  }
}
