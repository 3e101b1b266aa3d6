import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { Connector, type LinkKeeper } from "../../../client/connector/connector.ts";
import type { KnownClient } from "../../../client/events.ts";
import type { DialableAddress, PeerConn } from "../../../client/transport/transport.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { namedBy } from "../../../shared/net/named_address.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const refused = new UserError({
  code: "peer-unreachable",
  name: "bob",
  address: { host: "127.0.0.1", port: 2 },
  why: { is: "no-listener" },
});

/** Somebody is looked for whose server says nothing, and who does not answer where they were last. */
class Scene {
  readonly clock = new FakeClock();
  /** Refuses the last call. */
  refuse = () => {};
  /** Answers the last call. */
  answer = (_conn: PeerConn) => {};
  /** Answers all that the server was asked. */
  readonly said = Promise.withResolvers<KnownClient | undefined>();
  /** When somebody was called, and whether that still goes on. */
  readonly calls: { readonly atMs: number; readonly signal: AbortSignal }[] = [];
  /** When they were called over the server. */
  readonly relayedAtMs: number[] = [];
  /** Whether the server relays. */
  relays = false;
  /** What becomes of the server while it is asked to. */
  asked = () => {};
  readonly connector: Connector;
  readonly #startMs = this.clock.now();

  constructor() {
    this.connector = new Connector({
      self: {
        id: "alice",
        address: { host: "127.0.0.1", port: 1 },
        identity: Identity.fromSeed(new Uint8Array(32)),
      },
      clock: this.clock,
      signal: new AbortController().signal,
      relayOnly: false,
      allowPlaintext: false,
      room: () => undefined,
      network: {
        interfaces: () => [],
        lookUp: () => Promise.resolve([]),
        dial: (_address, _name, { signal }) => {
          this.calls.push({ atMs: this.clock.now() - this.#startMs, signal });
          return new Promise((resolve, reject) => {
            this.answer = resolve;
            signal.addEventListener("abort", () => reject(signal.reason));
            this.refuse = () => reject(refused);
          });
        },
      },
      rendezvous: {
        address: undefined,
        registered: true,
        serverHost: "127.0.0.1",
        lookUp: () => this.said.promise,
        status: () => undefined,
        relaysTo: () => this.relays,
        relay: () => {
          this.relayedAtMs.push(this.clock.now() - this.#startMs);
          this.asked();
          return Promise.resolve(undefined);
        },
        reflect: () => Promise.resolve(undefined),
        idAt: () => undefined,
        sealingKeysOf: () => undefined,
        serverFingerprint: () => undefined,
      },
    });
  }

  reach(): Promise<unknown> {
    const place = { host: "127.0.0.1", port: 2 } as DialableAddress;
    const call = { expectedId: "bob", interactive: false };
    return this.connector.reach("bob", place, undefined, call, {} as LinkKeeper);
  }

  call(keeper: Partial<LinkKeeper>): Promise<unknown> {
    const place = { host: "127.0.0.1", port: 2 } as DialableAddress;
    const call = { expectedId: undefined, interactive: true };
    return this.connector.call(place, call, keeper as LinkKeeper);
  }

  goAround(): Promise<boolean> {
    const lastAddress = namedBy("user", { host: "127.0.0.1", port: 2 });
    const bob = { peerId: "bob", key: undefined, lastAddress, links: [] };
    return this.connector.goAround(bob, {} as LinkKeeper, () => false);
  }
}

Deno.test("who is called where nobody answers is called over the server once that is back", async () => {
  const t = new Scene();
  const reached = t.reach();
  reached.catch(() => {});
  await t.clock.pass(4_900);
  assertEquals(t.relayedAtMs, []);
  t.relays = true;
  await t.clock.pass(250);
  assertEquals(t.relayedAtMs.length, 1);
});

Deno.test("where a server does not relay, a call that is refused is over at once", async () => {
  const t = new Scene();
  const reached = t.reach().catch((error) => error);
  await t.clock.pass(1_000);
  t.refuse();
  assertStrictEquals(await t.clock.finish(reached, 1), refused);
  t.relays = true;
  await t.clock.pass(1_000);
  assertEquals(t.relayedAtMs, []);
});

Deno.test("while the server says nothing somebody is called where they were last", async () => {
  const t = new Scene();
  t.goAround();
  await t.clock.pass(1_000);
  assertEquals(t.calls.map(({ atMs }) => atMs), [1_000]);
});

Deno.test("going around what is silent does not pile up while the server says nothing", async () => {
  const t = new Scene();
  for (let tries = 1; tries <= 3; tries++) {
    const around = t.goAround();
    await t.clock.pass(3_000);
    assertEquals(await t.clock.finish(around, 1), false);
    assertEquals(t.calls.map(({ signal }) => signal.aborted), Array(tries).fill(true));
  }
  t.said.resolve({ id: "bob", address: namedBy("user", { host: "127.0.0.1", port: 3 }) });
  await t.clock.pass(1_000);
  assertEquals(t.calls.length, 3);
});

for (const isLeaving of [true, false]) {
  const why = isLeaving ? "while the client leaves" : "for whom there is no room";
  Deno.test(`who answers ${why} is left at once, and the call fails for that reason`, async () => {
    const t = new Scene();
    const called = assertRejects(
      () => t.call({ isLeaving, makeRoomForOwn: () => false }),
      UserError,
    );
    let closed = 0;
    t.answer({ close: () => closed++ } as Partial<PeerConn> as PeerConn);
    assertEquals([(await called).code, closed], [isLeaving ? "leaving" : "too-many-links", 1]);
  });
}

Deno.test("going around, too, somebody is called over the server once that is back", async () => {
  const t = new Scene();
  t.goAround();
  await t.clock.pass(2_000);
  assertEquals(t.relayedAtMs, []);
  t.relays = true;
  await t.clock.pass(250);
  assertEquals(t.relayedAtMs.length, 1);
});

Deno.test("a server that is lost while it is asked for a way around is asked again once it is back", async () => {
  const t = new Scene();
  t.relays = true;
  t.asked = () => t.relays = false;
  t.goAround();
  await t.clock.pass(1_500);
  t.relays = true;
  await t.clock.pass(250);
  assertEquals(t.relayedAtMs.length, 2);
});

Deno.test("where a server does not relay, going around is over once the call is refused", async () => {
  const t = new Scene();
  t.said.resolve(undefined);
  const around = t.goAround();
  await t.clock.pass(0);
  t.refuse();
  await t.clock.pass(0);
  assertEquals(await t.clock.finish(around, 1), false);
});
