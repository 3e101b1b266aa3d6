// `p2pchat` alone in a terminal: it asks once, remembers, and from then on it opens.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { freePort } from "../support/places.ts";
import { atHome, builds, Program, run, startServerProgram } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

const loopback = ["--host", "127.0.0.1"];

/** The first address by which others name the server that runs in a client. */
async function servedAt(client: ScreenProgram): Promise<string> {
  const rows = await client.sees(/ends with it; others type[^]*'tls:[^']*'/);
  return /'(tls:[^']*)'/.exec(rows.join("\n"))![1]!;
}

/** The same server, as it is named on its own machine, which may have no network. */
function here(address: string): string {
  return address.replace(/^tls:\/\/.*(?=:\d+\?)/, "tls://127.0.0.1");
}

for (const ordinary of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${ordinary.name}: ${name}`, ignore: !hasTerminal, fn });

  test("alone it asks for a name and a server once, and then opens", async () => {
    const { server, address } = await startServerProgram(ordinary);
    await using _server = server;
    using home = atHome(ordinary);
    {
      await using first = new TerminalProgram(home.build);
      await first.shows(
        /a name, and a server that introduces you\.\r\nBoth are kept in [^]*Your name: $/,
      );
      // What is typed ahead is for the next question.
      await first.types("al ice\r");
      await first.shows(/Your name: $/);
      await first.types(`alice\rnobody:here:\r${address}\r`);
      await first.shows(/what its operator gave you[^]*Your server: [^]*registered as alice/);
      await first.shows(/alice> /);
      await first.types("/quit\r");
      assertEquals(await first.ends(), 0);
    }
    const file = `${home.profile}/start.json`;
    assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
    await using second = new TerminalProgram(home.build);
    await second.shows(/registered as alice/);
    assert(!second.screen.includes("Your name"));
    await second.types("/quit\r");
    assertEquals(await second.ends(), 0);
    // So do commands that do one thing.
    const seen = await run(home.build, ["doctor", "--json"]);
    assertEquals(JSON.parse(seen.out).server.address, address);
  });

  test("who ends the input instead is told what there is, and nothing is remembered", async () => {
    using home = atHome(ordinary);
    await using asked = new TerminalProgram(home.build);
    await asked.shows(/Your name: $/);
    await asked.types("alice\r");
    await asked.shows(/Your server: $/);
    await asked.types("\x04");
    await asked.shows(/Usage: p2pchat/);
    assertEquals(await asked.ends(), 2);
    await assertRejects(() => Deno.stat(home.profile), Deno.errors.NotFound);
  });

  test("what is remembered and makes no sense is said, and stays", async () => {
    using home = atHome(ordinary);
    const file = `${home.profile}/start.json`;
    await Deno.mkdir(home.profile, { recursive: true });
    for (const text of ["", "{", "null", '{"name":"alice"}', '{"name":"al ice","server":"a:1"}']) {
      await Deno.writeTextFile(file, text);
      await using alone = new TerminalProgram(home.build);
      await alone.shows(/Cannot start with what /);
      assertEquals(await alone.ends(), 1);
      const said = alone.screen.replaceAll(/[\s│]+/g, "");
      assertMatch(said, /start\.jsonsays:.*\.Withoutthatfileyouareasked/);
      assertEquals(await Deno.readTextFile(file), text);
    }
  });

  test("what others may write is not started with", async () => {
    using home = atHome(ordinary);
    await Deno.mkdir(home.profile, { recursive: true });
    const file = `${home.profile}/start.json`;
    await Deno.writeTextFile(file, '{"name":"alice","server":"127.0.0.1:9"}');
    await Deno.chmod(file, 0o666);
    await using alone = new TerminalProgram(home.build);
    await alone.shows(/others may write to/);
    assertEquals(await alone.ends(), 1);
  });

  test("it starts a server here, which ends with it and is started again by the next", async () => {
    using home = atHome(ordinary);
    const port = freePort();
    let address: string | undefined;
    {
      await using first = new ScreenProgram(home.build);
      await first.program.shows(/Your name: $/);
      await first.types(`alice\rhere:0\r`);
      await first.program.shows(/A server on this machine is named as here[^]*Your server: $/);
      await first.types(`here:${port}\r`);
      address = await servedAt(first);
      assertMatch(address, RegExp(`^tls://.*:${port}\\?sha256=[a-z2-7]{26}$`));
      // Somebody else, who was given that address.
      using bobs = atHome(ordinary);
      await using bob = new ScreenProgram(bobs.build);
      await bob.program.shows(/Your name: $/);
      await bob.types(`bob\r* others type: p2pchat client NAME '${here(address)}'\r`);
      await bob.sees(/registered as bob[^]*also registered: alice/);
      await first.types("/quit\r");
      await first.program.shows(/ended/);
      await bob.sees(/The server at .* closed the[^]*connection/);
      await bob.types("/quit\r");
    }
    await using second = new ScreenProgram(home.build);
    assertEquals(await servedAt(second), address);
    await second.sees(/registered as alice/);
    await second.types("/quit\r");
    await second.program.shows(/ended/);
    // A command that does one thing knows it as well.
    const left = await run(home.build, ["send", "bob", "Good night", "--until", "mailbox"]);
    assertEquals([left.code, left.out, left.err], [0, "", ""]);
  });

  test("a server of one's own that runs already is used", async () => {
    using home = atHome(ordinary);
    const port = freePort();
    const listens = ["--host", "127.0.0.1", "--port", String(port), "--tls"];
    await using server = new Program(home.build, "server", ...listens);
    await server.says(/^p2pchat server listening on /);
    await using alice = new ScreenProgram(home.build);
    await alice.program.shows(/Your name: $/);
    await alice.types(`alice\rhere:${port}\r`);
    const rows = await alice.sees(/registered as alice/);
    assert(!rows.join("\n").includes("a server runs in this client"));
    await alice.types("/quit\r");
    await alice.program.shows(/ended/);
    // It is no part of the client.
    await using bob = new Program(home.build, "client", "bob", `here:${port}`, "--register");
    await bob.says(/^\* registered as bob/);
  });

  test("what has the port and is no server of one's own is said, and not remembered", async () => {
    const { server, port, address } = await startServerProgram(ordinary, "--tls", ...loopback);
    await using _server = server;
    using home = atHome(ordinary);
    await using alice = new ScreenProgram(home.build);
    await alice.program.shows(/Your name: $/);
    await alice.types(`alice\rhere:${port}\r`);
    await alice.program.shows(/something listens that is no server of yours[^]*Your server: $/);
    await assertRejects(() => Deno.stat(home.profile), Deno.errors.NotFound);
    const typed = server.out.map((line) => /'(tls:.*)'$/.exec(line)?.[1]).find(Boolean);
    await alice.types(`${typed}\r`);
    await alice.sees(/registered as alice/);
    await alice.types("/quit\r");
    await alice.program.shows(/ended/);
    const taken = await run(home.build, ["client", "alice", address.replace(/^.*:/, "here:")]);
    assertEquals(taken.code, 1);
    assertMatch(taken.err, /^p2pchat: On port \d+ of this machine something listens that is no /);
  });

  Deno.test(`${ordinary.name}: alone without a terminal it says what there is`, async () => {
    const { code, err } = await run(ordinary, []);
    assertEquals(code, 2);
    assertMatch(err, /Usage: p2pchat/);
  });
}
