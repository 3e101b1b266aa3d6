import { assertEquals } from "@std/assert";
import { tellingEndOfHere } from "../../../../client/ui/cli/here_watch.ts";
import type { ClientEvent } from "../../../../client/events.ts";

const server = { host: "127.0.0.1", port: 5555 };
const lost: ClientEvent = {
  type: "server-lost",
  problem: { code: "server-closed", server: "127.0.0.1:5555" },
};
const again: ClientEvent = { type: "registered-again", server };

Deno.test("each time that the server of this machine ends its user is told once what to do", () => {
  const told: string[] = [];
  const sink = tellingEndOfHere({
    emit: ({ type }) => told.push(type),
    room: () => undefined,
    shown: () => undefined,
  }, { show: ({ type }) => told.push(type) });
  for (const event of [lost, lost, again, lost]) sink.emit(event);
  assertEquals(told, [
    "server-lost",
    "here-ended",
    "server-lost",
    "registered-again",
    "server-lost",
    "here-ended",
  ]);
});
