/**
 * Handlers and all that they need, with clocks that the test sets.
 *
 * @module
 */

import { answer, type Client, type Context, newClient } from "../../server/handlers/handlers.ts";
import { Contacts } from "../../server/contacts/contacts.ts";
import { defaultCapacity } from "../../server/limits/limits.ts";
import { Names, openNamesDatabase } from "../../server/names/names.ts";
import { Presence } from "../../server/presence/presence.ts";
import { Realm } from "../../server/realm/realm.ts";
import { Registry } from "../../server/registry/registry.ts";
import { PathCounters } from "../../server/status/status.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { type Log, silentLog } from "../../shared/process/log.ts";
import { encode, parse } from "../../shared/protocol/message.ts";
import { isFault } from "../../shared/protocol/status.ts";
import { challengeOf, keyLine, signed } from "./signer.ts";

/** A message as it goes over the wire. */
export function wire(...lines: string[]): string {
  return [...lines, "", ""].join("\r\n");
}

/** The code of an ERROR; another message as it is. */
export function codeOf(reply: string): string {
  return /^ERROR\r\nCode: (\d+)\r\nReason: [^\r\n]+\r\n/.exec(reply)?.[1] ?? reply;
}

/** What a test may choose. */
export interface HandlersOptions {
  readonly max?: number;
  readonly maxPerHost?: number;
  readonly maxNames?: number;
  readonly maxNewNamesPerHost?: number;
  readonly leaseMs?: number;
  readonly keyedOnly?: boolean;
  readonly realms?: readonly string[];
  readonly log?: Log;
  readonly reflector?: Context["reflector"];
}

/** A connection to handlers. */
export interface Asker {
  readonly client: Client;
  /** Sends a request. @returns The reply as text. */
  ask(...lines: string[]): string;
  /** Sends a request that needs a signature. @returns The reply to the signed one. */
  askSigned(identity: Identity, ...lines: string[]): string;
}

/** Handlers with a registry and names of their own, in memory. */
export function setUp(options: HandlersOptions = {}) {
  const { max = 1_000, maxPerHost = 1_000, log = silentLog } = options;
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const wallClock = { nowMs: Date.UTC(2030, 0), now: () => wallClock.nowMs };
  const registry = new Registry({ clock, max, maxPerHost: () => maxPerHost });
  // A database in memory is gone with its last reference.
  const database = openNamesDatabase(undefined);
  const names = new Names(database, {
    leaseMs: options.leaseMs ?? 30 * 24 * 60 * 60_000,
    max: options.maxNames ?? 1_000,
    maxNewPerHost: () => options.maxNewNamesPerHost ?? 1_000,
    clock,
    time: { now: wallClock.now, isCertain: true },
    log,
  });
  const { realms: addresses = [], keyedOnly = false } = options;
  const realm = new Realm({ addresses, id: database.realm, log, clock });
  const presence = new Presence({
    registry,
    clock,
    mailCount: () => 0,
    standing: () => "undivided",
  });
  const contacts = new Contacts(database.connection, {
    capacity: defaultCapacity,
    clock,
    log,
    onChange: () => {},
  });
  const context: Context = {
    registry,
    names,
    contacts,
    presence,
    mailbox: undefined,
    relay: undefined,
    reflector: options.reflector,
    paths: new PathCounters(clock),
    realm,
    keyedOnly,
  };
  /** Connects as a client that the server sees at a host. */
  const connect = (
    observedHost = "127.0.0.1",
    reachedAt = { hostname: "127.0.0.1", port: 5555 },
  ): Asker => {
    const subscriber = { heardAtMs: 0, push: () => {}, close: () => {} };
    const asker: Asker = {
      client: newClient(subscriber, { host: observedHost, port: 50_000 }, reachedAt, clock),
      ask: (...lines) => {
        const request = parse(lines);
        if (isFault(request)) throw new Error(request.reason);
        const reply = answer(request, context, asker.client);
        if (reply instanceof Promise) throw new Error(`${request.verb} takes its time`);
        return encode(reply);
      },
      askSigned: (identity, ...lines) =>
        asker.ask(...signed(identity, lines, challengeOf(asker.ask(...lines, keyLine(identity))))),
    };
    return asker;
  };
  const askFrom = (observedHost: string, ...lines: string[]) => connect(observedHost).ask(...lines);
  const ask = (...lines: string[]) => askFrom("127.0.0.1", ...lines);
  const register = (id: string, port = 5556) =>
    ask("REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", `Port: ${port}`);
  return { clock, wallClock, registry, names, database, context, connect, ask, askFrom, register };
}
