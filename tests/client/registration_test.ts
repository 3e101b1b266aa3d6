import { assert, assertEquals, assertRejects } from "@std/assert";
import { ChatError } from "../../client/chat_error.ts";
import type { ChatEvent } from "../../client/events.ts";
import { Registration } from "../../client/registration.ts";
import { type Rendezvous, ServerRefusal } from "../../client/rendezvous.ts";
import { Identity, keyToText } from "../../shared/crypto/identity.ts";
import { registrationTtlAskedMs } from "../../shared/protocol/limits.ts";
import { header, type Message, message } from "../../shared/protocol/message.ts";
import { Events } from "./events.ts";
import { ManualTime } from "./manual_time.ts";

const nearlyOne = 1 - Number.EPSILON;
const askedS = registrationTtlAskedMs / 1000;
const server = { host: "127.0.0.1", port: 5555 };
const listening = { host: "127.0.0.1", port: 5556 };
const identity = Identity.generate();
const key = ["Key", keyToText(identity.publicKey)] as const;

type Answer = (request: Message) => Message;

/** A registration with a server that answers as it is told to. */
function made(answer: Answer, options: { random?: () => number; host?: string } = {}) {
  const requests: Message[] = [];
  const t = { answer, requests, events: new Events<ChatEvent>() };
  const rendezvous = {
    server,
    connect: () => Promise.resolve(),
    localHost: "192.0.2.1",
    async request(request: Message): Promise<Message> {
      await undefined;
      requests.push(request);
      return t.answer(request);
    },
  } as unknown as Rendezvous;
  const registration = new Registration({
    id: "alice",
    identity,
    listening: { ...listening, host: options.host ?? listening.host },
    server,
    rendezvous,
    emit: t.events.take,
    ...options.random && { random: options.random },
  });
  return Object.assign(t, { registration });
}

/** The REGACK of a server that grants so many seconds, or says nothing of them. */
const granting = (expiresS?: number): Answer => () =>
  message("REGACK", [
    ["clientID", "alice"],
    ["IP", "127.0.0.1"],
    ["Port", "5556"],
    ...expiresS === undefined ? [] : [["Expires", String(expiresS)] as const],
  ]);

const refusing = (code: number, minExpires?: string): Answer => () => {
  throw new ServerRefusal(message("ERROR", [
    ["Code", String(code)],
    ["Reason", "no"],
    ...minExpires === undefined ? [] : [["Min-Expires", minExpires] as const],
  ]));
};

const challenging: Answer = () => {
  throw new ServerRefusal(message("ERROR", [
    ["Code", "401"],
    ["Reason", "sign"],
    ["Nonce", "n1"],
    ["Realm", "a-server"],
  ]));
};

const lost: Answer = () => {
  throw new ChatError("Cannot reach the server");
};

Deno.test("it asks for what it wants, and tells what it got", async () => {
  using time = new ManualTime();
  const t = made(granting(120));
  await t.registration.start();
  assertEquals(t.requests, [message("REGISTER", [
    ["clientID", "alice"],
    ["IP", "127.0.0.1"],
    ["Port", "5556"],
    ["Version", "1"],
    ["Expires", String(askedS)],
    key,
  ])]);
  assertEquals(t.events.all, [
    { type: "registered", id: "alice", address: listening, server, expiresS: 120, keyed: false },
  ]);
  assertEquals(t.registration.active, true);
  t.registration.stopRefreshing();
  assertEquals(time.waits, []);
});

Deno.test("a server that asks for a signature gets it, and keeps the name for the key", async () => {
  using _time = new ManualTime();
  const t = made((request) =>
    header(request, "Signature") === undefined ? challenging(request) : granting()(request)
  );
  await t.registration.start();
  assertEquals(t.requests.map((request) => header(request, "Nonce")), [undefined, "n1"]);
  assertEquals((await t.events.see("registered")).keyed, true);
});

Deno.test("who listens on every address claims the one by which the server is reached", async () => {
  using _time = new ManualTime();
  for (const host of ["0.0.0.0", "::"]) {
    const t = made(granting(), { host });
    await t.registration.start();
    assertEquals(header(t.requests[0]!, "IP"), "192.0.2.1");
  }
});

for (const [drawn, random, ms] of [["least", 0, 50_000], ["most", nearlyOne, 80_000]] as const) {
  Deno.test(`it refreshes after ${ms / 1_000} of 100 seconds at ${drawn}, again and again`, async () => {
    using time = new ManualTime();
    const t = made(granting(100), { random: () => random });
    await t.registration.start();
    for (let refreshes = 1; refreshes <= 3; refreshes++) {
      assertEquals(time.waits.map(Math.round), [ms]);
      await time.pass();
      assertEquals(t.requests.length, 1 + refreshes);
    }
    // What goes well is not worth a word.
    assertEquals(t.events.all.map(({ type }) => type), ["registered"]);
    t.registration.stopRefreshing();
  });
}

Deno.test("however briefly it lives, it is refreshed once a second at most", async () => {
  using time = new ManualTime();
  for (const expiresS of [0, 1]) {
    const t = made(granting(expiresS), { random: () => 0 });
    await t.registration.start();
    assertEquals(time.waits, [1_000]);
    t.registration.stopRefreshing();
  }
});

Deno.test("however long it lives, no timer is longer than timers can be", async () => {
  using time = new ManualTime();
  const t = made(granting(9_999_999));
  await t.registration.start();
  // A longer one passes at once, and the server would be asked as fast as it answers.
  assert(time.waits[0]! <= 2 ** 31 - 1, `waits ${time.waits}`);
  t.registration.stopRefreshing();
});

Deno.test("with a server of the wild, which says no Expires, it is not refreshed", async () => {
  using time = new ManualTime();
  const t = made(granting());
  await t.registration.start();
  assertEquals(time.waits, []);
  assertEquals(t.registration.active, true);
});

Deno.test("an interval that is too brief is asked for again as the server wants it", async () => {
  using time = new ManualTime();
  const t = made((request) =>
    Number(header(request, "Expires")) < 600
      ? refusing(423, "600")(request)
      : granting(600)(request)
  );
  await t.registration.start();
  await time.pass();
  // The refresh asks for it at once.
  assertEquals(t.requests.map((request) => header(request, "Expires")), [
    `${askedS}`,
    "600",
    "600",
  ]);
  t.registration.stopRefreshing();
});

for (
  const [what, answer] of [["403", refusing(403)], ["423 for ever", refusing(423, "600")]] as const
) {
  Deno.test(`a server that answers ${what} has refused`, async () => {
    using time = new ManualTime();
    const t = made(answer);
    await assertRejects(() => t.registration.start(), ServerRefusal, "The server refused: no");
    assertEquals(t.registration.active, false);
    assertEquals(t.events.all, []);
    assertEquals(time.waits, []);
  });
}

Deno.test("a server that is lost is told once, tried ever more rarely, and told when it is back", async () => {
  using time = new ManualTime();
  const t = made(granting(100), { random: () => nearlyOne });
  await t.registration.start();
  t.answer = lost;
  await time.pass();
  const waits = [];
  for (let i = 0; i < 9; i++) {
    waits.push(...time.waits.map(Math.round));
    await time.pass();
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1_000));
  t.answer = granting(100);
  await time.pass();
  assertEquals(time.waits.map(Math.round), [80_000]);
  t.answer = lost;
  await time.pass();
  assertEquals(time.waits.map(Math.round), [1_000]);
  assertEquals(t.events.all.map(({ type }) => type), [
    "registered",
    "server-lost",
    "registered-again",
    "server-lost",
  ]);
  t.registration.stopRefreshing();
});

Deno.test("registering again leaves one refresh", async () => {
  using time = new ManualTime();
  const t = made(granting(100));
  await t.registration.start();
  await t.registration.start();
  await time.settle();
  assertEquals(time.waits.length, 1);
  t.registration.stopRefreshing();
});

Deno.test("ending it says UNREGISTER, and refreshes no more", async () => {
  using time = new ManualTime();
  const t = made(granting(100));
  await t.registration.start();
  t.answer = () => message("UNREGACK", [["clientID", "alice"]]);
  await t.registration.end();
  assertEquals(
    t.requests.at(-1),
    message("UNREGISTER", [["clientID", "alice"], ["Version", "1"], key]),
  );
  assertEquals(time.waits, []);
  assertEquals(t.registration.active, false);
});

Deno.test("ending it while the server is lost refreshes no more", async () => {
  using time = new ManualTime();
  const t = made(granting(100));
  await t.registration.start();
  t.answer = lost;
  await assertRejects(() => t.registration.end(), ChatError);
  assertEquals(time.waits, []);
  assertEquals(t.registration.active, false);
});

Deno.test("ending it while it is being made leaves nothing to refresh", async () => {
  using time = new ManualTime();
  const t = made((request) =>
    request.verb === "REGISTER"
      ? granting(100)(request)
      : message("UNREGACK", [["clientID", "alice"]])
  );
  await Promise.all([t.registration.start(), t.registration.end()]);
  await time.settle();
  assertEquals(t.requests.at(-1)?.verb, "UNREGISTER");
  // A refresh would register what the user took back.
  assertEquals(time.waits, []);
});
