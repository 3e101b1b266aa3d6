// What the user calls somebody is what they see of them, and never where it is about a key.

import { assertEquals } from "@std/assert";
import { localNamesOf, namesIn, withLocalNames } from "../../../client/ui/local_names.ts";
import { promptText, type Shown } from "../../../client/ui/wording/wording.ts";
import { plainText } from "../../../client/ui/script/script.ts";
import { conversationWith, FakeSession, peer } from "../../support/fake_client.ts";
import { entry } from "../../support/screen_fixture.ts";
import { keyOf } from "../../support/store_fixture.ts";

/** A session in which bob is called bro. */
function calling() {
  const t = new FakeSession();
  t.fake.localNames.set("bob", "bro");
  const nameFor = namesIn(() => t.session);
  return { ...t, session: t.session, nameFor, see: (one: Shown) => withLocalNames(one, nameFor) };
}

const bob = peer("bob");
const { fingerprint, key } = {
  fingerprint: bob.person!,
  key: bob.device!,
};

function message(changes: object): Shown {
  return {
    ...{ type: "message", ...bob, id: "1", stream: undefined, seq: undefined, kind: "text" },
    ...{ plaintext: false, text: "Hello", sentAtMs: 0 },
    ...changes,
  } as Shown;
}

const seen: [shown: Shown, line: RegExp][] = [
  [message({}), /^~bro: Hello$/],
  // The name with another key, or none, is somebody else.
  [message({ person: peer("x").person!.replace(/^./, "x") }), /^bob: Hello$/],
  [
    message({ person: undefined, device: undefined, plaintext: true }),
    /^bob \[plaintext\]: Hello$/,
  ],
  [message({ name: "carol" }), /^carol: Hello$/],
  [{ type: "presence", name: "bob", here: true }, /^\* ~bro is here$/],
  [{ type: "waiting", ...bob, count: 2 }, /^\* 2 messages wait for ~bro$/],
  [{ type: "switched", name: "bob" }, /^\* talking to ~bro/],
  [{ type: "nobody-current", command: "msg", names: ["bob", "carol"] }, /one of ~bro, carol/],
  [
    { type: "nobody-current", command: "msg", names: [], looking: "bob" },
    /at what ~bro writes; \/chat ~bro answers/,
  ],
  [
    { type: "begun-for-another", begunFor: "bob", current: "carol", asks: false },
    /~bro.*carol/,
  ],
  [
    { type: "conversations", conversations: [conversationWith("bob")], current: undefined },
    /^ {2}~bro \(bob\) {2}/m,
  ],
  [
    {
      type: "history",
      name: "bob",
      entries: [
        entry(0, { name: "bob", key: keyOf(2), text: "before" }),
        entry(1, { name: "bob", key, text: "now" }),
      ],
    },
    /^the last 2 messages with ~bro:\n.* bob {2,}before\n {2}— from here on bob has the key .*\n.* → ~bro +delivered +now$/,
  ],
  // What others know a key by.
  [{ type: "verified", name: "bob", fingerprint }, /^\* bob is verified/],
  [
    {
      type: "key-changed",
      name: "bob",
      verdict: {
        type: "changed",
        presentedFingerprint: fingerprint,
        savedFingerprint: fingerprint,
        verified: false,
        serverFingerprint: undefined,
      },
    },
    /bob has ANOTHER KEY/,
  ],
  [{ type: "unknown-command", name: "bob", near: ["block"] }, /\/bob/],
];

for (const [shown, line] of seen) {
  Deno.test(`${shown.type} of somebody with a local name: ${line.source}`, () => {
    const text = plainText(calling().see(shown)).trimEnd();
    assertEquals(line.test(text), true, text);
  });
}

Deno.test("a local name is typed as it is shown, and the store may fail", () => {
  const { session, fake, nameFor } = calling();
  assertEquals([...localNamesOf(session)], [["~bro", "bob"]]);
  assertEquals(promptText("alice", { name: nameFor("bob"), waiting: 0 }), "alice → ~bro> ");
  const fails = () => {
    throw new Error("the disk is full");
  };
  fake.nicked = fake.localName = fails;
  assertEquals([...localNamesOf(session)], []);
  assertEquals(nameFor("bob"), "bob");
  assertEquals(namesIn(() => undefined)("bob"), "bob");
});
