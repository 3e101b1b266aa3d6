import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import {
  type AskedPassphrase,
  ensureIdentity,
  exportIdentity,
  importIdentity,
  readExported,
  readIdentity,
  setPassphrase,
} from "../../../client/profile/profile.ts";
import { errorSentence } from "../../../client/ui/wording/wording.ts";
import { loadIdentity } from "../../support/identities.ts";
import {
  encodeIdentity,
  plainIdentity,
  sealIdentity,
} from "../../../client/profile/identity_file.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  hasMounts,
  namesIn,
  type Place,
  temporaryDirectory,
  tinyDisk,
} from "../../support/places.ts";
import { sentenceOf, throwsSaying } from "../../support/problems.ts";
import { race } from "../../support/race.ts";
import { cheap } from "../../support/profiles.ts";

const isUnix = Deno.build.os !== "windows";

const nobody = ({ path }: AskedPassphrase): string => {
  throw new Error(`asked for the passphrase of ${path}`);
};

/** A person who answers prompts, in order, and what they were asked. */
function answering(...answers: (string | null)[]) {
  const asked: AskedPassphrase[] = [];
  const ask = (which: AskedPassphrase) => {
    asked.push(which);
    assert(answers.length > 0, `nobody expects ${which.path}`);
    return answers.shift()!;
  };
  return { ask, asked };
}

/** A directory for profiles, and the file in one of its own. */
function place(): Place & { readonly file: string } {
  const directory = temporaryDirectory();
  return { ...directory, file: `${directory.path}/identity.json` };
}

function writeFile(path: string, text: string, mode = 0o600): void {
  Deno.writeTextFileSync(path, text, { mode });
}

/** The words of a refusal: one sentence about a file. */
function refusal(run: () => unknown, about: string): string {
  return reasonIn(assertThrows(run, UserError), about);
}

/** {@linkcode refusal} of something that takes its time. */
async function rejection(run: () => Promise<unknown>, about: string): Promise<string> {
  return reasonIn(await assertRejects(run, UserError), about);
}

function reasonIn(error: UserError, about: string): string {
  const message = errorSentence(error);
  assert(message.startsWith(`Cannot ${about}: `), message);
  assert(!message.includes("os error") && !message.includes("\n"), message);
  return message.slice(`Cannot ${about}: `.length);
}

Deno.test("the identity is made on first use, and is the same from then on", async () => {
  using directory = temporaryDirectory();
  const profile = `${directory.path}/new/profile`;
  const kept = ensureIdentity(profile);
  assertEquals([kept.path, kept.isNew], [`${profile}/identity.json`, true]);
  assertEquals(ensureIdentity(profile).isNew, false);
  const identity = await loadIdentity(profile, nobody);
  assertEquals(identity.publicKey, kept.file.publicKey);
  assertEquals((await loadIdentity(`${profile}/`, nobody)).seed, identity.seed);
  assertEquals(namesIn(profile), ["identity.json"]);
  if (!isUnix) return;
  const mode = (path: string) => Deno.statSync(path).mode! & 0o777;
  assertEquals([mode(profile), mode(kept.path)], [0o700, 0o600]);
});

Deno.test("reading an identity makes none", () => {
  using directory = temporaryDirectory();
  assertEquals(readIdentity(`${directory.path}/new`), undefined);
  assertEquals(namesIn(directory.path), []);
});

Deno.test("processes that start at once in a new profile have one key", async () => {
  using directory = temporaryDirectory();
  const profile = `${directory.path}/profile`;
  const module = new URL("../../support/identities.ts", import.meta.url).href;
  const said = await race(8, {
    imports: `import { loadIdentity } from "${module}";`,
    code: `console.log((await loadIdentity("${profile}", () => null)).fingerprint);`,
  });
  const { fingerprint } = await loadIdentity(profile, nobody);
  assertEquals(said, Array(8).fill(`${fingerprint}\n`));
  assertEquals(namesIn(profile), ["identity.json"]);
});

Deno.test({
  name: "an identity that others can get at is refused",
  ignore: !isUnix,
  fn: async () => {
    using at = place();
    ensureIdentity(at.path);
    for (const mode of [0o644, 0o640, 0o604, 0o660, 0o620, 0o601]) {
      await Deno.chmod(at.file, mode);
      assertEquals(
        await rejection(() => loadIdentity(at.path, nobody), `use the identity in '${at.file}'`),
        `its mode is 0${mode.toString(8)}, so that others can get at your key; ` +
          `chmod 600 '${at.file}'`,
      );
    }
    for (const mode of [0o600, 0o400, 0o700]) {
      await Deno.chmod(at.file, mode);
      await loadIdentity(at.path, nobody);
    }
  },
});

/** What a disk without links and modes says to a call. */
const refuse = () => {
  throw new Deno.errors.PermissionDenied("Operation not permitted (os error 1)");
};

Deno.test("where links are not allowed an identity is made, kept and replaced all the same", async () => {
  using at = place();
  const calls = { link: refuse, chmod: refuse };
  const kept = ensureIdentity(at.path, calls);
  assertEquals([kept.isNew, kept.exposedMode], [true, undefined]);
  assertEquals(ensureIdentity(at.path, calls).isNew, false);
  if (isUnix) assertEquals((await Deno.stat(at.file)).mode! & 0o777, 0o600);
  assertEquals(namesIn(at.path), ["identity.json"]);
  const other = plainIdentity(Identity.generate());
  const { replaced } = importIdentity(at.path, other, { replace: true, calls });
  assertEquals(await Deno.readTextFile(replaced!), encodeIdentity(kept.file));
  assertEquals(await Deno.readTextFile(at.file), encodeIdentity(other));
  assertEquals(
    importIdentity(`${at.path}/new`, other, { replace: false, calls }),
    { wasThere: false },
  );
});

Deno.test("without links, too, processes that start at once in a new profile have one key", async () => {
  using directory = temporaryDirectory();
  const profile = `${directory.path}/profile`;
  const module = new URL("../../../client/profile/profile.ts", import.meta.url).href;
  const said = await race(8, {
    imports: `import { ensureIdentity } from "${module}";`,
    code: `const link = () => { throw new Deno.errors.PermissionDenied(); };
      const { file, isNew } = ensureIdentity("${profile}", { link, chmod: Deno.chmodSync });
      console.log(isNew, file.publicKey);`,
  });
  const { publicKey } = ensureIdentity(profile).file;
  assertEquals(said.toSorted(), [...Array(7).fill(`false ${publicKey}\n`), `true ${publicKey}\n`]);
  assertEquals(namesIn(profile), ["identity.json"]);
});

Deno.test({
  name: "a mode that cannot be changed is reported, and no reason to refuse an identity",
  ignore: !isUnix,
  fn: async () => {
    using at = place();
    const { file } = ensureIdentity(at.path);
    await Deno.chmod(at.file, 0o755);
    const ignoring = () => {};
    for (const chmod of [refuse, ignoring]) {
      const calls = { chmod, link: refuse };
      const found = { path: at.file, file, isNew: false, exposedMode: "0755" };
      assertEquals(readIdentity(at.path, calls), found);
      assertEquals(ensureIdentity(at.path, calls), found);
    }
    assertEquals((await Deno.stat(at.file)).mode! & 0o777, 0o755);
  },
});

Deno.test({
  name: "an identity on a read-only disk that others can get at is used, and reported",
  ignore: !hasMounts,
  fn: async () => {
    using disk = tinyDisk("64k");
    const { publicKey } = ensureIdentity(disk.path).file;
    await Deno.chmod(`${disk.path}/identity.json`, 0o644);
    disk.makeReadOnly();
    const { file, exposedMode } = readIdentity(disk.path)!;
    assertEquals([file.publicKey, exposedMode], [publicKey, "0644"]);
  },
});

Deno.test("a path is quoted so that a shell takes it, and a terminal does not obey it", async () => {
  using directory = temporaryDirectory();
  const profile = `${directory.path}/it's \x1b[2J`;
  await Deno.mkdir(profile);
  writeFile(`${profile}/identity.json`, "");
  await rejection(
    () => loadIdentity(profile, nobody),
    `use the identity in '${directory.path}/it'\\''s ␛[2J/identity.json'`,
  );
});

Deno.test("a damaged identity is refused, and stays as it is", () => {
  using at = place();
  const whole = encodeIdentity(plainIdentity(Identity.generate()));
  const advice = "; import a copy of it with --replace, or move it away for a new one";
  const damaged = "it holds no identity, or a damaged one";
  const cases: [text: string, reason: string][] = [
    ["", damaged + advice],
    [whole.slice(0, whole.length / 2), damaged + advice],
    ["\0".repeat(whole.length), damaged + advice],
    [" ".repeat(5_000) + whole, "it is too long to be an identity" + advice],
    [
      whole.replace(`"version": 1`, `"version": 2`),
      "it is of version 2, and this program knows version 1; use the newer program",
    ],
  ];
  for (const [text, reason] of cases) {
    writeFile(at.file, text);
    const about = `use the identity in '${at.file}'`;
    for (const use of [ensureIdentity, readIdentity]) {
      assertEquals(refusal(() => use(at.path), about), reason);
    }
    assertEquals(Deno.readTextFileSync(at.file), text);
    assertEquals(namesIn(at.path), ["identity.json"]);
  }
});

Deno.test("a directory or a broken link in place of the file is refused", () => {
  using at = place();
  Deno.mkdirSync(at.file);
  assertEquals(
    refusal(() => ensureIdentity(at.path), `use the identity in '${at.file}'`),
    "that is not a file; move it away for a new one",
  );
  Deno.removeSync(at.file);
  Deno.symlinkSync(`${at.path}/nowhere`, at.file);
  assertEquals(
    refusal(() => ensureIdentity(at.path), `use the identity in '${at.file}'`),
    "a link there leads nowhere, or in a circle; correct it",
  );
  Deno.removeSync(at.file);
  writeFile(at.file, "");
  assertEquals(
    refusal(() => ensureIdentity(at.file), `use the identity in '${at.file}/identity.json'`),
    "a part of that path is a file and no directory; name another place",
  );
});

Deno.test({
  name: "a full or read-only disk is reported, and no half file stays",
  ignore: !hasMounts,
  fn: () => {
    using disk = tinyDisk("64k");
    Deno.mkdirSync(`${disk.path}/profile`);
    disk.fill();
    const profile = `${disk.path}/profile`;
    const about = `make an identity in '${profile}/identity.json'`;
    const error = assertThrows(() => ensureIdentity(profile), UserError);
    assertInstanceOf(error.cause, Error);
    assertEquals(
      sentenceOf(error.problem),
      `Cannot ${about}: the disk is full; make room, and try again`,
    );
    assertEquals(namesIn(profile), []);
    disk.makeReadOnly();
    assertEquals(
      refusal(() => ensureIdentity(profile), about),
      "that place is read-only; name another",
    );
  },
});

Deno.test("an identity under a passphrase opens with its passphrase", async () => {
  using at = place();
  const identity = Identity.generate();
  writeFile(at.file, encodeIdentity(sealIdentity(identity, "correct horse", cheap)));
  assertEquals(ensureIdentity(at.path).file.publicKey, identity.publicKey);

  const { ask, asked } = answering("wrong", "wrong", "correct horse");
  assertEquals((await loadIdentity(at.path, ask)).seed, identity.seed);
  assertEquals(asked, [1, 2, 3].map((attempt) => ({ path: at.file, attempt })));

  const about = `use the identity in '${at.file}'`;
  for (
    const [answers, reason] of [
      [["wrong", "wrong", "wrong"], "wrong passphrase, 3 times"],
      [[""], "its passphrase was not given; try again"],
      [["wrong", ""], "wrong passphrase"],
      [["wrong", "wrong", ""], "wrong passphrase, 2 times"],
    ] as const
  ) {
    assertEquals(
      await rejection(() => loadIdentity(at.path, answering(...answers).ask), about),
      reason,
    );
  }
  // An error of the prompt is not one of the identity.
  const error = await assertRejects(
    () => loadIdentity(at.path, nobody),
    Error,
    "asked for the passphrase",
  );
  assert(!(error instanceof UserError));
  assertEquals(
    await rejection(() => loadIdentity(at.path, () => null), "ask for a passphrase"),
    "there is no terminal to ask in; --passphrase-file FILE or --passphrase-fd N says where it can " +
      "be read",
  );
});

Deno.test("a passphrase is set, and removed", async () => {
  using at = place();
  const identity = await loadIdentity(at.path, nobody);
  setPassphrase(ensureIdentity(at.path), identity, "correct horse");
  assert(
    !(await Deno.readTextFile(at.file)).includes(
      JSON.parse(
        encodeIdentity(plainIdentity(identity)),
      ).seed,
    ),
  );
  assertEquals((await loadIdentity(at.path, answering("correct horse").ask)).seed, identity.seed);
  setPassphrase(ensureIdentity(at.path), identity, "");
  assertEquals((await loadIdentity(at.path, nobody)).seed, identity.seed);
  assertEquals(namesIn(at.path), ["identity.json"]);
});

Deno.test("no passphrase is set if the file has changed while it was asked for", async () => {
  using at = place();
  const kept = ensureIdentity(at.path);
  const identity = await loadIdentity(at.path, nobody);
  const other = plainIdentity(Identity.generate());
  importIdentity(at.path, other, { replace: true });
  assertEquals(
    refusal(() => setPassphrase(kept, identity, ""), `change the passphrase of '${at.file}'`),
    "it has been changed in the meantime; try again",
  );
  assertEquals(ensureIdentity(at.path).file.publicKey, other.publicKey);
});

Deno.test("a copy is a new file for its owner alone, and gives the identity back", async () => {
  using at = place();
  const copy = `${at.path}/copy`;
  const identity = Identity.generate();
  exportIdentity(copy, sealIdentity(identity, "x", cheap));
  if (isUnix) assertEquals((await Deno.stat(copy)).mode! & 0o777, 0o600);
  assertEquals(
    refusal(
      () => exportIdentity(copy, plainIdentity(identity)),
      `export the identity to '${copy}'`,
    ),
    "a file of that name is in the way; name another place",
  );
  const file = readExported(copy);
  assertEquals(importIdentity(`${at.path}/new`, file, { replace: false }), { wasThere: false });
  assertEquals((await loadIdentity(`${at.path}/new`, answering("x").ask)).seed, identity.seed);
});

Deno.test("a file that is not a copy is refused", () => {
  using at = place();
  const about = `import the identity in '${at.file}'`;
  const refused = () => refusal(() => readExported(at.file), about);
  assertEquals(refused(), "there is no such file or directory");
  writeFile(at.file, "Dear diary");
  assertEquals(
    refused(),
    "it holds no identity, or a damaged one; take what p2pchat identity export has written",
  );
  const endless = { readSync: (bytes: Uint8Array) => bytes.fill(0x20).length };
  assertEquals(
    refusal(() => readExported(endless), "import the identity in standard input"),
    "it is too long to be an identity; take what p2pchat identity export has written",
  );
});

Deno.test("importing replaces an identity only if told to, and then keeps the old one", () => {
  using at = place();
  const plain = (n: number) => plainIdentity(Identity.fromSeed(new Uint8Array(32).fill(n)));
  const [first, second, third] = [plain(1), plain(2), plain(3)];
  const about = `import the identity to '${at.file}'`;
  importIdentity(at.path, first, { replace: false });
  for (const replace of [false, true]) {
    assertEquals(importIdentity(at.path, first, { replace }), { wasThere: true });
  }
  assertEquals(
    refusal(() => importIdentity(at.path, second, { replace: false }), about),
    "another is there; --replace keeps that one beside it",
  );
  assertEquals(readIdentity(at.path)!.file.publicKey, first.publicKey);
  assertEquals(importIdentity(at.path, second, { replace: true }), {
    wasThere: false,
    replaced: `${at.file}.old-1`,
  });
  // Also what cannot be read is kept.
  writeFile(at.file, "damaged");
  throwsSaying(() => importIdentity(at.path, third, { replace: false }), "damaged one");
  assertEquals(importIdentity(at.path, third, { replace: true }), {
    wasThere: false,
    replaced: `${at.file}.old-2`,
  });
  assertEquals(readIdentity(at.path)!.file.publicKey, third.publicKey);
  assertEquals(readExported(`${at.file}.old-1`).publicKey, first.publicKey);
  assertEquals(Deno.readTextFileSync(`${at.file}.old-2`), "damaged");
  assertEquals(namesIn(at.path), [
    "identity.json",
    "identity.json.old-1",
    "identity.json.old-2",
  ]);
});
