import { assert, assertEquals, assertThrows } from "@std/assert";
import { Realm } from "../../../server/realm/realm.ts";
import { parseAddress } from "../../../shared/net/address.ts";
import { createLog, silentLog } from "../../../shared/process/log.ts";

const clock = { nowMs: 0, now: () => clock.nowMs };

function realm(...addresses: string[]): Realm {
  return new Realm({ addresses, id: "00ff", log: silentLog, clock });
}

const at = (hostname: string, port = 5555) => ({ hostname, port });
const address = (text: string) => parseAddress(text)!;

Deno.test("a server is called by its first address, or by its id if it has none", () => {
  assertEquals(realm().name, "00ff");
  assertEquals(realm("chat.example.org:5555", "10.0.0.7:6000").name, "chat.example.org:5555");
  assertThrows(() => realm("chat.example.org"), TypeError);
});

Deno.test("a server goes by the address at which a connection has reached it, and by no other", () => {
  const { accepts } = { accepts: realm().accepts.bind(realm()) };
  for (
    const [dialed, reached] of [
      ["192.0.2.1:5555", "192.0.2.1"],
      ["192.0.2.1:5555", "::ffff:192.0.2.1"],
      ["[2001:DB8:0::1]:5555", "2001:db8::1"],
      ["[fe80::1%eth0]:5555", "fe80::1"],
      ["127.0.0.1:5555", "127.0.0.1"],
      ["127.0.0.2:5555", "127.0.0.2"],
      ["localhost:5555", "127.0.0.1"],
      ["LocalHost.:5555", "::ffff:127.0.0.1"],
      ["localhost:5555", "::1"],
      ["0.0.0.0:5555", "127.0.0.1"],
      ["[::]:5555", "::1"],
    ] as const
  ) assert(accepts(address(dialed), at(reached)), `${dialed} at ${reached}`);
  for (
    const [dialed, reached] of [
      ["192.0.2.1:5556", "192.0.2.1"],
      ["192.0.2.2:5555", "192.0.2.1"],
      // One of its own as well, but not the one that was dialed: the dialed one is another machine's.
      ["127.0.0.1:5555", "192.0.2.1"],
      ["localhost:5555", "192.0.2.1"],
      ["0.0.0.0:5555", "192.0.2.1"],
      ["localhost:5556", "127.0.0.1"],
      ["127.0.0.1:5555", "127.0.0.2"],
      ["localhost.example.org:5555", "127.0.0.1"],
      ["chat.example.org:5555", "192.0.2.1"],
      ["[2001:db8::2]:5555", "2001:db8::1"],
    ] as const
  ) assert(!accepts(address(dialed), at(reached)), `${dialed} at ${reached}`);
});

Deno.test("a server goes by each address that its operator names, wherever it was reached", () => {
  const server = realm("chat.example.org:5555", "[2001:db8::1]:6000");
  for (const dialed of ["Chat.Example.org:5555", "chat.example.org.:5555", "[2001:DB8::1]:6000"]) {
    assert(server.accepts(address(dialed), at("10.0.0.7")), dialed);
  }
  assert(!server.accepts(address("chat.example.org:6000"), at("10.0.0.7")));
  assertEquals(server.acceptedAt(at("::ffff:10.0.0.7", 7000)), [
    "chat.example.org:5555",
    "[2001:db8::1]:6000",
    "10.0.0.7:7000",
  ]);
  assertEquals(realm("10.0.0.7:5555").acceptedAt(at("10.0.0.7")), ["10.0.0.7:5555"]);
});

Deno.test("the log names --realm once a period, however many dial another address", () => {
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    format: "text",
    write: (line) => lines.push(line.replace(/^\S+ /, "").trimEnd()),
  });
  const server = new Realm({ addresses: [], id: "00ff", log, clock });
  for (let n = 0; n < 1_000; n++) {
    server.noteRefused(address("chat.example.org:5555"), "192.0.2.9");
  }
  assertEquals(lines, [
    "warn  a client has dialed an address that this server does not go by; if that is its address, " +
    "name it with --realm dialed=chat.example.org:5555 host=192.0.2.9",
  ]);
});
