import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { openEnvelope, type Recipient, sealEnvelope } from "../../../client/mailbox/envelope.ts";
import { type Deposit, Mailbox, type OpenedMail } from "../../../client/mailbox/mailbox.ts";
import { ServerRefusal } from "../../../client/rendezvous/reply.ts";
import { Rendezvous } from "../../../client/rendezvous/rendezvous.ts";
import { ServerCore, sweepMs } from "../../../server/core.ts";
import { openMailboxDatabase } from "../../../server/mailbox/mailbox.ts";
import { openNamesDatabase } from "../../../server/names/names.ts";
import type { Address } from "../../../shared/net/address.ts";
import { openStore } from "../../../client/store/store.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { silentLog } from "../../../shared/process/log.ts";
import { randomId } from "../../../shared/protocol/random_id.ts";
import { depositBytesMax, mailBytesMax } from "../../../shared/protocol/limits.ts";
import { parkedMailsMax, parkedOfSenderMax } from "../../../client/store/store_limits.ts";
import { dataHeaders, dataOf } from "../../../shared/protocol/mail_data.ts";
import {
  encode,
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../../shared/protocol/message.ts";
import { check } from "../../../shared/protocol/verbs.ts";
import { sentenceOf } from "../../support/problems.ts";
import { SeededRandom } from "../../simulation/seeded_random.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { SimulatedNetwork } from "../../simulation/simulated_network.ts";

const [alice, bob] = [Identity.generate(), Identity.generate()];
const utf8 = new TextEncoder();
const known = { host: "192.0.2.7", port: 5557 };

const to = (identity: Identity, name: string): Recipient => ({
  name,
  key: identity.publicKey,
  agreement: identity.agreement.publicKey,
});
const msg = (text: string, id = randomId()) => message("MSG", [["Id", id], ["Text", text]]);
const textsOf = ({ messages }: OpenedMail) =>
  messages.flatMap((message) => headerValues(message, "Text"));
const refusal = (code: number, ...more: Header[]) =>
  new ServerRefusal(message("ERROR", [["Code", String(code)], ["Reason", "no"], ...more]));

/** What a request ends with when the server is lost. */
const lost = { code: "server-closed", server: "192.0.2.1:5555" } as const;

/** A server's mailbox, as one connection sees it. It keeps the mail for everybody in one place. */
class FakeMailbox {
  readonly server = { host: "192.0.2.1", port: 5555 };
  readonly mails = new Map<number, { readonly id: string; readonly data: Uint8Array }>();
  readonly requests: Message[] = [];
  /** Thrown instead of a reply, after the request has been done. */
  fails: Error | undefined;
  /** How many requests were under way at once, at most. */
  crowd = 0;
  #last = 0;
  #crowd = 0;

  readonly request = async (request: Message, expected: string): Promise<Message> => {
    assertEquals(check(request, "client"), undefined);
    assertEquals(expected, `${request.verb}ACK`);
    this.requests.push(request);
    this.crowd = Math.max(this.crowd, ++this.#crowd);
    await undefined;
    this.#crowd--;
    const reply = request.verb === "DEPOSIT" ? this.#deposit(request) : this.#collect(request);
    if (this.fails !== undefined) throw this.fails;
    return reply;
  };

  put(data: Uint8Array): number {
    this.mails.set(++this.#last, { id: "", data });
    return this.#last;
  }

  #deposit(request: Message): Message {
    const [id, data] = [header(request, "Id")!, dataOf(request)!];
    const isNew = ![...this.mails.values()].some((mail) => mail.id === id);
    if (isNew) this.mails.set(++this.#last, { id, data });
    return message("DEPOSITACK", [["Id", id]]);
  }

  #collect(request: Message): Message {
    for (const number of headerValues(request, "Taken")) this.mails.delete(Number(number));
    const after = Number(header(request, "After"));
    const next = [...this.mails].find(([number]) => number > after);
    const count: Header = ["Count", String(this.mails.size)];
    return message("COLLECTACK", [
      count,
      ...next === undefined
        ? []
        : [["Number", String(next[0])] as const, ...dataHeaders(next[1].data)],
    ]);
  }
}

/** Asks a mailbox that wants nothing signed. */
const collectOf: Rendezvous["collect"] = (connection, headers) =>
  connection.request(message("COLLECT", headers), "COLLECTACK");

/** Somebody's client of a fake mailbox. */
function made(fake: FakeMailbox, identity: Identity, id: string) {
  const problems: string[] = [];
  const store = openStore(":memory:");
  const t = {
    problems,
    store,
    bytesMax: mailBytesMax as number | undefined,
    kept: fake as FakeMailbox | undefined,
  };
  const mailbox = new Mailbox({
    id,
    identity,
    rendezvous: {
      address: known,
      collect: collectOf,
      get connection() {
        return t.kept;
      },
      get mailBytesMax() {
        return t.bytesMax;
      },
    },
    store,
    signal: new AbortController().signal,
    onProblem: (problem) => problems.push(sentenceOf(problem)),
  });
  return Object.assign(t, { mailbox });
}

type Take = (mail: OpenedMail, from: Address) => Promise<boolean>;

/** Collects, and looks at what was left before as well. */
function collectWith(mailbox: Mailbox, take: Take, answer = () => Promise.resolve()) {
  return mailbox.collect({ take, answer }, { alsoLeft: true });
}

/** Collects everything that `take` takes. */
async function collect(
  { mailbox }: { mailbox: Mailbox },
  take: (mail: OpenedMail) => boolean = () => true,
): Promise<OpenedMail[]> {
  const seen: OpenedMail[] = [];
  await collectWith(mailbox, (mail) => {
    seen.push(mail);
    return Promise.resolve(take(mail));
  });
  return seen;
}

function sealed(...said: readonly (Message | string)[]): Uint8Array {
  const content = said.map((one) => typeof one === "string" ? one : encode(one)).join("");
  return sealEnvelope(alice, to(bob, "bob"), utf8.encode(content));
}

const chat = message("CHAT", [["clientID", "alice"], ["Version", "1"]]);

Deno.test("messages that are left for a recipient come out, with their sender", async () => {
  const fake = new FakeMailbox();
  const messages = [
    msg("hello"),
    message("ACK", [["Id", randomId()]]),
    message("READ", [["Id", randomId()]]),
    message("RESET", [["Stream", randomId()]]),
    msg("Grüße"),
  ];
  const left = await made(fake, alice, "alice").mailbox.deposit(to(bob, "bob"), messages);
  assertEquals(left, { deposited: 5 });
  const t = made(fake, bob, "bob");
  assertEquals(await collect(t), [{
    id: "alice",
    key: alice.publicKey,
    agreement: alice.agreement.publicKey,
    address: known,
    messages,
  }]);
  assertEquals([fake.mails.size, t.problems], [0, []]);
  assertEquals(await collect(t), []);
});

Deno.test("a deposit names its sender and its recipient, and shows nothing of its content", async () => {
  const fake = new FakeMailbox();
  await made(fake, alice, "alice").mailbox.deposit(to(bob, "bob"), [msg("a secret")]);
  const [request] = fake.requests;
  assertEquals(request!.headers.slice(0, 4), [
    ["clientID", "alice"],
    ["Version", "1"],
    ["Target", "bob"],
    ["Key", bob.publicKey],
  ]);
  assert(/^[0-9a-f]{32}$/.test(header(request!, "Id")!));
  assertEquals([...new Set(request!.headers.slice(5).map(([name]) => name))], ["Data"]);
  const { content } = openEnvelope(bob, "bob", dataOf(request!)!)!;
  assert(new TextDecoder().decode(content).startsWith("CHAT\r\nclientID: alice\r\nIP: 192.0.2.7"));
});

Deno.test("as many messages go into a mail as fit, from the front, and each mail is within the limit", async () => {
  const size = fc.integer({ min: 1, max: 15_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(size, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 20_000, max: 70_000 }),
      async (sizes, bytesMax) => {
        const fake = new FakeMailbox();
        const t = made(fake, alice, "alice");
        t.bytesMax = bytesMax;
        const texts = sizes.map((size, i) => `${i}`.padEnd(size, "."));
        const messages = texts.map((text) =>
          message("MSG", [
            ["Id", randomId()],
            ...(text.match(/.{1,3800}/g) ?? []).map((line): Header => ["Text", line]),
          ])
        );
        for (let rest = messages; rest.length > 0;) {
          const left = await t.mailbox.deposit(to(bob, "bob"), rest);
          assert("deposited" in left && left.deposited > 0);
          // The next message would not have fitted.
          const [last, next] = [[...fake.mails.values()].at(-1)!, rest[left.deposited]];
          if (next !== undefined) {
            assert(
              last.data.length + encode(next).length + 256 >
                Math.min(bytesMax, depositBytesMax) - 512,
            );
          }
          rest = rest.slice(left.deposited);
        }
        for (const { data } of fake.mails.values()) assert(data.length <= bytesMax);
        const mails = await collect(made(fake, bob, "bob"));
        assertEquals(mails.flatMap(({ messages }) => messages), messages);
      },
    ),
    { numRuns: 25 },
  );
});

const refused = (deposit: Deposit) => {
  assert("refused" in deposit);
  return deposit;
};

for (
  const [code, means] of [
    [507, "full"],
    [403, "not-there"],
    [404, "not-there"],
    [400, "unavailable"],
    [413, "unavailable"],
    [429, "unavailable"],
    [503, "unavailable"],
    [599, "unavailable"],
  ] as const
) {
  Deno.test(`a deposit that is refused with ${code} is ${means}`, async () => {
    const fake = new FakeMailbox();
    const { mailbox } = made(fake, alice, "alice");
    fake.fails = refusal(code, ["Retry-After", "17"]);
    const asked = () => mailbox.deposit(to(bob, "bob"), [msg("hello")]);
    assertEquals(await asked(), {
      refused: means,
      why: { code: "deposit-refused", status: String(code), said: "no" },
      retryAfterMs: 17_000,
    });
    fake.fails = refusal(code);
    assert(refused(await asked()).retryAfterMs >= 10_000);
  });
}

Deno.test("a deposit without a server, or one that is lost, is not made", async () => {
  const fake = new FakeMailbox();
  const t = made(fake, alice, "alice");
  const asked = async () => refused(await t.mailbox.deposit(to(bob, "bob"), [msg("hello")]));
  fake.fails = new UserError(lost);
  assertEquals(await asked(), {
    refused: "unavailable",
    why: lost,
    retryAfterMs: 60_000,
  });
  fake.requests.length = 0;
  t.bytesMax = undefined;
  assertEquals(t.mailbox.available, false);
  assertEquals((await asked()).refused, "unavailable");
  t.bytesMax = 100;
  assertEquals(sentenceOf((await asked()).why), "The server keeps no mail as long as this message");
  t.bytesMax = mailBytesMax;
  t.kept = undefined;
  assertEquals((await asked()).refused, "unavailable");
  assertEquals(fake.requests, []);
});

Deno.test("a defect of the program is thrown, and does not stop the next deposit", async () => {
  const fake = new FakeMailbox();
  const { mailbox } = made(fake, alice, "alice");
  const nobody = { ...to(bob, "bob"), agreement: new Uint8Array(32) };
  await assertRejects(() => mailbox.deposit(nobody, [msg("hello")]), Error, "low order");
  assertEquals(await mailbox.deposit(to(bob, "bob"), [msg("hello")]), { deposited: 1 });
});

Deno.test("one deposit is made after the other", async () => {
  const fake = new FakeMailbox();
  const { mailbox } = made(fake, alice, "alice");
  const texts = ["1", "2", "3", "4", "5"];
  await Promise.all(texts.map((text) => mailbox.deposit(to(bob, "bob"), [msg(text)])));
  assertEquals(fake.crowd, 1);
  assertEquals((await collect(made(fake, bob, "bob"))).flatMap(textsOf), texts);
});

Deno.test("a deposit that is repeated after a lost reply is kept once", async () => {
  const fake = new FakeMailbox();
  const { mailbox } = made(fake, alice, "alice");
  const [hello, more] = [msg("hello"), msg("more")];
  fake.fails = new UserError(lost);
  for (let tries = 0; tries < 3; tries++) {
    assertEquals(refused(await mailbox.deposit(to(bob, "bob"), [hello])).refused, "unavailable");
  }
  fake.fails = undefined;
  await mailbox.deposit(to(bob, "bob"), [hello]);
  assertEquals(fake.mails.size, 1);
  // Mails differ by their content, their recipient, and the run of the program.
  await mailbox.deposit(to(bob, "bob"), [hello, more]);
  await mailbox.deposit(to(alice, "alice"), [hello]);
  await made(fake, alice, "alice").mailbox.deposit(to(bob, "bob"), [hello]);
  assertEquals(new Set([...fake.mails.values()].map(({ id }) => id)).size, 4);
});

Deno.test("mail that cannot be taken yet is kept here, and fetched once", async () => {
  const fake = new FakeMailbox();
  const from = made(fake, alice, "alice");
  for (const text of ["1", "2", "3"]) await from.mailbox.deposit(to(bob, "bob"), [msg(text)]);
  const t = made(fake, bob, "bob");
  const seen = await collect(t, (mail) => textsOf(mail)[0] !== "2");
  // Once again, since 3 might have been what 2 waited for.
  assertEquals(seen.flatMap(textsOf), ["1", "2", "3", "2"]);
  assertEquals([...fake.mails.keys()], []);
  assertEquals((await collect(t, () => false)).flatMap(textsOf), ["2"]);
  assertEquals((await collect(t)).flatMap(textsOf), ["2"]);
  assertEquals((await collect(t)).flatMap(textsOf), []);
});

Deno.test("mail that cannot be kept here either is left at the server, and skipped", async () => {
  const fake = new FakeMailbox();
  const from = made(fake, alice, "alice");
  for (const text of ["1", "2", "3"]) await from.mailbox.deposit(to(bob, "bob"), [msg(text)]);
  const t = made(fake, bob, "bob");
  const { parkedMails } = t.store;
  const park = parkedMails.park.bind(parkedMails);
  parkedMails.park = () => {
    throw new UserError({ code: "store-refused", action: "save-received", reason: "full" });
  };
  const seen = await collect(t, (mail) => textsOf(mail)[0] !== "2");
  assertEquals(seen.flatMap(textsOf), ["1", "2", "3", "2"]);
  assertEquals([...fake.mails.keys()], [2]);
  assert(t.problems.length > 0);
  parkedMails.park = park;
  assertEquals((await collect(t)).flatMap(textsOf), ["2"]);
  assertEquals([...fake.mails.keys()], []);
});

Deno.test("of mail that nobody can use a bounded part is kept, and none of it stays at the server", async () => {
  const fake = new FakeMailbox();
  const senders = Array.from({ length: 10 }, () => Identity.generate());
  const mailboxes = senders.map((sender) => made(fake, sender, "mallory").mailbox);
  for (let i = 0; i < 60; i++) {
    for (const mailbox of mailboxes) await mailbox.deposit(to(bob, "bob"), [msg(`${i}`)]);
  }
  const t = made(fake, bob, "bob");
  const asked = fake.requests.length;
  await collect(t, () => false);
  assertEquals(fake.mails.size, 0);
  assertEquals(fake.requests.length - asked, 601);
  const kept = t.store.parkedMails.list("bob");
  assertEquals(kept.length, parkedMailsMax);
  for (const { publicKey } of senders) {
    assert(t.store.parkedMails.list("bob", publicKey).length <= parkedOfSenderMax);
  }
  // A friend's is kept all the same, and when it can be used only the friend's are tried again.
  t.store.knownPeers.remember("alice", alice.publicKey);
  const friend = made(fake, alice, "alice");
  await friend.mailbox.deposit(to(bob, "bob"), [msg("2")]);
  await collect(t, () => false);
  assertEquals(t.store.parkedMails.list("bob", alice.publicKey).length, 1);
  assertEquals(t.store.parkedMails.list("bob").length, parkedMailsMax);
  await friend.mailbox.deposit(to(bob, "bob"), [msg("1")]);
  const tried: string[] = [];
  const take = (mail: OpenedMail) => {
    tried.push(textsOf(mail)[0]!);
    return Promise.resolve(true);
  };
  const answer = () => Promise.resolve();
  await t.mailbox.collect({ take, answer }, { alsoLeft: false });
  assertEquals(tried, ["1", "2"]);
});

Deno.test("whichever the order of the mails, all that can be taken is taken, and collecting ends", async () => {
  const shuffled = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(shuffled, async (order) => {
      const fake = new FakeMailbox();
      const from = made(fake, alice, "alice");
      for (const n of order) await from.mailbox.deposit(to(bob, "bob"), [msg(String(n))]);
      let next = 0;
      const taken: number[] = [];
      await collect(made(fake, bob, "bob"), (mail) => {
        const number = Number(textsOf(mail)[0]);
        if (number > next) return false;
        next++;
        taken.push(number);
        return true;
      });
      const due = [0, 1, 2, 3, 4, 5, 6].filter((n) =>
        [...Array(n + 1).keys()].every((before) => order.includes(before))
      );
      assertEquals(taken, due);
      assertEquals(fake.mails.size, 0);
      assertEquals(fake.requests.length, order.length + order.length + 1);
    }),
  );
});

Deno.test("a server that deletes nothing is not asked forever", async () => {
  const fake = new FakeMailbox();
  const from = made(fake, alice, "alice");
  for (const text of ["stays", "goes"]) await from.mailbox.deposit(to(bob, "bob"), [msg(text)]);
  fake.mails.delete = () => false;
  const seen = await collect(made(fake, bob, "bob"), (mail) => textsOf(mail)[0] === "goes");
  assertEquals(seen.flatMap(textsOf), ["stays", "goes", "stays"]);
});

Deno.test("a server that gives the same mail again and again is not asked forever", async () => {
  const mail = sealed(chat, msg("hello"));
  const request = () =>
    Promise.resolve(message("COLLECTACK", [["Count", "1"], ["Number", "7"], ...dataHeaders(mail)]));
  const fake = Object.assign(new FakeMailbox(), { request });
  assertEquals((await collect(made(fake, bob, "bob"))).length, 1);
});

Deno.test("one collection runs at a time, and once more if that was asked for meanwhile", async () => {
  const fake = new FakeMailbox();
  const from = made(fake, alice, "alice");
  await from.mailbox.deposit(to(bob, "bob"), [msg("1")]);
  const t = made(fake, bob, "bob");
  const seen: string[] = [];
  const take = async (mail: OpenedMail) => {
    seen.push(...textsOf(mail));
    if (seen.length === 1) {
      // It comes behind what has been seen, but is collected by the time that this is over.
      await from.mailbox.deposit(to(bob, "bob"), [msg("2")]);
    }
    if (seen.length === 2) {
      collectWith(t.mailbox, take);
      collectWith(t.mailbox, take);
      fake.put(sealed(chat, msg("3")));
    }
    return true;
  };
  await Promise.all([collectWith(t.mailbox, take), collectWith(t.mailbox, take)]);
  assertEquals(seen, ["1", "2", "3"]);
  assertEquals(fake.crowd, 1);
  assertEquals(fake.mails.size, 0);
});

Deno.test("mail that was taken when the connection is lost comes again", async () => {
  const fake = new FakeMailbox();
  const from = made(fake, alice, "alice");
  for (const text of ["1", "2"]) await from.mailbox.deposit(to(bob, "bob"), [msg(text)]);
  const t = made(fake, bob, "bob");
  const request = fake.request;
  let requests = 0;
  const failing = Object.assign(new FakeMailbox(), {
    request: (...args: Parameters<typeof request>) =>
      requests++ > 0 ? Promise.reject(new UserError(lost)) : request(...args),
  });
  t.kept = failing;
  assertEquals((await collect(t)).flatMap(textsOf), ["1"]);
  assertEquals(fake.mails.size, 2);
  t.kept = fake;
  assertEquals((await collect(t)).flatMap(textsOf), ["1", "2"]);
});

Deno.test("mail of one server is not acknowledged to another", async () => {
  const [first, second] = [new FakeMailbox(), new FakeMailbox()];
  first.put(sealed(chat, msg("from the first")));
  second.put(sealed(chat, msg("from the second")));
  const t = made(first, bob, "bob");
  const seen: string[] = [];
  const take = (mail: OpenedMail) => {
    seen.push(...textsOf(mail));
    if (seen.length === 1) {
      // The first is lost while its mail is written down, and the second registered with.
      t.kept = second;
      first.fails = new UserError(lost);
      collectWith(t.mailbox, take);
    }
    return Promise.resolve(true);
  };
  await collectWith(t.mailbox, take);
  assertEquals(seen, ["from the first", "from the second"]);
  assertEquals(second.requests.flatMap((request) => headerValues(request, "Taken")), ["1"]);
});

Deno.test("without a server nothing is collected; an error of the intake ends it and is reported", async () => {
  const fake = new FakeMailbox();
  fake.put(sealed(chat, msg("hello")));
  const t = made(fake, bob, "bob");
  t.kept = undefined;
  assertEquals(await collect(t), []);
  t.kept = fake;
  const full = () => Promise.reject(new Error("The disk is full"));
  await collectWith(t.mailbox, full);
  assertEquals(t.problems, ["Cannot fetch mail: The disk is full"]);
  assertEquals(fake.mails.size, 1);
  assertEquals((await collect(t)).length, 1);
});

const malformed: [what: string, data: Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["no envelope", crypto.getRandomValues(new Uint8Array(352))],
  ["for another name", sealEnvelope(alice, to(bob, "bobby"), utf8.encode(encode(chat)))],
  ["for another key", sealEnvelope(bob, to(alice, "bob"), utf8.encode(encode(chat)))],
  ["empty", sealed()],
  ["without CHAT", sealed(msg("hello"))],
  ["with another message before CHAT", sealed(msg("hello"), chat)],
  ["with CHAT by nobody", sealed(message("CHAT", [["Version", "1"]]), msg("hello"))],
  ["with CHAT by no id", sealed(message("CHAT", [["clientID", "a b"]]), msg("hello"))],
  ["with a message that is none", sealed(chat, "what is this\r\n\r\n", msg("hello"))],
  ["with a MSG without its text", sealed(chat, message("MSG", [["Id", "1"]]), msg("hello"))],
  ["cut off within a message", sealed(chat, "MSG\r\nId: 1\r\n")],
  ["with a line that is too long", sealed(chat, `MSG\r\nText: ${".".repeat(5_000)}\r\n\r\n`)],
];

Deno.test("mail that cannot be read is deleted and reported once, and does not stop other mail", async () => {
  for (const [what, data] of malformed) {
    const fake = new FakeMailbox();
    fake.put(data);
    fake.put(sealed(chat, msg("hello")));
    const t = made(fake, bob, "bob");
    assertEquals((await collect(t)).flatMap(textsOf), ["hello"], what);
    assertEquals(fake.mails.size, 0, what);
    assertEquals(t.problems.length, 1, what);
  }
  const fake = new FakeMailbox();
  for (const [, data] of malformed) fake.put(data);
  const t = made(fake, bob, "bob");
  assertEquals(await collect(t), []);
  assertEquals(t.problems, [
    `${malformed.length} mails for you could not be read; the content is lost`,
  ]);
});

Deno.test("other messages in a mail are ignored", async () => {
  const fake = new FakeMailbox();
  const introduction = message("CHAT", [
    ["clientID", "alice"],
    ["IP", "0.0.0.0"],
    ["Port", "1"],
    ["Version", "2"],
    ["Mood", "fine"],
  ]);
  fake.put(sealed(introduction, message("PING"), message("WAVE"), msg("hello"), message("BYE")));
  const [mail] = await collect(made(fake, bob, "bob"));
  assertEquals(mail!.messages.map(({ verb }) => verb), ["MSG"]);
  assertEquals(mail!.address, undefined);
});

Deno.test("a client whose address is not known names none", async () => {
  const fake = new FakeMailbox();
  const mailbox = new Mailbox({
    id: "alice",
    identity: alice,
    rendezvous: { address: undefined, connection: fake, collect: collectOf, mailBytesMax },
    store: openStore(":memory:"),
    signal: new AbortController().signal,
    onProblem: () => {},
  });
  await mailbox.deposit(to(bob, "bob"), [msg("hello")]);
  const [mail] = await collect(made(fake, bob, "bob"));
  assertEquals([mail!.id, mail!.address], ["alice", undefined]);
});

/** Somebody with a server, a registration and a mailbox. */
function joined(network: SimulatedNetwork, id: string, identity: Identity, host: string) {
  const process = network.machine(id, host).start();
  const { clock } = process;
  const stopping = new AbortController();
  const t = {
    statuses: [] as string[],
    got: [] as string[],
    collections: [] as Promise<void>[],
    losses: 0,
  };
  const take = (mail: OpenedMail) => {
    t.got.push(...textsOf(mail));
    return Promise.resolve(true);
  };
  const rendezvous = new Rendezvous({
    id,
    identity,
    listening: { host, port: 5556 },
    servers: [{ host: "10.0.0.1", port: 5555 }],
    network: process,
    clock,
    random: network.random.number,
    signal: stopping.signal,
    notices: {
      registered: () => {},
      ready: () => Promise.resolve(),
      serverLost: () => t.losses++,
      problem: () => {},
      registeredAgain: () => {},
      called: (conn) => conn.close(),
      displaced: () => {},
      mail: () => t.collections.push(collectWith(mailbox, take)),
      presence: (name, status) => t.statuses.push(`${name} ${status ?? "?"}`),
    },
  });
  const mailbox = new Mailbox({
    store: openStore(":memory:"),
    id,
    identity,
    rendezvous,
    signal: stopping.signal,
    onProblem: (problem) => t.got.push(sentenceOf(problem)),
  });
  return Object.assign(t, { rendezvous, mailbox, process, stopping });
}

Deno.test("with a real server: presence, and mail for those who are away", async () => {
  const clock = new FakeClock();
  const network = new SimulatedNetwork({ clock, random: new SeededRandom(4) });
  const server = network.machine("server", "10.0.0.1").start();
  const core = new ServerCore({
    clock,
    log: silentLog,
    names: openNamesDatabase(undefined),
    mailbox: openMailboxDatabase(undefined),
  });
  server.listen({ host: "0.0.0.0", port: 5555 }, (conn) => {
    core.serve(conn, conn.remoteAddr.hostname);
  });
  let serving = true;
  const sweep = () => {
    core.sweep();
    if (serving) clock.after(sweepMs, sweep);
  };
  sweep();

  const a = joined(network, "alice", alice, "10.0.0.2");
  a.rendezvous.watch(["bob"]);
  await clock.finish(a.rendezvous.register());
  assertEquals(a.rendezvous.mailBytesMax, mailBytesMax);
  assertEquals(a.statuses, ["bob away"]);

  // Nobody owns the name yet.
  const nobody = await clock.finish(a.mailbox.deposit(to(bob, "bob"), [msg("too soon")]));
  assertEquals(refused(nobody).refused, "not-there");

  const b = joined(network, "bob", bob, "10.0.0.3");
  await clock.finish(b.rendezvous.register());
  await clock.pass(1_000);
  assertEquals(a.statuses.at(-1), "bob online");
  const other = await clock.finish(a.mailbox.deposit(to(alice, "bob"), [msg("another key")]));
  assertEquals(refused(other).refused, "not-there");

  // A client that is there gets mail at once.
  const long = Array.from({ length: 80 }, (_, i) => msg(`${i} `.padEnd(800, ".")));
  assertEquals(
    await clock.finish(a.mailbox.deposit(to(bob, "bob"), [msg("hello")])),
    { deposited: 1 },
  );
  const first = await clock.finish(a.mailbox.deposit(to(bob, "bob"), long));
  assert("deposited" in first && first.deposited > 15 && first.deposited < 30);
  await clock.pass(2_000);
  assertEquals(b.got, [
    "hello",
    ...long.slice(0, first.deposited).flatMap((message) => headerValues(message, "Text")),
  ]);

  // A client that vanishes is noticed within 25 s, and finds the mail when it is back.
  b.process.losePower();
  await clock.pass(26_000);
  assertEquals(a.statuses.at(-1), "bob registered");
  await clock.finish(a.mailbox.deposit(to(bob, "bob"), [msg("are you there?")]));
  const again = joined(network, "bob", bob, "10.0.0.4");
  await clock.finish(again.rendezvous.register());
  await clock.pass(1_000);
  await Promise.all(again.collections);
  assertEquals(again.got, ["are you there?"]);
  assertEquals(a.statuses.at(-1), "bob online");

  // A client that says goodbye is away at once.
  await clock.finish(again.rendezvous.unregister());
  await clock.pass(1_000);
  assertEquals(a.statuses.at(-1), "bob away");
  await clock.pass(10 * 60_000);
  assertEquals([a.rendezvous.registered, a.losses], [true, 0]);

  serving = false;
  for (const { stopping } of [a, again]) stopping.abort();
  await clock.finish(core.stop());
  await clock.pass(1_000);
  assertEquals(network.faults, []);
});
