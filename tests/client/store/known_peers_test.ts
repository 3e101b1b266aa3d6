import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { KnownPeers } from "../../../client/store/known_peers.ts";
import { Transactions } from "../../../client/store/transactions.ts";
import { UserError } from "../../../client/user_error.ts";
import { openStore } from "../../../client/store/store.ts";
import {
  knownPeersMax,
  rejectedKeysMax,
  unknownSenderKeysMax,
  unknownSenderNamesMax,
} from "../../../shared/protocol/limits.ts";
import { temporaryDirectory } from "../../support/places.ts";
import { race } from "../../support/race.ts";
import { keyOf } from "../../support/store_fixture.ts";
import type { PublicKey } from "../../../shared/crypto/public_key.ts";

/** A store of its own in a file, and the database beneath it. */
function storeInFile() {
  const place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  openStore(path)[Symbol.dispose]();
  const database = new DatabaseSync(path);
  return {
    path,
    database,
    knownPeers: new KnownPeers(database, new Transactions(database)),
    [Symbol.dispose]() {
      database.close();
      place[Symbol.dispose]();
    },
  };
}

Deno.test("nobody is known at first, and then those that are saved", () => {
  using store = openStore(":memory:");
  const { knownPeers } = store;
  assertEquals(knownPeers.find("bob"), undefined);
  assertEquals(knownPeers.remember("bob", keyOf(1)), true);
  assertEquals(knownPeers.find("bob"), { key: keyOf(1), verified: false });
  for (const name of ["Bob", "bo", "bob ", "", "alice"]) {
    assertEquals(knownPeers.find(name), undefined);
  }
});

Deno.test("it saves names, keys and whether they are verified, as a map would", () => {
  const name = fc.constantFrom("bob", "Bob", "carol");
  const key = fc.constantFrom(1, 2, 3).map(keyOf);
  const step = fc.tuple(fc.constantFrom("remember", "markVerified", "reject"), name, key);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      using store = openStore(":memory:");
      const { knownPeers } = store;
      const model = new Map<string, { key: PublicKey; verified: boolean }>();
      for (const [what, name, key] of steps) {
        const known = model.get(name);
        const same = known?.key === key;
        if (what === "remember") {
          assertEquals(knownPeers.remember(name, key), true);
          if (!same) model.set(name, { key, verified: false });
        } else {
          knownPeers[what as "markVerified" | "reject"](name, key);
          if (same && what === "markVerified") known!.verified = true;
          if (same && what === "reject") model.delete(name);
        }
        for (const name of ["bob", "Bob", "carol"]) {
          assertEquals(knownPeers.find(name), model.get(name));
        }
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("another key instead of a verified one is not verified", () => {
  using store = openStore(":memory:");
  const { knownPeers } = store;
  knownPeers.remember("bob", keyOf(1));
  knownPeers.markVerified("bob", keyOf(1));
  // Seeing the same key again changes nothing.
  knownPeers.remember("bob", keyOf(1));
  assertEquals(knownPeers.find("bob"), { key: keyOf(1), verified: true });
  knownPeers.remember("bob", keyOf(2));
  assertEquals(knownPeers.find("bob"), { key: keyOf(2), verified: false });
  // The old one does not come back as verified, either.
  knownPeers.remember("bob", keyOf(1));
  assertEquals(knownPeers.find("bob"), { key: keyOf(1), verified: false });
});

Deno.test("everything is there when the store is opened again", () => {
  using place = temporaryDirectory();
  const path = `${place.path}/deeper/store.db`;
  {
    using store = openStore(path);
    store.knownPeers.remember("bob", keyOf(1));
    store.knownPeers.remember("carol", keyOf(2));
    store.knownPeers.markVerified("carol", keyOf(2));
    store.knownPeers.remember("dave", keyOf(3));
    store.knownPeers.reject("dave", keyOf(3));
  }
  using store = openStore(path);
  assertEquals(store.knownPeers.find("bob"), { key: keyOf(1), verified: false });
  assertEquals(store.knownPeers.find("carol"), { key: keyOf(2), verified: true });
  assertEquals(store.knownPeers.find("dave"), undefined);
});

Deno.test("a key that is not its owner's stays known as that until it is decided on", () => {
  using t = storeInFile();
  const { path, database, knownPeers } = t;
  for (const byte of [1, 2, 3]) knownPeers.reject("bob", keyOf(byte));
  using store = openStore(path);
  const rejected = (name = "bob") =>
    [1, 2, 3].filter((byte) => store.knownPeers.isRejected(name, keyOf(byte)));
  assertEquals([rejected(), rejected("Bob")], [[1, 2, 3], []]);
  store.knownPeers.remember("bob", keyOf(1));
  assertEquals(rejected(), [2, 3]);
  // Version 0.3.0 saves a key without looking at what it does not know of, and verifies it.
  database.prepare("UPDATE known_peers SET key = ?").run(new Uint8Array(32).fill(2));
  assertEquals(rejected(), [2, 3]);
  database.exec("UPDATE known_peers SET verified = 1");
  assertEquals(rejected(), [3]);
});

Deno.test("the number of rejected keys is limited: the oldest make room", () => {
  using t = storeInFile();
  const { database, knownPeers } = t;
  knownPeers.reject("bob", keyOf(1));
  knownPeers.reject("bob", keyOf(2));
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${
      rejectedKeysMax - 2
    }) INSERT INTO rejected_keys (name, key) SELECT 'nobody' || i, zeroblob(32) FROM n`,
  );
  // What is said again is new.
  knownPeers.reject("bob", keyOf(1));
  assert(knownPeers.isRejected("bob", keyOf(2)));
  knownPeers.reject("carol", keyOf(3));
  assertEquals([1, 2].filter((byte) => knownPeers.isRejected("bob", keyOf(byte))), [1]);
  const { count } = database.prepare("SELECT count(*) AS count FROM rejected_keys").get()!;
  assertEquals(count, rejectedKeysMax);
});

Deno.test("the number of contacts is limited: further ones are not added, and none is dropped", () => {
  using t = storeInFile();
  const { database, knownPeers } = t;
  assert(knownPeers.remember("bob", keyOf(1)));
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${
      knownPeersMax - 2
    }) INSERT INTO known_peers (name, key) SELECT 'unknown' || i, zeroblob(32) FROM n`,
  );
  assertEquals(knownPeers.remember("last", keyOf(2)), true);
  assertEquals(knownPeers.remember("one-too-many", keyOf(3)), false);
  assertEquals(knownPeers.find("one-too-many"), undefined);
  // A contact can still get another key.
  assertEquals(knownPeers.remember("bob", keyOf(4)), true);
  assertEquals(knownPeers.find("bob")?.key, keyOf(4));
  knownPeers.reject("bob", keyOf(4));
  assertEquals(knownPeers.remember("one-too-many", keyOf(3)), true);
});

/** Fills the store with so many contacts. */
function fill(database: DatabaseSync, count: number): void {
  database.exec(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
     INSERT INTO known_peers (name, key) SELECT 'friend' || i, zeroblob(32) FROM n`,
  );
}

Deno.test("the number of unknown senders is limited: the latest are kept, and no contact makes room", () => {
  using store = openStore(":memory:");
  const { knownPeers } = store;
  assertEquals(knownPeers.meet("responder", keyOf(1), undefined), "remembered");
  assertEquals(knownPeers.remember("trusted", keyOf(2)), true);
  assertEquals(knownPeers.meet("answered", keyOf(3), 0), "remembered");
  knownPeers.addContact("answered", keyOf(3));
  assertEquals(knownPeers.meet("decided", keyOf(4), 0), "remembered");
  assertEquals(knownPeers.remember("decided", keyOf(4)), true);
  assertEquals(knownPeers.meet("verified", keyOf(5), 0), "remembered");
  assertEquals(knownPeers.remember("verified", keyOf(5)), true);
  knownPeers.markVerified("verified", keyOf(5));
  const kept = ["responder", "trusted", "answered", "decided", "verified"];
  const before = kept.map((name) => knownPeers.find(name));
  const count = 3_000;
  for (let i = 1; i <= count; i++) {
    assertEquals(knownPeers.meet(`unknown${i}`, keyOf(i), i), "remembered");
  }
  assertEquals(kept.map((name) => knownPeers.find(name)), before);
  assert(before.every((known) => known !== undefined));
  for (let i = 1; i <= count; i++) {
    const known = knownPeers.find(`unknown${i}`);
    assertEquals(known?.key, i > count - unknownSenderKeysMax ? keyOf(i) : undefined, `${i}`);
  }
});

Deno.test("the oldest unknown senders make room even if the clock went wrong in between", () => {
  using store = openStore(":memory:");
  const { knownPeers } = store;
  knownPeers.meet("first", keyOf(1), Date.UTC(2040, 0));
  knownPeers.meet("second", keyOf(2), Date.UTC(1970, 0));
  for (let i = 1; i < unknownSenderKeysMax; i++) knownPeers.meet(`more${i}`, keyOf(i), i);
  assertEquals([knownPeers.find("first"), knownPeers.find("second")?.key], [undefined, keyOf(2)]);
  knownPeers.meet("last", keyOf(4), 0);
  assertEquals([knownPeers.find("second"), knownPeers.find("last")?.key], [undefined, keyOf(4)]);
});

Deno.test("at the limit of contacts, unknown senders are still saved", () => {
  using t = storeInFile();
  const { database, knownPeers } = t;
  assertEquals(knownPeers.meet("unknown", keyOf(1), 1), "remembered");
  fill(database, knownPeersMax);
  assertEquals(knownPeers.meet("responder", keyOf(2), undefined), "full");
  assertEquals(knownPeers.find("responder"), undefined);
  // An answer does not get around the limit: an unknown sender stays one, and makes room.
  knownPeers.addContact("unknown", keyOf(1));
  for (let i = 0; i < unknownSenderKeysMax; i++) knownPeers.meet(`more${i}`, keyOf(i), 2);
  assertEquals(knownPeers.find("unknown"), undefined);
  assertEquals(knownPeers.find("friend1")?.key, keyOf(0));
  knownPeers.reject("friend1", keyOf(0));
  assertEquals(knownPeers.meet("responder", keyOf(2), undefined), "remembered");
});

Deno.test("only the owner of the key that was presented becomes a contact", () => {
  using store = openStore(":memory:");
  const { knownPeers } = store;
  knownPeers.meet("bob", keyOf(1), 1);
  knownPeers.addContact("bob", keyOf(2));
  knownPeers.addContact("Bob", keyOf(1));
  for (let i = 0; i < unknownSenderKeysMax; i++) knownPeers.meet(`unknown${i}`, keyOf(i), 2);
  assertEquals(knownPeers.find("bob"), undefined);
});

Deno.test("a saved name is not taken over by another key, whichever of the two has called", () => {
  for (const first of [undefined, 1]) {
    for (const second of [undefined, 2]) {
      using place = temporaryDirectory();
      using one = openStore(`${place.path}/store.db`);
      using other = openStore(`${place.path}/store.db`);
      assertEquals(one.knownPeers.meet("bob", keyOf(1), first), "remembered");
      assertEquals(other.knownPeers.meet("bob", keyOf(2), second), "another-is-known");
      assertEquals(other.knownPeers.find("bob"), { key: keyOf(1), verified: false });
    }
  }
});

Deno.test("a malformed key is not written", () => {
  using store = openStore(":memory:");
  assertThrows(() => store.knownPeers.remember("bob", "A".repeat(42) as PublicKey), Error);
  assertEquals(store.knownPeers.find("bob"), undefined);
});

for (
  const [what, pragma, reason] of [
    [
      "cannot be written",
      "query_only = 1",
      "it is read-only; give this user write access to it and its directory",
    ],
    ["is full", "max_page_count = 1", "the disk is full; make room, and try again"],
  ] as const
) {
  Deno.test(`a database that ${what} reports that, and still tells what it knows`, () => {
    using t = storeInFile();
    const { database, knownPeers } = t;
    knownPeers.remember("bob", keyOf(1));
    database.exec(`PRAGMA ${pragma}`);
    const error = assertThrows(() => {
      for (let i = 0; i < 1_000; i++) knownPeers.remember(`unknown${i}`, keyOf(i));
    }, UserError);
    assertEquals(error.problem, { code: "store-refused", action: "save-key", reason });
    assertEquals(knownPeers.find("bob"), { key: keyOf(1), verified: false });
  });
}

Deno.test("two programs that have the file open see what the other saves", () => {
  using place = temporaryDirectory();
  using one = openStore(`${place.path}/store.db`);
  using other = openStore(`${place.path}/store.db`);
  one.knownPeers.remember("bob", keyOf(1));
  assertEquals(other.knownPeers.find("bob"), { key: keyOf(1), verified: false });
  other.knownPeers.markVerified("bob", keyOf(1));
  assertEquals(one.knownPeers.find("bob")?.verified, true);
  one.knownPeers.remember("bob", keyOf(2));
  // Too late: the other one has saved a key.
  other.knownPeers.markVerified("bob", keyOf(1));
  other.knownPeers.reject("bob", keyOf(1));
  assertEquals(other.knownPeers.find("bob"), { key: keyOf(2), verified: false });
});

Deno.test("processes that share a file, and make it at the same moment, lose nothing", async () => {
  using place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  const module = import.meta.resolve("../../../client/store/store.ts");
  const keyModule = import.meta.resolve("../../../shared/crypto/public_key.ts");
  const count = 3;
  const each = 100;
  const outputs = await race(count, {
    imports: `import { openStore } from ${JSON.stringify(module)};
      import { publicKeyFrom } from ${JSON.stringify(keyModule)};`,
    code: `
      using store = openStore(${JSON.stringify(path)});
      const key = publicKeyFrom(crypto.getRandomValues(new Uint8Array(32)));
      for (let i = 0; i < ${each}; i++) store.knownPeers.remember(key + i, key);
      store.knownPeers.remember("bob", key);
      console.log(key);`,
  });
  using store = openStore(path);
  const keys = outputs.map((output) => output.trim());
  for (const key of keys) {
    for (let i = 0; i < each; i++) {
      assertEquals<string | undefined>(store.knownPeers.find(key + i)?.key, key);
    }
  }
  assert(keys.includes(store.knownPeers.find("bob")!.key));
});

Deno.test("one key under a thousand names pushes nobody out", () => {
  using store = openStore(":memory:");
  const { knownPeers } = store;
  knownPeers.meet("bob", keyOf(2), 1);
  for (let i = 0; i < 1_000; i++) knownPeers.meet(`mallory${i}`, keyOf(3), 2 + i);
  assertEquals(knownPeers.find("bob")?.key, keyOf(2));
  const names = Array.from({ length: 1_000 }, (_, i) => `mallory${i}`);
  const known = names.filter((name) => knownPeers.find(name) !== undefined);
  assertEquals(known, names.slice(-unknownSenderNamesMax));
  // A contact of that key is none of them.
  knownPeers.addContact("mallory999", keyOf(3));
  for (let i = 0; i < 20; i++) knownPeers.meet(`other${i}`, keyOf(3), 2_000 + i);
  assertEquals(knownPeers.find("mallory999")?.key, keyOf(3));
});

Deno.test("a vouched key takes the place of an unknown sender's for which no server vouched, and of no other", () => {
  using t = storeInFile();
  const { knownPeers, database } = t;
  knownPeers.meet("bob", keyOf(1), 1);
  assertEquals(knownPeers.isProvisional("bob"), true);
  assertEquals(knownPeers.meet("bob", keyOf(2), 2), "another-is-known");
  assertEquals(knownPeers.meet("bob", keyOf(2), 2, true), "remembered");
  assertEquals(knownPeers.find("bob")?.key, keyOf(2));
  assertEquals(knownPeers.isProvisional("bob"), false);
  assertEquals(knownPeers.meet("bob", keyOf(3), 3, true), "another-is-known");
  // A note for a key that is not the saved one is none.
  knownPeers.meet("carol", keyOf(1), 1);
  knownPeers.markVouched("carol", keyOf(2));
  assertEquals(knownPeers.isProvisional("carol"), true);
  knownPeers.addContact("carol", keyOf(1));
  assertEquals(knownPeers.isProvisional("carol"), false);
  assertEquals(knownPeers.meet("carol", keyOf(2), 2, true), "another-is-known");
  // What is forgotten or replaced, by version 0.3.0 as well, is vouched for no more.
  database.exec("DELETE FROM known_peers WHERE name = 'bob'");
  knownPeers.meet("bob", keyOf(4), 4);
  assertEquals(knownPeers.isProvisional("bob"), true);
  knownPeers.markVouched("bob", keyOf(4));
  database.prepare("UPDATE known_peers SET key = ? WHERE name = 'bob'").run(new Uint8Array(32));
  assertEquals(knownPeers.isProvisional("bob"), true);
});
