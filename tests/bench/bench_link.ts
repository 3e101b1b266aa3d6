/**
 * A link of a bench's, which lets everybody in and keeps nothing: what it carries costs what links cost,
 * and no disk.
 *
 * @module
 */

import type { PeerConn } from "../../client/transport/tcp.ts";
import { Link } from "../../client/link/link.ts";
import type { LinkEvents } from "../../client/link/link_events.ts";
import { Identity } from "../../shared/crypto/identity.ts";

/** Opens one over a connection. Whatever is not given does nothing. */
export function openBenchLink(
  conn: PeerConn,
  role: "initiator" | "responder",
  events: Partial<LinkEvents<Link>>,
): Link {
  return new Link({
    conn,
    role,
    self: { id: role, address: { host: "127.0.0.1", port: 1 }, identity: Identity.generate() },
    allowPlaintext: false,
    events: {
      admitPlaintext: () => undefined,
      admitKey: () => Promise.resolve(undefined),
      opened: () => {},
      text: () => {},
      letters: () => {},
      acknowledged: () => {},
      read: () => {},
      reset: () => {},
      audit: () => undefined,
      verification: () => {},
      delivered: () => {},
      room: () => undefined,
      closed: () => {},
      ...events,
    },
  });
}
