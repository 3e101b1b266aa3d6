import { assertEquals, assertRejects } from "@std/assert";
import { Interrupted, sendUntil } from "../../../../client/ui/cli/sending.ts";
import type { MessageState } from "../../../../client/store/message_rows.ts";
import { UserError } from "../../../../client/user_error.ts";
import { FakeClient } from "../../../support/fake_client.ts";

/** Sends something that is in these states, each time that it is looked at; then in the last one. */
function send(
  states: (MessageState | undefined)[],
  until: "kept" | "mailbox" | "delivered",
  { withinMs = 60_000, signal = new AbortController().signal, client = new FakeClient() } = {},
) {
  const history = { stateOf: () => states.length > 1 ? states.shift() : states[0] };
  const message = { name: "bob", text: "hello", until, withinMs };
  return sendUntil({ client: client.client, store: { history }, signal, ...message });
}

Deno.test("a message has been sent when it is as far as wanted, or further", async () => {
  assertEquals(await send(["waiting"], "kept"), "1");
  assertEquals(await send(["waiting", "deposited"], "mailbox"), "1");
  assertEquals(await send(["waiting", "delivered"], "mailbox"), "1");
  assertEquals(await send(["waiting", "deposited", "read"], "delivered"), "1");
  // To a peer that confirms nothing it is on its way, and more cannot be known.
  assertEquals(await send(["sent"], "delivered"), "1");
});

Deno.test("what is not as far in time is a problem that says so, and so is an end of the waiting", async () => {
  const late = await assertRejects(
    () => send(["deposited"], "delivered", { withinMs: 60 }),
    UserError,
  );
  assertEquals(late.problem, {
    code: "not-as-far-in-time",
    name: "bob",
    until: "delivered",
    seconds: 0,
  });
  const signal = AbortSignal.abort();
  await assertRejects(() => send(["waiting"], "delivered", { signal }), Interrupted);
});

Deno.test("somebody new is called before, and nobody else", async () => {
  const client = new FakeClient();
  await send(["delivered"], "delivered", { client });
  assertEquals(client.calls.map(([method]) => method), ["answer", "send"]);
  const stranger = new FakeClient();
  stranger.answers["answer"] = () => {
    throw new UserError({ code: "no-conversation", to: "bob", open: [] });
  };
  await send(["delivered"], "delivered", { client: stranger });
  assertEquals(stranger.calls.map(([method]) => method), ["answer", "chat", "send"]);
});
