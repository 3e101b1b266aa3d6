// The client in a real terminal, which util-linux's `script` makes.
// deno-lint-ignore-file no-control-regex -- what a terminal is sent is what this is about

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { type Build, builds, Program } from "./program.ts";

const hasScript = Deno.build.os === "linux" &&
  (await new Deno.Command("sh", { args: ["-c", "command -v script"] }).output()).success;

const columns = 60;

/** The program in a terminal: what is typed are keys, what comes is what a screen would be sent. */
class TerminalProgram implements AsyncDisposable {
  screen = "";
  readonly #child: Deno.ChildProcess;
  readonly #keys: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #changed = Promise.withResolvers<void>();

  constructor({ command, args }: Build, ...more: string[]) {
    const words = [command, ...args, ...more].map((word) => `'${word}'`).join(" ");
    this.#child = new Deno.Command("script", {
      args: ["-qfec", `stty cols ${columns} rows 20; exec ${words}`, "/dev/null"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      env: { TERM: "xterm-256color", NO_COLOR: "1" },
    }).spawn();
    this.#keys = this.#child.stdin.getWriter();
    this.#reading = this.#read();
  }

  async types(keys: string): Promise<void> {
    await this.#keys.write(new TextEncoder().encode(keys));
  }

  /** Waits until the screen has been sent something. @returns All that came before it, and with it. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.screen);
      if (match !== null) return match;
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => late.reject(new Error(`no ${pattern} in ${JSON.stringify(this.screen)}`)),
        30_000,
      );
      await Promise.race([this.#changed.promise, late.promise]).finally(() => clearTimeout(timer));
    }
  }

  async ends(): Promise<number> {
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Where it runs still: with `script` the terminal goes, and with the terminal the program.
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#keys.close().catch(() => {});
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.screen += text;
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }
  }
}

for (const build of builds) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${build.name}: ${name}`, ignore: !hasScript, fn });

  test("a message that comes in leaves what is being typed as it was", async () => {
    await using bob = new TerminalProgram(build, "client", "bob");
    const [, bobs] = await bob.shows(/listening on (127\.0\.0\.1:\d+)/);
    await using alice = new Program(build, "client", "alice");
    await alice.types(`/chat ${bobs}`);
    await bob.shows(/bob → alice> /);
    // More than a row, so that the prompt begins above the cursor.
    const half = "half of a line that is longer than a row of this terminal, which ha";
    await bob.types(half);
    await bob.shows(/ich ha/);
    await alice.types("Hello Bob!");
    await bob.shows(/alice: Hello Bob![^]*ich ha/);
    const after = bob.screen.split("alice: Hello Bob!")[1]!;
    assertNotMatch(after, /\x1b\[\d*A/, "the prompt was drawn over the message");
    await bob.types("s sixty columns\r");
    await alice.says(new RegExp(`^bob: ${half}s sixty columns$`));
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
    await alice.says(/^\* bob has left$/);
  });

  test("the terminal is not sent what a peer would have it obey", async () => {
    await using bob = new TerminalProgram(build, "client", "bob");
    const [, port] = await bob.shows(/listening on 127\.0\.0\.1:(\d+)/);
    using mallory = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await mallory.write(
      new TextEncoder().encode(
        "\x1b]0;owned\x07\x1b[2Jhello \u202egnp.exe\r\rbob: yes \x9b31m end",
      ),
    );
    const [shown] = await bob.shows(/[^\n]*owned[^]* end/);
    assert(shown.includes("␛]0;owned␇␛[2Jhello <U+202E>gnp.exe␍␍bob: yes <U+009B>31m end"), shown);
    assertNotMatch(bob.screen, /\x1b\]|\x1b\[2J|\u202e|\x9b/);
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
  });

  for (const [key, name] of [["\x03", "Ctrl+C"], ["\x04", "Ctrl+D"]] as const) {
    test(`${name} ends the client with exit code 0`, async () => {
      await using bob = new TerminalProgram(build, "client", "bob");
      await bob.shows(/bob> /);
      await bob.types(key);
      assertEquals(await bob.ends(), 0);
    });
  }

  test("Tab completes commands and names, the arrow key brings back what was typed", async () => {
    await using alice = new Program(build, "client", "alice");
    const [, alices] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
    await using bob = new TerminalProgram(build, "client", "bob");
    await bob.shows(/bob> /);
    // Key by key: a Tab that comes with other keys counts as pasted.
    await bob.types("/ch");
    await bob.shows(/\/ch/);
    await bob.types("\t");
    await bob.shows(/\/chat /);
    await bob.types(`${alices}\r`);
    await bob.shows(/connected to alice/);
    await bob.types("/switch al");
    await bob.shows(/switch al/);
    await bob.types("\t");
    await bob.shows(/switch alice/);
    await bob.types("\r");
    await bob.shows(/talking to alice/);
    await bob.types("once\r");
    await alice.says(/^bob: once$/);
    await bob.types("\x1b[A");
    await bob.types(" again\r");
    await alice.says(/^bob: once again$/);
    await bob.types("/quit\r");
    assertEquals(await bob.ends(), 0);
  });
}
