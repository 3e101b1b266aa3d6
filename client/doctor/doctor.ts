/**
 * Finding out what kind of network this machine is in, and what that means for reaching others.
 *
 * @module
 */

import { type Address, isIpAddress, isSameAddress } from "../../shared/net/address.ts";
import type { ServerAddress } from "../../shared/net/server_address.ts";
import { systemReason } from "../../shared/errors/system_error.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { aborted, deadline, type TimerClock } from "../../shared/time/clock.ts";
import { type Examination, examineServer } from "../rendezvous/rendezvous.ts";
import { isElsewhereReachable, type Network, type Punching } from "../transport/transport.ts";
import { type Problem, problemOf } from "../user_error.ts";
import {
  type Ipv6,
  ipv6Of,
  judge,
  type NetworkFacts,
  type TcpFacts,
  type UdpFacts,
  type Verdict,
} from "./verdict.ts";

export type { Ipv6, NetworkFacts, TcpFacts, UdpFacts, Verdict } from "./verdict.ts";

/**
 * How long it may take to connect to the server, and to hear from it with that, how long the questions over UDP, and
 * all of it, in milliseconds.
 */
const dialMs = 3_000;
const serverMs = 4_000;
const udpMs = 3_000;
const allMs = 6_000;
/** How long this machine has to show what it can without any other, in milliseconds. */
const ownMs = 2_000;

/** What is looked at with. */
export interface DoctorOptions {
  readonly server: ServerAddress;
  readonly network: Pick<
    Network,
    "dialServer" | "interfaces" | "openPunching" | "simultaneousOpen" | "trySending"
  >;
  readonly clock: TimerClock;
  readonly signal: AbortSignal;
}

/** What was found. */
export interface Diagnosis {
  readonly facts: NetworkFacts;
  /** What the server has told; undefined if it was not reached. */
  readonly examination: Examination | undefined;
  /** Why the server was not reached; undefined if it was. */
  readonly problem: Problem | undefined;
  readonly ipv6: Ipv6;
  readonly verdict: Verdict;
}

/** Looks at the network. Never throws, and is done in 6 s. */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const { network, clock, signal } = options;
  const beganAtMs = clock.now();
  const own = network.interfaces().map(({ address }) => address).filter(isElsewhereReachable);
  const choosing = choosesPort(options);
  let examination: Examination | undefined;
  let problem: Problem | undefined;
  try {
    using limit = deadline(serverMs, signal, clock);
    const identity = Identity.generate();
    examination = await examineServer({ ...options, identity, dialMs, signal: limit.signal });
  } catch (error) {
    problem = problemOf(error);
  }
  const udp = examination?.reflector === undefined
    ? undefined
    : await askOverUdp(examination.reflector, {
      ...options,
      limitMs: Math.min(udpMs, beganAtMs + allMs - clock.now()),
    });
  const { seenHost, ports, relays } = examination ?? {};
  const reached = examination !== undefined;
  const tcp: TcpFacts = {
    seenPort: ports?.seen,
    keepsPort: ports && ports.own === ports.seen,
    choosesPort: await choosing,
  };
  const facts = { own, reached, seenHost, relays, udp, tcp };
  return {
    facts,
    examination,
    problem,
    ipv6: ipv6Of(own, examination?.remoteHost),
    verdict: judge(facts),
  };
}

/** Whether the runtime calls from a port that it is told; undefined if that cannot be found out in time. Never rejects. */
async function choosesPort(
  { network, clock, signal }: DoctorOptions,
): Promise<boolean | undefined> {
  if (network.simultaneousOpen === undefined) return undefined;
  using limit = deadline(ownMs, signal, clock);
  return await Promise.race([
    network.simultaneousOpen().then(
      () => true,
      (error) => error instanceof Deno.errors.NotSupported ? false : undefined,
    ),
    aborted(limit.signal).then(() => undefined),
  ]);
}

/** Undefined if the server is at no IP address. */
async function askOverUdp(
  { host, port, secondPort, certificate }: NonNullable<Examination["reflector"]>,
  { network, clock, signal, limitMs }: DoctorOptions & { readonly limitMs: number },
): Promise<UdpFacts | undefined> {
  if (!isIpAddress(host)) return undefined;
  let punching;
  try {
    punching = await network.openPunching?.(0);
  } catch (error) {
    return error instanceof Deno.errors.NotSupported
      ? { passes: false, why: "no-quic" }
      : { passes: false, why: "no-port", reason: systemReason(error) };
  }
  if (punching === undefined) return undefined;
  using limit = deadline(limitMs, signal, clock);
  const ask = (asked: number) => seenAt(punching, { host, port: asked }, certificate, limit.signal);
  try {
    const refusal = await network.trySending?.({ host, port }).then(() => undefined, systemReason);
    if (refusal !== undefined) return { passes: false, why: "not-sent", reason: refusal };
    const [first, second] = await Promise.all([
      ask(port),
      secondPort === undefined ? undefined : ask(secondPort),
    ]);
    const seen = first ?? second;
    if (seen === undefined) return { passes: false, why: "no-answer" };
    return {
      passes: true,
      seen,
      keepsPort: seen.port === punching.port,
      keepsAddress: first === undefined || second === undefined
        ? undefined
        : isSameAddress(first, second),
    };
  } finally {
    await punching.close();
  }
}

async function seenAt(
  punching: Punching,
  server: Address,
  certificate: Uint8Array,
  signal: AbortSignal,
): Promise<Address | undefined> {
  try {
    return await punching.reflect(server, certificate, signal);
  } catch {
    // Nothing has come back.
    return undefined;
  }
}
