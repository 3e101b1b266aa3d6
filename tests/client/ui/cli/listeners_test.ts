import { assertEquals, assertRejects } from "@std/assert";
import type { ClientEvent, MessageEvent } from "../../../../client/events.ts";
import { Listeners } from "../../../../client/ui/cli/listeners.ts";
import { UserError } from "../../../../client/user_error.ts";

function message(name: string, text: string): MessageEvent {
  return {
    type: "message",
    ...{ conversation: "c", name, person: undefined, device: undefined, id: text },
    ...{ stream: undefined, seq: undefined, kind: "text", plaintext: false, text, sentAtMs: 0 },
  };
}

/** Those who listen, and a sink that they are told beside. */
function beside() {
  const events: ClientEvent[] = [];
  const listeners = new Listeners();
  const sink = listeners.around({
    emit: (event) => void events.push(event),
    room: () => undefined,
    shown: () => undefined,
  });
  return { events, listeners, sink };
}

Deno.test("who listens is told what comes in from then on, of whom they want, in its order", async () => {
  const { events, listeners, sink } = beside();
  sink.emit(message("bob", "before"));
  const stopping = new AbortController();
  const told: string[] = [];
  const listening = listeners.listen("bob", ({ text }) => {
    told.push(text);
    if (text === "2") stopping.abort();
    return Promise.resolve();
  }, stopping.signal);
  for (const [name, text] of [["bob", "1"], ["carol", "no"], ["bob", "2"], ["bob", "3"]] as const) {
    sink.emit(message(name, text));
  }
  await listening;
  assertEquals([told, events.length], [["1", "2"], 5]);
});

Deno.test("who does not read is given up, and has held nobody up", async () => {
  const { events, listeners, sink } = beside();
  const reads = Promise.withResolvers<void>();
  const listening = listeners.listen(
    undefined,
    () => reads.promise,
    new AbortController().signal,
  );
  for (let i = 0; i < 2_000; i++) sink.emit(message("bob", `${i}`));
  assertEquals(events.length, 2_000);
  reads.resolve();
  assertEquals((await assertRejects(() => listening, UserError)).code, "listener-behind");
});

Deno.test("only a few listen at once, and one who is gone makes room", async () => {
  const { listeners, sink } = beside();
  const { signal } = new AbortController();
  const gone = () => Promise.reject(new Error("gone"));
  const all = Array.from({ length: 4 }, () => listeners.listen(undefined, gone, signal));
  const more = () => listeners.listen(undefined, gone, signal);
  assertEquals((await assertRejects(more, UserError)).code, "too-many-listeners");
  sink.emit(message("bob", "1"));
  await Promise.all(all);
  const stopping = AbortSignal.abort();
  await listeners.listen(undefined, gone, stopping);
});
