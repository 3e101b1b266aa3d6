import { assertRejects } from "@std/assert";
import { beginLink, type LinkKeeper } from "../../../client/connector/begin_link.ts";
import { ignoringReceiver } from "../../../client/link/link.ts";
import type { PeerConn } from "../../../client/transport/transport.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { MemoryConn } from "../../support/memory_conn.ts";

const keeper: LinkKeeper = {
  isLeaving: false,
  makeRoomForOwn: () => true,
  makeRoomForCaller: () => true,
  added: () => {},
  admitPlaintext: () => undefined,
  admitKey: () => Promise.resolve(undefined),
  mayTryPlaintext: () => true,
  begin: () => ignoringReceiver,
  closed: () => {},
};

/** A link of a connection, of a client whose user allows plaintext. */
function begun(conn: PeerConn, role: "initiator" | "responder") {
  const identity = Identity.generate();
  const self = { id: "alice", address: { host: "127.0.0.1", port: 5556 }, identity };
  const options = { self, allowPlaintext: true, room: () => undefined, clock: new FakeClock() };
  return beginLink(options, conn, role, keeper);
}

for (const role of ["initiator", "responder"] as const) {
  Deno.test(`who waits for a link as ${role} hears that it comes to nothing`, async () => {
    const [ours, theirs] = MemoryConn.pair();
    const { opened, link } = begun(ours, role);
    theirs.close();
    await assertRejects(() => opened, UserError);
    await link.ended;
  });
}
