// A server whose log cannot be written, or is not read, serves all the same.

import { assertEquals, assertMatch } from "@std/assert";
import { builds, environmentAt } from "../support/program.ts";
import { freePort, temporaryDirectory } from "../support/places.ts";
import { Wire } from "../support/wire.ts";
import { within } from "../../shared/time/clock.ts";

/** A connection to a server as soon as it listens. */
async function connected(port: number): Promise<Wire> {
  for (;;) {
    try {
      return await Wire.connect({ address: { host: "127.0.0.1", port } });
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
  }
}

for (const { name, command, args } of builds) {
  Deno.test({
    name: `${name}: a server serves and ends although neither of its outputs can be written`,
    // Other systems have no such file.
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      using home = temporaryDirectory();
      const port = freePort();
      await using server = new Deno.Command("sh", {
        args: [
          "-c",
          'exec "$@" >/dev/full 2>/dev/full',
          "sh",
          command,
          ...args,
          ...["server", "--host", "0.0.0.0", "--port", String(port), "--log-level", "debug"],
        ],
        env: environmentAt(home.path),
      }).spawn();
      const wire = await connected(port);
      for (let i = 0; i < 10; i++) assertMatch(await wire.ask("INFO"), /^INFOACK\r\n/);
      wire.close();
      server.kill("SIGTERM");
      assertEquals((await server.status).code, 0);
    },
  });

  Deno.test({
    name: `${name}: a server serves and ends although nobody reads its log`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      using home = temporaryDirectory();
      const port = freePort();
      await using server = new Deno.Command(command, {
        args: [...args, "server", "--port", String(port), "--log-level", "debug"],
        env: environmentAt(home.path),
        stdout: "null",
        stderr: "piped",
      }).spawn();
      const wire = await connected(port);
      const asking = (async () => {
        for (let i = 0; i < 5_000; i++) assertMatch(await wire.ask("INFO"), /^INFOACK\r\n/);
      })();
      const hasAnswered = await within(60_000, asking);
      if (!hasAnswered) asking.catch(() => {});
      wire.close();
      server.kill("SIGTERM");
      const hasEnded = await within(20_000, server.status);
      if (!hasEnded) server.kill("SIGKILL");
      assertEquals([hasAnswered, hasEnded, (await server.status).code], [true, true, 0]);
      await server.stderr.cancel();
    },
  });
}
