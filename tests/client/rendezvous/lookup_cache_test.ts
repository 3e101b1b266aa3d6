import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { KnownClient } from "../../../client/events.ts";
import { LookupCache } from "../../../client/rendezvous/lookup_cache.ts";

const address = (port: number, host = "192.0.2.1") => ({ host, port });
const named = (id: string, port: number, fingerprint?: string): KnownClient => ({
  id,
  address: address(port),
  ...fingerprint !== undefined && { fingerprint },
});

Deno.test("what the server has said of one is what it said last", () => {
  const introductions = new LookupCache();
  assertEquals(introductions.said("bob"), undefined);
  introductions.note(named("bob", 1, "aaaa"));
  assertEquals(introductions.said("bob"), "aaaa");
  introductions.note(named("bob", 1, "bbbb"));
  assertEquals(introductions.said("bob"), "bbbb");
  introductions.note(named("bob", 1));
  assertEquals(introductions.said("bob"), undefined);
  assertEquals(introductions.said("Bob"), undefined);
});

Deno.test("who has a key is known by the address, too, and by no other than the last", () => {
  const introductions = new LookupCache();
  introductions.note(named("bob", 1, "aaaa"));
  introductions.note({ ...named("carol", 2, "cccc"), address: address(2, "2001:db8::1") });
  introductions.note(named("dave", 3));
  assertEquals(introductions.at(address(1)), "bob");
  assertEquals(introductions.at(address(2, "2001:db8::1")), "carol");
  assertEquals(introductions.at(address(2)), undefined);
  assertEquals(introductions.at(address(3)), undefined);
  introductions.note(named("bob", 4, "aaaa"));
  assertEquals(introductions.at(address(1)), undefined);
  assertEquals(introductions.at(address(4)), "bob");
});

Deno.test("who has no key hides nobody who has one at the same address", () => {
  const introductions = new LookupCache();
  introductions.note(named("bob", 1, "aaaa"));
  introductions.note(named("mallory", 1));
  assertEquals(introductions.at(address(1)), "bob");
  introductions.note(named("mallory", 2));
  assertEquals(introductions.at(address(1)), "bob");
});

Deno.test("it knows what a list of all that was said would, whoever moves where", () => {
  const client = fc.record({
    id: fc.constantFrom("a", "b", "c"),
    port: fc.integer({ min: 1, max: 3 }),
    fingerprint: fc.option(fc.constantFrom("xxxx", "yyyy"), { nil: undefined }),
  });
  fc.assert(fc.property(fc.array(client, { maxLength: 12 }), (clients) => {
    const introductions = new LookupCache();
    for (const { id, port, fingerprint } of clients) {
      introductions.note(named(id, port, fingerprint));
    }
    for (const id of ["a", "b", "c"]) {
      const last = clients.findLast((client) => client.id === id);
      assertEquals(introductions.said(id), last?.fingerprint);
    }
    for (const port of [1, 2, 3]) {
      const found = introductions.at(address(port));
      // Whoever is named there is there, by the last word on it, and has a key.
      const last = clients.findLast(({ id }) => id === found);
      assert(found === undefined || (last!.port === port && last!.fingerprint !== undefined));
      // Of those who have a key, whoever was last said to be there is named.
      const there = clients.findLast(({ port: at, fingerprint }) => at === port && fingerprint);
      const stillThere = clients.findLast(({ id }) => id === there?.id) === there;
      if (there !== undefined && stillThere) assertEquals(found, there.id);
    }
  }));
});

Deno.test("names without end take no memory: whoever has longest not been named makes room", () => {
  const introductions = new LookupCache();
  const most = 4_096;
  for (let i = 0; i < most; i++) introductions.note(named(`id${i}`, i, "aaaa"));
  assertEquals(introductions.said("id0"), "aaaa");
  introductions.note(named("id0", 0, "bbbb"));
  for (let i = 0; i < 10; i++) introductions.note(named(`more${i}`, most + i, "cccc"));
  assertEquals(introductions.said("id0"), "bbbb");
  assertEquals(introductions.at(address(0)), "id0");
  for (let i = 1; i <= 10; i++) {
    assertEquals(introductions.said(`id${i}`), undefined);
    assertEquals(introductions.at(address(i)), undefined);
  }
  assertEquals(introductions.said("id11"), "aaaa");
  const left = Array.from({ length: most }, (_, i) => introductions.said(`id${i}`))
    .filter((said) => said !== undefined);
  assertEquals(left.length, most - 10);
});
