// A plain command line of a client means what commander makes of it; what is not plain is left to commander.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Command } from "commander";
import fc from "fast-check";
import { clientOptions, readPlainClient } from "../../../../client/ui/cli/client_command.ts";
import { NotPlain } from "../../../../client/ui/cli/plain_line.ts";
import { addClientCommands } from "../../../../client/ui/cli/subcommands.ts";
import { ArgumentError } from "../../../../shared/process/argument_error.ts";

/** What commander gives the action; undefined if it finds something wrong, or prints help. */
function byCommander(args: readonly string[]): unknown[] | undefined {
  const program = new Command("p2pchat");
  const startsNone = () => Promise.reject(new Error("none is started"));
  addClientCommands(program, { startServer: startsNone, serveHere: startsNone });
  const client = program.commands.find((command) => command.name() === "client")!;
  let given: unknown[] | undefined;
  client.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} })
    .action((id, port, servers, options) => {
      given = [id, port, servers, { ...options }];
    });
  try {
    program.parse(["client", ...args], { from: "user" });
  } catch {
    return undefined;
  }
  return given;
}

/** Undefined if the line is not plain. */
function plainly(args: readonly string[]): unknown[] | undefined {
  try {
    return readPlainClient(args);
  } catch (error) {
    if (error instanceof NotPlain || error instanceof ArgumentError) return undefined;
    throw error;
  }
}

const plainLines = [
  "alice",
  "alice chat.example.org",
  "alice here",
  "alice 5556 here:5600",
  "alice 5556 chat.example.org,tls://[::1]:5",
  "--no-register alice --plain",
  "alice --theme light",
  "alice --register --strict --host 127.0.0.1 0 chat.example.org",
  "alice --profile /tmp/a --passphrase-fd 3 --private",
  "alice --json --ascii --allow-plaintext --contacts-only --open-presence --read-receipts",
  "alice --legacy-server --take-over --ca ca.pem --passphrase-file p --announce 203.0.113.9:5556",
];

Deno.test("lines that are written as in the help are plain, and mean what commander makes of them", () => {
  for (const line of plainLines) {
    const args = line.split(" ");
    assertEquals(readPlainClient(args), byCommander(args), line);
  }
  const flags = clientOptions.map(({ flags }) => flags.split(" ")[0]!);
  assertEquals(flags.filter((flag) => !plainLines.join(" ").split(" ").includes(flag)), []);
});

Deno.test("what is wrong, and what can be written in more than one way, is left to commander", () => {
  for (
    const line of [
      "",
      "-h",
      "--help alice",
      "alice -- bob",
      "alice --profile",
      "alice --profile -x",
      "alice --profile=a",
      "alice --nothing",
      "alice --plain --ascii",
      "alice --strict --json",
      "alice --host ::1 --private",
      "alice --register --no-register",
      "alice --profile a --profile b",
      "alice 0 a b",
    ]
  ) assertThrows(() => readPlainClient(line.split(" ").filter(Boolean)), NotPlain, "", line);
  for (
    const line of [
      "a/b",
      "alice 65536",
      "alice a:0",
      "alice --host a/b",
      "a --passphrase-fd 1",
      "a --theme x",
    ]
  ) {
    assertThrows(() => readPlainClient(line.split(" ")), ArgumentError);
  }
});

Deno.test("whatever is typed, a plain line means what commander makes of it", () => {
  const words = [
    "alice",
    "0",
    "5556",
    "-1",
    "",
    "chat.example.org",
    "tls://a",
    "203.0.113.9:1",
    "--",
  ];
  const flags = clientOptions.flatMap((
    { flags },
  ) => [flags.split(" ")[0]!, flags.replace(" ", "=")]);
  const word = fc.constantFrom(...words, ...flags, "-h", "--hos", "constructor", "3");
  let plain = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      const read = plainly(args);
      if (read === undefined) return;
      plain++;
      assertEquals(read, byCommander(args));
    }),
    { numRuns: 3_000 },
  );
  assert(plain > 50, `only ${plain} lines were plain`);
});
