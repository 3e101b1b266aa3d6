/**
 * Which servers are legacy programs. A reply without `Version`, to a request that has one, shows it.
 *
 * Only a plaintext server that has never said `Version` is taken for one: anybody can forge a reply on a
 * plain line, and a legacy server keeps no name for its owner's key.
 *
 * @module
 */

import type { Message } from "../../shared/protocol/message.ts";
import { formatServerAddress, type ServerAddress } from "../../shared/net/server_address.ts";
import { speaksVersion1 } from "../../shared/protocol/verbs.ts";
import { UserError } from "../user_error.ts";

/** What a legacy server answers with. */
const legacyReplies: readonly string[] = ["REGACK", "BRIDGEACK", "INFOACK"];

/** What comes of a request that a server does not know. */
const ignorances: readonly string[] = ["server-hung-up", "server-no-reply", "not-a-server"];

/** What has been heard from each server, in this run. */
export class ServerKinds {
  readonly #version1 = new Set<string>();
  readonly #legacy = new Set<string>();

  /** Takes note of a reply. */
  heard(server: ServerAddress, request: Message, reply: Message): void {
    // A server that is asked without a Version answers without one.
    if (!speaksVersion1(request)) return;
    const place = placeOf(server);
    if (speaksVersion1(reply)) {
      this.#version1.add(place);
      this.#legacy.delete(place);
    } else if (
      server.tls === undefined && legacyReplies.includes(reply.verb) && !this.#version1.has(place)
    ) this.#legacy.add(place);
  }

  /** Takes note of an ERROR, which no legacy server sends. */
  refused(server: ServerAddress): void {
    this.#legacy.delete(placeOf(server));
  }

  /** Whether a server is a legacy program. */
  isLegacy(server: ServerAddress): boolean {
    return this.#legacy.has(placeOf(server));
  }

  /**
   * Says of a failed request that the server does not know its verb, if it is a legacy program and may not.
   *
   * @returns The error itself if that is not so.
   */
  explained(error: UserError, server: ServerAddress, verb: string): UserError {
    if (verb === "REGISTER" || !this.isLegacy(server) || !ignorances.includes(error.code)) {
      return error;
    }
    const place = formatServerAddress(server);
    return new UserError({ code: "server-lacks-verb", server: place, verb }, { cause: error });
  }
}

function placeOf(server: ServerAddress): string {
  return formatServerAddress(server).toLowerCase();
}
