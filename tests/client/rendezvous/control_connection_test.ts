import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../client/user_error.ts";
import { ControlConnection } from "../../../client/rendezvous/control_connection.ts";
import { ServerRefusal } from "../../../client/rendezvous/reply.ts";
import {
  replyTimeoutMs,
  serverPingMs,
  serverPongTimeoutMs,
  subscribedIdleMs,
} from "../../../shared/protocol/limits.ts";
import { dataHeaders } from "../../../shared/protocol/mail_data.ts";
import { header, type Message, message } from "../../../shared/protocol/message.ts";
import { aborted } from "../../../shared/time/clock.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { rejectsSaying, sentenceOf } from "../../support/problems.ts";
import {
  type Answer,
  type ScriptedConnection,
  ScriptedServers,
} from "../../support/scripted_servers.ts";

const register = message("REGISTER", [["clientID", "alice"], ["Version", "1"]]);
const place = [["clientID", "alice"], ["IP", "192.0.2.1"], ["Port", "1"]] as const;
const info = (number = 0) => message("INFO", [["Limit", String(number)]]);
const infoack = (count: string | number = 0) => message("INFOACK", [["Count", String(count)]]);
const presence = (said: string) => message("PRESENCE", [["Presence", said]]);
const refusal = (code: number) => message("ERROR", [["Code", String(code)], ["Reason", "no"]]);

/** A server of this protocol. INFO is answered with what was asked for. */
const ours: Answer = (request) => {
  switch (request.verb) {
    case "REGISTER":
      return message("REGACK", [...place, ["Version", "1"]]);
    case "WATCH":
      return message("WATCHACK", [["Version", "1"]]);
    case "PING":
      return message("PONG");
    default:
      return infoack(header(request, "Limit"));
  }
};

/** A legacy server. */
const legacy: Answer = ({ verb }) => verb === "REGISTER" ? message("REGACK", place) : infoack();

/** Says what happens with the first request of a connection, and is one of ours from then on. */
const at = (first: Answer): Answer => (request, conn) =>
  conn.requests.length === 1 ? first(request, conn) : ours(request, conn);

const silent: Answer = () => undefined;

interface Made {
  readonly servers: ScriptedServers;
  readonly clock: FakeClock;
  readonly connection: ControlConnection;
  readonly pushed: string[];
  readonly losses: string[];
  readonly stopping: AbortController;
  /** Asks in the simulation's time. */
  ask(request?: Message, expected?: "INFOACK" | "REGACK"): Promise<Message>;
  register(): Promise<ScriptedConnection>;
}

/** A client of servers on the ports 1, 2, …; undefined is one that is not there. */
function made(...answers: (Answer | undefined)[]): Made {
  const servers = new ScriptedServers();
  const clock = new FakeClock();
  const stopping = new AbortController();
  const pushed: string[] = [];
  const losses: string[] = [];
  for (const [i, answer] of answers.entries()) if (answer) servers.answers.set(i + 1, answer);
  const connection = new ControlConnection({
    servers: answers.map((_, i) => ({ host: "127.0.0.1", port: i + 1 })),
    network: servers,
    clock,
    signal: stopping.signal,
    onPush: ({ verb, headers }) => pushed.push(`${verb} ${headers[0]?.[1]}`),
    onLost: () => losses.push(sentenceOf(connection.registered?.lost.reason ?? "released")),
  });
  return {
    servers,
    clock,
    connection,
    pushed,
    losses,
    stopping,
    ask: (request = info(), expected = "INFOACK") =>
      clock.finish(connection.request(request, expected)),
    register: async () => {
      await clock.finish(connection.request(register, "REGACK"));
      return servers.connection;
    },
  };
}

const count = (reply: Message) => Number(header(reply, "Count"));

Deno.test("requests go out whole and in order, and each gets its own reply", async () => {
  const t = made(ours);
  await t.connection.connect();
  t.servers.connection.takes = 3;
  const replies = [1, 2, 3, 4, 5].map((n) => t.connection.request(info(n), "INFOACK"));
  assertEquals((await t.clock.finish(Promise.all(replies))).map(count), [1, 2, 3, 4, 5]);
  assertEquals(t.servers.dialed, [1]);
});

Deno.test("pushes are not taken for replies, and keep their order", async () => {
  const t = made((request, conn) => {
    if (request.verb === "REGISTER") return ours(request, conn);
    conn.say(presence("bob online"), infoack(7), message("MAIL", [["Count", "1"]]));
    return undefined;
  });
  const conn = await t.register();
  conn.say(presence("carol away"));
  assertEquals(count(await t.ask()), 7);
  // A malformed one is ignored.
  conn.say(message("PRESENCE"), presence("dave away"));
  await t.clock.settle();
  assertEquals(t.pushed, [
    "PRESENCE carol away",
    "PRESENCE bob online",
    "MAIL 1",
    "PRESENCE dave away",
  ]);
  assertEquals(t.losses, []);
});

Deno.test("a reply is handed over before what the server sends behind it", async () => {
  const t = made((request, conn) => {
    if (request.verb === "REGISTER") return ours(request, conn);
    conn.say(message("WATCHACK"), presence("bob away"));
    return undefined;
  });
  await t.register();
  const watch = message("WATCH", [["Version", "1"]]);
  await t.clock.finish(
    t.connection.registered!.request(watch, "WATCHACK", () => t.pushed.push("WATCHACK")),
  );
  assertEquals(t.pushed, ["WATCHACK", "PRESENCE bob away"]);
});

for (
  const [what, said, reason] of [
    ["a reply", infoack(), "ended the connection: INFOACK"],
    ["an ERROR", refusal(408), "ended the connection: no"],
    ["what is no message", "what\r\n\r\n", "ended the connection: The start line 'what'"],
    ["what is too long", "A".repeat(5_000), "A line has at most"],
  ] as const
) {
  Deno.test(`${what} that was not asked for ends the connection`, async () => {
    const t = made(ours);
    const conn = await t.register();
    conn.say(said);
    await t.clock.settle();
    assertEquals(conn.closed, true);
    assertEquals(t.losses.length, 1);
    assertStringIncludes(t.losses[0]!, reason);
    assertStringIncludes(t.losses[0]!, "127.0.0.1:1");
    // The next request is not answered with what stood behind.
    assertEquals(count(await t.ask(info(9))), 9);
    assertEquals(t.servers.dialed, [1, 1]);
  });
}

Deno.test("a mail may be longer than other messages", async () => {
  const mail = crypto.getRandomValues(new Uint8Array(65_000));
  const collected = message("COLLECTACK", [["Count", "1"], ...dataHeaders(mail)]);
  const t = made((request, conn) => request.verb === "COLLECT" ? collected : ours(request, conn));
  const conn = await t.register();
  conn.takes = 1_000;
  const headers = [["clientID", "alice"], ["Version", "1"]] as const;
  const reply = await t.clock.finish(
    t.connection.registered!.request(message("COLLECT", headers), "COLLECTACK"),
  );
  assertEquals(reply, collected);
});

Deno.test("a registered connection sends PING after silence, and stays open while anything is heard", async () => {
  const answers = [message("PONG"), refusal(400), presence("bob online"), "\r\n"];
  let pings = 0;
  const t = made((request, conn) => {
    if (request.verb !== "PING") return ours(request, conn);
    conn.say(answers[pings++ % answers.length]!);
    return undefined;
  });
  // What is no reply at all leaves the next one to PING; so it is not asked for anything meanwhile.
  const conn = await t.register();
  await t.clock.pass(serverPingMs - 1);
  assertEquals(pings, 0);
  await t.clock.pass(1);
  assertEquals(pings, 1);
  await t.clock.pass(20 * (serverPingMs + serverPongTimeoutMs));
  assert(pings >= 20, `${pings} pings`);
  assertEquals(t.losses, []);
  assertEquals(conn.closed, false);
});

Deno.test("the server hears something in time, however much it sends itself", async () => {
  const t = made(ours);
  const conn = await t.register();
  let last = t.clock.now();
  let longestMs = 0;
  conn.answer = (request, conn) => {
    longestMs = Math.max(longestMs, t.clock.now() - last);
    last = t.clock.now();
    return ours(request, conn);
  };
  for (let i = 0; i < 100; i++) {
    conn.say(presence("bob online"));
    await t.clock.pass(3_000);
  }
  assert(longestMs > 0 && longestMs <= subscribedIdleMs - 10_000, `${longestMs} ms`);
});

Deno.test("a server of which there is doubt has little time to answer", async () => {
  for (const isThere of [true, false]) {
    const vanishing: Answer = (request, conn) =>
      request.verb === "PING" && !isThere ? undefined : ours(request, conn);
    const { connection, clock, losses, register } = made(vanishing);
    await register();
    connection.registered!.check();
    await clock.pass(2_250);
    assertEquals(losses.length, 0);
    await clock.pass(250);
    assertEquals(losses.length, isThere ? 0 : 1);
  }
});

Deno.test("a connection from an address that this machine has no more is lost at once", async () => {
  const { connection, losses, register } = made(ours);
  await register();
  const { localHost } = connection;
  connection.moved(new Set(["192.0.2.9"]));
  assertEquals(losses.length, 0);
  connection.moved(new Set([localHost!]));
  assertEquals(losses.length, 1);
});

for (const answersFirst of [true, false]) {
  const which = answersFirst ? "one that has answered" : "one that has answered nothing yet";
  Deno.test(`who is not registered asks again at once from another network: ${which}`, async () => {
    const { servers, clock, connection, ask } = made(answersFirst ? ours : silent);
    if (answersFirst) {
      await ask();
      servers.connection.answer = silent;
    }
    const asked = connection.request(register, "REGACK");
    await clock.pass(1_000);
    servers.answers.set(1, ours);
    connection.moved(new Set(["192.0.2.1"]));
    await clock.pass(0);
    assertEquals(servers.connections[0]!.closed, true);
    assertEquals((await asked).verb, "REGACK");
  });
}

Deno.test("what is dialled from an address that this machine has no more is dialled again", async () => {
  const { servers, clock, connection } = made(ours);
  const { dialServer } = servers;
  let isHeldUp = true;
  Object.assign(servers, {
    dialServer: async (...[server, options]: Parameters<typeof dialServer>) => {
      if (isHeldUp) await aborted(options.signal);
      return await dialServer(server, options);
    },
  });
  const asked = connection.request(info(7), "INFOACK");
  await clock.pass(1_000);
  // Who only comes into a network keeps what is under way.
  connection.moved(new Set());
  await clock.pass(0);
  assertEquals(servers.dialed, []);
  isHeldUp = false;
  connection.moved(new Set(["192.0.2.1"]));
  await clock.pass(0);
  assertEquals(servers.dialed, [1, 1]);
  assertEquals(header(await asked, "Count"), "7");
});

Deno.test("a server that vanishes is noticed within 25 s, whenever that happens", async () => {
  const silenceMs = fc.integer({ min: 0, max: 30_000 });
  await fc.assert(
    fc.asyncProperty(fc.array(silenceMs, { maxLength: 8 }), silenceMs, async (pauses, lastMs) => {
      const t = made(ours);
      const conn = await t.register();
      for (const ms of pauses) {
        await t.clock.pass(ms);
        conn.say(presence("bob online"));
      }
      await t.clock.pass(lastMs);
      assertEquals(t.losses, []);
      conn.answer = silent;
      const goneAtMs = t.clock.now();
      assert(await t.clock.passUntil(() => t.losses.length > 0, 60_000));
      assert(t.clock.now() - goneAtMs <= 25_000);
      assertEquals(conn.closed, true);
      assertStringIncludes(t.losses[0]!, "127.0.0.1:1 has not answered for 10 seconds");
    }),
    { numRuns: 50 },
  );
});

for (const how of ["end", "break"] as const) {
  Deno.test(`the loss of a registered connection is reported at once, and once: ${how}`, async () => {
    const t = made(ours);
    const conn = await t.register();
    conn.end(how);
    await t.clock.settle();
    assertEquals(t.connection.registered?.lost.aborted, true);
    assertEquals(t.losses, [
      `The ${
        how === "end"
          ? "server at 127.0.0.1:1 closed the connection"
          : "connection to the server at 127.0.0.1:1 is lost"
      }`,
    ]);
    await t.clock.pass(60_000);
    assertEquals(t.losses.length, 1);
  });
}

Deno.test("a connection to a legacy server is not kept or pinged, and its loss is not reported", async () => {
  const t = made(legacy);
  const conn = await t.register();
  assertEquals(t.connection.registered, undefined);
  await t.clock.pass(60 * 60_000);
  assertEquals(conn.verbs, ["REGISTER"]);
  conn.end();
  await t.clock.settle();
  assertEquals(t.losses, []);
});

Deno.test("a connection on which the client has not registered is not kept", async () => {
  const t = made(ours);
  await t.ask();
  await t.clock.pass(60 * 60_000);
  assertEquals(t.servers.connection.verbs, ["INFO"]);
});

Deno.test("a connection that has ended leaves no timer behind", async () => {
  for (const end of ["stop", "release", "loss", "timeout"] as const) {
    const t = made(ours);
    const conn = await t.register();
    await t.clock.pass(5_000);
    if (end === "stop") t.stopping.abort();
    if (end === "release") t.connection.release();
    if (end === "loss") conn.end();
    if (end === "timeout") {
      conn.answer = silent;
      await rejectsSaying(() => t.ask(), UserError, "did not answer INFO within 10 seconds");
    }
    await t.clock.settle();
    assertEquals(conn.closed, end !== "release");
    const [{ events }, said] = [t.clock, conn.requests.length];
    await t.clock.pass(60 * 60_000);
    assertEquals([t.clock.events, conn.requests.length], [events, said], end);
    assertEquals(t.losses.length, end === "stop" ? 0 : 1, end);
  }
});

Deno.test("a connection that was released can register again", async () => {
  const t = made(ours);
  const conn = await t.register();
  t.connection.release();
  assertEquals(t.connection.registered, undefined);
  t.connection.release();
  assertEquals(t.losses.length, 1);
  assertEquals(await t.register(), conn);
  await t.clock.pass(serverPingMs);
  assertEquals(conn.verbs, ["REGISTER", "REGISTER", "PING"]);
  conn.end();
  await t.clock.settle();
  assertEquals(t.losses.length, 2);
});

Deno.test("nothing is asked after the client has stopped", async () => {
  const t = made(ours);
  await t.register();
  const asked = t.connection.request(info(), "INFOACK");
  t.stopping.abort();
  await assertRejects(() => asked);
  await assertRejects(() => t.connection.request(info(), "INFOACK"));
  await assertRejects(() => t.connection.connect());
  assertEquals(t.servers.connections.map(({ closed }) => closed), [true]);
});

Deno.test("stopping while a connection is being made leaves none open", async () => {
  for (let steps = 0; steps < 20; steps++) {
    const t = made(ours);
    const asked = Promise.allSettled([t.connection.request(info(), "INFOACK")]);
    for (let step = 0; step < steps; step++) await undefined;
    t.stopping.abort();
    await asked;
    assertEquals(t.servers.connections.filter(({ closed }) => !closed), [], `${steps} steps`);
  }
});

Deno.test("a connection that ends together with the reply that registers the client is lost", async () => {
  const t = made((request, conn) => {
    conn.say(ours(request, conn)!, infoack());
    return undefined;
  });
  await t.register();
  assertEquals(t.connection.registered?.lost.aborted, true);
  assertEquals(t.losses, ["The server at 127.0.0.1:1 ended the connection: INFOACK"]);
});

Deno.test("after a loss, registering with a legacy server leaves no registered connection", async () => {
  const t = made(ours, legacy);
  const conn = await t.register();
  t.servers.answers.delete(1);
  conn.end();
  await t.clock.settle();
  await t.register();
  assertEquals(t.connection.registered, undefined);
  assertEquals(t.losses.length, 1);
});

Deno.test("a request on a connection that had ended is repeated on a new one", async () => {
  const t = made(ours);
  await t.ask();
  t.servers.connection.answer = (_request, conn) => {
    conn.end();
    return undefined;
  };
  assertEquals(count(await t.ask(info(5))), 5);
  assertEquals(t.servers.dialed, [1, 1]);
});

Deno.test("a refusal says whether the request had been sent before, and may have been granted then", async () => {
  const t = made((request) =>
    header(request, "Limit") === "7" ? refusal(403) : ours(request, t.servers.connection)
  );
  await t.ask();
  const refused = async () => (await assertRejects(() => t.ask(info(7)), ServerRefusal)).isOfRepeat;
  assertEquals(await refused(), false);
  t.servers.connection.answer = (_request, conn) => void conn.end();
  assertEquals(await refused(), true);
  assertEquals(t.servers.dialed, [1, 1]);
});

Deno.test("requests that need a registration are made on no other connection", async () => {
  const t = made(ours);
  const conn = await t.register();
  conn.answer = (_request, conn) => {
    conn.end();
    return undefined;
  };
  const watch = message("WATCH", [["Version", "1"]]);
  const { registered } = t.connection;
  for (let tries = 0; tries < 2; tries++) {
    await rejectsSaying(
      () => t.clock.finish(registered!.request(watch, "WATCHACK")),
      UserError,
      "closed the connection without an answer",
    );
    await t.ask();
    assertEquals(t.connection.registered, registered);
  }
  assertEquals(t.servers.connections.map(({ verbs }) => verbs), [["REGISTER", "WATCH"], [
    "INFO",
    "INFO",
  ]]);
});

const unusable: [what: string, answer: Answer | undefined, said: string][] = [
  ["is not there", undefined, "Cannot reach port"],
  ["is full", at(() => refusal(503)), "no (503)"],
  ["has enough of this host", at(() => refusal(429)), "no (429)"],
  ["hangs up", at((_, conn) => void conn.end()), "closed the connection without an answer"],
  ["breaks", at((_, conn) => void conn.end("break")), "closed the connection without an answer"],
  ["says nothing", silent, "did not answer INFO within 10 seconds"],
  ["is none", at(() => message("HTTP")), "it said HTTP instead of INFOACK"],
  ["speaks TLS", at((_, conn) => void conn.say("\x15\x03\x03\r\n\r\n")), "it speaks TLS"],
];

for (const [what, answer, said] of unusable) {
  Deno.test(`if a server ${what}, the next one is asked`, async () => {
    const t = made(answer, answer, ours);
    assertEquals(count(await t.ask(info(3))), 3);
    assertEquals(t.servers.dialed, [1, 2, 3]);
    assertEquals(t.connection.server.port, 3);
    // It is spoken to while it is there.
    await t.ask();
    assertEquals(t.servers.dialed, [1, 2, 3]);
    assertEquals(t.servers.connections.filter(({ closed }) => !closed).map(({ port }) => port), [
      3,
    ]);
    // And the next time they are tried from the first on.
    t.servers.answers.set(1, ours);
    t.servers.connection.end();
    await t.clock.settle();
    await t.ask();
    assertEquals(t.servers.dialed, [1, 2, 3, 1]);
  });

  Deno.test(`if the only server ${what}, the error says so`, async () => {
    const t = made(answer);
    const error = await rejectsSaying(() => t.ask(), UserError, said);
    const sentence = sentenceOf(error.problem);
    assert(!sentence.includes("; Cannot") && !sentence.includes("; What"), sentence);
    assertEquals(t.servers.dialed, [1]);
    // Later it may be usable.
    t.servers.answers.set(1, ours);
    for (const conn of t.servers.connections) conn.answer = ours;
    assertEquals(count(await t.ask(info(2))), 2);
  });

  Deno.test(`if each server ${what}, all are asked once, and the error says what is wrong with each`, async () => {
    const t = made(answer, answer, undefined);
    const error = await rejectsSaying(() => t.ask(), UserError, "Cannot reach port 3");
    const sentence = sentenceOf(error.problem);
    assertEquals(sentence.split(said).length - 1, answer === undefined ? 3 : 2, sentence);
    assertEquals(t.servers.dialed, [1, 2, 3]);
    t.servers.answers.set(1, ours);
    await t.ask();
    assertEquals(t.servers.dialed, [1, 2, 3, 1]);
  });
}

Deno.test("if a server refuses for another reason, the next one is not asked", async () => {
  for (const code of [400, 401, 403, 404, 423, 426, 500]) {
    const t = made(at(() => refusal(code)), ours);
    await rejectsSaying(() => t.ask(), ServerRefusal, `no (${code})`);
    assertEquals(t.servers.dialed, [1]);
  }
});

Deno.test("a server that has answered before and is full now is not left", async () => {
  const t = made(ours, ours);
  const conn = await t.register();
  conn.answer = () => refusal(503);
  await assertRejects(() => t.ask(), ServerRefusal);
  assertEquals(t.servers.dialed, [1]);
  assertEquals(t.losses, []);
});

Deno.test("requests made at once go from server to server together", async () => {
  for (const [, answer] of unusable) {
    const t = made(answer, answer, ours);
    const replies = [1, 2, 3, 4].map((n) => t.connection.request(info(n), "INFOACK"));
    assertEquals((await t.clock.finish(Promise.all(replies))).map(count), [1, 2, 3, 4]);
    assertEquals(t.servers.dialed, [1, 2, 3]);
  }
});

Deno.test("a refusal says when the request may be made again", async () => {
  const error = message("ERROR", [["Code", "403"], ["Reason", "taken"], ["Retry-After", "17"]]);
  const t = made(() => error);
  const refused = await assertRejects(() => t.ask(), ServerRefusal);
  assertEquals(
    sentenceOf(refused.problem),
    "The server refused: taken (403); try again in 17 s",
  );
  const { status, problem } = refused;
  assertEquals([status, problem], [
    "403",
    { code: "server-refused", status: "403", said: "taken", retryAfterS: 17 },
  ]);
});

Deno.test("a reply that comes too late is not taken for another", async () => {
  const t = made(silent);
  const conn = () => t.servers.connection;
  const asked = rejectsSaying(() => t.ask(info(1)), UserError, "did not answer");
  await t.clock.pass(replyTimeoutMs);
  await asked;
  assertEquals(conn().closed, true);
  t.servers.answers.set(1, ours);
  assertEquals(count(await t.ask(info(2))), 2);
});
