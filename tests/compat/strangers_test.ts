// Somebody whom the user of the present version does not know, and who uses version 0.3.0, writes more than is
// taken: what is over it waits, which they are told, and arrives once they are accepted.

import { assertEquals } from "@std/assert";
import { temporaryDirectory } from "../support/places.ts";
import { builds, startServerProgram } from "../support/program.ts";
import { unknownSenderMessagesMax } from "../../shared/protocol/limits.ts";
import { lineOf, messageOf, Person } from "./person.ts";
import { hasRelease, release, unlessSkipped } from "./release.ts";

const texts = Array.from({ length: unknownSenderMessagesMax + 5 }, (_, i) => `line ${i + 1}`);

for (const now of builds) {
  Deno.test({
    name:
      `${now.name}: an unknown sender of 0.3.0 is stopped, and goes on once accepted${unlessSkipped}`,
    ignore: !hasRelease,
    fn: async () => {
      using data = temporaryDirectory();
      const { server, address } = await startServerProgram(
        now,
        "--data",
        data.path,
        "--no-mailbox",
      );
      await using _server = server;
      await using alice = new Person("alice", now, address);
      await using bob = new Person("bob", release ?? now, address);
      await alice.starts("--register");
      await bob.starts("--register");
      await bob.sees(lineOf("alice"), "/chat alice");
      await bob.types(texts.join("\n"));
      await alice.saw(messageOf("bob", texts[unknownSenderMessagesMax - 1]!));
      await alice.saw(lineOf("bob", "20 messages", "/accept bob"));
      // Bob is told, and keeps the rest.
      await bob.saw(lineOf("20", "messages", "wait"));
      await alice.sees(lineOf("bob", "contact"), "/accept bob");
      await bob.types("/chat alice");
      await alice.saw(messageOf("bob", texts.at(-1)!));
      await bob.hasDelivered("alice");
      assertEquals((await alice.history("bob")).map(({ text }) => text), texts);
    },
  });
}
