// /ignore: what somebody sends is taken and kept, and nobody is told of it, also after a restart.

import { assertEquals, assertMatch } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { encode } from "../../../shared/protocol/message.ts";
import { writeChatMessage } from "../../../shared/protocol/message_stream.ts";
import { Home, nowhere } from "../../support/client_fixture.ts";
import { EncryptedPeer } from "../../support/encrypted_peer.ts";
import { until } from "../../support/events.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { stream } from "../../support/store_fixture.ts";

const [first, second] = stream(["first", "second"]).map((said) => encode(writeChatMessage(said)));

Deno.test("who is ignored sees no difference, and the user sees nothing of them", async () => {
  using home = new Home("alice", nowhere);
  const identity = Identity.generate();
  const { fingerprint } = identity;
  {
    await using alice = home.start();
    {
      using bob = await EncryptedPeer.dial(alice.client.address, { id: "bob", identity });
      await bob.send(first!);
      await alice.events.see("message");
      assertMatch(await bob.message(), /^ACK/);
      const { people } = alice.client;
      assertEquals(people.ignore("bob"), { name: "bob", fingerprint });
      assertEquals(people.ignored(), [{ name: "bob", fingerprint }]);
      const before = alice.events.all.length;
      await bob.send(second!);
      assertMatch(await bob.message(), /^ACK/);
      assertEquals(alice.events.all.slice(before), []);
    }
    await until(() => alice.names.length === 0);
    assertEquals(alice.client.unseen("bob").count, 0);
    // That they leave is not told either.
    assertEquals(alice.events.of("closed"), []);
  }
  await using alice = home.start();
  using bob = await EncryptedPeer.dial(alice.client.address, { id: "bobby", identity });
  await bob.send(first!);
  assertMatch(await bob.message(), /^ACK/);
  assertEquals(alice.events.all.map(({ type }) => type), ["listening"]);
  assertEquals(alice.client.history("bob", 9).map(({ text }) => text), ["first", "second"]);
  assertEquals(alice.client.history("bobby", 9).map(({ text }) => text), ["first"]);
  assertEquals(alice.client.people.unignore(fingerprint), [{ name: "bob", fingerprint }]);
  await bob.send(second!);
  assertEquals((await alice.events.see("message")).text, "second");
});

Deno.test("only somebody with a key is ignored, and whom nobody ignores is not given back", async () => {
  using home = new Home("alice", nowhere);
  await using alice = home.start();
  const { people } = alice.client;
  await rejectsSaying(
    () => Promise.resolve().then(() => people.ignore("bob")),
    UserError,
    "No key of bob",
  );
  await rejectsSaying(
    () => Promise.resolve().then(() => people.unignore("bob")),
    UserError,
    "bob is not ignored: nobody is",
  );
});
