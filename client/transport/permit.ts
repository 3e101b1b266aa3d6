/**
 * The way from an address that somebody has named to one that may be called. There is no other: what dials takes
 * only what comes from here.
 *
 * @module
 */

import { type Address, isIpAddress, isNowhere } from "../../shared/net/address.ts";
import type { NamedAddress } from "../../shared/net/named_address.ts";
import { dialTimeoutMs } from "../../shared/protocol/limits.ts";
import type { TimerClock } from "../../shared/time/clock.ts";
import { UserError } from "../user_error.ts";
import { connectFailure } from "./connect_failure.ts";
import { ResolverSilent } from "./connect_to_host.ts";
import type { InterfaceAddress } from "../../shared/net/interfaces.ts";
import { objectionTo } from "./dial_policy.ts";

declare const isPermitted: unique symbol;

/** An address that may be called. */
export type DialableAddress = Address & { readonly [isPermitted]: true };

/** What a decision takes into account. */
export interface PermitOptions {
  /** Who is meant, for the error; undefined if that is not known. */
  readonly name: string | undefined;
  readonly network: {
    interfaces(): readonly InterfaceAddress[];
    lookUp(name: string): Promise<readonly string[]>;
  };
  /** See {@linkcode Surroundings}. */
  readonly serverHost: string;
  readonly clock: TimerClock;
}

/** @throws {UserError} As the door says. */
export async function permitted(
  named: NamedAddress,
  options: PermitOptions,
): Promise<DialableAddress> {
  const { host, port, source } = named;
  if (isNowhere(named)) throw new UserError({ code: "peer-relay-only", name: options.name });
  if (source === "user") return dialable({ host, port });
  // A zone has a meaning on the machine that has named it, if anywhere.
  const plain = host.replace(/%.*$/, "");
  const { network, serverHost, name } = options;
  const ips = isIpAddress(plain) ? [plain] : await lookedUp(named, options);
  const surroundings = { interfaces: network.interfaces(), serverHost };
  const judged = ips.map((ip) => [ip, objectionTo(ip, source, surroundings)] as const);
  const [allowed] = judged.find(([, objection]) => objection === undefined) ?? [];
  if (allowed !== undefined) return dialable({ host: allowed, port });
  const [ip, objection] = judged[0]!;
  throw new UserError({
    code: "address-not-called",
    name,
    address: { host: plain, port },
    namedBy: typeof source === "object" ? "server" : source,
    objection: objection!,
    ...ip !== plain && { resolved: ip },
  });
}

/** @returns At least one IP address. @throws {UserError} */
async function lookedUp(
  { host, port }: NamedAddress,
  { name, network, clock }: PermitOptions,
): Promise<readonly string[]> {
  const silent = Promise.withResolvers<never>();
  const cancel = clock.after(dialTimeoutMs, () => silent.reject(new ResolverSilent()));
  try {
    const ips = await Promise.race([network.lookUp(host), silent.promise]);
    if (ips.length === 0) throw Object.assign(new Error(host), { code: "ENOTFOUND" });
    return ips;
  } catch (cause) {
    const problem = { name, address: { host, port }, why: connectFailure(cause) };
    throw new UserError({ code: "peer-unreachable", ...problem }, { cause });
  } finally {
    cancel();
  }
}

function dialable(address: Address): DialableAddress {
  return address as DialableAddress;
}
