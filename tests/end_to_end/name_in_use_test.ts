// A name is in use by one program of a profile at a time; what asks one thing has the running client do it.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { modeOf, namesIn } from "../support/places.ts";
import { makeProfile } from "../support/profiles.ts";
import {
  atHome,
  type Build,
  builds,
  Program,
  run,
  startServerProgram,
} from "../support/program.ts";

const isUnix = Deno.build.os !== "windows";
const passphrase = "correct horse";

/** A server, and a home directory in which clients of several names run with one profile. */
async function household(build: Build, profile?: string) {
  const home = atHome(build);
  const { server, address } = await startServerProgram(build, "--ephemeral");
  const where = profile === undefined ? [] : ["--profile", `${home.path}/${profile}`];
  return {
    ...home,
    profile: profile === undefined ? home.profile : `${home.path}/${profile}`,
    address,
    server,
    args: (id: string, ...more: string[]) => ["client", id, "0", address, ...where, ...more],
    runs: (args: string[], input?: string[]) => run(home.build, [...args, ...where], input),
    /** Starts a client, and waits until it is registered. */
    async starts(id: string, ...more: string[]): Promise<Program> {
      const program = new Program(home.build, ...this.args(id, "--register", ...more));
      await program.says(/^\* registered as /);
      return program;
    },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      home[Symbol.dispose]();
    },
  };
}

/** Alice and Bob, of one home, who have said something to each other and run on, their conversation open. */
async function twoWhoTalk(build: Build, profile?: string) {
  const home = await household(build, profile);
  const bob = await home.starts("bob");
  const alice = await home.starts("alice");
  await alice.types("/chat bob\nHello\nhow are you?");
  await alice.says(/^\* connected to bob/);
  await bob.says(/^alice: how are you\?$/);
  await alice.says(/^\* delivered to bob$/);
  // Only contacts are told what there is to compare.
  await bob.types("/switch alice\nI hear you");
  await alice.says(/^bob: I hear you$/);
  await bob.says(/^\* delivered to alice$/);
  return {
    home,
    alice,
    bob,
    [Symbol.asyncDispose]: async () => {
      await alice[Symbol.asyncDispose]();
      await bob[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

/** Holds a name without being found, as a command does that is at work. */
function holdingName(profile: string, id: string): DisposableStack {
  const held = new DisposableStack();
  const digest = createHash("sha256").update(id).digest("hex");
  Deno.mkdirSync(`${profile}/locks`, { mode: 0o700 });
  const database = held.adopt(
    new DatabaseSync(`${profile}/locks/${digest}.db`),
    (database) => database.close(),
  );
  database.exec("BEGIN IMMEDIATE");
  return held;
}

const agreed = "sent to bob: 2 messages, all there, in order\n" +
  "received from bob: 1 message, all here, in order";
const inUse =
  "p2pchat: Another p2pchat of yours runs as alice already; --take-over ends that one, or " +
  "choose another name";

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>, ignore = false) =>
    Deno.test({ name: `${build.name}: ${name}`, fn, ignore });

  test("a second client of a name is told so and ends, and one of another name runs", async () => {
    await using home = await household(build);
    await using alice = await home.starts("alice");
    const second = await run(home.build, home.args("alice", "--register"), ["/quit"]);
    assertEquals([second.code, second.out, second.err], [1, "", inUse]);
    await using bob = await home.starts("bob");
    await bob.types("/chat alice\nHello");
    await alice.says(/^bob: Hello$/);
    await alice.quits();
    await bob.quits();
    // The name is free again.
    await using again = await home.starts("alice");
    await again.quits();
  });

  test("a second client says so before it asks for a passphrase", async () => {
    using home = atHome(build);
    makeProfile(home.profile, { passphrase });
    await using alice = new Program(home.build, "client", "alice", "--passphrase-fd", "0");
    await alice.types(passphrase);
    await alice.says(/^\* listening/);
    const second = await run(home.build, ["client", "alice"]);
    assertEquals([second.code, second.err], [1, inUse]);
    // Who does not know the passphrase ends nobody's client.
    const guess = ["client", "alice", "--take-over", "--passphrase-fd", "0"];
    const wrong = await run(home.build, guess, ["battery"]);
    assertEquals(wrong.code, 8);
    assertMatch(wrong.err, /^p2pchat: Cannot use the identity in .*: wrong passphrase$/);
    await alice.types("/who");
    await alice.says(/^you talk to 1 person/);
    await alice.quits();
  });

  test("a client takes over from another one, which leaves and says by what", async () => {
    await using home = await household(build);
    await using first = await home.starts("alice");
    await using second = await home.starts("alice", "--take-over");
    assertEquals(await first.ends(), 0);
    assertEquals(
      first.out.at(-1),
      "* another p2pchat of yours took over as alice; this one leaves",
    );
    assertEquals(first.err, []);
    // The first one's goodbye has not taken the second one's registration with it.
    await second.types("/info");
    await second.says(/^1 client is registered:$/);
    await using third = await home.starts("alice", "--take-over");
    assertEquals(await second.ends(), 0);
    await third.quits();
    // Where none runs there is nothing to take over.
    await using fourth = await home.starts("alice", "--take-over");
    await fourth.quits();
  });

  test("a client that is leaving is waited for", async () => {
    await using home = await household(build);
    await using first = await home.starts("alice");
    first.kill("SIGTERM");
    await using second = await home.starts("alice");
    assertEquals(await first.ends(), 0);
    await second.quits();
  }, !isUnix);

  test("audit and history are done by the running client, as they are done without", async () => {
    await using two = await twoWhoTalk(build);
    const { home, alice, bob } = two;
    const audit = ["audit", "bob", "--server", home.address];
    const exporting = ["history", "export", "bob"];
    const json = [...exporting, "--format", "json"];
    const audited = await home.runs(audit);
    assertEquals(audited, { code: 0, out: agreed, err: "" });
    const [text, array] = [await home.runs(exporting), await home.runs(json)];
    assertMatch(
      text.out,
      /^\S+ \S+ alice: Hello\n\S+ \S+ alice: how are you\?\n\S+ \S+ bob: I hear you$/,
    );
    assertEquals(JSON.parse(array.out).length, 3);
    // Also if it has no conversation with that one, and bob runs elsewhere.
    await alice.types("/close");
    await alice.says(/^\* you left bob$/);
    await bob.says(/^\* alice has left$/);
    assertEquals(await home.runs(audit), audited);
    // It knows where its peers are: the server of the command line is for those who ask on their own.
    assertEquals(await home.runs(["audit", "bob", "--server", "127.0.0.1:1"]), audited);
    for (const asked of [["audit", "eve"], ["history", "export", "eve"]]) {
      const { code, out, err } = await home.runs(asked);
      assertEquals([code, out, err], [4, "", "p2pchat: Nothing has been said with eve yet"]);
    }
    // By the other one, from the other side.
    const fromBob = await home.runs(["audit", "alice"]);
    assertEquals(
      [fromBob.code, fromBob.out],
      [
        0,
        "sent to alice: 1 message, all there, in order\n" +
        "received from alice: 2 messages, all here, in order",
      ],
    );
    // And no stream has forked: the conversation goes on.
    await alice.types("/chat bob\nstill here");
    await bob.says(/^alice: still here$/);
    await alice.says(/^\* delivered to bob$/);
    const three = agreed.replace("2", "3");
    assertEquals((await home.runs(audit)).out, three);
    await alice.quits();
    assertEquals(await home.runs(audit), { code: 0, out: three, err: "" });
    const alone = await home.runs(exporting);
    assert(alone.out.startsWith(text.out), alone.out);
    await bob.quits();
    const away = await home.runs(audit);
    assertEquals([away.code, away.out], [1, ""]);
  });

  for (const below of ["profile", `${"long".repeat(30)}/profile`]) {
    test(
      `the running client spares its user the passphrase, with a ${
        below.length > 100 ? "long" : "short"
      } path to its profile`,
      async () => {
        using home = atHome(build);
        const profile = `${home.path}/${below}`;
        makeProfile(profile, { passphrase, texts: ["the sealed text"] });
        const where = ["--profile", profile];
        const exporting = ["history", "export", "bob", ...where];
        const refused = await run(home.build, exporting);
        assertEquals(refused.code, 8);
        assertMatch(refused.err, /^p2pchat: Cannot ask for a passphrase/);
        const client = ["client", "alice", ...where, "--passphrase-fd", "0"];
        await using alice = new Program(home.build, ...client);
        await alice.types(passphrase);
        await alice.says(/^\* listening/);
        const { code, out, err } = await run(home.build, exporting);
        assertEquals([code, err], [0, ""]);
        assertMatch(out, /alice \[waiting\]: the sealed text$/);
        if (isUnix) {
          const locks = `${profile}/locks`;
          assertEquals(modeOf(locks), 0o700);
          const names = namesIn(locks);
          assertEquals(names.length, 2);
          for (const name of names) {
            assertEquals(modeOf(`${locks}/${name}`), 0o600, name);
          }
        }
        await alice.quits();
        // As before: nobody is there to spare it.
        assertEquals((await run(home.build, exporting)).code, 8);
      },
    );
  }

  test(
    "a client that is stopped is waited for as long as one says, and then said not to answer",
    async () => {
      await using two = await twoWhoTalk(build);
      const { home, alice } = two;
      const text = await home.runs(["history", "export", "bob"]);
      alice.kill("SIGSTOP");
      const silent =
        "The p2pchat that runs with this profile does not answer within a second; it may be stopped: " +
        "have it go on, or end it, and try again";
      const audit = ["audit", "bob", "--timeout", "1", "--as", "alice"];
      assertEquals(await home.runs(audit), { code: 1, out: "", err: `p2pchat: ${silent}` });
      // To read is in nobody's way.
      const exporting = ["history", "export", "bob", "--timeout", "1", "--as", "alice"];
      assertEquals(await home.runs(exporting), {
        code: 0,
        out: text.out,
        err: `* reading the messages without the client that runs. ${silent}`,
      });
      const second = await run(home.build, home.args("alice"));
      assertEquals([second.code, second.err], [1, inUse]);
      const taking = await run(home.build, home.args("alice", "--take-over"));
      assertEquals(taking.code, 1);
      assertMatch(
        taking.err,
        /^p2pchat: Cannot take over from the p2pchat that runs as alice: it does not answer within 10 sec/,
      );
      alice.kill("SIGCONT");
      assertEquals((await home.runs(["audit", "bob"])).out, agreed);
    },
    !isUnix,
  );

  test("a client that was killed is in nobody's way", async () => {
    await using two = await twoWhoTalk(build);
    const { home, alice, bob } = two;
    alice.kill("SIGKILL");
    await alice.ends();
    const audit = ["audit", "bob", "--server", home.address, "--as", "alice"];
    assertEquals(await home.runs(audit), { code: 0, out: agreed, err: "" });
    await using again = await home.starts("alice");
    assertEquals((await home.runs(["audit", "bob"])).out, agreed);
    again.kill("SIGKILL");
    await again.ends();
    await using third = await home.starts("alice", "--take-over");
    await third.types("/chat bob\nonce more");
    await bob.says(/^alice: once more$/);
    await third.quits();
  }, !isUnix);

  test("an audit that opens the messages itself keeps a client waiting, and the other way round", async () => {
    await using home = await household(build);
    makeProfile(home.profile, { texts: ["one"] });
    using held = holdingName(home.profile, "alice");
    const audit = await home.runs(["audit", "bob", "--timeout", "1"]);
    assertEquals([audit.code, audit.err], [
      1,
      "p2pchat: Another p2pchat of yours uses the name alice, and has not ended within a second; end it, " +
      "or try again",
    ]);
    // A history needs no name.
    assertMatch((await home.runs(["history", "export", "bob"])).out, /one$/);
    const starting = home.starts("alice");
    held.dispose();
    await using alice = await starting;
    await alice.quits();
  });

  test("a passphrase that is set while clients run is no harm to them", async () => {
    await using two = await twoWhoTalk(build);
    const { home, alice, bob } = two;
    const file = `${home.path}/passphrase`;
    await Deno.writeTextFile(file, passphrase, { mode: 0o600 });
    const set = await home.runs(["identity", "--new-passphrase-file", file]);
    assertEquals([set.code, set.err], [0, ""]);
    await alice.types("after that");
    await bob.says(/^alice: after that$/);
    // A client of another name is the first to start since: it seals what all have.
    await using carol = await home.starts("carol", "--passphrase-file", file);
    await alice.types("and sealed");
    await bob.says(/^alice: and sealed$/);
    await alice.types("/history bob 5");
    await alice.says(/→ bob {2}\w+ {2}Hello$/);
    await carol.quits();
    const four = agreed.replace("2", "4");
    assertEquals((await home.runs(["audit", "bob"])).out, four);
    await alice.quits();
    await bob.quits();
    const given = ["--passphrase-file", file];
    const { out } = await home.runs(["history", "export", "bob", ...given]);
    assertEquals(
      out.split("\n").map((line) => line.replace(/^\S+ \S+ /, "")),
      [
        ...["alice: Hello", "alice: how are you?", "bob: I hear you"],
        ...["alice: after that", "alice: and sealed"],
      ],
    );
    assertEquals((await home.runs(["history", "export", "bob"])).code, 8);
  });
}
