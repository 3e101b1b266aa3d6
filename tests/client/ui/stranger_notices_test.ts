import { assert, assertEquals } from "@std/assert";
import { StrangerNotices } from "../../../client/ui/stranger_notices.ts";
import type { GatheredEvent } from "../../../client/ui/wording/wording.ts";
import { plainText } from "../../../client/ui/script/script.ts";
import type { ClientEvent } from "../../../client/events.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { peer } from "../../support/fake_client.ts";
import { printOf } from "../../support/store_fixture.ts";

const address = { host: "192.0.2.7", port: 5557 };

/** Somebody calls by a name and a key: three events. */
function call(name: string, key: number, contact = false): ClientEvent[] {
  const who = { ...peer(name), person: printOf(key) };
  const events: ClientEvent[] = [
    {
      ...who,
      type: "opened",
      address,
      dialect: "p2pchat",
      security: "encrypted",
      cause: "call",
      contact,
      waiting: 0,
    },
    { ...who, type: "closed", reason: "peer-left", detail: undefined },
  ];
  return contact ? events : [
    { type: "first-contact", name, fingerprint: printOf(key), vouched: false, unasked: true },
    ...events,
  ];
}

function scene() {
  const clock = new FakeClock();
  const gathered: GatheredEvent[] = [];
  const notices = new StrangerNotices((event) => gathered.push(event), clock);
  /** How many of some events are shown as they are. */
  const shown = (events: readonly ClientEvent[]) =>
    events.filter((event) => notices.take(event)).length;
  return { clock, gathered, notices, shown };
}

Deno.test("1,000 names with one key are a few lines, and one with their number and the key", async () => {
  const { clock, gathered, shown } = scene();
  const events = Array.from({ length: 1_000 }, (_, i) => call(`mallory${i}`, 1)).flat();
  const count = shown(events);
  assert(count <= 9, `${count}`);
  assertEquals(gathered, []);
  await clock.pass(60_000);
  const [{ calls, keys, fingerprint }] = gathered as [GatheredEvent];
  assertEquals([calls, keys, fingerprint], [997, 997, printOf(1)]);
  assertEquals(
    plainText(gathered[0]!),
    "* 997 more calls by people you do not know, 997 new keys; most with the key " +
      `${printOf(1)}, which /block ${printOf(1)} refuses\n`,
  );
  // Once it is over, the next one is shown again.
  await clock.pass(60_000);
  assertEquals([shown(call("bob", 2)), gathered.length], [3, 1]);
});

Deno.test("what a few strangers do is shown as it is, and so is all that contacts do", async () => {
  const { clock, gathered, shown } = scene();
  for (const [i, name] of ["a", "b", "c"].entries()) assertEquals(shown(call(name, i)), 3);
  for (let i = 0; i < 100; i++) assertEquals(shown(call("friend", 9, true)), 2);
  await clock.pass(120_000);
  assertEquals(gathered, []);
});

Deno.test("one person takes no more than a part of what is shown", () => {
  const { notices, shown } = scene();
  for (let i = 0; i < 5; i++) shown(call("mallory", 1));
  assertEquals(shown(call("bob", 2)), 3);
  notices.end();
});

Deno.test("mail that cannot be read is counted, and the end tells at once", () => {
  const { gathered, notices, shown } = scene();
  const unreadable = (count: number): ClientEvent => ({
    type: "problem",
    problem: { code: "mail-unreadable", count },
  });
  assertEquals(shown(Array.from({ length: 20 }, () => unreadable(2))), 6);
  notices.end();
  assertEquals(gathered, [{
    type: "gathered",
    calls: 0,
    keys: 0,
    mails: 28,
    fingerprint: undefined,
  }]);
  assertEquals(plainText(gathered[0]!), "* 28 mails that cannot be read\n");
  notices.end();
  assertEquals(gathered.length, 1);
});
