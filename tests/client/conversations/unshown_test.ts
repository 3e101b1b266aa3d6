import { assertEquals } from "@std/assert";
import { acknowledgeShown, showUnshown } from "../../../client/conversations/unshown.ts";
import type { ConversationId } from "../../../client/store/store.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import type { ClientEvent } from "../../../client/events.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  conversationIn,
  fileStore,
  keyBytesOf,
  outcomes,
  stream,
} from "../../support/store_fixture.ts";

Deno.test("what waits to be acknowledged is shown at each start, and is not once it was", () => {
  using file = fileStore();
  using store = file.open();
  const self = { id: "alice", identity: Identity.fromSeed(keyBytesOf(1)) };
  const id = conversationIn(store);
  const sent = stream(Array.from({ length: 2_500 }, (_, i) => `${i}`));
  outcomes(store.incoming, id, sent);
  const events: ClientEvent[] = [];
  const sink = {
    acknowledges: true,
    emit: (event: ClientEvent) => void events.push(event),
    room: () => undefined,
    shown: () => undefined,
  };
  const shown = () => {
    events.length = 0;
    showUnshown({ self, store, sink });
    return events.flatMap((event) => event.type === "message" ? [event.text] : []);
  };
  const texts = sent.map(({ text }) => text);
  assertEquals([shown(), shown()], [texts, texts]);
  const seen: string[] = [];
  const open = (stored: ConversationId) => () => ({ stored, seen: (id: string) => seen.push(id) });
  const acknowledge = (of: string, stored = id) =>
    acknowledgeShown({ self, store, sink }, of, open(stored));
  assertEquals(acknowledge(sent[999]!.id), true);
  assertEquals(shown(), texts.slice(1_000));
  // Again, an earlier one, one that is unknown: nothing is taken back.
  assertEquals([sent[999], sent[3], { id: randomId() }].map((one) => acknowledge(one!.id)), [
    false,
    false,
    false,
  ]);
  assertEquals(shown(), texts.slice(1_000));
  // The open conversation of that name is with another key by now: its peer is told nothing.
  assertEquals(acknowledge(sent.at(-1)!.id, id + 1 as ConversationId), true);
  assertEquals([shown(), seen], [[], [sent[999]!.id]]);
});

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
