import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { type Problem, UserError } from "../../../client/user_error.ts";
import { type Registered, Registration } from "../../../client/rendezvous/registration.ts";
import { ControlConnection } from "../../../client/rendezvous/control_connection.ts";
import { ServerRefusal } from "../../../client/rendezvous/reply.ts";
import type { Told } from "../../../client/rendezvous/signed_request.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { formatAgreement } from "../../../shared/protocol/agreement_record.ts";
import { registrationTtlAskedMs } from "../../../shared/protocol/limits.ts";
import {
  type Header,
  header,
  headerValues,
  type Message,
  message,
} from "../../../shared/protocol/message.ts";
import { type Address, nowhere } from "../../../shared/net/address.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { Events } from "../../support/events.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { type Answer as Scripted, ScriptedServers } from "../../support/scripted_servers.ts";

const nearlyOne = 1 - Number.EPSILON;
const askedS = registrationTtlAskedMs / 1000;
const server = { host: "127.0.0.1", port: 5555 };
const listening = { host: "127.0.0.1", port: 5556 };
const identity = Identity.generate();
const key = ["Key", identity.publicKey] as const;

const never = new AbortController().signal;

/** What a registration says to its owner. */
type Notice =
  | { readonly type: "registered" } & Registered
  | { readonly type: "server-lost"; readonly problem: Problem }
  | { readonly type: "registered-again"; readonly server: ServerAddress }
  | { readonly type: "displaced" }
  | { readonly type: "problem"; readonly problem: Problem };

/** Notes what a registration says, in its order. */
function noted(events: Events<Notice>) {
  return {
    onLost: (problem: Problem) => events.take({ type: "server-lost", problem }),
    onAgain: (server: ServerAddress) => events.take({ type: "registered-again", server }),
    onDisplaced: () => events.take({ type: "displaced" }),
    onUnchecked: (problem: Problem) => events.take({ type: "problem", problem }),
  };
}

const starting = (registration: Registration, events: Events<Notice>) => () =>
  registration.start((registered) => events.take({ type: "registered", ...registered }));

type Answer = (request: Message) => Message;

/** A registration with a server that answers as it is told to. */
function made(
  answer: Answer,
  options: {
    random?: () => number;
    host?: string;
    announced?: Address;
    localHost?: string;
    paths?: { take(): Told };
  } = {},
) {
  const requests: Message[] = [];
  const clock = new FakeClock();
  const t = { answer, requests, clock, events: new Events<Notice>(), followed: 0 };
  const connection = {
    server,
    connect: () => Promise.resolve(),
    localHost: options.localHost ?? "192.0.2.1",
    registered: undefined,
    release: () => {},
    async request(request: Message): Promise<Message> {
      await undefined;
      requests.push(request);
      return t.answer(request);
    },
  } as unknown as ControlConnection;
  const registration = new Registration({
    id: "alice",
    identity,
    listening: { ...listening, host: options.host ?? listening.host },
    announced: options.announced,
    paths: options.paths,
    connection,
    clock,
    random: options.random ?? Math.random,
    signal: never,
    ...noted(t.events),
    onRegistered: () => {
      t.followed++;
      return Promise.resolve();
    },
  });
  return Object.assign(t, { registration, start: starting(registration, t.events) });
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

/** The instance that a request names. */
function instanceIn(request: Message): string {
  const instance = header(request, "Instance");
  assertMatch(instance ?? "", /^[0-9a-f]{32}$/);
  return instance!;
}

const lost: Answer = () => {
  throw new UserError({ code: "server-closed", server: "127.0.0.1:1" });
};

Deno.test("it asks for a registration and returns what was granted", async () => {
  const t = made(granting(120));
  await t.start();
  assertEquals(t.requests, [message("REGISTER", [
    ["clientID", "alice"],
    ["IP", "127.0.0.1"],
    ["Port", "5556"],
    ["Version", "1"],
    ["Expires", String(askedS)],
    ["Instance", instanceIn(t.requests[0]!)],
    ["Features", "displaced"],
    ["Agreement", formatAgreement(identity)],
    key,
  ])]);
  assertEquals(t.events.all, [
    { type: "registered", id: "alice", address: listening, server, expiresS: 120, keyed: false },
  ]);
  assertEquals(t.registration.active, true);
  assertEquals(t.registration.address, listening);
  t.registration.stopRefreshing();
  assertEquals(t.clock.waits, []);
  assertEquals(t.registration.address, undefined);
});

Deno.test("a server that asks for a signature gets it, and keeps the name for the key", async () => {
  const t = made((request) =>
    header(request, "Signature") === undefined ? challenging(request) : granting()(request)
  );
  await t.start();
  assertEquals(t.requests.map((request) => header(request, "Nonce")), [undefined, "n1"]);
  assertEquals((await t.events.see("registered")).keyed, true);
});

Deno.test("a client that listens on every address names the one by which it reaches the server", async () => {
  for (const host of ["0.0.0.0", "::"]) {
    const t = made(granting(), { host });
    await t.start();
    assertEquals(header(t.requests[0]!, "IP"), "192.0.2.1");
  }
});

for (const [drawn, random, ms] of [["least", 0, 50_000], ["most", nearlyOne, 80_000]] as const) {
  Deno.test(`it refreshes after ${ms / 1_000} of 100 seconds at ${drawn}, again and again`, async () => {
    const t = made(granting(100), { random: () => random });
    await t.start();
    for (let refreshes = 1; refreshes <= 3; refreshes++) {
      assertEquals(t.clock.waits.map(Math.round), [ms]);
      await t.clock.passNext();
      assertEquals(t.requests.length, 1 + refreshes);
    }
    // Success is not reported.
    assertEquals(t.events.types, ["registered"]);
    assertEquals(t.followed, 4);
    t.registration.stopRefreshing();
  });
}

Deno.test("however short it lasts, it is refreshed once a second at most", async () => {
  for (const expiresS of [0, 1]) {
    const t = made(granting(expiresS), { random: () => 0 });
    await t.start();
    assertEquals(t.clock.waits, [1_000]);
    t.registration.stopRefreshing();
  }
});

Deno.test("however long it lasts, no timer is longer than timers can be", async () => {
  const t = made(granting(9_999_999));
  await t.start();
  // A longer one passes at once, and the server would be asked as fast as it answers.
  assert(t.clock.waits[0]! <= 2 ** 31 - 1, `waits ${t.clock.waits}`);
  t.registration.stopRefreshing();
});

Deno.test("with a legacy server, which sends no Expires, it is not refreshed", async () => {
  const t = made(granting());
  await t.start();
  assertEquals(t.clock.waits, []);
  assertEquals(t.registration.active, true);
});

Deno.test("if the interval is too short, the one that the server wants is asked for", async () => {
  const t = made((request) =>
    Number(header(request, "Expires")) < 600
      ? refusing(423, "600")(request)
      : granting(600)(request)
  );
  await t.start();
  await t.clock.passNext();
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
    const t = made(answer);
    await rejectsSaying(() => t.start(), ServerRefusal, "The server refused: no");
    assertEquals(t.registration.active, false);
    assertEquals(t.events.all, []);
    assertEquals(t.clock.waits, []);
  });
}

Deno.test("a lost server is reported once, tried ever more rarely, and reported when it is back", async () => {
  const t = made(granting(100), { random: () => nearlyOne });
  await t.start();
  t.answer = lost;
  await t.clock.passNext();
  const waits = [];
  for (let i = 0; i < 9; i++) {
    waits.push(...t.clock.waits.map(Math.round));
    await t.clock.passNext();
  }
  assertEquals(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1_000));
  t.answer = granting(100);
  await t.clock.passNext();
  assertEquals(t.clock.waits.map(Math.round), [80_000]);
  t.answer = lost;
  await t.clock.passNext();
  assertEquals(t.clock.waits.map(Math.round), [1_000]);
  assertEquals(t.events.types, [
    "registered",
    "server-lost",
    "registered-again",
    "server-lost",
  ]);
  t.registration.stopRefreshing();
});

Deno.test("a server that names a time after which it may be asked again is asked then", async () => {
  const busy = (retryAfterS: string, reason = "busy"): Answer => () => {
    throw new ServerRefusal(
      message("ERROR", [["Code", "503"], ["Reason", reason], ["Retry-After", retryAfterS]]),
    );
  };
  const t = made(granting(100), { random: () => 0 });
  await t.start();
  const at: number[] = [];
  const begunMs = t.clock.now();
  const answers: Answer[] = [lost, busy("120"), busy("120"), busy("9999999"), granting(100)];
  t.answer = (request) => {
    at.push((t.clock.now() - begunMs) / 1000);
    return (answers.shift() ?? granting(100))(request);
  };
  await t.clock.pass(4_000_000);
  // The first refresh is due after 50 s; a lost server is tried again soon.
  assertEquals(at.slice(0, 5), [50, 50.5, 170.5, 290.5, 3_890.5]);
  // Each reason is told once.
  const told = t.events.of("server-lost").map(({ problem }) => problem.code);
  assertEquals(told, ["server-closed", "server-refused"]);
  assertEquals(t.events.of("registered-again").length, 1);
});

Deno.test("registering again leaves one refresh", async () => {
  const t = made(granting(100));
  await t.start();
  await t.start();
  await t.clock.settle();
  assertEquals(t.clock.waits.length, 1);
  t.registration.stopRefreshing();
});

Deno.test("ending it sends UNREGISTER and stops the refreshing", async () => {
  const t = made(granting(100));
  await t.start();
  t.answer = () => message("UNREGACK", [["clientID", "alice"]]);
  await t.registration.end();
  assertEquals(
    t.requests.at(-1),
    message("UNREGISTER", [
      ["clientID", "alice"],
      ["Version", "1"],
      ["Instance", instanceIn(t.requests[0]!)],
      key,
    ]),
  );
  assertEquals(t.clock.waits, []);
  assertEquals(t.registration.active, false);
});

/** What waits to be told beside. */
function beside() {
  const waiting: Header[] = [];
  const take = (): Told => {
    const headers = waiting.splice(0, waiting.length);
    return { headers, giveBack: () => waiting.unshift(...headers) };
  };
  return { waiting, paths: { take } };
}

/** A client that is registered, and has a count to tell beside its next request. */
async function startedBeside() {
  const { waiting, paths } = beside();
  const t = made(signing, { paths });
  await t.start();
  waiting.push(["Path", "relayed 2"]);
  return t;
}

/** Has each request signed, and grants it then. */
const signing: Answer = (request) =>
  header(request, "Signature") === undefined
    ? challenging(request)
    : request.verb === "UNREGISTER"
    ? message("UNREGACK", [["clientID", "alice"], ["Version", "1"]])
    : granting(100)(request);

/** As {@linkcode signing}, but answers what is signed in another way. */
const butSigned = (answer: Answer): Answer => (request) =>
  (header(request, "Signature") === undefined ? signing : answer)(request);

const toldIn = (requests: readonly Message[]) =>
  requests.map((request) => headerValues(request, "Path").join(" "));

Deno.test("how conversations go is told once, with the next refresh or at the end, where it is signed", async () => {
  const { waiting, paths } = beside();
  const t = made(signing, { paths });
  const told = () => toldIn(t.requests);
  await t.start();
  waiting.push(["Path", "relayed 2"], ["Path", "failed 1"]);
  await t.clock.passNext();
  await t.clock.passNext();
  // Each is made twice, the second time signed; a server counts what it grants.
  assertEquals(told(), ["", "", "", "relayed 2 failed 1", "", ""]);
  waiting.push(["Path", "direct-tcp-ipv4 1"]);
  await t.registration.end();
  assertEquals(told().slice(-2), ["", "direct-tcp-ipv4 1"]);
});

Deno.test("what a server that is lost has not heard is not told again: it may have heard it", async () => {
  const t = await startedBeside();
  t.answer = butSigned(lost);
  await t.clock.passNext();
  t.answer = signing;
  await t.clock.passNext();
  assertEquals(toldIn(t.requests).slice(2), ["", "relayed 2", "", ""]);
  t.registration.stopRefreshing();
});

Deno.test("what a server cannot have counted is told with the next request", async () => {
  const t = await startedBeside();
  // It was lost before anything was signed, or it has refused what was.
  for (const answer of [lost, butSigned(refusing(503))]) {
    t.answer = answer;
    await t.clock.passNext();
  }
  t.answer = signing;
  await t.clock.passNext();
  assertEquals(toldIn(t.requests).slice(2), ["", "", "relayed 2", "", "relayed 2"]);
  t.registration.stopRefreshing();
});

Deno.test("what a server has refused the second time is not told again: the first may have been granted", async () => {
  const t = await startedBeside();
  t.answer = butSigned((request) => {
    try {
      return challenging(request);
    } catch (error) {
      assert(error instanceof ServerRefusal);
      t.answer = signing;
      error.isOfRepeat = true;
      throw error;
    }
  });
  await t.clock.passNext();
  assertEquals(toldIn(t.requests).slice(2), ["", "relayed 2", ""]);
  t.registration.stopRefreshing();
});

Deno.test("ending it while the server is lost stops the refreshing", async () => {
  const t = made(granting(100));
  await t.start();
  t.answer = lost;
  await assertRejects(() => t.registration.end(), UserError);
  assertEquals(t.clock.waits, []);
  assertEquals(t.registration.active, false);
});

Deno.test("ending it while it is being made leaves nothing to refresh", async () => {
  const t = made((request) =>
    request.verb === "REGISTER"
      ? granting(100)(request)
      : message("UNREGACK", [["clientID", "alice"]])
  );
  await Promise.all([t.start(), t.registration.end()]);
  await t.clock.settle();
  assertEquals(t.requests.at(-1)?.verb, "UNREGISTER");
  // A refresh would register what the user took back.
  assertEquals(t.clock.waits, []);
});

Deno.test("a run of a client names itself the same each time, and says which requests are only a refresh", async () => {
  const t = made(granting(100));
  await t.start();
  await t.clock.passNext();
  t.answer = lost;
  await t.clock.passNext();
  t.answer = granting(100);
  await t.clock.passNext();
  await t.start();
  assertEquals(t.requests.map((request) => header(request, "Refresh")), [
    ...[undefined, "yes", "yes", "yes", undefined],
  ]);
  assertEquals(new Set(t.requests.map(instanceIn)).size, 1);
  const next = made(granting(100));
  await next.start();
  assertNotEquals(instanceIn(next.requests[0]!), instanceIn(t.requests[0]!));
  for (const { registration } of [t, next]) registration.stopRefreshing();
});

Deno.test("a client that is displaced says so once, and registers only when its user does again", async () => {
  const t = made(granting(100));
  await t.start();
  for (let times = 0; times < 2; times++) t.registration.displaced();
  assertEquals(t.events.types, ["registered", "displaced"]);
  assertEquals([t.registration.active, t.registration.address], [false, undefined]);
  await t.clock.pass(1_000_000);
  assertEquals(t.requests.length, 1);
  await t.start();
  assertEquals([t.registration.active, t.clock.waits.length], [true, 1]);
  assertEquals(header(t.requests[1]!, "Refresh"), undefined);
  t.registration.stopRefreshing();
});

Deno.test("a client that learns only from a refresh that it is displaced stops as well", async () => {
  const t = made(granting(100));
  await t.start();
  t.answer = refusing(409);
  await t.clock.passNext();
  assertEquals(t.events.types, ["registered", "displaced"]);
  await t.clock.pass(1_000_000);
  assertEquals(t.requests.length, 2);

  // The same when the server was lost meanwhile, as it is for a machine that slept.
  t.answer = granting(100);
  await t.start();
  t.answer = lost;
  await t.clock.passNext();
  t.answer = refusing(409);
  await t.clock.pass(1_000_000);
  assertEquals(t.events.types.slice(2), ["registered", "server-lost", "displaced"]);
  assertEquals(t.requests.length, 5);
  assertEquals(t.registration.active, false);
});

/** A server of this protocol that grants 100 seconds. */
const ours: Scripted = ({ verb }) => {
  if (verb === "PING") return message("PONG");
  if (verb === "UNREGISTER") return message("UNREGACK", [["clientID", "alice"]]);
  return message("REGACK", [...registered, ["Version", "1"], ["Expires", "100"]]);
};
const registered = [["clientID", "alice"], ["IP", "127.0.0.1"], ["Port", "5556"]] as const;

/** A client of servers on the ports 1, 2, …; undefined is one that is not there. */
function client(
  answers: readonly (Scripted | undefined)[],
  follow: () => Promise<void> = () => Promise.resolve(),
) {
  const servers = new ScriptedServers();
  for (const [i, answer] of answers.entries()) if (answer) servers.answers.set(i + 1, answer);
  const clock = new FakeClock();
  const stopping = new AbortController();
  const events = new Events<Notice>();
  const t = { servers, clock, stopping, events, followed: 0, losses: 0 };
  const connection = new ControlConnection({
    servers: answers.map((_, i) => ({ host: "127.0.0.1", port: i + 1 })),
    network: servers,
    clock,
    signal: stopping.signal,
    onPush: () => {},
    onLost: () => t.losses++,
  });
  const registration = new Registration({
    id: "alice",
    identity,
    listening,
    connection,
    clock,
    random: () => nearlyOne,
    signal: stopping.signal,
    ...noted(events),
    onRegistered: () => {
      t.followed++;
      return follow();
    },
  });
  return Object.assign(t, { registration, connection, start: starting(registration, events) });
}

Deno.test("it is refreshed on the connection on which it was made", async () => {
  const t = client([ours]);
  await t.clock.finish(t.start());
  await t.clock.pass(330_000);
  assertEquals(t.servers.dialed, [1]);
  assertEquals(t.servers.connection.verbs.filter((verb) => verb === "REGISTER").length, 5);
  assertEquals(t.events.types, ["registered"]);
});

Deno.test("if its connection is lost it is made again, as soon as the server is back", async () => {
  const t = client([ours]);
  await t.clock.finish(t.start());
  t.servers.answers.delete(1);
  t.servers.connection.end();
  await t.clock.settle();
  assertEquals(t.events.of("server-lost"), [
    { type: "server-lost", problem: { code: "server-closed", server: "127.0.0.1:1" } },
  ]);
  assertEquals(t.losses, 1);
  // As far as it knows: the server lets it run out only later.
  assertEquals(t.registration.active, true);
  await t.clock.pass(1_000 + 2_000 + 4_000);
  assertEquals(t.servers.dialed.length, 1 + 3);
  await t.clock.pass(60 * 60_000);
  assertEquals(t.events.types, ["registered", "server-lost"]);
  t.servers.answers.set(1, ours);
  const lastAtMs = t.clock.now();
  assert(await t.clock.passUntil(() => t.events.all.length > 2, 120_000));
  assert(t.clock.now() - lastAtMs <= 60_000);
  assertEquals(t.events.all.at(-1), {
    type: "registered-again",
    server: { host: "127.0.0.1", port: 1 },
  });
  assertEquals(t.followed, 2);
  // The next loss begins with the shortest wait again.
  t.servers.connection.end("break");
  await t.clock.pass(1_000);
  assertEquals(t.events.types.slice(-2), ["server-lost", "registered-again"]);
  assertEquals(t.losses, 2);
});

Deno.test("who has left the network of its connection calls the server again at once", async () => {
  const t = client([ours]);
  await t.clock.finish(t.start());
  t.connection.moved(new Set([t.connection.localHost!]));
  await t.clock.pass(0);
  assertEquals(t.servers.dialed, [1, 1]);
  assertEquals(t.events.types, ["registered", "server-lost", "registered-again"]);
  assertEquals(t.events.of("server-lost")[0]!.problem.code, "server-network-left");
  // If nothing is reached from there, it is no other than a server that is lost.
  t.servers.answers.delete(1);
  t.connection.moved(new Set([t.connection.localHost!]));
  await t.clock.pass(0);
  assertEquals(t.servers.dialed.length, 3);
  await t.clock.pass(999);
  assertEquals(t.servers.dialed.length, 3);
  await t.clock.pass(1);
  assertEquals(t.servers.dialed.length, 4);
  t.stopping.abort();
});

Deno.test("once there is another network a lost server is tried at once, as if it were lost just now", async () => {
  const t = client([ours]);
  await t.clock.finish(t.start());
  t.servers.answers.delete(1);
  t.servers.connection.end();
  await t.clock.pass(60 * 60_000);
  const tries = () => t.servers.dialed.length;
  const before = tries();
  t.registration.hurry();
  await t.clock.settle();
  assertEquals(tries(), before + 1);
  await t.clock.pass(1_000 + 2_000);
  assertEquals(tries(), before + 3);
  t.servers.answers.set(1, ours);
  t.registration.hurry();
  await t.clock.settle();
  assertEquals(t.events.types, ["registered", "server-lost", "registered-again"]);
  // It has no meaning for what is lost later.
  t.registration.hurry();
  t.servers.connection.end();
  await t.clock.settle();
  assertEquals(tries(), before + 4);
  t.stopping.abort();
});

Deno.test("another network does not hurry a client that its server has asked to wait", async () => {
  const t = made(granting(100), { random: () => 0 });
  await t.start();
  t.answer = () => {
    throw new ServerRefusal(
      message("ERROR", [["Code", "503"], ["Reason", "full"], ["Retry-After", "120"]]),
    );
  };
  await t.clock.pass(50_000);
  const tries = t.requests.length;
  t.registration.hurry();
  await t.clock.pass(119_000);
  assertEquals(t.requests.length, tries);
  await t.clock.pass(1_000);
  assertEquals(t.requests.length, tries + 1);
  t.registration.stopRefreshing();
});

Deno.test("a server that vanishes is noticed, and the next one is used", async () => {
  const t = client([ours, ours]);
  await t.clock.finish(t.start());
  t.servers.connection.answer = () => undefined;
  t.servers.answers.delete(1);
  await t.clock.pass(25_000);
  assertEquals(t.events.types, ["registered", "server-lost", "registered-again"]);
  assertEquals(t.events.of("registered-again")[0]!.server.port, 2);
  // It stays there while that lives, and begins from the first when it does not.
  t.servers.answers.set(1, ours);
  await t.clock.pass(10 * 60_000);
  assertEquals(t.events.all.length, 3);
  t.servers.connection.end();
  await t.clock.pass(1_000);
  assertEquals(t.events.of("registered-again")[1]!.server.port, 1);
});

Deno.test("registering uses the first server that is there", async () => {
  const t = client([undefined, ours]);
  await t.clock.finish(t.start());
  assertEquals((await t.events.see("registered")).server, { host: "127.0.0.1", port: 2 });
});

Deno.test("a change of legacy servers is reported, although the loss of the first was not noticed", async () => {
  const legacy: Scripted = () => message("REGACK", [...registered, ["Expires", "100"]]);
  const t = client([legacy, legacy]);
  await t.clock.finish(t.start());
  t.servers.answers.delete(1);
  t.servers.connection.end();
  await t.clock.pass(10_000);
  assertEquals(t.events.types, ["registered"]);
  await t.clock.pass(80_000);
  assertEquals(t.events.types, ["registered", "registered-again"]);
  assertEquals(t.events.of("registered-again")[0]!.server.port, 2);
});

Deno.test("a server that refuses after a loss is asked again", async () => {
  const t = client([ours]);
  await t.clock.finish(t.start());
  t.servers.answers.set(1, () => message("ERROR", [["Code", "403"], ["Reason", "taken"]]));
  t.servers.connection.end();
  await t.clock.pass(100_000);
  // First it is told that the server is lost, then why it refuses, once.
  assertEquals(t.events.types, ["registered", "server-lost", "server-lost"]);
  for (const conn of t.servers.connections) conn.answer = ours;
  await t.clock.pass(60_000);
  assertEquals(t.events.types.at(-1), "registered-again");
});

Deno.test("a name that is somebody else's is said once, and asked for once an hour", async () => {
  const t = client([ours]);
  const refused = message("ERROR", [
    ["Code", "403"],
    ["Reason", "The id alice belongs to a key that has not signed this request"],
  ]);
  let asked = 0;
  t.servers.answers.set(1, () => {
    asked++;
    return refused;
  });
  await t.clock.finish(t.registration.startTrying());
  assertEquals(t.events.all, [{
    type: "server-lost",
    problem: { code: "name-taken", id: "alice" },
  }]);
  await t.clock.pass(150 * 60_000);
  assertEquals([asked, t.events.types], [3, ["server-lost"]]);
  await rejectsSaying(() => t.clock.finish(t.start()), UserError, "The name alice is taken");
});

Deno.test("what follows on a registration may fail, and may take its time", async () => {
  const failing = client([ours], () => Promise.reject(new Error("no")));
  await failing.clock.finish(failing.start());
  await failing.clock.pass(200_000);
  assertEquals([failing.followed, failing.events.types], [3, ["registered"]]);
  const slow = client([ours], () => new Promise(() => {}));
  const started = slow.start();
  await slow.clock.pass(200_000);
  assertEquals(slow.followed, 3);
  slow.servers.connection.end();
  await slow.clock.pass(1_000);
  assertEquals(slow.events.types, ["registered", "server-lost", "registered-again"]);
  await assertRejects(() => slow.clock.finish(started, 1_000), Error, "not done");
});

Deno.test("a registration that has ended leaves no timer behind, and is not made again", async () => {
  for (
    const end of ["end", "stopRefreshing", "stop", "stop while lost", "end while lost"] as const
  ) {
    const t = client([ours]);
    await t.clock.finish(t.start());
    if (end.endsWith("while lost")) {
      t.servers.answers.delete(1);
      t.servers.connection.end();
      await t.clock.pass(5_000);
    }
    if (end === "end") await t.clock.finish(t.registration.end());
    if (end === "end while lost") {
      await assertRejects(() => t.clock.finish(t.registration.end()), UserError);
    }
    if (end === "stopRefreshing") t.registration.stopRefreshing();
    if (end.startsWith("stop ") || end === "stop") t.stopping.abort();
    await t.clock.settle();
    const { events } = t.clock;
    const requests = t.servers.connection.requests.length;
    t.servers.answers.set(1, ours);
    await t.clock.pass(60 * 60_000);
    assertEquals(t.clock.events, events, end);
    assertEquals(t.servers.connection.requests.length, requests, end);
    assertEquals(t.losses, end === "stop" ? 0 : 1, end);
  }
});

Deno.test("registering while the server is lost leaves one refresh", async () => {
  const t = client([ours]);
  await t.clock.finish(t.start());
  t.servers.answers.delete(1);
  t.servers.connection.end();
  await t.clock.pass(5_000);
  t.servers.answers.set(1, ours);
  await t.clock.finish(t.start());
  await t.clock.pass(79_000);
  assertEquals(t.events.types, ["registered", "server-lost", "registered"]);
  assertEquals(t.servers.connection.verbs.filter((verb) => verb === "REGISTER").length, 1);
  await t.clock.pass(2_000);
  assertEquals(t.servers.connection.verbs.filter((verb) => verb === "REGISTER").length, 2);
});

Deno.test("a client that is displaced does not turn to another server when it loses the first", async () => {
  const t = client([ours, ours]);
  await t.clock.finish(t.start());
  t.registration.displaced();
  t.servers.connection.end();
  await t.clock.pass(1_000_000);
  assertEquals(t.servers.dialed, [1]);
  assertEquals(t.events.types, ["registered", "displaced"]);
});

Deno.test("who is seen at a family on which they do not listen is told of by no address", async () => {
  const cases: [listening: string, local: string, said: string, announced?: string][] = [
    ["0.0.0.0", "2001:db8::7", "100::"],
    ["198.51.100.7", "2001:db8::7", "100::"],
    ["0.0.0.0", "2001:db8::7", "100::", "203.0.113.9"],
    // The server believes what is within a network of one's own.
    ["192.168.1.7", "fd00::7", "192.168.1.7"],
    ["0.0.0.0", "198.51.100.7", "198.51.100.7"],
    ["::", "198.51.100.7", "198.51.100.7"],
    ["::", "2001:db8::7", "2001:db8::7"],
    ["0.0.0.0", "198.51.100.7", "203.0.113.9", "203.0.113.9"],
  ];
  for (const [host, localHost, said, outside] of cases) {
    const announced = outside === undefined ? {} : { announced: { host: outside, port: 7000 } };
    const t = made(granting(300), { host, localHost, ...announced });
    await t.start();
    const [request] = t.requests;
    const port = said === "100::" ? "9" : outside === undefined ? "5556" : "7000";
    assertEquals([header(request!, "IP"), header(request!, "Port")], [said, port], host);
  }
});

Deno.test("who is to be found nowhere takes back what a server says of them all the same", async () => {
  const t = made(granting(300), { announced: nowhere });
  await assertRejects(() => t.start(), UserError, "server-shows-address");
  assertEquals(t.requests.map(({ verb }) => verb), ["REGISTER", "UNREGISTER"]);
  assertEquals(header(t.requests[0]!, "IP"), "100::");
  assert(!t.registration.active);
  // Trying again would show it again.
  await assertRejects(() => t.start(), UserError, "server-shows-address");
  assertEquals(t.requests.length, 2);
});

Deno.test("where others reach the client is what its user says, if they do", async () => {
  const announced = { host: "203.0.113.9", port: 7000 };
  const t = made(granting(300), { announced });
  await t.start();
  const [request] = t.requests;
  assertEquals([header(request!, "IP"), header(request!, "Port")], ["203.0.113.9", "7000"]);
});

Deno.test("a server that says no address is warned of once, and not each time that it is registered with", async () => {
  const t = client([
    (request, connection) =>
      request.verb === "REGISTER" && header(request, "Signature") === undefined
        ? message("ERROR", [["Code", "401"], ["Reason", "sign"], ["Nonce", "a"], ["Realm", "00ff"]])
        : ours(request, connection),
  ]);
  await t.clock.finish(t.start());
  await t.clock.pass(1_000_000);
  assert(t.followed > 5);
  assertEquals(t.events.of("problem").map(({ problem }) => problem), [{
    code: "signed-unchecked",
    server: "127.0.0.1:1",
    dialed: "127.0.0.1:1",
  }]);
  t.stopping.abort();
});
