// Commands that send one message, or print what comes in, by themselves or through the client that runs.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { printedIn } from "../support/json_lines.ts";
import { temporaryDirectory } from "../support/places.ts";
import { copyIdentity } from "../support/profiles.ts";
import {
  atHome,
  type Build,
  builds,
  Program,
  run,
  startServerProgram,
} from "../support/program.ts";

/** A server, Bob, and Alice's home, in which she has not run anything yet. */
async function begin(build: Build) {
  const home = atHome(build);
  const { server, address } = await startServerProgram(build);
  const bobs = temporaryDirectory();
  const bob = new Program(
    { ...build, home: bobs.path },
    ...["client", "bob", address, "--register"],
  );
  await bob.says(/^\* registered as bob/);
  return {
    ...home,
    address,
    bob,
    bobs,
    /** Has Alice send something. */
    sends: (args: string[], input?: string[]) =>
      run(home.build, ["send", "--server", address, ...args], input),
    [Symbol.asyncDispose]: async () => {
      await bob[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      bobs[Symbol.dispose]();
      home[Symbol.dispose]();
    },
  };
}

for (const build of builds) {
  Deno.test(`${build.name}: one message is sent without a client that runs, and each end has its code`, async () => {
    await using met = await begin(build);
    const unclear = await met.sends(["bob", "hello"]);
    assertEquals([unclear.code, unclear.out], [2, ""]);
    assertMatch(unclear.err, /^p2pchat: You have never talked with bob: --as says /);
    const sent = await met.sends(["bob", "hello", "--as", "alice"]);
    assertEquals([sent.code, sent.out, sent.err], [0, "", ""]);
    await met.bob.says(/^alice: hello$/);
    // Whom she writes to by now says who she is. A text from a pipe may have several lines.
    const piped = await met.sends(["bob"], ["two", "lines"]);
    assertEquals([piped.code, piped.err], [0, ""]);
    await met.bob.says(/^alice: two␊lines$/);
    const nobody = await met.sends(["zoe", "hello", "--as", "alice"]);
    assertEquals([nobody.code, nobody.out], [4, ""]);
    const empty = await met.sends(["bob"], []);
    assertEquals(empty.code, 2);
    await met.bob.quits();
    const kept = await met.sends(["bob", "later", "--until", "kept"]);
    assertEquals([kept.code, kept.err], [0, ""]);
    const waits = await met.sends(["bob", "later still", "--timeout", "1s"]);
    assertEquals([waits.code, waits.out], [3, ""]);
    assertMatch(
      waits.err,
      /^p2pchat: The message is kept and waits for bob; it was not delivered /,
    );
    const history = await run(met.build, ["history", "export", "bob"]);
    assertEquals(history.out.split("\n").length, 5);
    const none = await run(met.build, ["history", "export", "bob", "--since", "2999-01-01"]);
    assertEquals([none.code, none.out], [0, ""]);
    await using following = new Program(
      met.build,
      ...["history", "export", "bob", "--format", "ndjson", "--since", "1h", "--follow"],
    );
    await following.says(/"text":"later still"/);
    assertEquals((await met.sends(["bob", "and this", "--until", "kept"])).code, 0);
    await following.says(/"text":"and this"/);
    assertEquals(following.out.map((line) => JSON.parse(line).text), [
      "hello",
      "two\nlines",
      "later",
      "later still",
      "and this",
    ]);
  });

  Deno.test(`${build.name}: the client that runs sends for others of its user, and tells what comes in`, async () => {
    await using met = await begin(build);
    const nobody = await run(met.build, ["listen", "--as", "alice"]);
    assertEquals([nobody.code, nobody.out], [1, ""]);
    assertMatch(nobody.err, /^p2pchat: No p2pchat runs as alice, /);
    await using alice = new Program(met.build, "client", "alice", met.address, "--register");
    await alice.says(/^\* registered as alice/);
    await using listener = new Program(met.build, "listen", "--json");
    await using once = new Program(met.build, "listen", "--from", "bob", "--once", "--json");
    for (const one of [listener, once]) await one.says(/"listening as alice"/);
    // The server that is named is not asked: it does not exist.
    const sent = await run(met.build, [
      ...["send", "bob", "hello", "--as", "alice", "--server", "127.0.0.1:1"],
    ]);
    assertEquals([sent.code, sent.out, sent.err], [0, "", ""]);
    await met.bob.says(/^alice: hello$/);
    const unclear = await run(met.build, ["send", "bob", "again"]);
    assertEquals([unclear.code, unclear.err], [0, ""]);
    await met.bob.types("/switch alice\nfirst\nsecond");
    const first = printedIn((await listener.says(/"text":"first"/)).input);
    assertEquals([first.event, first.from.name], ["message", "bob"]);
    await listener.says(/"text":"second"/);
    assertEquals(await once.ends(), 0);
    assertEquals(once.out.map(printedIn).map(({ text }) => text), [undefined, "first"]);
    await alice.says(/^bob: second$/);
    const unknown = await run(met.build, ["send", "zoe", "hello", "--as", "alice"]);
    assertEquals(unknown.code, 4);
    await met.bob.quits();
    const waits = await run(met.build, ["send", "bob", "later", "--timeout", "1s"]);
    assertEquals(waits.code, 3);
    const mailed = await run(met.build, ["send", "bob", "by mail", "--until", "mailbox"]);
    assertEquals([mailed.code, mailed.err], [0, ""]);
    await alice.quits();
    // It ends with the client.
    assertEquals(await listener.ends(), 0);
  });

  Deno.test(`${build.name}: without a client that runs a message is left at the mailbox, and nobody is registered`, async () => {
    await using met = await begin(build);
    await met.bob.quits();
    const byMail = ["bob", "by mail", "--as", "alice", "--until", "mailbox", "--timeout"];
    // The server knows nobody of that name. Keys cost nothing, so it takes no mail then.
    const never = await met.sends([...byMail, "1s"]);
    assertEquals([never.code, never.out], [3, ""]);
    assertMatch(
      never.err,
      /it was not at the server's mailbox within a second\. The server takes mail only from those who have registered there: start p2pchat client alice once$/,
    );
    // The user's client on another machine, with the same identity.
    using elsewhere = atHome(build);
    copyIdentity(met.profile, elsewhere.profile);
    await using alice = new Program(elsewhere.build, "client", "alice", met.address, "--register");
    await alice.says(/^\* registered as alice/);
    const left = await met.sends([...byMail, "10s"]);
    assertEquals([left.code, left.out, left.err], [0, "", ""]);
    const history = await run(met.build, ["history", "export", "bob", "--format", "ndjson"]);
    assertEquals(
      history.out.split("\n").map((line) => JSON.parse(line)).map((
        { text, state },
      ) => [text, state]),
      [["by mail", "deposited"], ["by mail", "deposited"]],
    );
    await alice.types("/info");
    await alice.says(/^1 client is registered:$/);
    assert(!alice.err.some((line) => /has registered as alice/.test(line)), alice.err.join("\n"));
    await using bob = new Program(
      { ...build, home: met.bobs.path },
      ...["client", "bob", met.address, "--register"],
    );
    await bob.says(/^alice: by mail$/);
    await bob.quits();
  });

  Deno.test(`${build.name}: without a client that runs a message goes over the relay`, async () => {
    await using met = await begin(build);
    await met.bob.quits();
    await using alice = new Program(met.build, "client", "alice", met.address, "--register");
    await alice.says(/^\* registered as alice/);
    await alice.quits();
    await using bob = new Program(
      { ...build, home: met.bobs.path },
      ...["client", "bob", met.address, "--register", "--private"],
    );
    await bob.says(/^\* registered as bob/);
    const sent = await met.sends(["bob", "over the relay", "--as", "alice"]);
    assertEquals([sent.code, sent.out, sent.err], [0, "", ""]);
    await bob.says(/^alice: over the relay$/);
    await bob.quits();
  });
}
