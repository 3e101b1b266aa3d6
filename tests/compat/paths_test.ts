// Clients of the present version tell a server of version 0.3.0 how their conversations went, which it does not know: it
// goes on as if they had not.

import { builds, startServerProgram } from "../support/program.ts";
import { lineOf, Person, uncheckedServer } from "./person.ts";
import { hasRelease, release, unlessSkipped } from "./release.ts";

for (const now of builds) {
  Deno.test({
    name:
      `${now.name}: a server of 0.3.0 takes a registration back that says how talks went${unlessSkipped}`,
    ignore: !hasRelease,
    fn: async () => {
      const { server, address } = await startServerProgram(release!);
      await using _server = server;
      await using alice = new Person("alice", now, address);
      await using bob = new Person("bob", now, address);
      for (const person of [alice, bob]) {
        await person.starts("--register");
        await person.saw(lineOf("registered", person.id));
      }
      await alice.sees(lineOf("bob"), "/chat bob");
      await alice.tells(bob, "hello");
      await bob.sees(lineOf("alice", "127.0.0.1"), "/bridge alice");
      await alice.quits(uncheckedServer);
      await bob.types("/bridge alice");
      await bob.saw(lineOf("alice", "404"));
    },
  });
}
