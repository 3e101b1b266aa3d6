import { assert, assertEquals } from "@std/assert";
import { Contacts, type ContactsOptions } from "../../../server/contacts/contacts.ts";
import { defaultCapacity, sourceOf } from "../../../server/limits/limits.ts";
import { migrations } from "../../../server/names/schema.ts";
import { openNamesDatabase } from "../../../server/names/names.ts";
import { type PublicKey, publicKeyFrom } from "../../../shared/crypto/public_key.ts";
import { createLog, silentLog } from "../../../shared/process/log.ts";
import {
  contactEntry,
  contactEntryBytes,
  contactParts,
} from "../../../shared/protocol/contact_token.ts";
import { contactPartsMax, contactsMax, messageBytesMax } from "../../../shared/protocol/limits.ts";
import { encode, message } from "../../../shared/protocol/message.ts";
import { dataHeaders } from "../../../shared/protocol/mail_data.ts";
import { DatabaseSync } from "node:sqlite";
import { temporaryDirectory } from "../../support/places.ts";

function key(number: number): PublicKey {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return publicKeyFrom(bytes);
}

const token = (number: number) => new Uint8Array(16).fill(number);
const bob = { clientId: "bob", key: key(1) };
const here = sourceOf("127.0.0.1");

function setUp(options: Partial<ContactsOptions> = {}, database = openNamesDatabase(undefined)) {
  const changed: string[] = [];
  const contacts = new Contacts(database.connection, {
    capacity: defaultCapacity,
    clock: { now: () => 0 },
    log: silentLog,
    onChange: ({ clientId }) => changed.push(clientId),
    ...options,
  });
  /** Gives a whole list. @returns Why a part is not kept, or what the server says of the last part. */
  const give = (entries: Uint8Array[], epoch = 0, owner = bob, source = here) => {
    const parts = contactParts(entries);
    let outcome;
    for (const [part, entries] of parts.entries()) {
      outcome = contacts.put(owner, { epoch, part, parts: parts.length, entries }, source);
      if (typeof outcome === "string") return outcome;
    }
    return outcome;
  };
  return { contacts, database, give, changed };
}

const entriesOf = (count: number) =>
  Array.from({ length: count }, (_, i) => contactEntry(token(i % 256), key(i)));

Deno.test("a contact is known by a token together with the proven key, and by nothing else", () => {
  const { contacts, give, changed } = setUp();
  assertEquals(contacts.standing(bob, key(2), token(2)), "undivided");
  assertEquals(contacts.standing(bob, bob.key, undefined), "contact", "one's own key");
  give([contactEntry(token(2), key(2)), contactEntry(undefined, key(3))]);
  assertEquals(changed, ["bob"]);
  assertEquals(contacts.standing(bob, key(2), token(2)), "contact");
  assertEquals(contacts.standing(bob, key(2), token(3)), "unknown");
  assertEquals(contacts.standing(bob, key(2), undefined), "unknown");
  // A token that was seen on the way is worth nothing without the key.
  assertEquals(contacts.standing(bob, key(4), token(2)), "unknown");
  // Whose program knows no tokens is known by the key alone; a token that is not theirs does no harm.
  assertEquals(contacts.standing(bob, key(3), undefined), "contact");
  assertEquals(contacts.standing(bob, key(3), token(9)), "contact");
  assertEquals(contacts.standing({ clientId: "bob", key: key(7) }, key(2), token(2)), "undivided");
});

Deno.test("a list of as many contacts as there may be is kept in parts that fit into messages", () => {
  const { contacts, give, database } = setUp();
  const entries = entriesOf(contactsMax);
  const parts = contactParts(entries);
  assert(parts.length <= contactPartsMax, `${parts.length}`);
  for (const part of parts) {
    const headers = [["clientID", "x".repeat(32)], ["Version", "1"], [
      "Epoch",
      "1".repeat(15),
    ]] as const;
    const all = [...headers, ["Part", "16"], ["Parts", "16"], ...dataHeaders(part)] as const;
    assert(encode(message("CONTACTS", [...all])).length <= messageBytesMax);
  }
  const state = give(entries);
  assert(typeof state === "object");
  assertEquals(contacts.state(bob), { ...contacts.state(bob)!, ...state });
  for (let i = 0; i < contactsMax; i += 97) {
    assertEquals(contacts.standing(bob, key(i), token(i % 256)), "contact");
  }
  assertEquals(contacts.standing(bob, key(contactsMax), token(0)), "unknown");
  // Asking goes to one part.
  const { detail } = database.connection.prepare(
    "EXPLAIN QUERY PLAN SELECT entries FROM contact_parts WHERE list = ? AND part = ?",
  ).get(1, 1) as { detail: string };
  assert(detail.startsWith("SEARCH"), detail);
  assertEquals(give(entriesOf(contactsMax + 1)), "too-many");
});

Deno.test("a list is replaced part by part; one of a later epoch, or of other parts, at once", () => {
  const { contacts, give } = setUp();
  const [blocked, friend] = [contactEntry(token(2), key(2)), contactEntry(token(3), key(3))];
  give([blocked, friend], 1);
  give([friend], 1);
  assertEquals(contacts.standing(bob, key(2), token(2)), "unknown");
  assertEquals(contacts.standing(bob, key(3), token(3)), "contact");
  // Another copy of the profile, which does not know yet that there is another epoch.
  const there = give([blocked], 0);
  assert(typeof there === "object" && there.epoch === 1);
  assertEquals(contacts.standing(bob, key(2), token(2)), "unknown");
  const renewed = contactEntry(token(4), key(3));
  give([renewed, ...entriesOf(800)], 2);
  assertEquals(contacts.standing(bob, key(3), token(3)), "contact", "in the long list");
  contacts.put(bob, { epoch: 3, part: 1, parts: 2, entries: new Uint8Array() }, here);
  assertEquals(contacts.standing(bob, key(3), token(4)), "unknown");
});

Deno.test("an empty list says that nobody is a contact", () => {
  const { contacts, give } = setUp();
  give([]);
  assertEquals(contacts.standing(bob, key(2), token(2)), "unknown");
});

Deno.test("lists are bounded by host, by site, and in all; whoever has the most makes room", () => {
  const bytes = 10 * contactEntryBytes;
  const capacity = { contactBytes: 4 * bytes, contactBytesOfHost: 2 * bytes };
  const { contacts, give } = setUp({ capacity });
  const attacker = (host: string) => sourceOf(host);
  const owner = (number: number) => ({ clientId: `c${number}`, key: key(100 + number) });
  const entries = entriesOf(10);
  for (const i of [1, 2]) {
    assertEquals(typeof give(entries, 0, owner(i), attacker("2001:db8::1")), "object");
  }
  assertEquals(give(entries, 0, owner(3), attacker("2001:db8::2")), "host-full");
  assertEquals(contacts.state(owner(3)), undefined);
  for (const i of [4, 5]) {
    assertEquals(typeof give(entries, 0, owner(i), attacker("192.0.2.1")), "object");
  }
  assertEquals(typeof give(entries, 0, bob, attacker("192.0.2.9")), "object");
  assertEquals([1, 2, 4, 5].filter((i) => contacts.state(owner(i)) === undefined).length, 1);
  assertEquals(contacts.standing(bob, key(1), token(1)), "contact");
});

Deno.test("a list goes with the name, or with the key that owned it", () => {
  const { contacts, give, database: { connection } } = setUp();
  connection.exec(`INSERT INTO names VALUES ('bob', '${bob.key}', 1)`);
  give(entriesOf(800));
  connection.exec(`UPDATE names SET used_at_ms = 2`);
  assert(contacts.state(bob) !== undefined);
  connection.exec(`UPDATE names SET key = '${key(9)}'`);
  assertEquals(contacts.state(bob), undefined);
  const other = { clientId: "bob", key: key(9) };
  give(entriesOf(800), 0, other);
  connection.exec("DELETE FROM names");
  assertEquals(contacts.state(other), undefined);
  const left = (table: string) => connection.prepare(`SELECT count(*) AS n FROM ${table}`).get()!.n;
  assertEquals(["contact_lists", "contact_parts", "contact_amounts"].map(left), [0, 0, 0]);
});

Deno.test("lists survive a restart, and a database of version 0.3.0 opens", () => {
  using place = temporaryDirectory();
  {
    using old = new DatabaseSync(`${place.path}/names.db`);
    old.exec(`${migrations[0]!}; ${migrations[1]!}; PRAGMA user_version = 2`);
  }
  {
    using database = openNamesDatabase(place.path);
    setUp({}, database).give([contactEntry(token(2), key(2))], 5);
  }
  using database = openNamesDatabase(place.path);
  const { contacts } = setUp({}, database);
  assertEquals(contacts.standing(bob, key(2), token(2)), "contact");
  assertEquals(contacts.state(bob)?.epoch, 5);
});

Deno.test("while the database cannot be written nothing is kept, and what is there still holds", () => {
  using place = temporaryDirectory();
  using database = openNamesDatabase(place.path);
  using other = openNamesDatabase(place.path);
  const lines: string[] = [];
  const log = createLog({ level: "info", format: "text", write: (line) => lines.push(line) });
  const { contacts, give, changed } = setUp({ log }, database);
  give([contactEntry(token(2), key(2))]);
  other.connection.exec("BEGIN IMMEDIATE");
  assertEquals(give([]), "unavailable");
  other.connection.exec("ROLLBACK");
  assertEquals(contacts.standing(bob, key(2), token(2)), "contact");
  assertEquals([changed.length, lines.length], [1, 1]);
});
