import { assertEquals } from "@std/assert";
import { isSurelyUnsealed } from "../../client/unsealed_profile.ts";
import { temporaryDirectory } from "../support/places.ts";
import { makeProfile } from "../support/profiles.ts";

Deno.test("nobody is asked for a passphrase of an identity that is not there, or has none", () => {
  using place = temporaryDirectory();
  assertEquals(isSurelyUnsealed(`${place.path}/nowhere`), true);
  makeProfile(`${place.path}/plain`, {});
  assertEquals(isSurelyUnsealed(`${place.path}/plain`), true);
  makeProfile(`${place.path}/sealed`, { passphrase: "correct hörse" });
  assertEquals(isSurelyUnsealed(`${place.path}/sealed`), false);
});

Deno.test("nothing is sure of a file that cannot be used", () => {
  using place = temporaryDirectory();
  const file = `${place.path}/identity.json`;
  const isUnsealed = (text: string, mode = 0o600) => {
    Deno.writeTextFileSync(file, text);
    Deno.chmodSync(file, mode);
    return isSurelyUnsealed(place.path);
  };
  assertEquals(isUnsealed('{"seed":"x"}'), true);
  assertEquals(isUnsealed('{"seed":"x"}', 0o644), false);
  for (const text of ["", "{", "null", "7", "[]", '{"seed":7}', '{"sealed":{}}']) {
    assertEquals(isUnsealed(text), false, text);
  }
  assertEquals(isUnsealed(`{"seed":"${"x".repeat(100_000)}"}`), false);
  Deno.removeSync(file);
  Deno.mkdirSync(file);
  assertEquals(isSurelyUnsealed(place.path), false);
});
