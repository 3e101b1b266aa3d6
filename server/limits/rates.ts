/**
 * How often a host and a key may ask for what: so many requests at once, and from then on so many a second.
 *
 * @module
 */

import {
  connectionsPerHostMax,
  mailboxMailsMax,
  newNamesPerHostMax,
  registrationsPerHostMax,
  registrationTtlAskedMs,
  replyTimeoutMs,
  senderMailsMax,
  serverPingMs,
} from "../../shared/protocol/limits.ts";

/** What is counted together; `other` is every verb that has no rate of its own, and what is no request at all. */
export type RatedVerb =
  | "REGISTER"
  | "UNREGISTER"
  | "BRIDGE"
  | "INFO"
  | "WATCH"
  | "CONTACTS"
  | "DEPOSIT"
  | "COLLECT"
  | "RELAY"
  | "JOIN"
  | "PING"
  | "other";

/** How often something may be done. */
export interface Rate {
  /** How often at once, after a pause. */
  readonly burst: number;
  /** How often a second in the long run. */
  readonly perSecond: number;
}

/** The rate of each verb. */
export type Rates = Readonly<Record<RatedVerb, Rate>>;

/** Those of a host, which may have a thousand clients behind one address. */
export const hostRates: Rates = {
  REGISTER: { burst: 3_000, perSecond: 50 },
  UNREGISTER: { burst: 2_000, perSecond: 50 },
  BRIDGE: { burst: 2_000, perSecond: 50 },
  INFO: { burst: 300, perSecond: 20 },
  WATCH: { burst: 1_000, perSecond: 20 },
  CONTACTS: { burst: 2_000, perSecond: 20 },
  DEPOSIT: { burst: 4_000, perSecond: 50 },
  COLLECT: { burst: 2_000, perSecond: 50 },
  RELAY: { burst: 500, perSecond: 20 },
  JOIN: { burst: 1_000, perSecond: 40 },
  PING: { burst: 2_000, perSecond: 200 },
  other: { burst: 100, perSecond: 10 },
};

/** Those of a key that has registered, wherever its client is; also if its host has used up what is its own. */
export const keyRates: Rates = {
  REGISTER: { burst: 1_000, perSecond: 5 },
  UNREGISTER: { burst: 100, perSecond: 2 },
  BRIDGE: { burst: 500, perSecond: 10 },
  INFO: { burst: 100, perSecond: 10 },
  WATCH: { burst: 500, perSecond: 5 },
  CONTACTS: { burst: 200, perSecond: 2 },
  DEPOSIT: { burst: 4_000, perSecond: 20 },
  COLLECT: { burst: 1_200, perSecond: 20 },
  RELAY: { burst: 60, perSecond: 1 },
  JOIN: { burst: 120, perSecond: 2 },
  PING: { burst: 100, perSecond: 5 },
  other: { burst: 100, perSecond: 5 },
};

/** How long a request is put off at most, in milliseconds; one that would have to wait longer is refused. */
export const slowedMaxMs = 5_000;

for (
  const [relation, holds] of Object.entries({
    "all clients of a host may register at once, each with two requests":
      registrationsPerHostMax * 2 <= hostRates.REGISTER.burst,
    "all clients of a host may refresh, each with two requests in half the time that they asked for":
      registrationsPerHostMax * 2 * 1000 / (registrationTtlAskedMs / 2) <=
        hostRates.REGISTER.perSecond,
    "all clients of a host may ping": connectionsPerHostMax * 1000 / serverPingMs <=
      hostRates.PING.perSecond,
    "a client may ping": 1000 / serverPingMs <= keyRates.PING.perSecond,
    "a key may take the new names that its host may, each with two requests":
      newNamesPerHostMax * 2 <= keyRates.REGISTER.burst,
    "a key may leave at once all mails that are kept of it":
      senderMailsMax <= keyRates.DEPOSIT.burst,
    "a full mailbox is collected at once": mailboxMailsMax <= keyRates.COLLECT.burst,

    "who is put off is answered before they give up": slowedMaxMs * 2 <= replyTimeoutMs,
  })
) {
  if (!holds) throw new Error(`The rates contradict each other: not true that ${relation}`);
}
