// Two people write to each other, thousands of messages, while their programs, and the server, are killed
// at random moments. What was accepted by the one is in the store of the other: each message once, in order.

import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { openStore } from "../../client/store/store.ts";
import { type Place, temporaryDirectory } from "../support/places.ts";
import { type Build, builds, Program, startServerProgram } from "../support/program.ts";

/** Messages of each of the two. */
const messagesEach = 5_000;
/** How often a program is killed, all in all. */
const kills = 100;
/** Messages that are typed before the next kill is due. */
const perKill = Math.ceil(2 * messagesEach / kills);
/** The server is killed once in so many kills. */
const serverKilledOnceIn = 10;
/** The most that passes between typing and the kill. */
const killWithinMs = 300;

/** One of the two, over all lives of the program. */
class Writer implements AsyncDisposable {
  readonly home: Place = temporaryDirectory();
  program: Program | undefined;
  /** Lines that all lives before this one have printed. */
  readonly printed: string[] = [];
  typed = 0;

  constructor(readonly build: Build, readonly id: string, readonly server: string) {}

  get profile(): string {
    return join(this.home.path, "profile");
  }

  /** What the store has: texts sent, and texts received, oldest first. */
  texts(direction: "in" | "out", peer: string): string[] {
    using store = openStore(join(this.profile, "store.db"));
    return [...store.history.export(this.id, peer)]
      .filter((entry) => entry.direction === direction).map(({ text }) => text);
  }

  /** Starts the program, which registers. If there is no server just then, it is told to again later. */
  async start(peer: string): Promise<void> {
    await this.#run().types(`/register\n/chat ${peer}`);
  }

  #run(): Program {
    const build = { ...this.build, home: this.home.path };
    const more = ["client", this.id, "0", this.server, "--profile", this.profile];
    return this.program = new Program(build, ...more);
  }

  /** Kills the program, and looks up how many lines it had accepted. */
  async kill(peer: string): Promise<void> {
    const { program } = this;
    if (program === undefined) return;
    assertEquals(program.code, undefined, `it ended by itself: ${program.err.join()}`);
    program.kill("SIGKILL");
    await program.ends();
    this.printed.push(...program.out);
    await program[Symbol.asyncDispose]();
    this.program = undefined;
    this.typed = this.texts("out", peer).length;
  }

  /** Types the next messages. */
  async types(count: number): Promise<void> {
    const end = Math.min(messagesEach, this.typed + count);
    const lines = [];
    while (this.typed < end) lines.push(`${this.id} ${this.typed++}`);
    // A program that has just been killed takes nothing.
    if (lines.length > 0) await this.program?.types(lines.join("\n")).catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program?.[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }
}

function numbered(id: string): string[] {
  return Array.from({ length: messagesEach }, (_, n) => `${id} ${n}`);
}

async function settles(holds: () => boolean, what: () => string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!holds()) {
    assert(Date.now() < deadline, `still not: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

for (const build of builds) {
  Deno.test(`${build.name}: no message is lost, doubled or out of order under ${kills} kills`, async () => {
    using data = temporaryDirectory();
    const serverOptions = ["--data", data.path, "--log-level", "error"];
    let { server, port, address } = await startServerProgram(build, ...serverOptions);
    await using alice = new Writer(build, "alice", address);
    await using bob = new Writer(build, "bob", address);
    const both = [[alice, "bob"], [bob, "alice"]] as const;
    try {
      await bob.start("nobody");
      await bob.program!.says(/registered as bob/);
      await alice.start("bob");
      await alice.program!.says(/connected to bob/);
      await bob.program!.says(/alice .* calls/);
      await bob.program!.types("/chat alice");
      await alice.types(1);
      await bob.types(1);
      await bob.program!.says(/^alice: alice 0$/);
      await alice.program!.says(/^bob: bob 0$/);
      for (let kill = 0; kill < kills; kill++) {
        for (const [writer, peer] of both) {
          if (writer.program === undefined) await writer.start(peer);
          await writer.types(perKill / 2);
        }
        await new Promise((resolve) => setTimeout(resolve, Math.random() * killWithinMs));
        if (kill % serverKilledOnceIn === serverKilledOnceIn - 1) {
          server.kill("SIGKILL");
          await server[Symbol.asyncDispose]();
          ({ server } = await startServerProgram(build, ...serverOptions, "--port", String(port)));
          for (const [{ program }] of both) await program?.types("/register");
        } else {
          const [victim, peer] = both[Math.random() < 0.5 ? 0 : 1]!;
          await victim.kill(peer);
        }
      }
      // What was typed and not accepted before a kill is typed again, until all is accepted.
      for (const [writer, peer] of both) {
        await writer.kill(peer);
        await writer.start(peer);
        await writer.types(messagesEach);
      }
      await settles(
        () => both.every(([writer, peer]) => writer.texts("in", peer).length >= messagesEach),
        () =>
          both.map(([writer, peer]) => `${writer.id} has ${writer.texts("in", peer).length}`)
            .join(),
      );
      for (const [writer, peer] of both) {
        assertEquals(writer.texts("out", peer), numbered(writer.id));
        assertEquals(writer.texts("in", peer), numbered(peer));
      }
      const audit = new Program(
        { ...build, home: alice.home.path },
        ...["audit", "bob", "--profile", alice.profile, "--server", address],
      );
      await using _audit = audit;
      assertEquals(await audit.ends(), 0, audit.out.join("\n") + audit.err.join("\n"));
      for (const [writer, peer] of both) {
        await writer.kill(peer);
        // Each was shown, whatever was killed when; more than once only if a kill came while it was shown.
        const shown = new Set(writer.printed.filter((line) => line.startsWith(`${peer}: `)));
        assertEquals(shown.size, messagesEach);
        using database = new DatabaseSync(join(writer.profile, "store.db"));
        const [check] = database.prepare("PRAGMA integrity_check").all();
        assertEquals(check!.integrity_check, "ok");
      }
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
}
