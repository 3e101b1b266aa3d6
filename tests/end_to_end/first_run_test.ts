// `p2pchat` alone in a terminal: it asks once, remembers, and from then on it opens.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { atHome, builds, run, startServerProgram } from "../support/program.ts";
import { hasTerminal, TerminalProgram } from "../support/terminal_program.ts";

for (const ordinary of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${ordinary.name}: ${name}`, ignore: !hasTerminal, fn });

  test("alone it asks for a name and a server once, and then opens", async () => {
    const { server, address } = await startServerProgram(ordinary);
    await using _server = server;
    using home = atHome(ordinary);
    {
      await using first = new TerminalProgram(home.build);
      await first.shows(/Welcome to p2pchat[^]*Your name: $/);
      // What is typed ahead is for the next question.
      await first.types("al ice\r");
      await first.shows(/Your name: $/);
      await first.types(`alice\rnobody:here:\r${address}\r`);
      await first.shows(/A server is named as[^]*Your server: [^]*registered as alice/);
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

  Deno.test(`${ordinary.name}: alone without a terminal it says what there is`, async () => {
    const { code, err } = await run(ordinary, []);
    assertEquals(code, 2);
    assertMatch(err, /Usage: p2pchat/);
  });
}
