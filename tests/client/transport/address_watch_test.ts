// What counts as another network.

import { assertEquals } from "@std/assert";
import { watchAddresses } from "../../../client/transport/address_watch.ts";
import type { InterfaceAddress } from "../../../shared/net/interfaces.ts";
import { FakeClock } from "../../support/fake_clock.ts";

function watched(...first: string[]) {
  const clock = new FakeClock();
  const told: [gone: string[], come: string[]][] = [];
  let now = first;
  const read = (): InterfaceAddress[] => now.map((address) => ({ address, prefixBits: 24 }));
  const watch = watchAddresses(
    clock,
    ({ gone, come }) => void told.push([[...gone], [...come]]),
    read,
  );
  const becomes = async (...addresses: string[]) => {
    now = addresses;
    await clock.pass(1_000);
    return told.splice(0);
  };
  return { watch, becomes, clock };
}

Deno.test("an address that is gone or new is told of, once", async () => {
  const { becomes, watch } = watched("127.0.0.1", "10.0.0.7");
  assertEquals(await becomes("10.0.0.7", "127.0.0.1"), []);
  assertEquals(await becomes("127.0.0.1"), [[["10.0.0.7"], []]]);
  assertEquals(await becomes("127.0.0.1"), []);
  assertEquals(await becomes("127.0.0.1", "10.1.0.7", "2001:db8::1"), [
    [[], ["10.1.0.7", "2001:db8::1"]],
  ]);
  assertEquals(await becomes("127.0.0.1", "10.1.0.8"), [[["10.1.0.7", "2001:db8::1"], [
    "10.1.0.8",
  ]]]);
  watch[Symbol.dispose]();
  assertEquals(await becomes("127.0.0.1"), []);
});

Deno.test("an address of the link alone means nothing, and addresses that cannot be read are no other network", async () => {
  const { becomes } = watched("127.0.0.1", "10.0.0.7");
  assertEquals(await becomes("127.0.0.1", "10.0.0.7", "fe80::1"), []);
  assertEquals(await becomes("127.0.0.1", "10.0.0.7", "febf::1", "169.254.3.4"), []);
  assertEquals(await becomes(), []);
  assertEquals(await becomes("127.0.0.1", "10.0.0.7"), []);
  const { becomes: blind } = watched();
  assertEquals(await blind("127.0.0.1"), []);
});

Deno.test("an interface that flaps is told of some times a minute, and then of how it is at last", async () => {
  const { becomes, clock } = watched("127.0.0.1", "10.0.0.7");
  const away = ["127.0.0.1"];
  const there = ["127.0.0.1", "10.0.0.7"];
  const changes = [];
  for (let n = 0; n < 30; n++) changes.push(...await becomes(...n % 2 === 0 ? away : there));
  assertEquals(changes.length, 8);
  assertEquals(await becomes(...away), []);
  for (let s = 0; s < 28; s++) assertEquals(await becomes(...away), []);
  // A minute after the first one. It does not get lost.
  await clock.pass(1_000);
  assertEquals(await becomes(...away), [[["10.0.0.7"], []]]);
});

Deno.test("however often addresses change, it is told of once a second", async () => {
  const { becomes, clock } = watched("127.0.0.1", "10.0.0.7");
  await clock.pass(500);
  assertEquals((await becomes("127.0.0.1")).length, 1);
  await clock.pass(400);
  assertEquals((await becomes("127.0.0.1", "10.0.0.7")).length, 1);
});
