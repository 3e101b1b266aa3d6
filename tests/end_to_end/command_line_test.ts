// What the command line says and with which code it ends.

import { assert, assertEquals, assertMatch } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { chatack } from "../support/link_fixture.ts";
import { extent, part } from "../support/extent.ts";
import { RawListener } from "../support/raw_peer.ts";
import { temporaryDirectory } from "../support/places.ts";
import {
  buildsFromModules,
  Program,
  run as runBuild,
  startServerProgram,
} from "../support/program.ts";

Deno.test("from source every subcommand can be run, and Deno's own progress overwrites nothing", async () => {
  const { p2pchat, server, client, demo } = config.tasks;
  // A server draws nothing.
  assertEquals(server.command, `${p2pchat.command.replace(",COLORFGBG", "")} server`);
  assertEquals(client.command, `${p2pchat.command} client`);
  for (const { command } of [p2pchat, demo]) assertMatch(command, /^deno run --quiet /);
  const task = await new Deno.Command(Deno.execPath(), {
    args: ["task", "p2pchat", "identity", "--help"],
    cwd: new URL("../..", import.meta.url),
  }).output();
  assertEquals(task.code, 0);
  assertMatch(new TextDecoder().decode(task.stdout), /^Usage: p2pchat identity /);
});

Deno.test("from source who may read no file is told so, whatever they have asked for", async () => {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  for (const asked of ["server", "client", "nonsense"]) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--allow-net", "--allow-env", main, asked],
      env: { NO_COLOR: "1" },
    }).output();
    const said = new TextDecoder().decode(stderr);
    assertEquals(code, 1, said);
    assertMatch(said, /^p2pchat: Requires read access to .*--allow-read/);
  }
});

for (const build of buildsFromModules) {
  const run = (...args: string[]) => runBuild(build, args);

  Deno.test(`${build.name}: help and version are done, exit code 0`, async () => {
    const help = await run("--help");
    assertEquals(help.code, 0);
    for (
      const name of ["server", "client", "history", "audit", "identity", "demo", "completions"]
    ) {
      assertMatch(help.out, RegExp(name));
    }
    const version = await run("--version");
    assertEquals(version.code, 0);
    assertMatch(version.out, /^\d+\.\d+\.\d+$/);
    const client = await run("client", "--help");
    assertEquals(client.code, 0);
    for (
      const flag of ["--host", "--register", "--strict", "--allow-plaintext", "--read-receipts"]
    ) {
      assert(client.out.includes(flag));
    }
  });

  Deno.test(`${build.name}: wrong usage gets one sentence and exit code 2 (${extent})`, async () => {
    const cases: [args: string[], said: RegExp][] = [
      [[], /Usage: p2pchat/],
      [["servr"], /unknown command 'servr'[^]*Did you mean server\?/],
      [["server", "--prot", "1"], /unknown option '--prot'[^]*Did you mean --port\?/],
      [["server", "--port", "65536"], /'65536' is invalid.*0 to 65535/],
      [["server", "--port", "-1"], /invalid|argument missing/],
      [["server", "--log-level", "loud"], /Allowed choices are debug, info, warn, error/],
      [["server", "extra"], /too many arguments/],
      [["client"], /missing required argument 'clientID'/],
      [["\x1b[31mservr"], /unknown command '␛\[31mservr'/],
      [["client", "alice", "\x9b1m"], /'<U\+009B>1m' is invalid/],
      [["client", "two words"], /'two words' is invalid.*1 to 32 letters/],
      [["client", "x".repeat(33)], /is invalid.*1 to 32 letters/],
      [["client", "alice", "65536"], /'65536' is invalid.*0 to 65535/],
      [["client", "alice", "port", "127.0.0.1"], /comes before the server, and is a number/],
      [["client", "alice", "0", "127.0.0.1:0"], /is invalid.*127\.0\.0\.1:5555/],
      [["client", "alice", "0", "::1"], /is invalid.*\[::1\]:5555/],
      [["client", "alice", "0", "127.0.0.1,"], /is invalid.*commas between them/],
      [
        ["client", "alice", "0", "127.0.0.1", "--ca", "x"],
        /--ca is for a server that is named as tls/,
      ],
      [["history"], /Usage: p2pchat history/],
      [["history", "exprot", "bob"], /unknown command 'exprot'[^]*Did you mean export\?/],
      [["history", "export"], /missing required argument 'name'/],
      [["history", "export", "bob", "--format", "xml"], /Allowed choices are text, json/],
      [["audit"], /missing required argument 'name'/],
      [["audit", "bob", "--server", ""], /is invalid/],
      [["audit", "bob", "--server", "127.0.0.1,x:y"], /is invalid/],
      [["listen", "--as", "two words"], /'two words' is invalid.*1 to 32 letters/],
      [["send", "bob", "--as", "two words"], /'two words' is invalid.*1 to 32 letters/],
      [["server", "--data", ""], /'--data <dir>' argument '' is invalid. It is empty/],
      [["client", "alice", "--profile", ""], /'--profile <dir>' argument '' is invalid/],
      [["identity", "export", "-", "--profile", ""], /'--profile <dir>' argument '' is invalid/],
      [["restore", "", "--replace"], /argument '' is invalid for 'file'/],
      [["completions", "tcsh"], /Allowed choices are bash, zsh, fish/],
    ];
    await Promise.all(
      part(cases, 3).map(async ([args, said]) => {
        const { code, err, out } = await run(...args);
        assertEquals([args, code, out], [args, 2, ""]);
        assertMatch(err, said);
      }),
    );
  });

  Deno.test(`${build.name}: what fails gets one sentence on standard error and the exit code of its kind`, async () => {
    const { server, address, port } = await startServerProgram(build);
    await using _server = server;
    const taken = await run("server", "--port", String(port));
    assertEquals([taken.code, taken.out], [1, ""]);
    assertMatch(taken.err, /^p2pchat: Cannot listen on 127\.0\.0\.1:\d+: the port is taken; .*$/);
    const takenByClient = await run("client", "alice", String(port), address);
    assertEquals(takenByClient.code, 1);
    assertMatch(takenByClient.err, /^p2pchat: Cannot listen on .*: the port is taken; .*$/);
    const elsewhere = await run("server", "--host", "203.0.113.7", "--port", "0");
    assertEquals(elsewhere.code, 1);
    assertMatch(
      elsewhere.err,
      /^p2pchat: Cannot listen on 203\.0\.113\.7:0: that is no address of .*$/,
    );
    const nowhere = await run("client", "alice", "0", "no-such-host.invalid", "--register");
    assertEquals(nowhere.code, 6);
    // A machine without a resolver cannot know which of the two it is.
    assertMatch(
      nowhere.err,
      /^p2pchat: Cannot reach .* no-such-host\.invalid:5555: (there is no such host|its name cannot be looked up at the moment; is this machine online\?)$/,
    );
    server.kill("SIGTERM");
    assertEquals(await server.ends(), 0);
    const unreachable = await run("client", "alice", "0", address, "--register");
    assertEquals(unreachable.code, 6);
    assertMatch(unreachable.err, /^p2pchat: Cannot reach the server at .*: nobody listens there$/);
  });

  /** Runs a client of alice's to its end, with lines as its input. */
  const script = async (home: string, input: string | Uint8Array, ...more: string[]) => {
    await using program = new Program({ ...build, home }, "client", "alice", ...more);
    await program.writes(typeof input === "string" ? new TextEncoder().encode(input) : input);
    await program.endInput();
    const code = await program.ends();
    return { code, out: program.out, err: program.err };
  };

  Deno.test(`${build.name}: a script has the exit code 1 if a line of it has failed`, async () => {
    using home = temporaryDirectory();
    await using bob = new Program(build, "client", "bob");
    const [, place] = await bob.says(/listening on (127\.0\.0\.1:\d+)/);
    const cases: [input: string, code: number, err: RegExp][] = [
      [`/chat ${place}\nfine\n/peers\n`, 0, /^$/],
      [`/chat ${place}\n/hepl\nafter\n`, 1, /^error: There is no \/hepl; did you mean \/help\?.*$/],
      [`/chat ${place}\n/etc/passwd\n`, 1, /^error: not sent: .*: \/\/etc\/passwd$/],
      ["to nobody", 1, /^error: No conversation is open: .*$/],
      ["/close\n/quit\nnot looked at\n", 1, /^error: No conversation is current; .*$/],
      [
        `/chat ${place}\n${"x".repeat(20_000)}\n`,
        1,
        /^error: Cannot send a message of 20000 bytes.*$/,
      ],
      [`/chat ${place}\n${"x".repeat(70_000)}\n`, 1, /^error: Line 2 is longer than .*$/],
    ];
    for (const [input, code, err] of cases) {
      const result = await script(home.path, input);
      assertEquals(result.code, code, input.slice(0, 100));
      assertMatch(result.err.join("\n"), err);
    }
    await bob.says(/^alice: after$/);
    assert(!bob.out.some((line) => /passwd|xxx/.test(line)));
  });

  Deno.test(`${build.name}: a message that waits is no failure, one that may be lost is`, async () => {
    using home = temporaryDirectory();
    await using bob = new Program(build, "client", "bob");
    const [, place] = await bob.says(/listening on (127\.0\.0\.1:\d+)/);
    await using alice = new Program(build, "client", "alice");
    await alice.types(`/chat ${place}`);
    await alice.says(/^\* connected to bob/);
    await bob.types("/quit");
    await alice.says(/^\* bob has left$/);
    await alice.types("it waits");
    await alice.says(/^\* waiting for bob$/);
    await alice.endInput();
    assertEquals([await alice.ends(), alice.err], [0, []]);

    using listener = new RawListener();
    const plain = script(
      home.path,
      `/chat 127.0.0.1:${listener.address.port}\nmaybe lost\n`,
      "--allow-plaintext",
    );
    using peer = await listener.accept();
    await peer.message();
    await peer.send(chatack);
    await peer.upTo("maybe lost");
    peer.close();
    const { code, err } = await plain;
    assertMatch(err.join(), /did not confirm your last message, .*“maybe lost”$/);
    assertEquals(code, 1);
  });

  Deno.test(`${build.name}: with --strict a script ends at the first line that fails`, async () => {
    using home = temporaryDirectory();
    await using bob = new Program(build, "client", "bob");
    const [, place] = await bob.says(/listening on (127\.0\.0\.1:\d+)/);
    const { code, err } = await script(
      home.path,
      `/chat ${place}\nfirst\n/hepl\nsecond\n`,
      "--strict",
    );
    assertEquals([code, err.length], [1, 1]);
    await bob.says(/^alice: first$/);
    await bob.says(/^\* alice has left$/);
    assert(!bob.out.includes("alice: second"));
    assertEquals((await script(home.path, `/chat ${place}\nthird\n`, "--strict")).code, 0);
    await bob.says(/^alice: third$/);
  });

  Deno.test(`${build.name}: input that is not UTF-8 is an error that names the line`, async () => {
    using home = temporaryDirectory();
    await using bob = new Program(build, "client", "bob");
    const [, place] = await bob.says(/listening on (127\.0\.0\.1:\d+)/);
    const latin1 = Uint8Array.from(
      `/chat ${place}\none\nna\xefve\ntwo\n`,
      (letter) => letter.charCodeAt(0),
    );
    const { code, err } = await script(home.path, latin1);
    assertEquals([code, err], [1, ["error: Line 3 is not UTF-8: it was not sent"]]);
    await bob.says(/^alice: two$/);
    assertEquals(
      bob.out.filter((line) => line.startsWith("alice: ")),
      ["alice: one", "alice: two"],
    );
  });

  Deno.test(`${build.name}: Ctrl+C ends server and client with exit code 0, connections or not`, async () => {
    const { server, address } = await startServerProgram(build);
    await using _server = server;
    await using alice = new Program(build, "client", "alice", "0", address, "--register");
    await alice.says(/^\* registered/);
    await using bob = new Program(build, "client", "bob", "0", address, "--register");
    await bob.types("/chat alice");
    await bob.says(/^\* connected to alice/);
    server.kill("SIGINT");
    assertEquals(await server.ends(), 0);
    bob.kill("SIGINT");
    assertEquals(await bob.ends(), 0);
    await alice.says(/^\* bob has left$/);
    alice.kill("SIGINT");
    assertEquals(await alice.ends(), 0);
  });

  Deno.test(`${build.name}: the demo plays the conversation and ends with exit code 0`, async () => {
    const { code, out, err } = await run("demo");
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^bob {3}\| alice: Hello Bob!$/m);
    assertMatch(out, /^alice \| bob: /m);
    assertMatch(out, /p2pchat works on this machine\.$/);
  });

  Deno.test(`${build.name}: the server's log is JSON on request`, async () => {
    const { server, address } = await startServerProgram(
      build,
      "--log-format",
      "json",
      "--log-level",
      "debug",
    );
    await using _server = server;
    await run("client", "alice", "0", address, "--register");
    await server.says(/"verb":"UNREGISTER"/);
    server.kill("SIGINT");
    assertEquals(await server.ends(), 0);
    for (const line of [...server.out, ...server.err]) assert("event" in JSON.parse(line), line);
  });

  Deno.test(`${build.name}: bash takes the completion script, and completes with it`, async () => {
    const { out, code } = await run("completions", "bash");
    assertEquals(code, 0);
    const complete = `${out}
      COMP_WORDS=(p2pchat cl); COMP_CWORD=1; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat server --l); COMP_CWORD=2; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat server --log-format j); COMP_CWORD=3; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat history e); COMP_CWORD=2; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat history export --f); COMP_CWORD=3; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat history export --format j); COMP_CWORD=4; _p2pchat; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(p2pchat audit bob --s); COMP_CWORD=3; _p2pchat; echo "\${COMPREPLY[@]}"`;
    const bash = await new Deno.Command("bash", { args: ["-c", complete] }).output();
    assertEquals(
      new TextDecoder().decode(bash.stdout),
      "client\n--log-level --log-format\njson\nexport\n--format --follow\njson\n--server\n",
    );
    for (const shell of ["zsh", "fish"]) {
      const script = await run("completions", shell);
      assertEquals(script.code, 0);
      assertMatch(script.out, /log-format/);
    }
  });
}
