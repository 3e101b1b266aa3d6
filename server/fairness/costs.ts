/**
 * What requests cost the server, so that a turn is as long whatever is asked.
 *
 * @module
 */

import { header, type Message } from "../../shared/protocol/message.ts";
import { type Fault, isFault } from "../../shared/protocol/status.ts";
import type { RatedVerb } from "../limits/limits.ts";

/** A unit is about 5 µs on one core, measured with a hundred thousand registrations. */
const costs: Readonly<Record<RatedVerb, number>> = {
  REGISTER: 2,
  UNREGISTER: 2,
  BRIDGE: 1,
  INFO: 12,
  WATCH: 6,
  CONTACTS: 24,
  DEPOSIT: 4,
  COLLECT: 12,
  RELAY: 6,
  JOIN: 4,
  PING: 1,
  other: 4,
};

/** What checking a signature costs beside that, and which requests have one. */
const signatureCost = 24;
const signedVerbs: ReadonlySet<RatedVerb> = new Set([
  "REGISTER",
  "UNREGISTER",
  "COLLECT",
  "JOIN",
]);

/** What a request is, for those who decide whether it is answered. */
export interface Kind {
  /** What it is counted as. */
  readonly verb: RatedVerb;
  /** What it costs, in units of about 5 µs. */
  readonly cost: number;
}

const kinds: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...Object.entries(costs).map(([verb, cost]): [string, Kind] => [
    verb,
    { verb: verb as RatedVerb, cost },
  ]),
  ["AUTH", { verb: "REGISTER", cost: costs.REGISTER }],
  ["QUIT", { verb: "UNREGISTER", cost: costs.UNREGISTER }],
]);
const other: Kind = { verb: "other", cost: costs.other };

/** Says what kind a request is of. */
export function kindOf(request: Message | Fault): Kind {
  if (isFault(request)) return other;
  const kind = kinds.get(request.verb) ?? other;
  const isSigned = signedVerbs.has(kind.verb) && header(request, "Signature") !== undefined;
  return isSigned ? { verb: kind.verb, cost: kind.cost + signatureCost } : kind;
}
