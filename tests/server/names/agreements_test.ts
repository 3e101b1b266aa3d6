import { assertEquals } from "@std/assert";
import { Names, openNamesDatabase } from "../../../server/names/names.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { silentLog } from "../../../shared/process/log.ts";
import { formatAgreement } from "../../../shared/protocol/agreement_record.ts";
import { temporaryDirectory } from "../../support/places.ts";

const dayMs = 24 * 60 * 60_000;
const leaseMs = 30 * dayMs;
const seed = new Uint8Array(32).fill(1);
const alice = (number = 1, days = 20_000) =>
  Identity.fromSeed(seed, { number, clock: { timeOfDay: () => days * dayMs } });
const key = alice().publicKey;
const mallory = Identity.fromSeed(new Uint8Array(32).fill(2));
const host = "192.0.2.1";

function setUp(database = openNamesDatabase(undefined)) {
  const clock = { nowMs: 0, now: () => clock.nowMs };
  const names = new Names(database, {
    leaseMs,
    max: 100,
    maxNewPerHost: () => 100,
    clock,
    time: { now: clock.now, isCertain: true },
    log: silentLog,
  });
  const kept = (of = key) => names.agreementOf("alice", of);
  return { clock, names, kept, connection: database.connection };
}

Deno.test("what the owner of a name shows is kept, also over a restart, and nobody else's", () => {
  using place = temporaryDirectory();
  const shown = formatAgreement(alice());
  {
    using database = openNamesDatabase(place.path);
    const { names, kept } = setUp(database);
    names.noteAgreement("alice", key, shown);
    assertEquals(kept(), undefined);
    names.claim("alice", key, host);
    names.noteAgreement("alice", mallory.publicKey, formatAgreement(mallory));
    assertEquals([kept(), kept(mallory.publicKey)], [undefined, undefined]);
    names.noteAgreement("alice", key, shown);
    assertEquals([kept(), kept(mallory.publicKey)], [shown, undefined]);
  }
  using database = openNamesDatabase(place.path);
  assertEquals(setUp(database).kept(), shown);
});

Deno.test("a later key replaces it, an earlier one does not, and another date is not written", () => {
  const { names, kept } = setUp();
  names.claim("alice", key, host);
  const second = formatAgreement(alice(2));
  for (
    const [shown, expected] of [
      [formatAgreement(alice(1)), formatAgreement(alice(1))],
      [second, second],
      [formatAgreement(alice(2, 20_001)), second],
      [formatAgreement(alice(1)), second],
    ] as const
  ) {
    names.noteAgreement("alice", key, shown);
    assertEquals(kept(), expected);
  }
});

Deno.test("one that is forged is not kept, and a program that shows none does not open such mail", () => {
  const { names, kept } = setUp();
  names.claim("alice", key, host);
  const { agreement } = mallory;
  const { numberedCertificate } = alice(2);
  const forged = [formatAgreement({ agreement, numberedCertificate }), formatAgreement(mallory)];
  for (const shown of [...forged, "", "x", undefined]) {
    names.noteAgreement("alice", key, shown);
    assertEquals(kept(), undefined);
    names.noteAgreement("alice", key, formatAgreement(alice()));
    assertEquals(kept(), formatAgreement(alice()));
    names.noteAgreement("alice", key, shown);
    assertEquals(kept(), undefined);
  }
});

Deno.test("it goes when its name gets another owner, or lapses", () => {
  const { names, kept, clock, connection } = setUp();
  const rows = () => connection.prepare("SELECT count(*) AS n FROM agreements").get()!.n;
  names.claim("alice", key, host);
  names.noteAgreement("alice", key, formatAgreement(alice()));
  clock.nowMs += leaseMs;
  names.claim("alice", mallory.publicKey, host);
  assertEquals([kept(), rows()], [undefined, 0]);
  names.noteAgreement("alice", mallory.publicKey, formatAgreement(mallory));
  assertEquals(rows(), 1);
  clock.nowMs += leaseMs;
  names.expire();
  assertEquals([names.count, rows()], [0, 0]);
});

Deno.test("a database that fails keeps nobody from registering", () => {
  const { names, kept, connection } = setUp();
  names.claim("alice", key, host);
  connection.exec("DROP TABLE agreements");
  names.noteAgreement("alice", key, formatAgreement(alice()));
  assertEquals(kept(), undefined);
});
