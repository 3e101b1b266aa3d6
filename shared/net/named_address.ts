/**
 * An address together with who has named it. Whether it may be called depends on that, so what calls takes no
 * other address.
 *
 * @module
 */

import type { Address } from "./address.ts";

/**
 * Who has named an address that is kept with a conversation: the user; a contact over an encrypted link, or the
 * link itself that was opened there; somebody over a link who was no contact; the sender of a mail. It is unknown
 * of what version 0.3.0 has kept.
 */
export type KeptSource = "user" | "contact" | "caller" | "mail" | "unknown";

/** A server has named the address. */
export interface ServerSource {
  /** The host at which that server was reached, as an IP address. */
  readonly serverHost: string;
}

/** Who has named an address. */
export type AddressSource = KeptSource | ServerSource;

/** An address, and who has named it. */
export interface NamedAddress extends Address {
  readonly source: AddressSource;
}

/** An address that is kept with a conversation. */
export interface KeptAddress extends Address {
  readonly source: KeptSource;
}

/** @returns The address, as named by somebody. */
export function namedBy<S extends AddressSource>(
  source: S,
  { host, port }: Address,
): Address & { readonly source: S } {
  return { host, port, source };
}
