// The bots that client/README.md shows do what it says.

import { assertEquals } from "@std/assert";
import { temporaryDirectory } from "../support/places.ts";
import { type Build, builds, Program, run, startServerProgram } from "../support/program.ts";

const readme = Deno.readTextFileSync(new URL("../../client/README.md", import.meta.url));

/** The program in the README behind some words. */
function shown(words: string, language: string): string {
  const begin = "```" + language + "\n";
  const from = readme.indexOf(begin, readme.indexOf(words)) + begin.length;
  return readme.slice(from, readme.indexOf("```", from));
}

const interpreters = { bash: hasProgram("bash"), python3: hasProgram("python3") };

function hasProgram(name: string): boolean {
  try {
    return new Deno.Command(name, { args: ["--version"], stdout: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** Starts a bot, for which `p2pchat` is the program that is tested. */
function startBot(
  build: Build,
  directory: string,
  interpreter: keyof typeof interpreters,
  source: string,
  address: string,
): Program {
  const quoted = [build.command, ...build.args].map((word) => `'${word}'`).join(" ");
  const starter = `${directory}/p2pchat`;
  Deno.writeTextFileSync(starter, `#!/bin/sh\nexec ${quoted} "$@"\n`);
  Deno.chmodSync(starter, 0o755);
  const file = `${directory}/bot`;
  Deno.writeTextFileSync(file, source.replaceAll("chat.example.org", address));
  const env = { PATH: `${directory}:${Deno.env.get("PATH")}` };
  const started = { name: interpreter, command: interpreter, args: [file], env };
  return new Program({ ...started, registersAtStart: true });
}

for (const build of builds) {
  const test = (
    name: string,
    interpreter: keyof typeof interpreters,
    source: string,
    talk: (alice: Program) => Promise<void>,
    id: string,
  ) =>
    Deno.test({
      name: `${build.name}: ${name}${interpreters[interpreter] ? "" : ", skipped: no interpreter"}`,
      ignore: !interpreters[interpreter],
      fn: async () => {
        using directory = temporaryDirectory();
        const { server, address } = await startServerProgram(build);
        await using _server = server;
        await using bot = startBot(build, directory.path, interpreter, source, address);
        await using alice = new Program(build, "client", "alice", address, "--register");
        // The bot prints nothing: it is there when the server knows it.
        for (let code = 1; code !== 0;) {
          const asking = ["client", "tester", address, "--no-register"];
          ({ code } = await run(build, asking, [`/bridge ${id}`]));
        }
        await alice.types(`/chat ${id}`);
        await talk(alice);
        await alice.quits();
        bot.kill("SIGTERM");
        await bot.ends();
        assertEquals(bot.err, []);
      },
    });

  test(
    "the echo answers everybody with what they have said",
    "bash",
    shown("An echo, in Bash", "bash"),
    async (alice) => {
      await alice.types('a "quoted" \\ text, "name":"carol" and "text":"no"');
      await alice.says(/^echo: a "quoted" \\ text, "name":"carol" and "text":"no"$/);
    },
    "echo",
  );

  test(
    "the reminder reminds",
    "python3",
    shown("A reminder, in Python", "python"),
    async (alice) => {
      await alice.types("hello?");
      await alice.says(/^reminder: Say: remind me in 90 s to look after the tea$/);
      await alice.types("remind me in 1 s to look after the tea");
      await alice.says(/^reminder: Time to look after the tea$/);
    },
    "reminder",
  );
}
