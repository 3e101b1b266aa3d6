// From fresh machines to the first message: what people type until then, who know nothing but `p2pchat`.

import { assertEquals } from "@std/assert";
import { atHome, type Build, builds, Program } from "../support/program.ts";
import { ScreenProgram } from "../support/screen_program.ts";
import { hasTerminal } from "../support/terminal_program.ts";
import { Laboratory, unavailable } from "./laboratory.ts";
import type { Host } from "./machines.ts";

/** Somebody who starts `p2pchat` for the first time. */
class Newcomer implements AsyncDisposable {
  readonly screen: ScreenProgram;
  readonly #stack = new AsyncDisposableStack();
  /** How many lines they have typed. */
  lines = 0;

  constructor(build: Build, host: Host) {
    const home = this.#stack.use(atHome(host.build(build)));
    this.screen = this.#stack.use(new ScreenProgram(home.build));
  }

  async types(line: string): Promise<void> {
    this.lines++;
    await this.screen.types(`${line}\r`);
  }

  /** Answers both questions. */
  async begins(name: string, server: string): Promise<void> {
    await this.screen.program.shows(/Your name: $/);
    await this.types(name);
    await this.screen.program.shows(/Your server: $/);
    await this.types(server);
    await this.screen.sees(RegExp(`registered as ${name}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Has two who have begun say something to each other, as their screens tell them how. */
async function meet(alice: Newcomer, bob: Newcomer): Promise<void> {
  await alice.types("/chat bob Hello Bob!");
  // It has come, and stands where this leads.
  await bob.screen.sees(/ 1 unread [^]* calls, encrypted;[\s│]+\/chat[\s│]+alice\s/);
  await bob.types("/chat alice Hello Alice!");
  for (const one of [alice, bob]) {
    // Nothing of it was an error, and the way is encrypted.
    await one.screen.sees(/alice {2}Hello Bob![^]*bob {4}Hello Alice!/);
    await one.screen.sees(/ · encrypted · /);
    await one.screen.sees((rows) => !rows.join("\n").includes("error:"));
  }
  assertEquals([alice.lines, bob.lines], [3, 3]);
}

for (const build of builds) {
  const test = (name: string, fn: (laboratory: Laboratory) => Promise<void>) =>
    Deno.test({
      name: `${build.name}: ${name}`,
      ignore: unavailable !== undefined || !hasTerminal,
      fn: async () => {
        await using laboratory = await Laboratory.open();
        await fn(laboratory);
      },
    });

  test("with a server on a third machine, two type three lines each until they talk", async (laboratory) => {
    const machine = await laboratory.host("rendezvous", { families: ["ipv4", "ipv6"] });
    using home = atHome(machine.build(build));
    await using server = new Program(home.build, "server", "--tls");
    const [, address] = await server.says(/^\* others type: p2pchat client NAME '(tls:.*)'$/);
    const router = await laboratory.router("router", { mapping: "keeps-ports" });
    await using alice = new Newcomer(build, await laboratory.host("alice"));
    await using bob = new Newcomer(build, await laboratory.host("bob", { behind: router }));
    await alice.begins("alice", address!);
    await bob.begins("bob", address!);
    await meet(alice, bob);
  });

  test("with a server in the client of one, two type three lines each until they talk", async (laboratory) => {
    await using alice = new Newcomer(build, await laboratory.host("alice"));
    await alice.begins("alice", "here");
    const rows = await alice.screen.sees(/ends with it; others type[^]*'tls:[^']*'/);
    const [, address] = /'(tls:[^']*)'/.exec(rows.join("\n"))!;
    await using bob = new Newcomer(build, await laboratory.host("bob"));
    await bob.begins("bob", address!);
    await meet(alice, bob);
  });

  test("Enter takes the server that runs on the machine, and says if none does", async (laboratory) => {
    const host = await laboratory.host("alice");
    {
      await using alice = new Newcomer(build, host);
      await alice.screen.program.shows(/Your name: $/);
      await alice.types("alice");
      await alice.types("");
      await alice.screen.program.shows(/No server runs on this machine[^]*Your server: $/);
      await using plain = new Program(host.build(build), "server");
      await plain.says(/^p2pchat server listening on /);
      await alice.types("");
      await alice.screen.sees(/ alice · 127\.0\.0\.1 · no tls/);
    }
    using home = atHome(host.build(build));
    await using own = new Program(home.build, "server", "--tls");
    await own.says(/^p2pchat server listening on /);
    await using alice = new ScreenProgram(home.build);
    await alice.program.shows(/Your name: $/);
    await alice.types("alice\r\r");
    await alice.sees(/ alice · 127\.0\.0\.1 · tls[^]*registered as alice/);
  });
}
