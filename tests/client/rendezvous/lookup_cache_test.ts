import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { KnownClient } from "../../../client/events.ts";
import { LookupCache } from "../../../client/rendezvous/lookup_cache.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import type { Fingerprint } from "../../../shared/crypto/public_key.ts";

const address = (port: number, host = "192.0.2.1") => ({
  host,
  port,
  source: { serverHost: "192.0.2.9" },
});
const named = (id: string, port: number, fingerprint?: string): KnownClient => ({
  id,
  address: address(port),
  ...fingerprint !== undefined && { fingerprint: fingerprint as Fingerprint },
});

Deno.test("what the server said last about a client counts", () => {
  const cache = new LookupCache();
  assertEquals(cache.serverFingerprint("bob"), undefined);
  cache.note(named("bob", 1, "aaaa"));
  assertEquals<string | undefined>(cache.serverFingerprint("bob"), "aaaa");
  cache.note(named("bob", 1, "bbbb"));
  assertEquals<string | undefined>(cache.serverFingerprint("bob"), "bbbb");
  cache.note(named("bob", 1));
  assertEquals(cache.serverFingerprint("bob"), undefined);
  assertEquals(cache.serverFingerprint("Bob"), undefined);
});

Deno.test("a client with a key is found by its last address, too, and by no earlier one", () => {
  const cache = new LookupCache();
  cache.note(named("bob", 1, "aaaa"));
  cache.note({ ...named("carol", 2, "cccc"), address: address(2, "2001:db8::1") });
  cache.note(named("dave", 3));
  assertEquals(cache.idAt(address(1)), "bob");
  assertEquals(cache.idAt(address(2, "2001:db8::1")), "carol");
  assertEquals(cache.idAt(address(2)), undefined);
  assertEquals(cache.idAt(address(3)), undefined);
  cache.note(named("bob", 4, "aaaa"));
  assertEquals(cache.idAt(address(1)), undefined);
  assertEquals(cache.idAt(address(4)), "bob");
});

Deno.test("the keys for mail are known as long as their owner is away", () => {
  const cache = new LookupCache();
  const { publicKey: key, fingerprint, agreement } = Identity.generate();
  const sealing = { key, agreement: agreement.publicKey, terms: { number: 1, dateS: 0 } };
  cache.noteAway("bob", undefined);
  assertEquals(cache.sealingKeysOf("bob"), undefined);
  cache.noteAway("bob", { fingerprint, sealing });
  assertEquals([cache.sealingKeysOf("bob"), cache.serverFingerprint("bob")], [
    sealing,
    fingerprint,
  ]);
  // The name is nobody's any more, as far as this answer goes; the key that it had still says who bob was.
  cache.noteAway("bob", undefined);
  assertEquals([cache.sealingKeysOf("bob"), cache.serverFingerprint("bob")], [
    undefined,
    fingerprint,
  ]);
  cache.noteAway("bob", { fingerprint, sealing });
  cache.note(named("bob", 1, fingerprint));
  assertEquals(cache.sealingKeysOf("bob"), undefined);
});

Deno.test("a client without a key does not hide one with a key at the same address", () => {
  const cache = new LookupCache();
  cache.note(named("bob", 1, "aaaa"));
  cache.note(named("mallory", 1));
  assertEquals(cache.idAt(address(1)), "bob");
  cache.note(named("mallory", 2));
  assertEquals(cache.idAt(address(1)), "bob");
});

Deno.test("it answers as a list of everything that the server said would, however clients move", () => {
  const client = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    port: fc.integer({ min: 1, max: 3 }),
    fingerprint: fc.option(fc.constantFrom("xxxx", "yyyy"), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(client, { maxLength: 12 }), (clients) => {
    const cache = new LookupCache();
    for (const { id, port, fingerprint } of clients) {
      cache.note(named(id, port, fingerprint));
    }
    for (const id of ["a", "b", "c"]) {
      const last = clients.findLast((client) => client.id === id);
      assertEquals<string | undefined>(cache.serverFingerprint(id), last?.fingerprint);
    }
    for (const port of [1, 2, 3]) {
      const found = cache.idAt(address(port));
      // The client named there is there according to the last answer, and has a key.
      const last = clients.findLast(({ id }) => id === found);
      assert(found === undefined || (last!.port === port && last!.fingerprint !== undefined));
      // Of those that have a key, the one that was last said to be there is named.
      const there = clients.findLast(({ port: at, fingerprint }) => at === port && fingerprint);
      const stillThere = clients.findLast(({ id }) => id === there?.id) === there;
      if (there !== undefined && stillThere) assertEquals(found, there.id);
    }
  }));
});

Deno.test("its memory is bounded: the client that was named longest ago is forgotten", () => {
  const cache = new LookupCache();
  const most = 4_096;
  for (let i = 0; i < most; i++) cache.note(named(`id${i}`, i, "aaaa"));
  assertEquals(cache.serverFingerprint("id0"), "aaaa");
  cache.note(named("id0", 0, "bbbb"));
  for (let i = 0; i < 10; i++) cache.note(named(`more${i}`, most + i, "cccc"));
  assertEquals(cache.serverFingerprint("id0"), "bbbb");
  assertEquals(cache.idAt(address(0)), "id0");
  for (let i = 1; i <= 10; i++) {
    assertEquals(cache.serverFingerprint(`id${i}`), undefined);
    assertEquals(cache.idAt(address(i)), undefined);
  }
  assertEquals(cache.serverFingerprint("id11"), "aaaa");
  const left = Array.from({ length: most }, (_, i) => cache.serverFingerprint(`id${i}`))
    .filter((said) => said !== undefined);
  assertEquals(left.length, most - 10);
});
