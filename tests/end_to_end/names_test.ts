// Names that belong to keys, with real servers: what a restart leaves, and what the command line says.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { Identity } from "../../shared/crypto/identity.ts";
import { namesIn, temporaryDirectory } from "../support/places.ts";
import { codeOf, register, registration } from "../support/server_fixture.ts";
import { challengeOf, keyLine, signed } from "../support/signer.ts";
import { Wire } from "../support/wire.ts";
import { type Build, builds, Program, startServerProgram } from "../support/program.ts";

const yearMs = 365 * 24 * 60 * 60_000;
const alice = Identity.generate();
const mallory = Identity.generate();

/** A connection to a server that runs until it is told to end. */
async function connect(build: Build, ...options: string[]) {
  const { server, port } = await startServerProgram(build, ...options);
  const wire = await Wire.connect({ address: { host: "127.0.0.1", port } });
  return {
    server,
    wire,
    /** Registers with a key or without. @returns The verb of the reply, or the code of an ERROR. */
    register: async (id: string, identity?: Identity) => {
      if (identity === undefined) return codeOf(await wire.ask(...registration(id)));
      return codeOf(await register(wire, id, identity));
    },
    realm: async () => challengeOf(await wire.ask(...registration("x"), keyLine(alice))).realm,
    [Symbol.asyncDispose]: async () => {
      wire.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

for (const build of builds) {
  Deno.test(`${build.name}: a name is still its key's after a restart, and after a kill`, async () => {
    using place = temporaryDirectory();
    const data = ["--data", `${place.path}/deep/down`];
    let realm;
    {
      await using first = await connect(build, ...data);
      assertEquals(await first.register("alice", alice), "REGACK");
      assertEquals(await first.register("carol"), "REGACK");
      realm = await first.realm();
      first.server.kill("SIGKILL");
      await first.server.ends();
    }
    {
      await using second = await connect(build, ...data);
      assertEquals(await second.register("alice"), "403");
      assertEquals(await second.register("alice", mallory), "403");
      assertEquals(await second.register("alice", alice), "REGACK");
      assertEquals(await second.register("carol", mallory), "REGACK", "no key had it");
      assertEquals(await second.realm(), realm);
      second.server.kill("SIGINT");
      assertEquals(await second.server.ends(), 0);
    }
    const left = [];
    for await (const { name } of Deno.readDir(`${place.path}/deep/down`)) left.push(name);
    assertEquals(left.toSorted(), ["mailbox.db", "names.db", "server.lock"]);
    await using third = await connect(build, ...data);
    assertEquals(await third.register("carol"), "403");
    assertEquals(await third.register("alice", alice), "REGACK");
  });

  Deno.test(`${build.name}: the log says how much is kept, and if names are missing`, async () => {
    using place = temporaryDirectory();
    const data = ["--data", place.path];
    const missing = /no key owns a name although the directory has been used/;
    const heard = async (name?: string) => {
      await using server = await connect(build, ...data);
      const [, names, mails] = await server.server.says(/ data is open names=(\d+) mails=(\d+)$/);
      if (name !== undefined) assertEquals(await server.register(name, alice), "REGACK");
      server.server.kill("SIGINT");
      assertEquals(await server.server.ends(), 0);
      return [names, mails, server.server.err.some((line) => missing.test(line))];
    };
    assertEquals(await heard("alice"), ["0", "0", false]);
    assertEquals(await heard("bob"), ["1", "0", false]);
    assertEquals(await heard(), ["2", "0", false]);
    await Deno.remove(`${place.path}/names.db`);
    assertEquals(await heard(), ["0", "0", true], "it is new");
    assertEquals(await heard(), ["0", "0", true], "it is empty");
    assertEquals(await heard("alice"), ["0", "0", true], "and has names again");
    await Deno.truncate(`${place.path}/names.db`);
    assertEquals(await heard(), ["0", "0", true], "it was emptied");
  });

  Deno.test(`${build.name}: no names are missed where no key ever had one`, async () => {
    using place = temporaryDirectory();
    for (let start = 0; start < 3; start++) {
      await using server = await connect(build, "--data", place.path);
      await server.server.says(/ data is open names=0 mails=0$/);
      assertEquals(await server.register("carol"), "REGACK");
      server.server.kill("SIGINT");
      assertEquals(await server.server.ends(), 0);
      assertEquals(server.server.err.filter((line) => / warn /.test(line)), []);
    }
  });

  Deno.test(`${build.name}: a second server with the same data refuses, and the first goes on`, async () => {
    using place = temporaryDirectory();
    const data = ["--data", place.path];
    const first = await connect(build, ...data);
    {
      await using _first = first;
      await using second = new Program(build, "server", "--port", "0", ...data);
      assertEquals(await second.ends(), 1);
      assertEquals(second.err, [
        `p2pchat: Another server uses the data in '${place.path}'; end that one, or give this one ` +
        "another directory with --data",
      ]);
      assertEquals(await first.register("alice", alice), "REGACK");
      // A kill leaves no lock behind.
      first.server.kill("SIGKILL");
      await first.server.ends();
    }
    await using third = await connect(build, ...data);
    assertEquals(await third.register("alice", mallory), "403");
  });

  Deno.test(`${build.name}: a server whose clock is a year wrong deletes nothing and says so`, async () => {
    for (const shiftMs of [-yearMs, yearMs]) {
      using place = temporaryDirectory();
      const data = ["--data", place.path];
      {
        await using first = await connect(build, ...data);
        assertEquals(await first.register("alice", alice), "REGACK");
        first.server.kill("SIGINT");
        assertEquals(await first.server.ends(), 0);
      }
      {
        // All was kept a year ago, or in a year, if one believes the clock.
        using database = new DatabaseSync(`${place.path}/names.db`);
        database.exec(`UPDATE names SET used_at_ms = used_at_ms + ${shiftMs};
          UPDATE time SET latest_ms = latest_ms + ${shiftMs}`);
      }
      await using second = await connect(build, ...data);
      await second.server.says(
        / warn +the machine's clock may be wrong; no name and no mail lapses/,
      );
      // Names are gone through a second after the start, and then from time to time.
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      assertEquals(await second.register("alice", mallory), "403");
      assertEquals(await second.register("bob", mallory), "REGACK");
      second.server.kill("SIGINT");
      assertEquals(await second.server.ends(), 0);
      using database = new DatabaseSync(`${place.path}/names.db`);
      const names = database.prepare("SELECT name FROM names").all().map(({ name }) => name);
      assertEquals(names, ["alice", "bob"]);
    }
  });

  Deno.test({
    name: `${build.name}: names are kept in the user's own place, readable by nobody else`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using home = temporaryDirectory();
      await using server = await connect({ ...build, home: home.path });
      assertEquals(await server.register("alice", alice), "REGACK");
      const directory = `${home.path}/.local/state/p2pchat`;
      const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
      assertEquals(await modeOf(directory), 0o700);
      assertEquals(await modeOf(`${directory}/names.db`), 0o600);
    },
  });

  Deno.test(`${build.name}: mail is kept beside the names, unless --no-mailbox says no`, async () => {
    using place = temporaryDirectory();
    const kept = { yes: `${place.path}/yes`, said: `${place.path}/said`, no: `${place.path}/no` };
    const collect = ["COLLECT", "clientID: alice", "Version: 1"];
    for (const [answer, directory] of Object.entries(kept)) {
      const option = { yes: [], said: ["--mailbox"], no: ["--no-mailbox"] }[answer]!;
      await using server = await connect(build, "--data", directory, ...option);
      assertEquals(await server.register("alice", alice), "REGACK");
      const reply = codeOf(await server.wire.ask(...collect));
      assertEquals(reply, answer === "no" ? "503" : "COLLECTACK");
      const files = namesIn(directory).filter((name) => name.endsWith(".db"));
      assertEquals(files, answer === "no" ? ["names.db"] : ["mailbox.db", "names.db"]);
    }
  });

  Deno.test(`${build.name}: an ephemeral server writes nothing and forgets`, async () => {
    using home = temporaryDirectory();
    for (let round = 0; round < 2; round++) {
      await using server = await connect({ ...build, home: home.path }, "--ephemeral");
      assertEquals(await server.register("alice", round === 0 ? alice : mallory), "REGACK");
    }
    const left = [];
    for await (const { name } of Deno.readDir(home.path)) left.push(name);
    assertEquals(left.filter((name) => name !== ".cache"), []);
  });

  Deno.test(`${build.name}: --keyed-only, --name-lease and --realm are obeyed`, async () => {
    await using server = await connect(
      build,
      ...["--ephemeral", "--keyed-only", "--name-lease", "1s", "--realm", "chat.example.org:7000"],
    );
    assertEquals(await server.register("carol"), "403");
    assertEquals(await server.realm(), "chat.example.org:7000");
    assertEquals(await server.register("alice", alice), "REGACK");
    const { wire } = server;
    assertEquals(await server.register("alice", mallory), "403");
    const quit = ["QUIT", "clientID: alice", "Version: 1"];
    const challenge = challengeOf(await wire.ask(...quit, keyLine(alice)));
    assertMatch(await wire.ask(...signed(alice, quit, challenge)), /^UNREGACK/);
    // If the name never lapses, the server closes the connection and this fails.
    while (await server.register("alice", mallory) !== "REGACK");
  });

  Deno.test(`${build.name}: with --realm, once or several times, a server goes by more than its own address`, async () => {
    await using server = await connect(
      build,
      ...["--ephemeral", "--realm", "chat.example.org:7000", "--realm", "[2001:DB8::1]:7000"],
    );
    assertEquals(await server.realm(), "chat.example.org:7000");
    const { wire, server: program } = server;
    const own = `127.0.0.1:${(wire.conn.remoteAddr as Deno.NetAddr).port}`;
    const ask = async (dialed: string) => {
      const lines = [...registration("alice"), `Dialed: ${dialed}`];
      const challenge = challengeOf(await wire.ask(...lines, keyLine(alice)));
      return await wire.ask(...signed(alice, lines, challenge));
    };
    for (const dialed of ["Chat.Example.org:7000", "[2001:db8::1]:7000", own]) {
      assertMatch(await ask(dialed), /^REGACK/, dialed);
    }
    assertMatch(
      await ask("relay.example.org:7000"),
      new RegExp(
        "^ERROR\r\nCode: 421\r\nReason: .*\r\nRealm: chat\\.example\\.org:7000\r\n" +
          `Realm: \\[2001:DB8::1\\]:7000\r\nRealm: ${RegExp.escape(own)}\r\n\r\n$`,
      ),
    );
    await program.says(/ warn .* name it with --realm dialed=relay\.example\.org:7000 host=127/);
  });

  Deno.test(`${build.name}: unusable data and contradictory options are reported`, async () => {
    using place = temporaryDirectory();
    await Deno.writeTextFile(`${place.path}/names.db`, "x".repeat(8_192));
    const cases: [args: string[], code: number, said: RegExp][] = [
      [
        ["--data", place.path],
        1,
        /^p2pchat: Cannot open the database '.*names\.db': .*not a database/,
      ],
      [["--data", place.path, "--ephemeral"], 2, /'--data <dir>' cannot be used with.*--ephemeral/],
      [["--name-lease", "30"], 2, /'30' is invalid.*such as 30d/],
      [["--name-lease", "0s"], 2, /'0s' is invalid/],
      [["--realm", "chat.example.org"], 2, /is invalid.*chat\.example\.org:5555/],
      [["--data"], 2, /argument missing/],
    ];
    await Promise.all(cases.map(async ([args, code, said]) => {
      await using program = new Program(build, "server", "--port", "0", ...args);
      assertEquals([args, await program.ends(), program.out], [args, code, []]);
      assert(program.err.some((line) => said.test(line)), program.err.join("\n"));
    }));
  });
}
