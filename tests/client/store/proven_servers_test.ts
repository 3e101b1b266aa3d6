import { assertEquals } from "@std/assert";
import { fileStore } from "../../support/store_fixture.ts";

Deno.test("servers that speak Version 1 are remembered from run to run, and not without bound", () => {
  using file = fileStore();
  {
    using store = file.open();
    assertEquals(store.provenServers.has("example.org:5555"), false);
    store.provenServers.add("example.org:5555");
    store.provenServers.add("example.org:5555");
  }
  {
    using store = file.open();
    for (let i = 0; i < 1_000; i++) store.provenServers.add(`example.org:${i}`);
    const { provenServers: servers } = store;
    assertEquals(servers.has("example.org:5555"), true);
    assertEquals(servers.has("example.com:5555"), false);
    assertEquals([servers.has("example.org:998"), servers.has("example.org:999")], [true, false]);
  }
});
