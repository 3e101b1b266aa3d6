// Servers of the original's kind, as byte scripts: what they send is written down here as they send it.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Rendezvous } from "../../../client/rendezvous/rendezvous.ts";
import type { ServerKindsOptions } from "../../../client/rendezvous/server_kinds.ts";
import { openStore } from "../../../client/store/store.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { replyTimeoutMs } from "../../../shared/protocol/limits.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { encode, type Message } from "../../../shared/protocol/message.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { rejectsSaying, sentenceOf } from "../../support/problems.ts";
import {
  type Answer,
  type ScriptedConnection,
  ScriptedServers,
} from "../../support/scripted_servers.ts";

const regack = "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n";
const bridgeack = "BRIDGEACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n";
const nobody = "BRIDGEACK\r\nclientID: \r\nIP: \r\nPort: \r\n\r\n";
const list = "INFOACK\r\nalice 127.0.0.1:5556\r\nbob 127.0.0.1:5557\r\n" +
  "Jörg K. @home 127.0.0.1:5558\r\ncarol 127.0.0.1:5559\r\nno client\r\n\r\n";

/** The original's server: it answers the first request of a connection, and closes it. */
const original: Answer = ({ verb }, conn) => {
  if (conn.requests.length > 1) throw new Error("asked twice on one connection");
  const replies: Record<string, string> = { REGISTER: regack, BRIDGE: bridgeack, INFO: list };
  const reply = replies[verb];
  if (reply !== undefined) conn.say(reply);
  conn.end();
  return undefined;
};

/** The same, which answers what it does not know as it is told to, and keeps connections open. */
const relative =
  (others: (request: Message, conn: ScriptedConnection) => void): Answer => (request, conn) => {
    // What comes behind the first request it does not read.
    if (conn.requests.length > 1) return undefined;
    if (request.verb === "REGISTER") conn.say(regack);
    else others(request, conn);
    return undefined;
  };

interface Made extends ServerKindsOptions {
  readonly tls?: ServerAddress["tls"];
}

function madeWith({ tls, ...options }: Made, ...answers: Answer[]) {
  const servers = new ScriptedServers();
  for (const [i, answer] of answers.entries()) servers.answers.set(i + 1, answer);
  const clock = new FakeClock();
  const stopping = new AbortController();
  const rendezvous = new Rendezvous({
    ...options,
    id: "alice",
    identity: Identity.generate(),
    listening: { host: "127.0.0.1", port: 5556 },
    servers: answers.map((_, i) => ({ host: "127.0.0.1", port: i + 1, ...tls && { tls } })),
    network: servers,
    clock,
    random: () => 0,
    signal: stopping.signal,
    notices: {
      registered: () => {},
      ready: () => Promise.resolve(),
      serverLost: () => {},
      problem: () => {},
      registeredAgain: () => {},
      called: (conn) => conn.close(),
      displaced: () => {},
      mail: () => {},
      presence: () => {},
    },
  });
  return { servers, clock, stopping, rendezvous };
}

const made = (...answers: Answer[]) => madeWith({}, ...answers);

/** What each connection was sent, as it went over the wire. */
const sent = ({ connections }: ScriptedServers) =>
  connections.map(({ requests }) => requests.map(encode).join(""));

const bare = {
  register: "REGISTER\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
  bridge: "BRIDGE\r\nclientID: alice\r\n\r\n",
  info: "INFO\r\nRequesting clients\r\n\r\n",
  unregister: "UNREGISTER\r\nclientID: alice\r\n\r\n",
};

const source = { serverHost: "192.0.2.9" };
const named = (port: number) => ({ host: "127.0.0.1", port, source });

Deno.test("the list of the original's server is read, whatever the ids are", async () => {
  const t = made(original);
  assertEquals(await t.clock.finish(t.rendezvous.everyone()), {
    count: 4,
    clients: [
      { id: "alice", address: named(5556) },
      { id: "bob", address: named(5557) },
      { id: "Jörg K. @home", address: named(5558) },
      { id: "carol", address: named(5559) },
    ],
  });
});

Deno.test("an empty list of the original's server is no error", async () => {
  const t = made((_, conn) => {
    conn.say("INFOACK\r\n\r\n");
    conn.end();
    return undefined;
  });
  assertEquals(await t.clock.finish(t.rendezvous.everyone()), { count: 0, clients: [] });
});

Deno.test("a list of the original's server may be as long as the lists of this protocol", async () => {
  for (const count of [45, 64, 65, 1_000]) {
    const t = made(({ verb }, conn) => {
      const line = (_: unknown, i: number) => `person-${i} 192.0.2.200:${10_000 + i}\r\n`;
      if (verb === "INFO") {
        conn.say("INFOACK\r\n" + Array.from({ length: count }, line).join("") + "\r\n");
      } else conn.say(bridgeack);
      conn.end();
      return undefined;
    });
    const { count: counted, clients } = await t.clock.finish(t.rendezvous.everyone());
    assertEquals([counted, clients.length], [count, count]);
    const id = `person-${count - 1}`;
    const found = await t.clock.finish(t.rendezvous.lookUp(id));
    const port = 10_000 + count - 1;
    assertEquals(found, { id, address: { host: "192.0.2.200", port, source } });
  }
});

Deno.test("a list that has no end is given up, and the next request works", async () => {
  const t = made(({ verb }, conn) => {
    if (verb === "INFO") conn.say("INFOACK\r\n" + "bob 127.0.0.1:5557\r\n".repeat(10_000));
    else conn.say(regack);
    return undefined;
  });
  await t.clock.finish(t.rendezvous.register());
  await rejectsSaying(
    () => t.clock.finish(t.rendezvous.everyone()),
    UserError,
    "The server at 127.0.0.1:1 lists more clients than are read, 96 KiB",
  );
  await t.clock.finish(t.rendezvous.register());
});

Deno.test("one odd line does not spoil the list of the original's server", async () => {
  const t = made((_, conn) => {
    conn.say("INFOACK\r\nmail:dave 127.0.0.1:1\r\nevil\x07 127.0.0.1:2\r\n" + list.slice(9));
    conn.end();
    return undefined;
  });
  const { clients } = await t.clock.finish(t.rendezvous.everyone());
  const ids = clients.map(({ id }) => id).sort();
  assertEquals(ids, ["Jörg K. @home", "alice", "bob", "carol", "evil\x07", "mail:dave"]);
});

Deno.test("a third person is found by name, although the server names the first one only", async () => {
  const t = made(original);
  await t.clock.finish(t.rendezvous.register());
  const ask = (name?: string) => t.clock.finish(t.rendezvous.lookUp(name));
  assertEquals(await ask("carol"), { id: "carol", address: named(5559) });
  assertEquals(await ask("bob"), { id: "bob", address: named(5557) });
  assertEquals(await ask(), { id: "bob", address: named(5557) });
  await rejectsSaying(() => ask("dave"), UserError, "The server knows no dave");
});

Deno.test("a name is looked up in the list also if BRIDGE names nobody, or is not known", async () => {
  for (const bridge of [nobody, "BRIDGEACK\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n", undefined]) {
    const t = made(relative(({ verb }, conn) => {
      if (verb === "INFO") conn.say(list);
      else if (bridge === undefined) conn.end();
      else conn.say(bridge);
    }));
    await t.clock.finish(t.rendezvous.register());
    const found = await t.clock.finish(t.rendezvous.lookUp("carol"));
    assertEquals(found, { id: "carol", address: named(5559) });
  }
});

Deno.test("a server that has no list names whom it likes", async () => {
  const t = made(
    relative(({ verb }, conn) => verb === "BRIDGE" ? conn.say(bridgeack) : conn.end()),
  );
  const found = await t.clock.finish(t.rendezvous.lookUp("carol"));
  assertEquals(found, { id: "bob", address: named(5557) });
});

const ignorant: [what: string, others: (request: Message, conn: ScriptedConnection) => void][] = [
  ["closes the connection", (_, conn) => conn.end()],
  ["breaks the connection", (_, conn) => conn.end("break")],
  ["says nothing", () => {}],
  ["says something else", (_, conn) => conn.say("UNKNOWN\r\n\r\n")],
  ["says what is no message", (_, conn) => conn.say("unknown command\r\n\r\n")],
];

for (const [what, others] of ignorant) {
  Deno.test(`a server of the original's kind that ${what} is said to lack the verb`, async () => {
    const t = made(relative(others));
    await t.clock.finish(t.rendezvous.register());
    const asked = [
      ["INFO", () => t.rendezvous.everyone(), ": it does not say who is registered"],
      ["BRIDGE", () => t.rendezvous.lookUp(), ": it does not say where others are"],
      ["UNREGISTER", () => t.rendezvous.unregister(), "; it forgets you when it is restarted"],
    ] as const;
    for (const [verb, ask, meaning] of asked) {
      const startMs = t.clock.now();
      await rejectsSaying(
        () => t.clock.finish(Promise.resolve(ask())),
        UserError,
        `The server at 127.0.0.1:1 has no ${verb}${meaning}`,
      );
      assertEquals(t.clock.now() - startMs <= replyTimeoutMs, true, "it was waited for");
    }
    // The next request works.
    await t.clock.finish(t.rendezvous.register());
    t.stopping.abort();
    assertEquals(t.servers.connections.filter(({ closed }) => !closed), []);
  });
}

Deno.test("of a server that knows neither BRIDGE nor INFO it is said that it looks nobody up", async () => {
  const t = made(relative((_, conn) => conn.end()));
  await t.clock.finish(t.rendezvous.register());
  await rejectsSaying(
    () => t.clock.finish(t.rendezvous.lookUp("carol")),
    UserError,
    "The server at 127.0.0.1:1 has no BRIDGE: it does not say where others are",
  );
});

Deno.test("a server that does not answer, and may be of the original's kind, has a remedy", async () => {
  const hangsUp: Answer = (_, conn) => conn.end() as undefined;
  const hint = "--legacy-server";
  const saysOf = async (t: ReturnType<typeof made>) => {
    const error = await assertRejects(() => t.clock.finish(t.rendezvous.register()), UserError);
    return sentenceOf(error.problem);
  };
  assertStringIncludes(await saysOf(made(hangsUp)), hint);
  assertStringIncludes(await saysOf(made(() => undefined)), hint);
  for (
    const t of [
      madeWith({ tls: {} }, hangsUp),
      madeWith({ legacyServer: true }, hangsUp),
      madeWith({ proven: { has: () => true, add: () => {} } }, hangsUp),
    ]
  ) assert(!(await saysOf(t)).includes(hint));
});

Deno.test("requests made at once are asked on a connection each", async () => {
  const t = made(original);
  await t.clock.finish(t.rendezvous.register());
  const all = [1, 2, 3, 4].map(() => t.rendezvous.everyone());
  const counts = (await t.clock.finish(Promise.all(all))).map(({ count }) => count);
  assertEquals(counts, [4, 4, 4, 4]);
  assertEquals(t.servers.connections.map(({ verbs }) => verbs.length), [1, 1, 1, 1, 1]);
});

Deno.test("a registration is not taken back from another server", async () => {
  const t = made(original, original);
  await t.clock.finish(t.rendezvous.register());
  await rejectsSaying(
    () => t.clock.finish(t.rendezvous.unregister()),
    UserError,
    "The server at 127.0.0.1:1 has no UNREGISTER",
  );
  assertEquals(t.servers.dialed, [1, 1]);
});

Deno.test("stopping ends what hangs at a server of the original's kind", async () => {
  const t = made(relative(() => {}));
  await t.clock.finish(t.rendezvous.register());
  const asked = Promise.allSettled([t.rendezvous.everyone(), t.rendezvous.lookUp()]);
  await t.clock.settle();
  t.stopping.abort();
  await asked;
  assertEquals(t.servers.connections.map(({ closed }) => closed), [true, true, true]);
});

/** Asks everything that a server of the original's kind can be asked. */
async function askAll(t: ReturnType<typeof made>): Promise<void> {
  for (
    const ask of [
      () => t.rendezvous.register(),
      () => t.rendezvous.lookUp("carol"),
      () => t.rendezvous.everyone(),
      () => t.rendezvous.unregister().catch(() => {}),
    ]
  ) await t.clock.finish(Promise.resolve<unknown>(ask()));
}

const afterRegister = [bare.bridge, bare.info, bare.info, bare.unregister];

Deno.test("a server that has answered as the original does gets only what the original sends", async () => {
  const t = made(original);
  await askAll(t);
  assertEquals(sent(t.servers).slice(1), afterRegister);
  await t.clock.finish(t.rendezvous.register());
  assertEquals(sent(t.servers).at(-1), bare.register);
});

Deno.test("a server that is said to be of the original's kind does so from the first byte", async () => {
  const strict: Answer = (request, conn) => {
    const known = Object.values(bare).includes(encode(request));
    return known ? original(request, conn) : conn.end() as undefined;
  };
  const t = madeWith({ legacyServer: true }, strict);
  await askAll(t);
  assertEquals(sent(t.servers), [bare.register, ...afterRegister]);
});

Deno.test("over TLS no server is taken for the original's", async () => {
  for (const legacyServer of [false, true]) {
    const t = madeWith(
      { tls: {}, legacyServer },
      relative(({ verb }, conn) => {
        conn.say(verb === "INFO" ? list : bridgeack);
      }),
    );
    await t.clock.finish(t.rendezvous.register());
    t.servers.connection.end();
    await t.clock.settle();
    await t.clock.finish(t.rendezvous.lookUp());
    assertEquals(sent(t.servers).filter((said) => !said.includes("Version: 1")), []);
  }
});

/** Answers REGISTER, with the headers given behind the others. */
const registering = (more: string): Answer => (_, conn) => {
  conn.say(regack.replace(/\r\n$/, `${more}\r\n`));
  conn.end();
  return undefined;
};

Deno.test("a forged answer takes no key away from a server that has spoken Version 1, ever", async () => {
  using store = openStore(":memory:");
  for (const inLaterRun of [false, true]) {
    let t = madeWith({ proven: store.provenServers }, registering("Version: 1\r\n"));
    await t.clock.finish(t.rendezvous.register());
    if (inLaterRun) t = madeWith({ proven: store.provenServers }, registering(""));
    else t.servers.answers.set(1, registering(""));
    for (let tries = 0; tries < 3; tries++) await t.clock.finish(t.rendezvous.register());
    const forgotten = sent(t.servers).filter((said) => !/Version: 1\r\n[^]*Key: /.test(said));
    assertEquals(forgotten, []);
  }
});

Deno.test("a store that fails takes no key away, and fails no request", async () => {
  const failing = () => {
    throw new UserError({ code: "unexpected", reason: "disk" });
  };
  const t = madeWith({ proven: { has: failing, add: failing } }, registering("Version: 1\r\n"));
  await t.clock.finish(t.rendezvous.register());
  t.servers.answers.set(1, registering(""));
  for (let tries = 0; tries < 3; tries++) await t.clock.finish(t.rendezvous.register());
  assertEquals(sent(t.servers).filter((said) => !said.includes("Key: ")), []);
});

Deno.test("a server of this protocol that is taken for the original's is not asked for ever", async () => {
  const t = madeWith({ legacyServer: true }, (_, conn) => {
    conn.say("INFOACK\r\nCount: 3\r\nClient: bob 127.0.0.1:5557\r\nAfter: bob\r\n\r\n");
    return undefined;
  });
  const { count, clients } = await t.clock.finish(t.rendezvous.everyone());
  assertEquals([count, clients.length], [3, 1]);
});

Deno.test("an answer that says nothing of keys takes away no key that the server has named", async () => {
  const fingerprint = "abcd-efgh-ijkl-mnop-qrst-uvwx-yz23-4567";
  const t = made((_, conn) => {
    const versioned = `Version: 1\r\nFingerprint: ${fingerprint}\r\n\r\n`;
    conn.say(bridgeack.replace(/\r\n$/, versioned));
    return undefined;
  });
  await t.clock.finish(t.rendezvous.lookUp("bob"));
  t.servers.connection.answer = ({ verb }, conn) => {
    conn.say(verb === "INFO" ? list : bridgeack);
    return undefined;
  };
  await t.clock.finish(t.rendezvous.lookUp("bob"));
  await t.clock.finish(t.rendezvous.everyone());
  assertEquals<string | undefined>(t.rendezvous.serverFingerprint("bob"), fingerprint);
});
