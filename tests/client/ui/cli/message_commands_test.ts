import { assertEquals, assertRejects } from "@std/assert";
import { Command } from "commander";
import { join } from "node:path";
import { addSend } from "../../../../client/ui/cli/message_commands.ts";
import { CommandFailure } from "../../../../shared/process/command_failure.ts";
import { configDirectory } from "../../../../shared/process/directories.ts";
import { temporaryDirectory } from "../../../support/places.ts";

/** Counts how often a file is read meanwhile. */
async function readsOf(path: string, doing: () => Promise<void>): Promise<number> {
  const { readTextFileSync: read } = Deno;
  let reads = 0;
  const counting: typeof read = (file, ...more) => {
    if (file === path) reads++;
    return read(file, ...more);
  };
  Object.assign(Deno, { readTextFileSync: counting });
  try {
    await doing();
  } finally {
    Object.assign(Deno, { readTextFileSync: read });
  }
  return reads;
}

Deno.test("who sends a message has read once who they are, and by which server", async () => {
  using place = temporaryDirectory();
  const variables = ["XDG_CONFIG_HOME", "HOME", "APPDATA"];
  const before = variables.map((name) => Deno.env.get(name));
  for (const name of variables) Deno.env.set(name, place.path);
  try {
    const directory = configDirectory();
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, "start.json");
    await Deno.writeTextFile(file, '{"name":"alice","server":"127.0.0.1:1"}', { mode: 0o600 });
    const program = new Command();
    addSend(program, () => Promise.reject(new Error("a server is started")));
    const send = async () => {
      // A file is no profile: nothing is sent.
      const nobody = ["send", "bob", "hello", "--profile", file];
      await assertRejects(() => program.parseAsync(nobody, { from: "user" }), CommandFailure);
    };
    assertEquals(await readsOf(file, send), 1);
  } finally {
    for (const [i, name] of variables.entries()) {
      if (before[i] === undefined) Deno.env.delete(name);
      else Deno.env.set(name, before[i]!);
    }
  }
});
