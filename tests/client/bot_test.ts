// A bot needs the core and nothing else: no front end, no current conversation, no sentence.

import { assertEquals } from "@std/assert";
import { ChatClient, type ClientOptions } from "../../client/client.ts";
import type { ClientEvent } from "../../client/events.ts";
import { openStore } from "../../client/store/store.ts";
import { Identity } from "../../shared/crypto/identity.ts";
import { start } from "../support/server_fixture.ts";
import { Events } from "../support/events.ts";

/** Answers everybody with what they have said. */
function startEchoBot(options: Omit<ClientOptions, "sink">): ChatClient {
  const bot: ChatClient = new ChatClient({ ...options, sink: { emit, room() {}, shown() {} } });
  return bot;

  function emit(event: ClientEvent): void {
    if (event.type !== "message") return;
    bot.send(event.conversation, `You said: ${event.text}`).catch(() => {});
  }
}

Deno.test("an echo bot answers each in their own conversation, and it is known who has which message", async () => {
  await using server = start();
  using stores = new DisposableStack();
  const optionsFor = (id: string) => {
    const store = stores.use(openStore(":memory:"));
    const identity = Identity.generate();
    return { id, identity, store, host: "127.0.0.1", port: 0, servers: [server.address] };
  };
  const options = optionsFor("echo");
  const bot = startEchoBot(options);
  await bot.register();
  const people = ["alice", "bob"].map((id) => {
    const events = new Events<ClientEvent>();
    const sink = { emit: events.take, room: () => undefined, shown: () => undefined };
    return { id, events, client: new ChatClient({ ...optionsFor(id), sink }) };
  });
  try {
    for (const { client, id } of people) {
      const { conversation: { conversation } } = await client.chat("echo");
      await client.send(conversation, `I am ${id}`);
    }
    for (const { client, id, events } of people) {
      const { name, conversation, text } = await events.see("message");
      assertEquals([name, text], ["echo", `You said: I am ${id}`]);
      assertEquals(client.conversation(conversation)?.name, "echo");
      const { identity: { fingerprint: person, publicKey: device } } = options;
      const delivered = await events.see("delivered");
      assertEquals(delivered.to, { person, device });
      const [sent] = client.history("echo", 2);
      assertEquals([sent!.text, sent!.id], [`I am ${id}`, delivered.id]);
    }
  } finally {
    await Promise.all([bot, ...people.map(({ client }) => client)].map((one) => one.stop()));
  }
});
