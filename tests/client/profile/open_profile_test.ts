import { assert, assertEquals } from "@std/assert";
import { ensureIdentity, openProfile, setPassphrase } from "../../../client/profile/profile.ts";
import { loadIdentity } from "../../support/identities.ts";
import { throwsSaying } from "../../support/problems.ts";
import { temporaryDirectory } from "../../support/places.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const text = "a text that would be seen on the disk";

/** Whether the text is on the disk for all who can read it. */
function isReadable(directory: string): boolean {
  return [...Deno.readDirSync(directory)].some(({ name }) =>
    new TextDecoder("latin1").decode(Deno.readFileSync(`${directory}/${name}`)).includes(text)
  );
}

function texts(directory: string, passphrase: string | null): string[] {
  using profile = openProfile(directory, () => passphrase, { mustExist: true });
  return profile.store.history.latest("alice", undefined, 10).map(({ text }) => text);
}

Deno.test("a profile is made and kept, and its messages are sealed as long as it has a passphrase", () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/profile`;
  {
    using profile = openProfile(directory, () => null);
    const { conversations, outgoing } = profile.store;
    const party = { self: "alice", name: "bob", key: publicKeyFrom(new Uint8Array(32).fill(1)) };
    const { id: conversation } = conversations.open(party);
    outgoing.accept([
      { conversation, id: "0".repeat(32), sentAtMs: 1, text, numbered: true },
    ]);
  }
  assert(isReadable(directory));
  assertEquals(texts(directory, null), [text]);

  const identity = loadIdentity(directory, () => null);
  setPassphrase(ensureIdentity(directory), identity, "correct horse");
  assertEquals(texts(directory, "correct horse"), [text]);
  assert(!isReadable(directory));
  throwsSaying(() => texts(directory, null), "Cannot ask for a passphrase");

  setPassphrase(ensureIdentity(directory), identity, "");
  assertEquals(texts(directory, null), [text]);
  assert(isReadable(directory));
});

Deno.test("a profile that must exist is not made", () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/profile`;
  throwsSaying(
    () => openProfile(directory, () => null, { mustExist: true }),
    `There is no identity in '${directory}', and so no message; --profile names another directory`,
  );
  assertEquals([...Deno.readDirSync(place.path)], []);
});
