/**
 * The networks that this machine is in.
 *
 * @module
 */

/** An address of this machine, in the network that it reaches without a router. */
export interface InterfaceAddress {
  /** An IP address. */
  readonly address: string;
  /** How many bits of it all addresses of that network share. */
  readonly prefixBits: number;
}

const permission = { name: "sys", kind: "networkInterfaces" } as const;

/**
 * The addresses of this machine. None if the program is not permitted to see them, as without
 * `--allow-sys=networkInterfaces`: then no private address counts as near.
 */
export function interfaces(): InterfaceAddress[] {
  try {
    // Nobody is asked for it in the middle of a conversation, as Deno does without --no-prompt.
    if (Deno.permissions.querySync(permission).state !== "granted") return [];
    return Deno.networkInterfaces().flatMap(({ address, cidr }) => {
      const prefixBits = Number(cidr.split("/")[1]);
      return Number.isInteger(prefixBits) ? [{ address, prefixBits }] : [];
    });
  } catch {
    // Whatever the reason is, what is not known to be near is not.
    return [];
  }
}
