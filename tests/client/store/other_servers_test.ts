import { assertEquals } from "@std/assert";
import { openStore } from "../../../client/store/store.ts";
import { Identity } from "../../../shared/crypto/identity.ts";

const one = { place: "chat.example.org:5555", address: "tls://chat.example.org:5555" };
const other = { place: "192.0.2.7:5555", address: "plain:192.0.2.7:5555" };

Deno.test("servers that are allowed are kept, in their order, each once", () => {
  const directory = Deno.makeTempDirSync();
  const path = `${directory}/store.db`;
  {
    using store = openStore(path);
    store.otherServers.add(one, 1);
    store.otherServers.add(other, 2);
    store.otherServers.add({ ...one, address: `${one.address}?sha256=00` }, 3);
  }
  using store = openStore(path);
  assertEquals(store.otherServers.all(), [{ ...one, address: `${one.address}?sha256=00` }, other]);
  assertEquals([store.otherServers.delete(one.place), store.otherServers.delete(one.place)], [
    true,
    false,
  ]);
  assertEquals(store.otherServers.all(), [other]);
  Deno.removeSync(directory, { recursive: true });
});

Deno.test("of each key it is kept where it is to be found, the latest first, until that server is left", () => {
  using store = openStore(":memory:");
  const [bob, carol] = [Identity.generate().publicKey, Identity.generate().publicKey];
  for (const server of [one, other]) store.otherServers.add(server, 1);
  store.otherServers.notePeer(bob, one.place, 1);
  store.otherServers.notePeer(bob, other.place, 2);
  store.otherServers.notePeer(carol, one.place, 3);
  assertEquals(store.otherServers.placesOf(bob), [other.place, one.place]);
  store.otherServers.notePeer(bob, one.place, 4);
  assertEquals(store.otherServers.placesOf(bob), [one.place, other.place]);
  store.otherServers.delete(one.place);
  assertEquals([bob, carol].map((key) => store.otherServers.placesOf(key)), [[other.place], []]);
});
