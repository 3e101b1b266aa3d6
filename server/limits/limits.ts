/**
 * How much a server takes on, in all and from one host: no host alone may keep out the others.
 *
 * @module
 */

import { isLoopback } from "../../shared/net/address.ts";
import {
  connectionsMax,
  connectionsPerHostMax,
  mailboxBytesMax,
  mailboxMailsMax,
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
import { serverFaults } from "../../shared/protocol/reasons.ts";
import type { Fault } from "../../shared/protocol/status.ts";

/** How much mail a server keeps. */
export interface MailCapacity {
  /** Mails in one mailbox, and their bytes. */
  readonly mailboxMails: number;
  readonly mailboxBytes: number;
  /** The part of these that one sender may fill. */
  readonly shareMails: number;
  readonly shareBytes: number;
  /** Mails of one sender in all mailboxes, and their bytes. */
  readonly senderMails: number;
  readonly senderBytes: number;
  /** All mails, and their bytes. */
  readonly mails: number;
  readonly mailsBytes: number;
}

/** How much a server takes on. */
export interface Capacity extends MailCapacity {
  readonly connections: number;
  readonly connectionsPerHost: number;
  readonly registrations: number;
  readonly registrationsPerHost: number;
  /** Names that keys own. */
  readonly names: number;
  /** Names that keys may take from one host within `newNamesWindowMs`. */
  readonly newNamesPerHost: number;
}

/** What a server takes on unless it is told otherwise. */
export const defaultCapacity: Capacity = {
  connections: connectionsMax,
  connectionsPerHost: connectionsPerHostMax,
  registrations: registrationsMax,
  registrationsPerHost: registrationsPerHostMax,
  names: namesMax,
  newNamesPerHost: newNamesPerHostMax,
  mailboxMails: mailboxMailsMax,
  mailboxBytes: mailboxBytesMax,
  shareMails: shareMailsMax,
  shareBytes: shareBytesMax,
  senderMails: senderMailsMax,
  senderBytes: senderBytesMax,
  mails: mailsMax,
  mailsBytes: mailsBytesMax,
};

/** The bound of a host. */
export type PerHost = (host: string) => number;

/** The same bound for every host but the server's own: users of that machine could do worse. */
export function perHost(max: number): PerHost {
  return (host) => isLoopback(host) ? Infinity : max;
}

/** How many of something each host has, and whether it may have more. Hosts with none take no memory. */
export class HostQuota {
  readonly #maxOf: PerHost;
  readonly #counts = new Map<string, number>();

  constructor(maxOf: PerHost) {
    this.#maxOf = maxOf;
  }

  /** Whether a host has as many as it may. A host that has none may have one. */
  isFull(host: string): boolean {
    const count = this.#counts.get(host);
    return count !== undefined && count >= this.#maxOf(host);
  }

  /** Counts one more. */
  add(host: string): void {
    this.#counts.set(host, (this.#counts.get(host) ?? 0) + 1);
  }

  /** Counts one less of those that were added. */
  remove(host: string): void {
    const left = this.#counts.get(host)! - 1;
    if (left === 0) this.#counts.delete(host);
    else this.#counts.set(host, left);
  }

  /** Forgets all. */
  clear(): void {
    this.#counts.clear();
  }
}

/** The connections of a server. */
export class Admission {
  readonly #max: number;
  readonly #perHost: HostQuota;
  #count = 0;

  constructor({ connections, connectionsPerHost }: Capacity) {
    this.#max = connections;
    this.#perHost = new HostQuota(perHost(connectionsPerHost));
  }

  /** How many are open. */
  get count(): number {
    return this.#count;
  }

  /** Counts a connection in. @returns Why it is refused; then it is not counted. */
  enter(observedHost: string): Fault | undefined {
    if (this.#count >= this.#max) {
      return serverFaults.tooManyConnections;
    }
    if (this.#perHost.isFull(observedHost)) {
      return serverFaults.tooManyConnectionsOfHost(observedHost);
    }
    this.#count++;
    this.#perHost.add(observedHost);
    return undefined;
  }

  /** Counts a connection out. */
  leave(observedHost: string): void {
    this.#count--;
    this.#perHost.remove(observedHost);
  }
}
