/**
 * Rules for the ways between two people. Where one is broken, the simulation has to find that.
 *
 * @module
 */

import type { Mutation } from "../support/mutated_source.ts";

const transmission = "client/delivery/transmission.ts";
const pathKeeper = "client/conversations/path_keeper.ts";

/** What a client does that breaks one of these rules. */
export const brokenRules: Readonly<Record<string, Mutation>> = {
  "does not send again what was sent on a link that is over": {
    path: transmission,
    rule:
      "    this.#transmitted = this.#options.progress.acknowledged;\n    this.#fresh = [];\n    this.#begin();",
    instead: "    this.#begin();",
  },
  "takes a silent way for a living one": {
    path: transmission,
    rule: "const stalledAfterMs = 1_500;",
    instead: "const stalledAfterMs = 60_000;",
  },
  "forgets the other links when one is over": {
    path: transmission,
    rule: "this.#links.splice(at, 1);",
    instead: "this.#links.splice(at);",
  },
  "tries a way that flaps as soon as any": {
    path: pathKeeper,
    rule: "this.#backoffs.get(conversation) ?? new Backoff",
    instead: "new Backoff",
  },
  "stays with the server, though there are better ways": {
    path: pathKeeper,
    rule: "if (!mayBeUnknown(conversation)) await this.#options.straighten(conversation);",
    instead: "",
  },
  "goes the worse of two ways": {
    path: "shared/collections/ranked.ts",
    rule: "rank > item.rank",
    instead: "rank <= item.rank",
  },
  "asks although it is asked": {
    path: "client/link/link_times.ts",
    rule: "linkPingMs + responderWaitsMs",
    instead: "linkPingMs",
  },
  "does not look whether it has moved": {
    path: pathKeeper,
    rule: "network.watchAddresses?.(clock, (change) => this.#moved(change));",
    instead: "undefined;",
  },
  "waits for the server on a connection from a network that it has left": {
    path: "client/rendezvous/server_connection.ts",
    rule: "if (!gone.has(plainHost(this.localHost))) return;",
    instead: "return;",
  },
  "leaves a server that restarts alone for a minute": {
    path: "client/rendezvous/registration.ts",
    rule: "const againBackoffMs = { firstMs: 1_000, maxMs: 60_000 };",
    instead: "const againBackoffMs = { firstMs: 60_000, maxMs: 60_000 };",
  },
  "takes it that a server which is back knows of it": {
    path: "client/rendezvous/registration.ts",
    rule: "if (!await this.#retry(problem, signal, () => this.#refresh())) return;",
    instead: "return;",
  },
  "goes around what is silent by the server alone": {
    path: "client/connector/go_around.ts",
    rule: "[relayed, straight]",
    instead: "[relayed]",
  },
  "keeps links that are too many": {
    path: pathKeeper,
    rule: "if (!this.#stopped) this.#spare.changed(conversation);",
    instead: "",
  },
  "counts one acknowledgement twice": {
    path: "client/conversations/conversation.ts",
    rule: "this.#delivery?.acknowledged(id) ?? []) this.delivered(delivered);",
    instead:
      "this.#delivery?.acknowledged(id) ?? []) { this.delivered(delivered); this.delivered(delivered); }",
  },
};
