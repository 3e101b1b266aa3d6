/**
 * What was found out about a network, in words.
 *
 * @module
 */

import { formatAddress, isLocal } from "../../../shared/net/address.ts";
import { formatServerAddress, type ServerAddress } from "../../../shared/net/server_address.ts";
import type { Diagnosis, Ipv6, TcpFacts, UdpFacts, Verdict } from "../../doctor/doctor.ts";
import { problemSentence } from "./problem_sentences.ts";

/** How far a clock may be from the server's without being wrong, in milliseconds. */
const clockRightMs = 2_000;

/** What the verdict means for its user. */
const meanings: Readonly<Record<Verdict, string>> = {
  direct: "others reach you directly, if no firewall of yours keeps them out",
  punched:
    "others reach you through both routers, if theirs keeps one address for all as yours does; " +
    "everybody else over the server",
  "punched-over-tcp":
    "others reach you through both routers over TCP, if theirs keeps its ports as yours does, both " +
    "of you may call any port, and their p2pchat can choose its own; everybody else over the server",
  relayed:
    "people with a public address and those in your network reach you directly, everybody else " +
    "over the server, which cannot read what you say",
  "probably-relayed":
    "as far as this server can tell, people with a public address and those in your network reach " +
    "you directly, everybody else over the server, which cannot read what you say; another server " +
    "may tell more",
  "same-network":
    "you and the server are in one network or on one machine, so it cannot tell how you " +
    "are seen from outside; those in that network reach you directly",
  unknown: "the server does not say enough to tell; /path NAME shows which way a conversation goes",
  unreachable: "nobody finds you",
};

/** If the server was reached, but does nothing for them. */
const unreachableText =
  "you reach people with a public address, and those in your network; nobody else finds a way to " +
  "you, since the server relays nothing";

/** The findings, a row each: what it is about, and what was found. */
export function doctorRows(
  server: ServerAddress,
  { facts, examination, problem, ipv6, verdict }: Diagnosis,
): [what: string, found: string][] {
  const { own, seenHost, relays, udp, tcp } = facts;
  const place = formatServerAddress(server);
  if (examination === undefined) {
    return [
      ["server", problem === undefined ? "not reached" : problemSentence(problem)],
      ["addresses", addressesText(own, undefined)],
      ["so", meanings[verdict]],
    ];
  }
  const { connectMs, roundTripMs, clockAheadMs } = examination;
  return [
    ["server", serverText(place, connectMs, roundTripMs)],
    [
      "encrypted",
      server.tls === undefined ? "no: whom you look for is readable on the way" : "yes",
    ],
    ["addresses", addressesText(own, seenHost)],
    ["IPv6", ipv6Texts[ipv6]],
    ["UDP", udpText(udp)],
    ["TCP", tcpText(tcp)],
    ["relay", relays === undefined ? "the server does not say" : relays ? "yes" : "no: it is off"],
    ["clock", clockText(clockAheadMs)],
    ["so", verdict === "unreachable" ? unreachableText : meanings[verdict]],
  ];
}

const ipv6Texts: Readonly<Record<Ipv6, string>> = {
  used: "yes, the server is reached over it",
  public: "an address that everybody could call, not tried: the server was not reached over it",
  private: "an address for your network alone, not tried",
  none: "this machine has no address of it",
};

function serverText(place: string, connectMs: number, roundTripMs: number | undefined): string {
  const trip = roundTripMs === undefined
    ? "but it has not answered"
    : `${timeText(roundTripMs)} there and back`;
  return `${place}, connected in ${timeText(connectMs)}, ${trip}`;
}

function addressesText(own: readonly string[], seenHost: string | undefined): string {
  const all = own.length === 0 ? "none that others could call" : own.join(", ");
  if (seenHost === undefined) return all;
  if (isLocal(seenHost)) return `${all}; the server is on this machine`;
  return own.includes(seenHost)
    ? `${all}; the server sees ${seenHost}, which is yours`
    : `${all}; the server sees ${seenHost}: a router stands between`;
}

function udpText(udp: UdpFacts | undefined): string {
  if (udp === undefined) return "cannot be told: the server has not said where it can be asked";
  if (!udp.passes) return noUdpText(udp);
  const at = `seen at ${formatAddress(udp.seen)}`;
  const port = udp.keepsPort ? "your own port" : "another port than yours";
  switch (udp.keepsAddress) {
    case undefined:
      return `${at}, ${port}; whether it is the same for all cannot be told`;
    case true:
      return `${at}, ${port}, the same for all`;
    case false:
      return `${at}, ${port}, another one for everybody: the router cannot be called through`;
  }
}

function noUdpText(udp: Extract<UdpFacts, { passes: false }>): string {
  switch (udp.why) {
    case "no-answer":
      return "no answer: it is kept back on the way, by a firewall here or there, or the server's port is closed for UDP";
    case "no-quic":
      return "cannot be used: this runtime has no QUIC";
    case "no-port":
      return `cannot be used: this machine opens no port for it: ${udp.reason}`;
    case "not-sent":
      return `not sent by this machine, as with a firewall of its own: ${udp.reason}`;
  }
}

function tcpText({ seenPort, keepsPort, choosesPort }: TcpFacts): string {
  if (keepsPort === undefined) {
    return "whether your ports stay the same cannot be told: the server does not say at which it sees you";
  }
  const seen = `seen at port ${seenPort}`;
  if (!keepsPort) return `${seen}, another one than yours: the router cannot be called through`;
  switch (choosesPort) {
    case undefined:
      return `${seen}, your own; whether this runtime can call from a port of its choice cannot be told`;
    case true:
      return `${seen}, your own, and this runtime can call from a port of its choice`;
    case false:
      return `${seen}, your own, but this runtime cannot call from a port of its choice; Deno 2.9 can`;
  }
}

function clockText(aheadMs: number | undefined): string {
  if (aheadMs === undefined) return "the server does not say";
  // Ours is behind if theirs is ahead.
  const seconds = Math.abs(aheadMs) / 1_000;
  if (Math.abs(aheadMs) <= clockRightMs) return `as the server's, to ${seconds.toFixed(1)} s`;
  return `${seconds.toFixed(0)} s ${
    aheadMs > 0 ? "behind" : "ahead of"
  } the server's: one is wrong`;
}

function timeText(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}
