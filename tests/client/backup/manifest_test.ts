import { assertEquals, assertThrows } from "@std/assert";
import { decodeManifest, encodeManifest, type Manifest } from "../../../client/backup/manifest.ts";
import { BackupFailure } from "../../../client/backup/backup_failure.ts";

const manifest: Manifest = {
  madeAtMs: Date.UTC(2026, 0, 2, 13, 45, 9),
  files: [
    { name: "identity.json", bytes: 138, sha256: "0f".repeat(32) },
    { name: "store.db", bytes: 90_112, sha256: "a0".repeat(32) },
  ],
};

function faultOf(text: string) {
  return assertThrows(() => decodeManifest(text), BackupFailure).fault;
}

Deno.test("a manifest is JSON that gives back what it was made of", () => {
  const text = encodeManifest(manifest);
  assertEquals(JSON.parse(text).version, 1);
  assertEquals(JSON.parse(text).madeAt, "2026-01-02T13:45:09.000Z");
  assertEquals(decodeManifest(text), manifest);
});

Deno.test("a manifest that is not as it should be is damaged, and a later one newer", () => {
  const [identity, store] = manifest.files;
  const cases: object[] = [
    { version: 0 },
    { version: "1" },
    { madeAt: "yesterday" },
    { madeAt: 1 },
    { files: [] },
    { files: undefined },
    { files: [identity] },
    { files: [store, identity] },
    { files: [identity, store, store] },
    { files: [identity, { ...store, bytes: -1 }] },
    { files: [identity, { ...store, bytes: 0 }] },
    { files: [identity, { ...store, bytes: 1e30 }] },
    { files: [identity, { ...store, sha256: "A0".repeat(32) }] },
    { files: [identity, { ...store, sha256: undefined }] },
    { files: [identity, null] },
  ];
  const whole = JSON.parse(encodeManifest(manifest));
  for (const change of cases) {
    assertEquals([change, faultOf(JSON.stringify({ ...whole, ...change }))], [
      change,
      { is: "damaged" },
    ]);
  }
  for (const text of ["", "null", "[]", "1", "{"]) assertEquals(faultOf(text), { is: "damaged" });
  assertEquals(
    faultOf(JSON.stringify({ version: 2, anything: "else" })),
    { is: "newer", version: 2, known: 1 },
  );
});
