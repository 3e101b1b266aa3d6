// Whom one does not know, and how one makes sure of whom one does: what Alice sees of that in a terminal, the same with
// the full screen and with the stream of lines.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Identity } from "../../shared/crypto/identity.ts";
import type { ClientInTerminal } from "../support/client_in_terminal.ts";
import { EncryptedPeer } from "../support/encrypted_peer.ts";
import type { Program } from "../support/program.ts";
import { testInTerminals, turnsTo } from "../support/terminal_cases.ts";
import { heardFrom, type Town } from "../support/town.ts";

/** Four words that two people compare. */
const fourWords = / {5}(\w+ {2}\w+ {2}\w+ {2}\w+)/;

/** Mallory, whom Alice does not know, calls her. */
async function callsUnasked(town: Town, alice: ClientInTerminal): Promise<Program> {
  const mallory = await town.script("mallory");
  await mallory.types("/chat alice\nhi");
  await alice.says(/mallory \(.*\) calls, encrypted; \/chat mallory answers/);
  return mallory;
}

testInTerminals("strangers, and making sure of somebody", {
  "two people compare words, and each says that they fit": async ({ town, ...scene }) => {
    town.acquaint("alice", "bob");
    await using bob = await town.script("bob");
    await using alice = await scene.alice();
    await turnsTo(alice, "bob");
    await alice.types("/verify bob\r");
    await alice.says(/waiting for bob to run \/verify as well/);
    await bob.says(
      /^\* alice wants to make sure that nobody is in the middle: run \/verify alice$/,
    );
    // A message of hers is no answer.
    await alice.types("which words?\r");
    await bob.says(/^alice: which words\?$/);
    await bob.types("/verify alice");
    const [, bobs] = await bob.says(RegExp(`^\\*${fourWords.source}$`));
    const [, alices] = await alice.says(fourWords);
    assertEquals(alices, bobs);
    await alice.types("/verify bob yes\r");
    await alice.says(/bob is verified: the key \S+ is theirs/);
    await alice.quits();
    // It is so from then on.
    await using again = await scene.alice();
    await turnsTo(again, "bob");
    await again.types("/who\r");
    await again.says(/bob .*verified/);
  },

  "words that differ are said to, and whom that is about is not verified": async (
    { town, ...scene },
  ) => {
    town.acquaint("alice", "bob");
    await using bob = await town.script("bob");
    await using alice = await scene.alice();
    await turnsTo(alice, "bob");
    await bob.types("/switch alice\n/verify alice");
    await alice.says(/bob wants to make sure that nobody is in the middle: run \/verify bob/);
    await alice.types("/verify bob no way\r");
    await alice.says(/'no way' is neither yes nor no/);
    await alice.asks("alice → bob");
    await alice.types("/verify bob\r");
    await alice.says(fourWords);
    await alice.types("/verify bob no\r");
    await alice.says(/The words differ, so somebody is between you and bob[^]*conversation ended/);
    await alice.asks("alice");
    await bob.says(/^\* alice has left$/);
  },

  "nobody is asked to compare words with somebody who has no key, or is not there": async (
    { town, ...scene },
  ) => {
    town.acquaint("alice", "bob");
    await using alice = await scene.alice();
    for (
      const [line, said] of [
        ["/verify nobody", /No conversation is called nobody/],
        ["/verify bob yes", /No conversation is called bob/],
        ["/verify", /Usage: \/verify NAME \[yes\|no\]/],
      ] as const
    ) {
      await alice.types(`${line}\r`);
      await alice.says(said);
      await alice.types("\x15");
      await alice.asks("alice");
    }
  },

  "calls of many strangers are gathered, and what is being typed stays as it is": async (
    { town, ...scene },
  ) => {
    town.acquaint("alice", "bob");
    await using bob = await town.script("bob");
    await using alice = await scene.alice();
    const [, port] = await alice.says(/listening on 127\.0\.0\.1:(\d+)/);
    await turnsTo(alice, "bob");
    await alice.types("for b");
    const address = { host: "127.0.0.1", port: Number(port) };
    for (let n = 1; n <= 12; n++) {
      const self = { id: `stranger${n}`, identity: Identity.generate() };
      // There are only so many places for those whom she does not know.
      using _peer = await EncryptedPeer.dial(address, self);
    }
    await alice.says(/stranger1 \(.*\) calls, encrypted; \/chat stranger1 answers/);
    await alice.asks("alice → bob", "for b");
    await alice.types("ob\r");
    await bob.says(/^alice: for bob$/);
    await alice.types("/who\r");
    await alice.says(/^ *bob /m);
    const text = await alice.text();
    assert(!text.includes("stranger12 ("), "each of them is shown");
    // What was gathered is said at the end.
    await alice.quits();
    assertMatch(
      alice.at.program.unbroken,
      /\d+ more calls by people you do not know, \d+ new keys; most with the key \S+, which \/block/,
    );
    assertEquals(heardFrom("alice", bob), ["alice: for bob"]);
  },

  "a stranger who is answered is somebody whom one knows": async ({ town, ...scene }) => {
    await using alice = await scene.alice();
    await using mallory = await callsUnasked(town, alice);
    await alice.types("hello\r");
    await alice.says(/No conversation is current/);
    await alice.types("\x15/chat mallory\r");
    await alice.asks("alice → mallory");
    await alice.types("hello\r");
    await mallory.says(/^alice: hello$/);
    await alice.types("/peers\r");
    await alice.says(/^ *mallory /m);
    assertEquals(heardFrom("alice", mallory), ["alice: hello"]);
  },

  "a stranger who is blocked calls in vain": async ({ town, ...scene }) => {
    await using alice = await scene.alice();
    await using mallory = await callsUnasked(town, alice);
    await alice.types("/block mallory\r");
    await alice.says(/blocked/i);
    await mallory.types("/chat alice\nme again");
    await mallory.says(/does not want to hear from you/);
    assert(!(await alice.text()).includes("me again"));
  },
});
