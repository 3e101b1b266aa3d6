/**
 * Who may connect: so many in all, and so many from one host, lest one of them keep out the rest.
 *
 * @module
 */

import { fatalFault, type Fault } from "../../shared/protocol/status.ts";
import {
  boxBytesMax,
  boxMailsMax,
  connectionsMax,
  connectionsPerHostMax,
  mailsBytesMax,
  mailsMax,
  namesMax,
  newNamesPerHostMax,
  registrationsMax,
  registrationsPerHostMax,
  senderBytesMax,
  senderMailsMax,
  shareBytesMax,
  shareMailsMax,
} from "../../shared/protocol/limits.ts";
import { isLoopback } from "../../shared/net/address.ts";
import { HostCounter } from "../limits/host_counter.ts";
import type { MailCapacity } from "../mailbox/mailbox.ts";

/** How much a server takes on. */
export interface Capacity extends MailCapacity {
  readonly connections: number;
  readonly connectionsPerHost: number;
  readonly registrations: number;
  readonly registrationsPerHost: number;
  /** Names that keys own. */
  readonly names: number;
  /** Within `newNamesWindowMs`. */
  readonly newNamesPerHost: number;
}

/** What a server takes on where nothing else is said. */
export const defaultCapacity: Capacity = {
  connections: connectionsMax,
  connectionsPerHost: connectionsPerHostMax,
  registrations: registrationsMax,
  registrationsPerHost: registrationsPerHostMax,
  names: namesMax,
  newNamesPerHost: newNamesPerHostMax,
  boxMails: boxMailsMax,
  boxBytes: boxBytesMax,
  shareMails: shareMailsMax,
  shareBytes: shareBytesMax,
  senderMails: senderMailsMax,
  senderBytes: senderBytesMax,
  mails: mailsMax,
  mailsBytes: mailsBytesMax,
};

/** A bound a host, from which the server's own host is exempt: whoever is there could do worse. */
export function perHost(max: number): (observedHost: string) => number {
  return (observedHost) => isLoopback(observedHost) ? Infinity : max;
}

/** Counts the connections of a server. */
export class Admission {
  readonly #max: number;
  readonly #maxPerHost: (observedHost: string) => number;
  readonly #perHost = new HostCounter();
  #count = 0;

  constructor({ connections, connectionsPerHost }: Capacity) {
    this.#max = connections;
    this.#maxPerHost = perHost(connectionsPerHost);
  }

  /** Connections that are open. */
  get count(): number {
    return this.#count;
  }

  /** Counts one in. @returns Why not, where it is one too many; then it is not to be counted out. */
  enter(observedHost: string): Fault | undefined {
    if (this.#count >= this.#max) {
      return fatalFault(503, "The server has as many connections as it takes; try again later");
    }
    const ofHost = this.#perHost.of(observedHost);
    if (ofHost > 0 && ofHost >= this.#maxPerHost(observedHost)) {
      return fatalFault(429, `The server takes no more connections from ${observedHost}`);
    }
    this.#count++;
    this.#perHost.add(observedHost);
    return undefined;
  }

  /** Counts one out. */
  leave(observedHost: string): void {
    this.#count--;
    this.#perHost.remove(observedHost);
  }
}
