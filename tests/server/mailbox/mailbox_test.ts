import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { defaultCapacity, type MailCapacity } from "../../../server/limits/limits.ts";
import {
  type Mail,
  Mailbox,
  type MailboxAddress,
  type MailboxDatabase,
  type MailboxOptions,
  type MailRefusal,
  openMailboxDatabase,
} from "../../../server/mailbox/mailbox.ts";
import { createLog, silentLog } from "../../../shared/process/log.ts";
import {
  depositBatchMax,
  depositBatchMs,
  depositsWaitingMax,
  mailTtlMs,
} from "../../../shared/protocol/limits.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { hasMounts, namesIn, temporaryDirectory, tinyDisk } from "../../support/places.ts";
import { type PublicKey, publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const dayMs = 24 * 60 * 60_000;

function key(number: number): PublicKey {
  return publicKeyFrom(new Uint8Array(32).fill(number));
}

function id(number: number): string {
  return number.toString(16).padStart(32, "0");
}

const bob: MailboxAddress = { clientId: "bob", key: key(2) };

function mail(number: number, bytes = 100, sender = 1, to = bob): Mail {
  return {
    to,
    sender: key(sender),
    source: { host: "", site: "" },
    standing: "undivided",
    id: id(number),
    data: new Uint8Array(bytes).fill(number),
  };
}

/** A mailbox with a clock that the test moves. */
function setUp(database = openMailboxDatabase(undefined), options: Partial<MailboxOptions> = {}) {
  const clock = new FakeClock();
  const mailbox = new Mailbox(database, {
    clock,
    time: { now: () => clock.timeOfDay(), isCertain: true },
    log: silentLog,
    capacity: defaultCapacity,
    ...options,
  });
  /** Deposits a mail, and lets it be written. */
  const deposit = async (mail: Mail) => {
    const outcome = mailbox.deposit(mail);
    await clock.pass(100);
    return await outcome;
  };
  /** The numbers of the mails in a mailbox. */
  const numbers = (owner = bob) => {
    const found: number[] = [];
    for (;;) {
      const next = mailbox.collect(owner, [], found.at(-1) ?? 0)!.mail;
      if (next === undefined) return found;
      found.push(next.number);
    }
  };
  return { clock, database, mailbox, deposit, numbers };
}

function totalOf({ connection }: MailboxDatabase): unknown {
  return { ...connection.prepare("SELECT mails, bytes FROM total").get() };
}

/** Records what a connection executes. */
function spyOn({ connection }: MailboxDatabase): string[] {
  const said: string[] = [];
  const exec = connection.exec.bind(connection);
  connection.exec = (sql) => {
    said.push(sql);
    exec(sql);
  };
  return said;
}

Deno.test("mails are collected in the order in which they came, the oldest first", async () => {
  const { mailbox, deposit } = setUp();
  for (const number of [7, 3, 5]) assertEquals(await deposit(mail(number)), undefined);
  const seen = [];
  for (let after = 0;;) {
    const { count, mail } = mailbox.collect(bob, [], after)!;
    assertEquals(count, 3);
    if (mail === undefined) break;
    seen.push(mail.data[0]);
    after = mail.number;
  }
  assertEquals(seen, [7, 3, 5]);
});

Deno.test("deposits that come together are one transaction, which is flushed", async () => {
  const { clock, database, mailbox } = setUp();
  const said = spyOn(database);
  const outcomes = Array.from({ length: 100 }, (_, i) => mailbox.deposit(mail(i)));
  assertEquals(said, []);
  await clock.pass(100);
  assertEquals(await Promise.all(outcomes), outcomes.map(() => undefined));
  assertEquals(said, [
    "PRAGMA synchronous = FULL",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "PRAGMA synchronous = NORMAL",
  ]);
});

Deno.test("between two transactions there is as much time as the last one took, within a bound", async () => {
  for (const [tookMs, breatherMs] of [[0, 0], [20, 20], [5_000, 50]] as const) {
    const database = openMailboxDatabase(undefined);
    const { clock, mailbox } = setUp(database);
    const exec = database.connection.exec.bind(database.connection);
    let slowMs = tookMs;
    const now = clock.now.bind(clock);
    let aheadMs = 0;
    clock.now = () => now() + aheadMs;
    database.connection.exec = (sql) => {
      if (sql === "COMMIT") aheadMs += slowMs;
      exec(sql);
    };
    const first = mailbox.deposit(mail(1));
    await clock.pass(0);
    await first;
    slowMs = 0;
    let done = false;
    mailbox.deposit(mail(2)).then(() => done = true);
    if (breatherMs > 0) {
      await clock.pass(breatherMs - 1);
      assert(!done);
    }
    await clock.pass(1);
    assert(done);
  }
});

Deno.test("a transaction is bounded, by mails and by the time that it takes", async () => {
  for (const [tookMs, most] of [[0, depositBatchMax], [1, depositBatchMs]] as const) {
    const { clock, database, mailbox } = setUp();
    const now = clock.now.bind(clock);
    let aheadMs = 0;
    clock.now = () => now() + (aheadMs += tookMs);
    const sizes: number[] = [];
    const exec = database.connection.exec.bind(database.connection);
    database.connection.exec = (sql) => {
      exec(sql);
      const { mails } = totalOf(database) as { mails: number };
      if (sql === "COMMIT") sizes.push(mails - sizes.reduce((a, b) => a + b, 0));
    };
    const outcomes = Array.from({ length: 200 }, (_, i) => mailbox.deposit(mail(i)));
    await clock.pass(10_000);
    assertEquals(await Promise.all(outcomes), outcomes.map(() => undefined));
    assertEquals(Math.max(...sizes), most);
  }
});

Deno.test("hosts take turns: who leaves one mail does not wait for the many of another", async () => {
  const { clock, mailbox } = setUp();
  const of = (host: string, number: number) => ({ ...mail(number), source: { host, site: "" } });
  const written: string[] = [];
  for (let i = 0; i < 400; i++) {
    mailbox.deposit(of("192.0.2.1", i)).then(() => written.push("many"));
  }
  mailbox.deposit(of("192.0.2.2", 999)).then(() => written.push("one"));
  await clock.pass(1_000);
  assertEquals(written.length, 401);
  assertEquals(written.indexOf("one"), 1);
});

Deno.test("if too much waits, the last of whoever has the most waiting is refused", async () => {
  const { clock, mailbox } = setUp(undefined, {
    capacity: { ...defaultCapacity, mailboxMails: 9_000, shareMails: 9_000, senderMails: 9_000 },
  });
  const of = (host: string, number: number) => ({ ...mail(number), source: { host, site: "" } });
  const many = Array.from(
    { length: depositsWaitingMax },
    (_, i) => mailbox.deposit(of("192.0.2.1", i)),
  );
  const few = [1, 2].map((i) => mailbox.deposit(of("192.0.2.2", 10_000 + i)));
  await clock.pass(10_000);
  assertEquals(await Promise.all(few), [undefined, undefined]);
  const outcomes = await Promise.all(many);
  assertEquals(outcomes.slice(-3), [undefined, "unavailable", "unavailable"]);
  assertEquals(outcomes.filter((outcome) => outcome !== undefined).length, 2);
});

Deno.test("what there is no room for is refused before it waits, and adds nothing up", async () => {
  const { mailbox, deposit, database, clock } = setUp(undefined, {
    capacity: { ...defaultCapacity, shareMails: 2 },
  });
  for (const number of [1, 2]) await deposit(mail(number));
  const said = spyOn(database);
  assertEquals(await mailbox.deposit(mail(3)), "share-full");
  assertEquals(await mailbox.deposit(mail(1)), undefined, "it is there already");
  await clock.pass(1_000);
  assertEquals(said, []);
});

Deno.test("the same mail is kept once, whether it comes in one transaction or in two", async () => {
  const { clock, mailbox, deposit, numbers } = setUp(undefined, {
    capacity: { ...defaultCapacity, mailboxMails: 2, shareMails: 2 },
  });
  const both = [mailbox.deposit(mail(1)), mailbox.deposit(mail(1))];
  await clock.pass(100);
  assertEquals(await Promise.all(both), [undefined, undefined]);
  assertEquals(await deposit(mail(1)), undefined);
  // A mail with the same id from another sender, or for another mailbox, is another mail.
  assertEquals(await deposit(mail(1, 100, 9)), undefined);
  assertEquals(await deposit(mail(1, 100, 1, { clientId: "bob2", key: key(2) })), undefined);
  assertEquals(numbers().length, 2);
  assertEquals(await deposit(mail(1)), undefined, "even if the mailbox is full");
});

Deno.test("a number is never given twice, not even after a restart with an empty mailbox", async () => {
  using place = temporaryDirectory();
  {
    using database = openMailboxDatabase(place.path);
    const { mailbox, deposit, numbers } = setUp(database);
    await deposit(mail(1));
    await deposit(mail(2));
    assertEquals(mailbox.collect(bob, [1, 2], 0), { count: 0, mail: undefined });
    assertEquals(numbers(), []);
  }
  using database = openMailboxDatabase(place.path);
  const { deposit, numbers } = setUp(database);
  await deposit(mail(3));
  assertEquals(numbers(), [3]);
});

const limits: [name: keyof MailCapacity, refusal: MailRefusal, fill: (i: number) => Mail][] = [
  ["mailboxMails", "mailbox-full", (i) => mail(i, 100, i)],
  ["mailboxBytes", "mailbox-full", (i) => mail(i, 100, i)],
  ["shareMails", "share-full", (i) => mail(i)],
  ["shareBytes", "share-full", (i) => mail(i)],
  ["senderMails", "sender-full", (i) => mail(i, 100, 1, { clientId: `bob${i}`, key: key(2) })],
  ["senderBytes", "sender-full", (i) => mail(i, 100, 1, { clientId: `bob${i}`, key: key(2) })],
  ["mails", "full", (i) => mail(i, 100, i, { clientId: `bob${i}`, key: key(2) })],
  ["mailsBytes", "full", (i) => mail(i, 100, i, { clientId: `bob${i}`, key: key(2) })],
];

for (const [name, refusal, fill] of limits) {
  Deno.test(`${name} is an exact limit, and mail that is taken makes room`, async () => {
    const max = name.endsWith("Bytes") ? 300 : 3;
    const capacity = { ...defaultCapacity, [name]: max };
    const { mailbox, deposit } = setUp(undefined, { capacity });
    for (let i = 1; i <= 3; i++) assertEquals(await deposit(fill(i)), undefined);
    assertEquals(await deposit(fill(4)), refusal);
    const { to } = fill(1);
    const { number } = mailbox.collect(to, [], 0)!.mail!;
    mailbox.collect(to, [number], 0);
    if (name.endsWith("Bytes")) {
      assertEquals(await deposit({ ...fill(4), data: new Uint8Array(101) }), refusal);
    }
    assertEquals(await deposit(fill(4)), undefined);
    assertEquals(await deposit(fill(5)), refusal);
  });
}

Deno.test("a limit holds among the deposits of one transaction, and the others are kept", async () => {
  const { clock, mailbox, numbers } = setUp(undefined, {
    capacity: { ...defaultCapacity, shareMails: 2 },
  });
  const outcomes = [1, 2, 3, 4].map((i) => mailbox.deposit(mail(i, 100, i === 4 ? 9 : 1)));
  await clock.pass(100);
  assertEquals(await Promise.all(outcomes), [undefined, undefined, "share-full", undefined]);
  assertEquals(numbers().length, 3);
});

Deno.test("mail that nobody collects is deleted after 14 days, a few at a time", async () => {
  const { clock, mailbox, deposit, numbers, database } = setUp();
  for (let i = 0; i < 120; i++) mailbox.deposit(mail(i));
  await clock.pass(dayMs);
  await deposit(mail(999));
  mailbox.expire();
  assertEquals(numbers().length, 121);
  await clock.pass(mailTtlMs - dayMs);
  const left = [];
  for (let i = 0; i < 4; i++) {
    mailbox.expire();
    left.push(numbers().length);
    await clock.pass(1_000);
  }
  assertEquals(left, [71, 21, 1, 1]);
  assertEquals(totalOf(database), { mails: 1, bytes: 100 });
  // The next batches are due later.
  await clock.pass(dayMs);
  mailbox.expire();
  assertEquals(numbers(), []);
});

Deno.test("onMail names each mailbox that has got mail, once that is on the disk", async () => {
  const told: MailboxAddress[] = [];
  const { clock, mailbox, deposit } = setUp(undefined, {
    capacity: { ...defaultCapacity, shareMails: 1 },
    onMail: (owner) => told.push(owner),
  });
  mailbox.deposit(mail(1));
  assertEquals(told, []);
  await clock.pass(100);
  assertEquals(told, [bob]);
  await deposit(mail(2));
  await deposit(mail(1));
  assertEquals(told, [bob]);
});

Deno.test("a closed mailbox refuses mail and writes nothing more", async () => {
  const { clock, mailbox, database } = setUp();
  const waiting = mailbox.deposit(mail(1));
  mailbox.close();
  assertEquals(await waiting, "unavailable");
  assertEquals(await mailbox.deposit(mail(2)), "unavailable");
  await clock.pass(1_000);
  assertEquals(clock.waiting, 0);
  assertEquals(totalOf(database), { mails: 0, bytes: 0 });
});

Deno.test("with a full disk mail is refused, and none that is there is lost", async () => {
  using place = temporaryDirectory();
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
  const kept: string[] = [];
  {
    using database = openMailboxDatabase(place.path);
    const { clock, mailbox, deposit } = setUp(database, { log });
    const { page_count: pages } = database.connection.prepare("PRAGMA page_count").get() as {
      page_count: number;
    };
    database.connection.exec(`PRAGMA max_page_count = ${pages + 60}`);
    for (let i = 0; i < 30; i++) {
      const outcome = await deposit(mail(i, 20_000));
      if (outcome === undefined) kept.push(id(i));
      else assertEquals(outcome, "unavailable");
    }
    assert(kept.length > 3 && kept.length < 20, `${kept.length}`);
    // A transaction that does not fit is refused as a whole.
    const batch = [mailbox.deposit(mail(100, 10)), mailbox.deposit(mail(101, 60_000))];
    await clock.pass(1_000);
    assertEquals(await Promise.all(batch), ["unavailable", "unavailable"]);
    assertEquals(mailbox.count(bob), kept.length);
    assertEquals(totalOf(database), { mails: kept.length, bytes: kept.length * 20_000 });
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, / error cannot use the database of mails error=".*full.*"$/);
    // Mail that is collected makes room.
    assertEquals(mailbox.collect(bob, [1], 0)!.count, kept.length - 1);
    assertEquals(await deposit(mail(200, 20_000)), undefined);
  }
  using database = openMailboxDatabase(place.path);
  const { numbers } = setUp(database);
  assertEquals(numbers().length, kept.length);
});

Deno.test({
  name: "with a real full disk it is the same, and the mailbox goes on when there is room",
  ignore: !hasMounts,
  fn: async () => {
    using disk = tinyDisk("1m");
    using database = openMailboxDatabase(disk.path);
    const { deposit, numbers } = setUp(database);
    assertEquals(await deposit(mail(1)), undefined);
    disk.fill();
    let refused = 0;
    for (let i = 2; i < 20; i++) if (await deposit(mail(i, 60_000)) !== undefined) refused++;
    assert(refused > 0);
    await Deno.remove(`${disk.path}/filling`);
    assertEquals(await deposit(mail(100)), undefined);
    assertEquals(numbers().length, 20 - refused);
  },
});

Deno.test("mail that was acknowledged is there for another program that opens the file, before anything is closed", async () => {
  using place = temporaryDirectory();
  using database = openMailboxDatabase(place.path);
  const { mailbox, deposit } = setUp(database);
  for (let i = 1; i <= 10; i++) await deposit(mail(i, i * 100));
  mailbox.deposit(mail(11));
  // As after a kill: the files as they are now, copied while the server runs.
  using copy = temporaryDirectory();
  for (const name of namesIn(place.path)) {
    if (!name.endsWith("-shm")) {
      await Deno.copyFile(`${place.path}/${name}`, `${copy.path}/${name}`);
    }
  }
  using reopened = openMailboxDatabase(copy.path);
  const { numbers } = setUp(reopened);
  assertEquals(numbers(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertEquals(totalOf(reopened), { mails: 10, bytes: 5_500 });
  mailbox.close();
});

Deno.test("while another program holds the database mail is refused after a short wait", async () => {
  using place = temporaryDirectory();
  using database = openMailboxDatabase(place.path);
  using other = openMailboxDatabase(place.path);
  const { mailbox, deposit } = setUp(database);
  assertEquals(await deposit(mail(1)), undefined);
  other.connection.exec("BEGIN IMMEDIATE");
  assertEquals(await deposit(mail(2)), "unavailable");
  assertEquals(mailbox.collect(bob, [1], 0), undefined);
  assertEquals(mailbox.collect(bob, [], 0)!.count, 1);
  other.connection.exec("ROLLBACK");
  assertEquals(await deposit(mail(2)), undefined);
});

// What a mailbox does, in the simplest way.
class Model {
  readonly mails: { number: number; name: string; sender: number; id: number; bytes: number }[] =
    [];
  #last = 0;

  constructor(readonly capacity: MailCapacity) {}

  deposit(name: string, sender: number, id: number, bytes: number): MailRefusal | undefined {
    const { mails, capacity } = this;
    const of = (those: Model["mails"]) => ({
      mails: those.length,
      bytes: those.reduce((sum, { bytes }) => sum + bytes, 0),
    });
    const inMailbox = () => mails.filter((mail) => mail.name === name);
    const bySender = mails.filter((mail) => mail.sender === sender);
    const share = inMailbox().filter((mail) => mail.sender === sender);
    if (share.some((mail) => mail.id === id)) return undefined;
    const passes = (those: Model["mails"], maxMails: number, maxBytes: number) =>
      of(those).mails + 1 > maxMails || of(those).bytes + bytes > maxBytes;
    if (passes(bySender, capacity.senderMails, capacity.senderBytes)) return "sender-full";
    if (passes(share, capacity.shareMails, capacity.shareBytes)) return "share-full";
    const before = [...mails];
    // Whoever has the most makes room for who has less.
    const makesRoom = (those: () => Model["mails"], maxMails: number, maxBytes: number) => {
      while (passes(those(), maxMails, maxBytes)) {
        const weights = new Map<number, number>();
        for (const { sender, bytes } of those()) {
          weights.set(sender, (weights.get(sender) ?? 0) + 4_096 + bytes);
        }
        const own = (weights.get(sender) ?? 0) + 4_096 + bytes;
        const most = Math.max(0, ...weights.values());
        // Of those who have as much as each other, the greatest key.
        const [largest] = [...weights].filter(([, weight]) => weight === most)
          .map(([sender]) => sender).toSorted((a, b) => b - a);
        if (largest === undefined || own >= most) return false;
        const oldest = those().find((mail) => mail.sender === largest)!;
        mails.splice(mails.indexOf(oldest), 1);
      }
      return true;
    };
    const refusal = !makesRoom(inMailbox, capacity.mailboxMails, capacity.mailboxBytes)
      ? "mailbox-full"
      : !makesRoom(() => mails, capacity.mails, capacity.mailsBytes)
      ? "full"
      : undefined;
    if (refusal !== undefined) {
      mails.splice(0, mails.length, ...before);
      return refusal;
    }
    mails.push({ number: ++this.#last, name, sender, id, bytes });
    return undefined;
  }

  take(name: string, numbers: readonly number[]): void {
    for (const number of numbers) {
      const at = this.mails.findIndex((mail) => mail.number === number && mail.name === name);
      if (at >= 0) this.mails.splice(at, 1);
    }
  }
}

Deno.test("after any sequence of operations a mailbox holds what a plain array holds", async () => {
  const capacity: MailCapacity = {
    mailboxMails: 4,
    mailboxBytes: 500,
    shareMails: 3,
    shareBytes: 300,
    senderMails: 5,
    senderBytes: 600,
    mails: 9,
    mailsBytes: 1_200,
    unknownMails: 4,
    unknownBytes: 500,
    hostMails: 100,
    hostBytes: 10_000,
  };
  const names = ["bob", "carol", "dave"];
  const deposit = fc.record({
    name: fc.constantFrom(...names),
    sender: fc.integer({ min: 1, max: 3 }),
    id: fc.integer({ min: 1, max: 6 }),
    bytes: fc.integer({ min: 1, max: 200 }),
  });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.array(deposit, { minLength: 1, maxLength: 5 }) },
    {
      weight: 2,
      arbitrary: fc.record({
        of: fc.constantFrom(...names),
        taken: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant("restart" as const) },
    { weight: 1, arbitrary: fc.constant("lose the end" as const) },
  );
  const addressOf = (clientId: string): MailboxAddress => ({
    clientId,
    key: key(clientId.length),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      using database = openMailboxDatabase(undefined);
      const model = new Model(capacity);
      let { clock, mailbox, numbers } = setUp(database, { capacity });
      for (const step of steps) {
        if (Array.isArray(step)) {
          // One after the other: those that wait together are written by turns.
          for (const { name, sender, id, bytes } of step) {
            const outcome = mailbox.deposit(mail(id, bytes, sender, addressOf(name)));
            await clock.pass(100);
            assertEquals(await outcome, model.deposit(name, sender, id, bytes));
          }
        } else if (step === "restart") {
          ({ clock, mailbox, numbers } = setUp(database, { capacity }));
        } else if (step === "lose the end") {
          mailbox.deposit(mail(99, 1, 1, addressOf("bob")));
          mailbox.close();
          ({ clock, mailbox, numbers } = setUp(database, { capacity }));
        } else {
          mailbox.collect(addressOf(step.of), step.taken, 0);
          model.take(step.of, step.taken);
        }
        for (const name of names) {
          const wanted = model.mails.filter((mail) => mail.name === name);
          assertEquals(numbers(addressOf(name)), wanted.map(({ number }) => number));
          assertEquals(mailbox.count(addressOf(name)), wanted.length);
        }
        const bytes = model.mails.reduce((sum, { bytes }) => sum + bytes, 0);
        assertEquals(totalOf(database), { mails: model.mails.length, bytes });
      }
    }),
    { numRuns: 150 },
  );
});
