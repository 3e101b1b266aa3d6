/**
 * A client that calls, in the bench's own process.
 *
 * @module
 */

import { ChatClient } from "../../client/client.ts";
import type { ClientEvent } from "../../client/events.ts";
import { openStore } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";

/** A client. Disposing of it ends it. */
export interface InitiatorClient extends AsyncDisposable {
  readonly client: ChatClient;
}

/** Starts a client without contacts and without a server. */
export function startInitiator(emit: (event: ClientEvent) => void): InitiatorClient {
  const store = openStore(":memory:");
  const client = new ChatClient({
    id: "initiator",
    host: "127.0.0.1",
    port: 0,
    servers: [{ host: "127.0.0.1", port: 1 }],
    identity: Identity.generate(),
    store,
    sink: { emit, room: () => undefined, shown: () => undefined },
  });
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client.stop();
      store[Symbol.dispose]();
    },
  };
}
