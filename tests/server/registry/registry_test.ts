import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Applicant, Registry } from "../../../server/registry/registry.ts";
import { nowhere } from "../../../shared/net/address.ts";
import {
  type Fingerprint,
  fingerprintOf,
  publicKeyFrom,
} from "../../../shared/crypto/public_key.ts";
import { registrationTtlMaxMs } from "../../../shared/protocol/limits.ts";

const ttlMs = 60_000;

const key1 = publicKeyFrom(new Uint8Array(32).fill(1));
const key2 = publicKeyFrom(new Uint8Array(32).fill(2));
const [fingerprint1, fingerprint2] = [fingerprintOf(key1), fingerprintOf(key2)];

/** A registry with a clock that the test sets. */
function setUp({ max = 100, maxPerHost = 100 } = {}) {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const changed: string[] = [];
  const registry = new Registry({
    clock,
    max,
    maxPerHost: () => maxPerHost,
    onChange: (id) => changed.push(id),
  });
  return { clock, registry, changed };
}

function applicant(clientId: string, changes: Partial<Applicant> = {}): Applicant {
  const observedHost = "192.0.2.1";
  return { clientId, address: { host: observedHost, port: 5556 }, observedHost, ttlMs, ...changes };
}

function idsOf(registry: Registry, after?: string): string[] {
  return [...registry.list(after)].map(({ clientId }) => clientId);
}

Deno.test("a client is found at the address that it registered, until its time is over", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice"));
  assertEquals(registry.find("alice")?.address, { host: "192.0.2.1", port: 5556 });
  assertEquals(registry.find("Alice"), undefined);
  clock.nowMs = ttlMs - 1;
  assertEquals(registry.size, 1);
  clock.nowMs = ttlMs;
  assertEquals(registry.find("alice"), undefined);
  assertEquals(registry.size, 0);
  assertEquals(idsOf(registry), []);
  assertEquals(registry.next("bob"), undefined);
});

Deno.test("the same host can refresh its registration and move it", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice"));
  clock.nowMs = ttlMs - 1_000;
  const address = { host: "192.0.2.1", port: 7777 };
  registry.register(applicant("alice", { address }));
  assertEquals(registry.find("alice")?.expiresAtMs, clock.nowMs + ttlMs);
  clock.nowMs += ttlMs - 1_000;
  assertEquals(registry.find("alice")?.address, address);
  assertEquals(registry.size, 1);
  clock.nowMs += 1_000;
  assertEquals(registry.size, 0);
});

Deno.test("onChange names ids that are registered, end, or get a key, but not on a refresh or a refusal", () => {
  const { clock, registry, changed } = setUp();
  const told = (what: () => void) => {
    changed.length = 0;
    what();
    return [...changed];
  };
  assertEquals(told(() => registry.register(applicant("alice"))), ["alice"]);
  assertEquals(told(() => registry.register(applicant("alice"))), []);
  const elsewhere = { observedHost: "192.0.2.9" };
  assertEquals(told(() => registry.register(applicant("alice", elsewhere))), []);
  assertEquals(told(() => registry.register(applicant("alice", { key: key1 }))), ["alice"]);
  assertEquals(told(() => registry.register(applicant("alice", { key: key1 }))), []);
  assertEquals(registry.find("alice")?.key, key1);
  assertEquals(told(() => registry.unregister("alice", "192.0.2.1")), []);
  assertEquals(told(() => registry.unregister("alice", "192.0.2.1", key1)), ["alice"]);
  registry.register(applicant("bob"));
  registry.register(applicant("carol"));
  clock.nowMs = ttlMs;
  assertEquals(told(() => registry.expire()).toSorted(), ["bob", "carol"]);
});

Deno.test("refreshing can shorten a registration", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice"));
  registry.register(applicant("alice", { ttlMs: 10_000 }));
  clock.nowMs = 10_000;
  assertEquals(registry.find("alice"), undefined);
});

Deno.test("another host can neither take a live registration nor end it", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice"));
  clock.nowMs = 20_000;
  const thief = applicant("alice", { observedHost: "203.0.113.9" });
  assertEquals(registry.register(thief), { refused: "taken", freeInMs: 40_000 });
  assertEquals(registry.unregister("alice", thief.observedHost), "not-yours");
  assertEquals(registry.find("alice")?.observedHost, "192.0.2.1");
});

Deno.test("a client that waits as long as the refusal says gets the name", () => {
  for (const [registeredAt, askedAt] of [[0, 1], [500, 700], [500, 10_400], [500, 10_700]]) {
    const { clock, registry } = setUp();
    clock.nowMs = registeredAt!;
    registry.register(applicant("alice", { ttlMs: 10_000 }));
    const other = applicant("alice", { observedHost: "203.0.113.9" });
    clock.nowMs = askedAt!;
    const refusal = registry.register(other);
    if (!("freeInMs" in refusal)) throw new Error(`was not refused at ${askedAt}`);
    assert(refusal.freeInMs > 0, `refused at ${askedAt} for ${refusal.freeInMs} ms`);
    clock.nowMs += refusal.freeInMs;
    assert(!("refused" in registry.register(other)), `asked at ${askedAt}`);
  }
});

Deno.test("a client that unregisters is gone, and cannot do so twice", () => {
  const { registry } = setUp();
  registry.register(applicant("alice"));
  assertEquals(registry.unregister("alice", "192.0.2.1"), "removed");
  assertEquals(registry.unregister("alice", "192.0.2.1"), "unknown");
  assertEquals(registry.size, 0);
});

Deno.test("a registration made again after its end does not end at the old one's time", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice", { ttlMs: 10_000 }));
  registry.unregister("alice", "192.0.2.1");
  registry.register(applicant("alice", { ttlMs: 30_000 }));
  clock.nowMs = 29_999;
  assertEquals(registry.size, 1);
  clock.nowMs = 30_000;
  assertEquals(registry.size, 0);
});

Deno.test("next passes over those who are to be called nowhere, however many, and as long as they are", () => {
  const { registry } = setUp();
  const hidden = Array.from(
    { length: 20 },
    (_, i) => applicant(`hidden${i}`, { address: nowhere }),
  );
  for (const one of hidden) registry.register(one);
  assertEquals(registry.next("alice"), undefined);
  registry.register(applicant("bob"));
  registry.register(applicant("carol"));
  const ask = () => registry.next("alice")?.clientId;
  assertEquals([ask(), ask(), ask()], ["bob", "carol", "bob"]);
  // One hides, another one is to be found.
  registry.register(applicant("carol", { address: nowhere }));
  registry.register(applicant("hidden0"));
  assertEquals([ask(), ask(), ask()], ["bob", "hidden0", "bob"]);
  for (const { clientId } of hidden) {
    assertEquals(registry.unregister(clientId, "192.0.2.1"), "removed");
  }
  assertEquals([ask(), ask()], ["bob", "bob"]);
  assertEquals(registry.unregister("carol", "192.0.2.1"), "removed");
  registry.register(applicant("carol"));
  assertEquals([ask(), ask()], ["bob", "carol"]);
});

Deno.test("next gives everyone in turn, and never the asker", () => {
  const { registry } = setUp();
  for (const id of ["alice", "bob", "carol"]) registry.register(applicant(id));
  const ask = (asker: string) => registry.next(asker)?.clientId;
  assertEquals([ask("dave"), ask("dave"), ask("dave"), ask("dave")], [
    "alice",
    "bob",
    "carol",
    "alice",
  ]);
  assertEquals([ask("bob"), ask("bob"), ask("bob")], ["carol", "alice", "carol"]);
});

Deno.test("the first two clients find each other, and a client that is alone finds nobody", () => {
  const { registry } = setUp();
  registry.register(applicant("alice"));
  assertEquals(registry.next("alice"), undefined);
  registry.register(applicant("bob"));
  assertEquals(registry.next("alice")?.clientId, "bob");
  assertEquals(registry.next("bob")?.clientId, "alice");
});

Deno.test("a new client gets its turn after those that wait, and refreshing does not change the turn", () => {
  const { registry } = setUp();
  registry.register(applicant("alice"));
  registry.register(applicant("bob"));
  assertEquals(registry.next("dave")?.clientId, "alice");
  registry.register(applicant("carol"));
  registry.register(applicant("bob"));
  assertEquals(["", "", ""].map(() => registry.next("dave")?.clientId), ["bob", "alice", "carol"]);
});

Deno.test("list goes in the order of ids, and goes on behind an id that is gone", () => {
  const { registry } = setUp();
  for (const id of ["carol", "alice", "Zoe", "bob", "a.b"]) registry.register(applicant(id));
  assertEquals(idsOf(registry), ["Zoe", "a.b", "alice", "bob", "carol"]);
  assertEquals(idsOf(registry, "alice"), ["bob", "carol"]);
  registry.unregister("alice", "192.0.2.1");
  assertEquals(idsOf(registry, "alice"), ["bob", "carol"]);
  assertEquals(idsOf(registry, "carol"), []);
});

Deno.test("a full registry takes nobody new, and still refreshes", () => {
  const { clock, registry } = setUp({ max: 2 });
  registry.register(applicant("alice"));
  registry.register(applicant("bob", { ttlMs: ttlMs * 2 }));
  assertEquals(registry.register(applicant("carol")), { refused: "full" });
  assert(!("refused" in registry.register(applicant("alice"))));
  clock.nowMs = ttlMs;
  assert(!("refused" in registry.register(applicant("carol"))));
  assertEquals(idsOf(registry), ["bob", "carol"]);
});

Deno.test("a host that has its share gets no more until one of its registrations ends", () => {
  for (const end of ["expiry", "unregister"]) {
    const { clock, registry } = setUp({ maxPerHost: 1 });
    registry.register(applicant("alice"));
    assertEquals(registry.register(applicant("bob")), { refused: "host-full" });
    assert(!("refused" in registry.register(applicant("alice"))), "renewing is no second one");
    assert(!("refused" in registry.register(applicant("carol", { observedHost: "203.0.113.9" }))));
    if (end === "expiry") clock.nowMs = ttlMs;
    else registry.unregister("alice", "192.0.2.1");
    assert(!("refused" in registry.register(applicant("bob"))), end);
    assertEquals(registry.register(applicant("dave")), { refused: "host-full" }, end);
  }
});

Deno.test("a registration with a key belongs to that key, from any host", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice", { key: key1 }));
  assertEquals(registry.find("alice")?.fingerprint, fingerprint1);
  for (const key of [undefined, key2]) {
    assertEquals(registry.register(applicant("alice", { key })), { refused: "keyed" });
    assertEquals(registry.unregister("alice", "192.0.2.1", key), "keyed");
  }
  const elsewhere = {
    observedHost: "203.0.113.9",
    address: { host: "203.0.113.9", port: 7 },
    key: key1,
  };
  clock.nowMs = 1_000;
  registry.register(applicant("alice", elsewhere));
  const { address, observedHost, expiresAtMs } = registry.find("alice")!;
  assertEquals({ address, observedHost, key: key1 }, elsewhere);
  assertEquals(expiresAtMs, 1_000 + ttlMs);
  assertEquals(registry.size, 1);
  assertEquals(registry.unregister("alice", "192.0.2.1", key1), "removed");
});

Deno.test("the same host can add a key to its registration, and another host cannot", () => {
  const { registry } = setUp();
  registry.register(applicant("alice"));
  assertEquals(registry.find("alice")?.fingerprint, undefined);
  const thief = applicant("alice", { observedHost: "203.0.113.9", key: key2 });
  assertEquals(registry.register(thief), { refused: "taken", freeInMs: ttlMs });
  assertEquals(registry.unregister("alice", "203.0.113.9", key2), "not-yours");
  registry.register(applicant("alice", { key: key1 }));
  assertEquals(registry.find("alice")?.fingerprint, fingerprint1);
  assertEquals(registry.register(applicant("alice")), { refused: "keyed" });
});

Deno.test("once a registration with a key has ended, the registry knows no owner", () => {
  const { clock, registry } = setUp();
  registry.register(applicant("alice", { key: key1 }));
  clock.nowMs = ttlMs;
  registry.register(applicant("alice", { key: key2, observedHost: "203.0.113.9" }));
  assertEquals(registry.find("alice")?.fingerprint, fingerprint2);
});

Deno.test("if a key moves to another host, the counts of both hosts follow, and the bound holds", () => {
  const { registry } = setUp({ maxPerHost: 1 });
  const [here, there] = ["192.0.2.1", "203.0.113.9"];
  registry.register(applicant("alice", { key: key1, observedHost: here }));
  registry.register(applicant("alice", { key: key1, observedHost: there }));
  assert(!("refused" in registry.register(applicant("bob", { observedHost: here }))));
  assertEquals(registry.register(applicant("carol", { observedHost: there })), {
    refused: "host-full",
  });
  // It cannot move back, because bob is there. It keeps the place that it has.
  const back = applicant("alice", { key: key1, observedHost: here });
  assertEquals(registry.register(back), { refused: "host-full" });
  assertEquals(registry.find("alice")?.observedHost, there);
  registry.unregister("alice", here, key1);
  assert(!("refused" in registry.register(applicant("carol", { observedHost: there }))));
});

/** The same, written without regard to cost: an array in the order of turns. */
class NaiveRegistry {
  entries: { id: string; port: number; host: string; key?: string; expiresAtMs: number }[] = [];

  constructor(readonly max: number, readonly maxPerHost: number) {}

  expire(now: number): void {
    // Registrations end at whole seconds.
    this.entries = this.entries.filter(({ expiresAtMs }) =>
      Math.ceil(expiresAtMs / 1000) > Math.floor(now / 1000)
    );
  }

  find(id: string) {
    return this.entries.find((entry) => entry.id === id);
  }

  refusal(id: string, host: string, key?: string): string | undefined {
    const entry = this.find(id);
    if (entry?.key !== undefined && entry.key !== key) return "keyed";
    if (entry !== undefined && entry.key === undefined && entry.host !== host) return "taken";
    if (entry?.host === host) return undefined;
    if (entry === undefined && this.entries.length >= this.max) return "full";
    const ofHost = this.entries.filter((entry) => entry.host === host);
    return ofHost.length >= this.maxPerHost ? "host-full" : undefined;
  }

  register(id: string, host: string, port: number, expiresAtMs: number, key?: string): string {
    const refusal = this.refusal(id, host, key);
    if (refusal !== undefined) return refusal;
    const entry = this.find(id);
    const now = { id, port, host, expiresAtMs, ...key !== undefined && { key } };
    if (entry !== undefined) Object.assign(entry, now);
    else this.entries.push(now);
    return "registered";
  }

  unregister(id: string, host: string, key?: string): string {
    const entry = this.find(id);
    if (entry === undefined) return "unknown";
    if (entry.key !== undefined ? entry.key !== key : entry.host !== host) {
      return entry.key !== undefined ? "keyed" : "not-yours";
    }
    this.entries = this.entries.filter((other) => other !== entry);
    return "removed";
  }

  next(asker: string): string | undefined {
    const entry = this.entries.find(({ id }) => id !== asker);
    if (entry === undefined) return undefined;
    this.entries = [...this.entries.filter((other) => other !== entry), entry];
    return entry.id;
  }

  list(after: string | undefined): string[] {
    return this.entries.map(({ id }) => id).filter((id) => after === undefined || id > after)
      .sort();
  }
}

Deno.test("any sequence of operations gives what a plain array gives", () => {
  const id = fc.constantFrom("a", "b", "C", "d.1", "e", "__proto__");
  const host = fc.constantFrom("192.0.2.1", "192.0.2.2", "::1");
  const operation = fc.record({
    what: fc.constantFrom("register", "register", "unregister", "next", "next", "find"),
    id,
    host,
    key: fc.constantFrom(undefined, undefined, key1, key2),
    port: fc.integer({ min: 1, max: 65_535 }),
    ttlMs: fc.oneof(
      fc.integer({ min: 10, max: 40 }).map((seconds) => seconds * 1_000),
      fc.constant(registrationTtlMaxMs),
    ),
    after: fc.option(id, { nil: undefined }),
    passMs: fc.oneof(
      { weight: 9, arbitrary: fc.nat(4_000) },
      { weight: 1, arbitrary: fc.nat(2 * registrationTtlMaxMs) },
    ),
  });
  const fingerprints = new Map<string | undefined, Fingerprint>([
    [key1, fingerprint1],
    [key2, fingerprint2],
  ]);
  const limit = fc.integer({ min: 1, max: 6 });
  fc.assert(
    fc.property(
      limit,
      limit,
      fc.array(operation, { maxLength: 80, size: "max" }),
      (max, maxPerHost, operations) => {
        const { clock, registry } = setUp({ max, maxPerHost });
        const model = new NaiveRegistry(max, maxPerHost);
        for (const { what, id, host, key, port, ttlMs, after, passMs } of operations) {
          clock.nowMs += passMs;
          model.expire(clock.nowMs);
          if (what === "register") {
            const address = { host, port };
            const applicant = { clientId: id, address, observedHost: host, ttlMs, key };
            assertEquals(registry.refusal(applicant)?.refused, model.refusal(id, host, key));
            const outcome = registry.register(applicant);
            const expiresAtMs = Math.ceil((clock.nowMs + ttlMs) / 1_000) * 1_000;
            const expected = model.register(id, host, port, expiresAtMs, key);
            assertEquals("refused" in outcome ? outcome.refused : "registered", expected);
          } else if (what === "unregister") {
            assertEquals(registry.unregister(id, host, key), model.unregister(id, host, key));
          } else if (what === "next") {
            assertEquals(registry.next(id)?.clientId, model.next(id));
          }
          const found = registry.find(id);
          assertEquals(found?.address.port, model.find(id)?.port);
          assertEquals(found?.expiresAtMs, model.find(id)?.expiresAtMs);
          assertEquals(found?.observedHost, model.find(id)?.host);
          assertEquals(found?.fingerprint, fingerprints.get(model.find(id)?.key));
          assertEquals(registry.size, model.entries.length);
          assertEquals(idsOf(registry, after), model.list(after));
        }
      },
    ),
    { numRuns: 200 },
  );
});
