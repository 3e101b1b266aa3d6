// Who makes room where many share a bound, and who is refused.

import { assertEquals } from "@std/assert";
import { defaultCapacity, type MailCapacity, sourceOf } from "../../../server/limits/limits.ts";
import { type Mail, Mailbox, openMailboxDatabase } from "../../../server/mailbox/mailbox.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";
import { silentLog } from "../../../shared/process/log.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const key = (number: number) => publicKeyFrom(new Uint8Array(32).fill(number));

/** A mailbox, and a way to leave mails of 100 bytes in it. */
function setUp(capacity: Partial<MailCapacity>) {
  const database = openMailboxDatabase(undefined);
  const clock = new FakeClock();
  const mailbox = new Mailbox(database, {
    clock,
    time: { now: () => clock.timeOfDay(), isCertain: true },
    log: silentLog,
    capacity: { ...defaultCapacity, ...capacity },
  });
  let count = 0;
  const box = (name: string) => ({ clientId: name, key: key(99) });
  /** @returns The mail's number, or why it is not kept. */
  const leave = async (name: string, from: number, host: string, how: Partial<Mail> = {}) => {
    const mail: Mail = {
      to: box(name),
      sender: key(from),
      source: sourceOf(host),
      standing: "undivided",
      id: (++count).toString(16).padStart(32, "0"),
      data: new Uint8Array(100),
      ...how,
    };
    const outcome = mailbox.deposit(mail);
    await clock.pass(100);
    return await outcome ?? "kept";
  };
  const leaveMany = async (times: number, ...what: Parameters<typeof leave>) => {
    const outcomes = [];
    for (let i = 0; i < times; i++) outcomes.push(await leave(...what));
    return outcomes.join(" ");
  };
  /** Who has left the mails that are in a mailbox, in their order. */
  const senders = (name: string) =>
    database.connection.prepare("SELECT sender FROM mails WHERE name = ? ORDER BY number").all(name)
      .map(({ sender }) => (sender as Uint8Array)[0]);
  return { database, leave, leaveMany, senders };
}

const attackers = "2001:db8:1:1::";

Deno.test("a friend gets into a mailbox that the many keys of one host have filled", async () => {
  const { leave, leaveMany, senders } = setUp({ mailboxMails: 6, shareMails: 4 });
  assertEquals(await leaveMany(5, "bob", 1, `${attackers}1`), "kept kept kept kept share-full");
  // Another key of the same host, from another address, has no share of its own.
  assertEquals(await leave("bob", 2, `${attackers}2`), "share-full");
  assertEquals(await leaveMany(2, "bob", 3, "192.0.2.3"), "kept kept");
  assertEquals(senders("bob"), [1, 1, 1, 1, 3, 3]);
  // It is full. The oldest mail of whoever has the most goes.
  assertEquals(await leave("bob", 4, "192.0.2.4"), "kept");
  assertEquals(senders("bob"), [1, 1, 1, 3, 3, 4]);
  assertEquals(await leave("bob", 1, `${attackers}1`), "mailbox-full");
  assertEquals(await leave("bob", 3, "192.0.2.3"), "mailbox-full", "as much as the other has");
  assertEquals(await leave("bob", 5, "192.0.2.5"), "kept");
  assertEquals(senders("bob"), [1, 1, 3, 3, 4, 5]);
});

Deno.test("contacts and unknown senders do not take each other's place", async () => {
  const { leave, leaveMany, senders } = setUp({ mailboxMails: 2, shareMails: 2, unknownMails: 4 });
  const unknown = { standing: "unknown" } as const;
  const contact = { standing: "contact" } as const;
  assertEquals(await leaveMany(3, "bob", 1, "192.0.2.1", unknown), "kept kept share-full");
  assertEquals(await leaveMany(3, "bob", 2, "192.0.2.2", unknown), "kept kept share-full");
  assertEquals(await leaveMany(3, "bob", 7, "192.0.2.1", contact), "kept kept share-full");
  assertEquals(senders("bob"), [1, 1, 2, 2, 7, 7]);
  // Nor does an unknown sender get more by having more hosts.
  assertEquals(await leave("bob", 1, "192.0.2.3", unknown), "share-full");
  // A contact is one sender from whichever host, and contacts share what they have in the same way.
  assertEquals(await leave("bob", 7, "192.0.2.8", contact), "share-full");
  assertEquals(await leave("bob", 8, "192.0.2.1", contact), "kept");
  assertEquals(senders("bob"), [1, 1, 2, 2, 7, 8]);
});

Deno.test("a server that is full takes mail of those who have little, at the cost of who has the most", async () => {
  const { leave, leaveMany, senders } = setUp({ mails: 6 });
  // Many names and keys of one host are one.
  for (const from of [1, 2, 3]) {
    assertEquals(await leaveMany(2, `box${from}`, from, "192.0.2.1"), "kept kept");
  }
  assertEquals(await leave("box4", 4, "192.0.2.1"), "full");
  assertEquals(await leaveMany(3, "bob", 5, "192.0.2.5"), "kept kept kept");
  assertEquals([senders("box1"), senders("box2"), senders("box3")], [[], [2], [3, 3]]);
  assertEquals(await leave("bob", 5, "192.0.2.5"), "full");
  assertEquals(await leave("bob", 6, "192.0.2.6"), "kept");
});

Deno.test("a host has a bound, within which its keys make room for each other; so has a site", async () => {
  const { leave, leaveMany, senders } = setUp({ hostMails: 3 });
  assertEquals(await leaveMany(3, "bob", 1, `${attackers}1`), "kept kept kept");
  assertEquals(await leave("bob", 1, `${attackers}2`), "host-full");
  assertEquals(await leave("bob", 2, `${attackers}2`), "kept");
  assertEquals(senders("bob"), [1, 1, 2]);
  for (const host of [2, 3, 4]) {
    const outcome = await leaveMany(3, "bob", 10 + host, `2001:db8:1:${host}::1`);
    assertEquals(outcome, "kept kept kept");
  }
  assertEquals(await leave("bob", 20, "2001:db8:1:5::1"), "host-full");
  assertEquals(await leave("bob", 20, "2001:db8:2:1::1"), "kept");
  assertEquals(await leave("bob", 20, "127.0.0.1"), "kept");
});

Deno.test("if nobody who has more can make enough room, nothing is deleted", async () => {
  const { leave, leaveMany, senders } = setUp({ mailboxBytes: 500, mailboxMails: 100 });
  assertEquals(await leaveMany(4, "bob", 1, "192.0.2.1"), "kept kept kept kept");
  assertEquals(await leave("bob", 2, "192.0.2.2", { data: new Uint8Array(450) }), "mailbox-full");
  assertEquals(senders("bob"), [1, 1, 1, 1]);
});

Deno.test("what is counted is exact, whatever becomes of the mails", async () => {
  const { database: { connection }, leave, leaveMany } = setUp({ mailboxMails: 5, shareMails: 3 });
  await leaveMany(3, "bob", 1, `${attackers}1`);
  await leaveMany(3, "bob", 2, "192.0.2.2");
  await leave("bob", 3, "127.0.0.1", { standing: "contact" });
  connection.exec("DELETE FROM mails WHERE number IN (2, 3)");
  const amounts = () =>
    connection.prepare("SELECT scope, who, mails, bytes FROM amounts").all().map((row) => ({
      ...row,
    }));
  const counted = amounts();
  assertEquals(counted.find(({ scope }) => scope === "site")?.mails, 1);
  // The same from the mails themselves, as a database is counted that was changed by another program.
  connection.exec("CREATE TEMP TABLE before AS SELECT * FROM mails; DELETE FROM mails");
  assertEquals(amounts(), []);
  connection.exec("INSERT INTO mails SELECT * FROM before");
  assertEquals(amounts(), counted);
});
