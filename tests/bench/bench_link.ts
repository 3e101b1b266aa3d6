/**
 * A link of a bench's, which lets everybody in and keeps nothing: what it carries costs what links cost,
 * and no disk.
 *
 * @module
 */

import type { PeerConn } from "../../client/transport/tcp.ts";
import { Link } from "../../client/link/link.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { type LinkHandlers, linkOwner } from "../support/link_owner.ts";

/** Opens one over a connection. Whatever is not given does nothing. */
export function openBenchLink(
  conn: PeerConn,
  role: "initiator" | "responder",
  handlers: Partial<LinkHandlers>,
): Link {
  return new Link({
    conn,
    role,
    self: { id: role, address: { host: "127.0.0.1", port: 1 }, identity: Identity.generate() },
    allowPlaintext: false,
    ...linkOwner(handlers),
  });
}
