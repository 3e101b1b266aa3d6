import { assertEquals } from "@std/assert";
import { openStore } from "../../../client/store/store.ts";

Deno.test("servers that speak Version 1 are remembered from run to run, and not without bound", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/store.db`;
  {
    using store = openStore(path);
    assertEquals(store.provenServers.has("example.org:5555"), false);
    store.provenServers.add("example.org:5555");
    store.provenServers.add("example.org:5555");
  }
  {
    using store = openStore(path);
    for (let i = 0; i < 1_000; i++) store.provenServers.add(`example.org:${i}`);
    const { provenServers: servers } = store;
    assertEquals(servers.has("example.org:5555"), true);
    assertEquals(servers.has("example.com:5555"), false);
    assertEquals([servers.has("example.org:998"), servers.has("example.org:999")], [true, false]);
  }
  await Deno.remove(directory, { recursive: true });
});
