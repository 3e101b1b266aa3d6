import { assertEquals, assertRejects } from "@std/assert";
import { lookUpOnce, Rendezvous } from "../../../client/rendezvous/rendezvous.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import type { Fingerprint } from "../../../shared/crypto/public_key.ts";
import { header, headerValues, message } from "../../../shared/protocol/message.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { type Answer, ScriptedServers } from "../../support/scripted_servers.ts";

const listening = { host: "127.0.0.1", port: 5556 };
const server = { host: "127.0.0.1", port: 1 };
const bobKey = "abcd-efgh-ijkl-mnop-qrst-uvwx-yz23-4567" as Fingerprint;
const carolKey = "4567-efgh-ijkl-mnop-qrst-uvwx-yz23-abcd" as Fingerprint;
const source = { serverHost: "192.0.2.9" };
const bob = { id: "bob", address: { host: "192.0.2.2", port: 7, source }, fingerprint: bobKey };
const carol = {
  id: "carol",
  address: { host: "192.0.2.3", port: 8, source },
  fingerprint: carolKey,
};

/** A server of this protocol that knows bob, and lists bob and carol on a page each. */
const ours: Answer = (request) => {
  const place = [["clientID", "alice"], ["IP", "127.0.0.1"], ["Port", "5556"]] as const;
  switch (request.verb) {
    case "REGISTER":
      return message("REGACK", [...place, ["Version", "1"], ["Expires", "100"]]);
    case "UNREGISTER":
      return message("UNREGACK", [["clientID", "alice"]]);
    case "WATCH": {
      const names = headerValues(request, "Target");
      return message("WATCHACK", [
        ["Version", "1"],
        ["Mailbox", "65536"],
        ...names.map((name) => ["Presence", `${name} online`] as const),
      ]);
    }
    case "BRIDGE":
      return header(request, "Target") === "bob"
        ? message("BRIDGEACK", [
          ["clientID", "bob"],
          ["IP", "192.0.2.2"],
          ["Port", "7"],
          ["Version", "1"],
          ["Fingerprint", bobKey],
        ])
        : message("ERROR", [["Code", "404"], ["Reason", "There is no such client"]]);
    case "INFO":
      return header(request, "After") === undefined
        ? message("INFOACK", [
          ["Count", "2"],
          ["Version", "1"],
          ["Client", `bob 192.0.2.2:7 ${bobKey}`],
          ["Client", "no client"],
          ["After", "bob"],
        ])
        : message("INFOACK", [["Count", "2"], ["Version", "1"], [
          "Client",
          `carol 192.0.2.3:8 ${carolKey}`,
        ]]);
    default:
      return message("PONG");
  }
};

/** A client of one such server, and what it was told unasked, in order. */
function made() {
  const servers = new ScriptedServers();
  servers.answers.set(1, ours);
  const clock = new FakeClock();
  const stopping = new AbortController();
  const told: string[] = [];
  const t = { servers, clock, stopping, told, ready: () => Promise.resolve() };
  const rendezvous = new Rendezvous({
    id: "alice",
    identity: Identity.generate(),
    listening,
    servers: [server],
    network: servers,
    clock,
    random: () => 0,
    signal: stopping.signal,
    notices: {
      registered: () => {
        told.push("registered");
        rendezvous.watch(["bob"]);
      },
      ready: () => {
        told.push(`ready, mail up to ${rendezvous.mailBytesMax}`);
        return t.ready();
      },
      serverLost: () => told.push("lost"),
      problem: (problem) => told.push(problem.code),
      registeredAgain: ({ port }) => told.push(`again at ${port}`),
      called: (conn) => conn.close(),
      displaced: () => told.push("displaced"),
      mail: () => told.push("mail"),
      presence: (name, status) => told.push(`${name} ${status ?? "?"}`),
    },
  });
  return Object.assign(t, { rendezvous });
}

Deno.test("registering is answered, and the owner is told what follows, in order", async () => {
  const t = made();
  t.ready = async () => {
    await undefined;
    t.told.push("followed");
  };
  const registered = await t.clock.finish(
    t.rendezvous.register(({ server }) => t.told.push(`registered at ${server.port}`)),
  );
  assertEquals(registered, {
    id: "alice",
    address: listening,
    server,
    expiresS: 100,
    keyed: false,
  });
  assertEquals(t.told, [
    "registered at 1",
    "registered",
    "bob online",
    "ready, mail up to 65536",
    "followed",
  ]);
  // One request names whom to watch, and not one for each time that it was said.
  assertEquals(t.servers.connection.verbs, ["REGISTER", "WATCH"]);
  assertEquals([t.rendezvous.registered, t.rendezvous.address], [true, listening]);
  assertEquals(t.rendezvous.status("bob"), "online");
});

Deno.test("pushes, the loss of the server and its return are reported", async () => {
  const t = made();
  await t.clock.finish(t.rendezvous.register());
  t.told.length = 0;
  t.servers.connection.say(
    message("MAIL", [["Count", "1"]]),
    message("PRESENCE", [["Presence", "bob away"]]),
  );
  await t.clock.settle();
  assertEquals(t.told, ["mail", "bob away"]);
  t.servers.connection.end();
  await t.clock.settle();
  assertEquals(t.told.slice(2), ["bob ?", "lost"]);
  assertEquals(t.rendezvous.mailBytesMax, undefined);
  await t.clock.pass(2_000);
  assertEquals(t.told.slice(4), [
    "again at 1",
    "registered",
    "bob online",
    "ready, mail up to 65536",
  ]);
  await t.clock.finish(t.rendezvous.unregister());
  assertEquals([t.rendezvous.registered, t.rendezvous.address], [false, undefined]);
});

/** What a server says to an instance that another one has displaced. */
const displaced = (clientID: string) => message("DISPLACED", [["clientID", clientID]]);

Deno.test("a client that is displaced is as one that has not registered, until its user registers again", async () => {
  const t = made();
  await t.clock.finish(t.rendezvous.register());
  t.told.length = 0;
  // Of somebody else it means nothing.
  t.servers.connection.say(displaced("bob"));
  await t.clock.settle();
  assertEquals([t.told, t.rendezvous.registered], [[], true]);
  t.servers.connection.say(displaced("alice"), displaced("alice"));
  await t.clock.settle();
  assertEquals(t.told, ["bob ?", "displaced"]);
  assertEquals([t.rendezvous.registered, t.rendezvous.address], [false, undefined]);
  // What the server grants to those that it has registered is asked no more.
  assertEquals([t.rendezvous.connection, t.rendezvous.mailBytesMax], [undefined, undefined]);
  t.servers.connection.end();
  await t.clock.pass(1_000_000);
  assertEquals(t.servers.connections.length, 1);
  await t.clock.finish(t.rendezvous.register());
  assertEquals(t.rendezvous.registered, true);
  assertEquals(t.told.slice(2), ["registered", "bob online", "ready, mail up to 65536"]);
});

Deno.test("a client that is displaced right behind the answer to a refresh keeps nothing of that", async () => {
  const t = made();
  await t.clock.finish(t.rendezvous.register());
  const { connection } = t.servers;
  connection.answer = (request, to) => {
    if (request.verb !== "REGISTER") return ours(request, to);
    // Both are read at once.
    connection.say(ours(request, to)!, displaced("alice"));
    return undefined;
  };
  await t.clock.pass(100_000);
  assertEquals(t.told.filter((what) => what === "displaced").length, 1);
  assertEquals([t.rendezvous.registered, t.rendezvous.connection], [false, undefined]);
  assertEquals(connection.verbs.filter((verb) => verb === "REGISTER").length, 2);
});

Deno.test("look-ups are answered, and remembered", async () => {
  const t = made();
  assertEquals(t.rendezvous.serverFingerprint("bob"), undefined);
  assertEquals(await t.clock.finish(t.rendezvous.lookUp("bob")), bob);
  assertEquals(t.rendezvous.serverFingerprint("bob"), bobKey);
  assertEquals(t.rendezvous.idAt(bob.address), "bob");
  await rejectsSaying(
    () => t.clock.finish(t.rendezvous.lookUp("dave")),
    UserError,
    "no such client",
  );
  assertEquals(t.rendezvous.serverFingerprint("carol"), undefined);
  assertEquals(await t.clock.finish(t.rendezvous.everyone()), { count: 2, clients: [bob, carol] });
  assertEquals(t.rendezvous.serverFingerprint("carol"), carolKey);
  assertEquals(t.servers.connection.verbs, ["BRIDGE", "BRIDGE", "INFO", "INFO"]);
});

Deno.test("a single look-up leaves no connection, whatever the answer is", async () => {
  for (const [target, found] of [["bob", bob], ["dave", undefined]] as const) {
    const servers = new ScriptedServers();
    servers.answers.set(1, ours);
    const clock = new FakeClock();
    const options = { id: "alice", target, servers: [server], network: servers, clock };
    const asked = clock.finish(lookUpOnce(options));
    if (found !== undefined) assertEquals(await asked, found);
    else await assertRejects(() => asked);
    assertEquals(servers.connections.map(({ closed }) => closed), [true]);
  }
});
