import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { serveHere } from "../../server/here.ts";
import { startServer } from "../../server/server.ts";
import { freePort, temporaryDirectory } from "../support/places.ts";

/** Starts one. It has to start. */
async function served(options: { readonly port: number; readonly data: string }) {
  const here = await serveHere(options);
  assert(!("taken" in here));
  return here;
}

Deno.test("a server here has the same certificate whenever it is started again", async () => {
  using data = temporaryDirectory();
  const options = { port: freePort(), data: data.path };
  let pin: Uint8Array;
  {
    await using first = await served(options);
    pin = first.pin;
    for (const address of first.others) {
      assertMatch(address, RegExp(`^tls://.*:${options.port}\\?sha256=[a-z2-7]{26}$`));
    }
    // One that runs says by what it is known.
    assertEquals(await serveHere(options), { taken: "port", pin });
    const elsewhere = { ...options, port: freePort() };
    assertEquals(await serveHere(elsewhere), { taken: "data", pin });
  }
  await using second = await served(options);
  assertEquals(second.pin, pin);
});

Deno.test("where something else has the port, no server is started, and nothing is made", async () => {
  using data = temporaryDirectory();
  await using other = startServer({ host: "127.0.0.1", port: 0 });
  const path = `${data.path}/state`;
  const tried = await serveHere({ port: other.address.port, data: path });
  assertEquals(tried, { taken: "port", pin: undefined });
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("a server here whose data cannot be kept says so, and leaves the port", async () => {
  using place = temporaryDirectory();
  const file = `${place.path}/file`;
  await Deno.writeTextFile(file, "");
  const port = freePort();
  await assertRejects(() => serveHere({ port, data: `${file}/state` }), Error, file);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});
