// A program drives a client by lines of JSON.

import { assert, assertEquals } from "@std/assert";
import { type Printed, printedIn } from "../support/json_lines.ts";
import { atHome, type Build, builds, Program, startServerProgram } from "../support/program.ts";

/** A client that a program drives. */
class JsonProgram {
  constructor(readonly program: Program) {}

  /** Has it do something. */
  async does(command: Record<string, unknown>): Promise<void> {
    await this.program.types(JSON.stringify(command));
  }

  /** The answer to a command. */
  async answers(ref: string): Promise<Printed> {
    return printedIn(
      (await this.program.says(new RegExp(`^{"event":"done","ref":"${ref}".*$`)))[0],
    );
  }

  /** An event whose line a pattern matches. */
  async tells(event: string, pattern = ""): Promise<Printed> {
    return printedIn(
      (await this.program.says(new RegExp(`^{"event":"${event}".*${pattern}.*$`)))[0],
    );
  }

  /** All that it has printed, held against the schema. */
  get printed(): Printed[] {
    return this.program.out.map(printedIn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

function start(build: Build, id: string, address: string): JsonProgram {
  return new JsonProgram(new Program(build, "client", id, address, "--json", "--register"));
}

for (const build of builds) {
  Deno.test(`${build.name}: two programs talk in JSON, and what is not acknowledged comes again`, async () => {
    using home = atHome(build);
    const { server, address } = await startServerProgram(build);
    await using _server = server;
    await using alice = start(build, "alice", address);
    const { v, self } = printedIn((await alice.program.says(/^.*$/))[0]);
    assertEquals([v, self.name], [1, "alice"]);
    await alice.tells("registered");
    {
      await using bob = start(home.build, "bob", address);
      await bob.tells("registered");
      await alice.does({ do: "send", ref: "1", to: "zoe", text: "hello?" });
      const unknown = await alice.answers("1");
      assertEquals([unknown.ok, unknown.code], [false, "unknown-name"]);
      await alice.does({ do: "send", ref: "2", to: "bob", text: "two\nlines \u001b[2J" });
      await alice.does({ do: "send", ref: "3", to: "bob", text: "/quit" });
      const sent = await alice.answers("2");
      const came = await bob.tells("message", "two");
      assertEquals([came.id, came.text, came.from.name, came.from.device], [
        sent.id,
        "two\nlines \u001b[2J",
        "alice",
        self.device,
      ]);
      const { id } = await bob.tells("message", "/quit");
      await alice.tells("delivered", id);
      // It has read both, has done what the first one asks for, and dies.
      await bob.does({ do: "ack", ref: "a", id: came.id });
      assertEquals((await bob.answers("a")).was, true);
      bob.program.kill("SIGKILL");
      await bob.program.ends();
    }
    await using again = start(home.build, "bob", address);
    assertEquals((await again.tells("message")).text, "/quit");
    await again.tells("registered");
    assertEquals(again.printed.filter(({ event }) => event === "message").length, 1);
    await again.does({ do: "send", ref: "b", to: "alice", text: "got it" });
    assertEquals((await alice.tells("message")).from.name, "bob");
    await alice.does({ do: "history", ref: "h", with: "bob" });
    const { messages } = await alice.answers("h");
    assertEquals(messages.map(({ text }: Printed) => text), [
      "two\nlines \u001b[2J",
      "/quit",
      "got it",
    ]);
    await alice.does({ do: "path", ref: "p", to: "bob" });
    assertEquals((await alice.answers("p")).paths.length > 0, true);
    await alice.program.types("not json");
    await alice.does({ do: "who", ref: "w" });
    assertEquals((await alice.answers("w")).contacts[0].name, "bob");
    await alice.does({ do: "quit", ref: "q" });
    assertEquals(await alice.program.ends(), 0);
    assertEquals(alice.program.err, []);
    const failed = alice.printed.filter(({ event, ok }) => event === "done" && !ok);
    assertEquals(failed.map(({ code }) => code), ["unknown-name", "usage"]);
    await again.program.endInput();
    assertEquals(await again.program.ends(), 0);
    assert(again.printed.length > 3);
  });
}
