// One person with 66 names and keys fills the server with mail for themselves: everybody else's mail is taken all the same,
// and the server keeps no more than it may.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../shared/crypto/identity.ts";
import { mailsBytesMax } from "../../shared/protocol/limits.ts";
import { depositLines } from "../support/core_fixture.ts";
import { temporaryDirectory } from "../support/places.ts";
import { withoutRates } from "../support/rates.ts";
import { register, start } from "../support/server_fixture.ts";
import { Wire } from "../support/wire.ts";
import { note, sized } from "./extent.ts";

const names = 66;
const mailBytes = 60_000;
/** How much mail the server may keep in all. */
const bytesMax = sized(8 * 1024 * 1024, Math.min(mailsBytesMax, 256 * 1024 * 1024));
/** What a mail and its place in the indexes take on the disk beyond its bytes. */
const overhead = 1.25;

Deno.test("66 names fill a server with mail, and nobody else is refused", async () => {
  using place = temporaryDirectory();
  const capacity = { ...withoutRates, mailsBytes: bytesMax, newNamesPerHost: 1_000 };
  await using server = start({ capacity, data: place.path });
  const replies: Record<string, number> = {};
  let number = 0;
  const data = new Uint8Array(mailBytes);
  for (let box = 0; box < names; box++) {
    // With a key for each, as one key may leave 64 MiB at most.
    const key = Identity.generate();
    using wire = await Wire.connect(server);
    assertMatch(await register(wire, `box${box}`, key), /^REGACK/);
    for (let mail = 0; mail < Math.ceil(bytesMax / mailBytes / 10); mail++) {
      const id = (number++).toString(16).padStart(32, "0");
      const reply = await wire.ask(...depositLines(`box${box}`, `box${box}`, key, id, data));
      const said = /^ERROR\r\nCode: (\d+)/.exec(reply)?.[1] ?? reply.split("\r\n")[0]!;
      replies[said] = (replies[said] ?? 0) + 1;
      if (said !== "DEPOSITACK") break;
    }
  }
  const [alice, bob] = [Identity.generate(), Identity.generate()];
  using home = await Wire.connect(server);
  assertMatch(await register(home, "alice", alice), /^REGACK/);
  using friend = await Wire.connect(server);
  assertMatch(await register(friend, "bob", bob), /^REGACK/);
  for (let mail = 0; mail < 20; mail++) {
    const id = mail.toString(16).padStart(32, "a");
    const deposit = depositLines("bob", "alice", alice, id, new Uint8Array(1_000));
    assertMatch(await friend.ask(...deposit), /^DEPOSITACK/);
  }
  const reply = await home.ask("COLLECT", "clientID: alice", "Version: 1");
  assertMatch(reply, /^COLLECTACK\r\nCount: 20\r\n/);
  const onDisk = sizeOf(place.path);
  note("a full server", {
    ...replies,
    "MiB it may keep": bytesMax / 1024 ** 2,
    "MiB on the disk": onDisk / 1024 ** 2,
  });
  assertEquals(Object.keys(replies).includes("DEPOSITACK"), true);
  assert(onDisk < bytesMax * overhead + 8 * 1024 * 1024, `${onDisk} bytes on the disk`);
});

function sizeOf(directory: string): number {
  let bytes = 0;
  for (const { name } of Deno.readDirSync(directory)) {
    bytes += Deno.statSync(`${directory}/${name}`).size;
  }
  return bytes;
}
