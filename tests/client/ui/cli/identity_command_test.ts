import { assert, assertEquals } from "@std/assert";
import { readExported } from "../../../../client/profile/profile.ts";
import { UserError } from "../../../../client/user_error.ts";
import { loadIdentity } from "../../../support/identities.ts";
import {
  encodeIdentity,
  plainIdentity,
  sealIdentity,
} from "../../../../client/profile/identity_file.ts";
import {
  changePassphrase,
  exportCopy,
  importCopy,
  showIdentity,
} from "../../../../client/ui/cli/identity_command.ts";
import { Identity } from "../../../../shared/crypto/identity.ts";
import { rejectsSaying } from "../../../support/problems.ts";
import { namesIn, temporaryDirectory } from "../../../support/places.ts";
import { cheap } from "../../../support/profiles.ts";

const identity = Identity.fromSeed(new Uint8Array(32).fill(1));
const { fingerprint } = identity;
const wide = { colours: false, columns: 80 };

/** A profile, and a person who answers what is asked, in order. */
function sitting(...answers: (string | null)[]) {
  const directory = temporaryDirectory();
  const printed: string[] = [];
  const asked: string[] = [];
  return {
    ...directory,
    profile: `${directory.path}/profile`,
    copy: `${directory.path}/copy`,
    printed,
    asked,
    surroundings: {
      print: (line: string) => void printed.push(line),
      warn: (line: string): never => {
        throw new Error(line);
      },
      prompt: (prompt: string) => {
        asked.push(prompt);
        return answers.length === 0 ? null : answers.shift()!;
      },
    },
  };
}

/** Puts the identity of these tests into a profile. */
function give(profile: string, passphrase?: string): void {
  const file = passphrase === undefined
    ? plainIdentity(identity)
    : sealIdentity(identity, passphrase, cheap);
  Deno.mkdirSync(profile);
  Deno.writeTextFileSync(`${profile}/identity.json`, encodeIdentity(file), { mode: 0o600 });
}

Deno.test("the identity is shown without asking for a passphrase, with a QR code if there is room for it", () => {
  using at = sitting();
  give(at.profile, "correct horse");
  showIdentity(at.profile, at.surroundings, wide);
  assertEquals(at.printed.slice(0, 5), [
    `id           ${identity.publicKey}`,
    `fingerprint  ${fingerprint}`,
    `kept in      ${at.profile}/identity.json`,
    "passphrase   yes",
    "",
  ]);
  assertEquals(at.printed.length, 5 + 17);
  at.printed.length = 0;
  showIdentity(at.profile, at.surroundings, { colours: true, columns: 33 });
  assertEquals(at.printed.length, 5 + 17);
  at.printed.length = 0;
  showIdentity(at.profile, at.surroundings, { colours: false, columns: 32 });
  assertEquals(at.printed.length, 4);
  assertEquals(at.asked, []);
});

Deno.test("an identity that is made in order to be shown is reported as new, once", () => {
  using at = sitting();
  showIdentity(at.profile, at.surroundings, wide);
  assertEquals(at.printed[0], "* there was no identity yet: this one is new, and yours");
  assertEquals(at.printed[4], "passphrase   none; p2pchat identity --passphrase sets one");
  const shown = at.printed.splice(0).slice(1);
  showIdentity(at.profile, at.surroundings, wide);
  assertEquals(at.printed, shown);
});

Deno.test("a new passphrase is asked for twice, after the old one, and an empty one removes it", async () => {
  using at = sitting("one", "one", "one", "two", "two", "two", "", "");
  give(at.profile);
  const [prompt, again] = ["New passphrase, empty for none:", "The same again:"];
  const old = `Passphrase of '${at.profile}/identity.json':`;
  await changePassphrase(at.profile, at.surroundings);
  assertEquals(at.asked.splice(0), [prompt, again]);
  await changePassphrase(at.profile, at.surroundings);
  assertEquals(at.asked.splice(0), [old, prompt, again]);
  assertEquals((await loadIdentity(at.profile, () => "two")).seed, identity.seed);
  await changePassphrase(at.profile, at.surroundings);
  assertEquals(at.asked.splice(0), [old, prompt, again]);
  assertEquals((await loadIdentity(at.profile, () => null)).seed, identity.seed);
  assertEquals(at.printed, [
    "* your identity is protected by the new passphrase from now on",
    "* your messages are sealed with it the next time a client starts",
    "* your identity is protected by the new passphrase from now on",
    "* your identity has no passphrase from now on",
    "* your messages are readable again the next time a client starts",
  ]);
});

Deno.test("a passphrase is not taken if it is typed differently the second time", async () => {
  const cases: [answers: (string | null)[], said: string][] = [
    [["one", "two"], "the two differ. Nothing has changed"],
    [["one", ""], "the two differ. Nothing has changed"],
    [["", "one"], "the two differ. Nothing has changed"],
    [["one\x1b[A", "one\x1b[A"], "it has characters that are not seen. Nothing has changed"],
    [["on\ufffd", "on\ufffd"], "it has characters that are not seen. Nothing has changed"],
    [["one", null], "there is no terminal to ask in; --new-passphrase-file FILE"],
    [[null], "there is no terminal to ask in; --new-passphrase-file FILE"],
  ];
  for (const [answers, said] of cases) {
    using at = sitting(...answers);
    give(at.profile);
    await rejectsSaying(() => changePassphrase(at.profile, at.surroundings), UserError, said);
    assertEquals((await loadIdentity(at.profile, () => null)).seed, identity.seed);
  }
});

Deno.test("a copy has a passphrase of its own, or none if --plain asks for that", async () => {
  using at = sitting("old", "new", "new", "old", "old", "", "");
  give(at.profile, "old");
  await exportCopy(at.profile, at.copy, { plain: false }, at.surroundings);
  const copied = readExported(at.copy);
  assert("sealed" in copied);
  await importCopy(`${at.path}/other`, at.copy, { replace: false }, {
    ...at.surroundings,
    prompt: () => "new",
  });
  await exportCopy(at.profile, `${at.copy}-2`, { plain: true }, at.surroundings);
  assert("identity" in readExported(`${at.copy}-2`));
  await rejectsSaying(
    () => exportCopy(at.profile, `${at.copy}-3`, { plain: false }, at.surroundings),
    UserError,
    "Cannot export without a passphrase; --plain says that this is wanted",
  );
  const old = `Passphrase of '${at.profile}/identity.json':`;
  assertEquals(
    at.asked,
    [old, "Passphrase for the copy:", "The same again:", old, old].concat(
      "Passphrase for the copy:",
      "The same again:",
    ),
  );
});

Deno.test("an identity that does not exist cannot be copied", async () => {
  using at = sitting();
  await rejectsSaying(
    () => exportCopy(at.profile, at.copy, { plain: true }, at.surroundings),
    UserError,
    `There is no identity in '${at.profile}' yet; p2pchat identity makes one`,
  );
  assertEquals(namesIn(at.path), []);
});

Deno.test("a copy with a passphrase can be imported with that passphrase, and keeps it", async () => {
  using at = sitting("wrong", "x", "wrong", "wrong", "wrong");
  await Deno.writeTextFile(at.copy, encodeIdentity(sealIdentity(identity, "x", cheap)));
  await importCopy(at.profile, at.copy, { replace: false }, at.surroundings);
  assertEquals(at.printed, [
    `* your identity is the imported one; its fingerprint is ${fingerprint}`,
  ]);
  assertEquals(
    await Deno.readTextFile(`${at.profile}/identity.json`),
    await Deno.readTextFile(at.copy),
  );
  await rejectsSaying(
    () => importCopy(`${at.profile}-2`, at.copy, { replace: false }, at.surroundings),
    UserError,
    "wrong passphrase, 3 times",
  );
  assertEquals(namesIn(at.path), ["copy", "profile"]);
});

Deno.test("importing reports what became of the identity and of the one before", async () => {
  using at = sitting();
  give(at.profile);
  const other = Identity.fromSeed(new Uint8Array(32).fill(2));
  await Deno.writeTextFile(at.copy, encodeIdentity(plainIdentity(other)));
  await rejectsSaying(
    () => importCopy(at.profile, at.copy, { replace: false }, at.surroundings),
    UserError,
    "another is there; --replace keeps that one beside it",
  );
  await importCopy(at.profile, at.copy, { replace: true }, at.surroundings);
  await importCopy(at.profile, at.copy, { replace: false }, at.surroundings);
  assertEquals(at.printed, [
    `* your identity is the imported one; its fingerprint is ${other.fingerprint}`,
    `* the one before is kept in '${at.profile}/identity.json.old-1'`,
    `* you had this identity already; its fingerprint is ${other.fingerprint}`,
  ]);
});
