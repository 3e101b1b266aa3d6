import { assertEquals } from "@std/assert";
import { showUnshown } from "../../../client/conversations/unshown.ts";
import type { ClientEvent } from "../../../client/events.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  conversationIn,
  fileStore,
  keyBytesOf,
  outcomes,
  stream,
} from "../../support/store_fixture.ts";

Deno.test("what was received and not shown is shown once, and a text that was changed is a fact", () => {
  using file = fileStore();
  using store = file.open({ textKey: keyBytesOf(7), sealed: true });
  const id = conversationIn(store);
  outcomes(store.incoming, id, stream(["one", "two"]));
  file.change("UPDATE messages SET text = x'00' WHERE row = 2");
  const events: ClientEvent[] = [];
  const show = () =>
    showUnshown({
      self: { id: "alice", identity: Identity.fromSeed(keyBytesOf(1)) },
      store,
      sink: {
        emit: (event) => void events.push(event),
        room: () => undefined,
        shown: () => undefined,
      },
    });
  show();
  assertEquals(
    events.map((event) => event.type === "message" && [event.text, event.unreadable]),
    [["one", undefined], ["", true]],
  );
  show();
  assertEquals(events.length, 2);
});
