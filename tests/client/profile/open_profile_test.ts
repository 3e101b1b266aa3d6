import { assert, assertEquals } from "@std/assert";
import { ensureIdentity, openProfile, setPassphrase } from "../../../client/profile/profile.ts";
import { UserError } from "../../../client/user_error.ts";
import { loadIdentity } from "../../support/identities.ts";
import { rejectsSaying } from "../../support/problems.ts";
import { namesIn, temporaryDirectory } from "../../support/places.ts";
import { publicKeyFrom } from "../../../shared/crypto/public_key.ts";

const text = "a text that would be seen on the disk";

/** Whether the text is on the disk for all who can read it. */
function isReadable(directory: string): boolean {
  return [...Deno.readDirSync(directory)].some(({ name }) =>
    new TextDecoder("latin1").decode(Deno.readFileSync(`${directory}/${name}`)).includes(text)
  );
}

async function texts(directory: string, passphrase: string | null): Promise<string[]> {
  using profile = await openProfile(directory, () => passphrase, { mustExist: true });
  return profile.store.history.latest("alice", undefined, 10).map(({ text }) => text);
}

Deno.test("a profile is made and kept, and its messages are sealed as long as it has a passphrase", async () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/profile`;
  {
    using profile = await openProfile(directory, () => null);
    const { conversations, outgoing } = profile.store;
    const party = { self: "alice", name: "bob", key: publicKeyFrom(new Uint8Array(32).fill(1)) };
    const { id: conversation } = conversations.open(party);
    outgoing.accept([
      { conversation, id: "0".repeat(32), sentAtMs: 1, text, numbered: true },
    ]);
  }
  assert(isReadable(directory));
  assertEquals(await texts(directory, null), [text]);

  const identity = await loadIdentity(directory, () => null);
  setPassphrase(ensureIdentity(directory), identity, "correct horse");
  assertEquals(await texts(directory, "correct horse"), [text]);
  assert(!isReadable(directory));
  await rejectsSaying(() => texts(directory, null), UserError, "Cannot ask for a passphrase");

  setPassphrase(ensureIdentity(directory), identity, "");
  assertEquals(await texts(directory, null), [text]);
  assert(isReadable(directory));
});

Deno.test("a profile that must exist is not made", async () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/profile`;
  await rejectsSaying(
    () => openProfile(directory, () => null, { mustExist: true }),
    UserError,
    `There is no identity in '${directory}', and so no message; --profile names another directory`,
  );
  assertEquals(namesIn(place.path), []);
});
