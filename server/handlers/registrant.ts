/**
 * Who registers: one run of a client, on one connection. A registration remembers that, so that the client can
 * be told when another instance takes its place.
 *
 * @module
 */

import { header, type Message } from "../../shared/protocol/message.ts";
import { requestFaults } from "../../shared/protocol/reasons.ts";
import { namesFeature, parseInstance } from "../../shared/protocol/records.ts";
import type { Fault } from "../../shared/protocol/status.ts";
import { ownCopy } from "../../shared/text/own_copy.ts";
import type { AuthenticatedClient, Subscriber } from "../presence/presence.ts";
import type { Registrant } from "../registry/registry.ts";

/** A client that can register with a key on its connection. */
export interface RegisteringClient {
  readonly connection: Subscriber;
  /** The client that registered with a key on this connection last, unless another has taken its place. */
  authenticated: AuthenticatedClient | undefined;
  /** That client as its registration remembers it. */
  registrant: ConnectedRegistrant | undefined;
  /** The ids whose registrations other instances have taken, and of which the client has not been told. */
  displaced: Set<string> | undefined;
}

/** A client that has registered, or asks to be, with a key on its connection. */
class ConnectedRegistrant implements Registrant {
  readonly instance: string | undefined;
  readonly knowsDisplaced: boolean;
  /** Undefined once the connection has ended: a registration outlives it, and must not keep it in memory. */
  #client: RegisteringClient | undefined;

  constructor(client: RegisteringClient, instance: string | undefined, knowsDisplaced: boolean) {
    this.#client = client;
    // A registration keeps it, but not the request that it came in.
    this.instance = instance && ownCopy(instance);
    this.knowsDisplaced = knowsDisplaced;
  }

  get heardAtMs(): number {
    return this.#client?.connection.heardAtMs ?? -Infinity;
  }

  displaced(clientId: string): void {
    const client = this.#client;
    if (client === undefined || !this.knowsDisplaced) return;
    // Its mail is the other's now.
    if (client.authenticated?.clientId === clientId) client.authenticated = undefined;
    client.displaced ??= new Set();
    client.displaced.add(clientId);
    client.connection.push();
  }

  /** Its connection has ended, or is another instance's now. */
  end(): void {
    this.#client = undefined;
  }
}

/** Who asks for a registration with a key. It is the same object as long as the connection is the same client's. */
export function registrantOf(
  request: Message,
  client: RegisteringClient,
): ConnectedRegistrant | Fault {
  const named = header(request, "Instance");
  const instance = named === undefined ? undefined : parseInstance(named);
  if (named !== undefined && instance === undefined) return requestFaults.invalidInstance(named);
  const knowsDisplaced = namesFeature(request, "displaced");
  const { registrant } = client;
  const isSame = registrant?.instance === instance && registrant?.knowsDisplaced === knowsDisplaced;
  return registrant !== undefined && isSame
    ? registrant
    : new ConnectedRegistrant(client, instance, knowsDisplaced);
}

/** Notes that a client has registered. */
export function noteRegistrant(client: RegisteringClient, registrant: ConnectedRegistrant): void {
  if (client.registrant === registrant) return;
  client.registrant?.end();
  client.registrant = registrant;
}

/**
 * Whose registration a request ends: that of the instance that it names, or with which its connection has
 * registered; without an instance, what its connection has made.
 *
 * @returns Undefined if that cannot be said, as in version 0.3: then it ends whichever there is.
 */
export function leaverOf(
  request: Message,
  clientId: string,
  { registrant, authenticated }: RegisteringClient,
): Pick<Registrant, "instance"> | Fault | undefined {
  const named = header(request, "Instance");
  if (named === undefined) {
    const isOwn = registrant?.instance !== undefined || authenticated?.clientId === clientId;
    return isOwn ? registrant : undefined;
  }
  const instance = parseInstance(named);
  if (instance === undefined) return requestFaults.invalidInstance(named);
  return registrant?.instance === instance ? registrant : { instance };
}
