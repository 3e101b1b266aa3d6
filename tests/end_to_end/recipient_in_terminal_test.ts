// A line that is typed in a terminal goes to whom it was begun for, or to nobody, whatever happens meanwhile: the same
// cases with the full screen and with the stream of lines.

import { assert, assertEquals } from "@std/assert";
import { ClientInTerminal } from "../support/client_in_terminal.ts";
import { Program } from "../support/program.ts";
import { RawListener } from "../support/raw_peer.ts";
import { type Case, testInTerminals, turnsTo } from "../support/terminal_cases.ts";
import { heardFrom } from "../support/town.ts";

const paste = (text: string) => `\x1b[200~${text}\x1b[201~`;

/** Alice calls somebody who does not answer yet. @returns Where. */
async function calls(alice: ClientInTerminal, { address: { port } }: RawListener): Promise<string> {
  const place = `127.0.0.1:${port}`;
  await alice.types(`/chat ${place}\r`);
  await alice.asks(`alice → ${place} …`);
  return place;
}

const cases: Readonly<Record<string, Case>> = {
  "nothing behind a failed /chat goes to anybody, pasted or typed": async ({ town, ...scene }) => {
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "carol");
    await alice.types("/chat dave\rsecret for dave\rand more\r");
    await alice.says(/not sent: \/chat dave failed[^]*not sent: \/chat dave failed/);
    // The one is in the input line again, the other one is a key away.
    await alice.says(/“and more” was not sent; the up arrow brings it back/);
    await alice.asks("alice → carol", "secret for dave");
    // Who has read that is where they were.
    await alice.types("\x15for carol\r");
    await carol.says(/^alice: for carol$/);
    assertEquals(heardFrom("alice", carol), ["alice: for carol"]);
  },

  "what is typed behind a /chat that is under way is for whom it finds": async (
    { town, ...scene },
  ) => {
    using slow = new RawListener();
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "carol");
    const place = await calls(alice, slow);
    await alice.types("not for carol\r");
    const peer = await slow.accept();
    peer.close();
    await alice.says(RegExp(`not sent: /chat ${place} failed`));
    await alice.asks("alice → carol", "not for carol");
    await alice.quits();
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), []);
  },

  "who turns back while a /chat is under way writes to whom they turn to": async (
    { town, kind, ...scene },
  ) => {
    using slow = new RawListener();
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "carol");
    await calls(alice, slow);
    if (kind === "screen") {
      // What was begun for the other one comes along, and is still for them.
      await alice.types("not for carol\x1b1");
      await alice.asks("alice → carol …", "not for carol");
      await alice.types("\r");
    } else {
      await alice.types("/switch carol\r");
    }
    await alice.asks("alice → carol …");
    await alice.types("for carol");
    await alice.asks("alice → carol …", "for carol");
    await alice.types("\r");
    await alice.asks("alice → carol …");
    const peer = await slow.accept();
    peer.close();
    await carol.says(/^alice: for carol$/);
    await alice.asks("alice → carol", kind === "screen" ? "not for carol" : "");
    assertEquals(heardFrom("alice", carol), ["alice: for carol"]);
  },

  "who only looks at what a stranger writes answers nobody, whoever calls": async (
    { town, kind, ...scene },
  ) => {
    // In a stream of lines there is nothing else to look at.
    if (kind === "--plain") return;
    town.acquaint("alice", "bob");
    await using alice = await scene.alice();
    await using mallory = await town.script("mallory");
    await mallory.types("/chat alice\nhi");
    await alice.hearsAside("mallory", "hi");
    await alice.types("\x1ba");
    await alice.hears("mallory", "hi");
    await using bob = await town.script("bob");
    await bob.types("/chat alice\nhello");
    await alice.isCalledBy("bob");
    await alice.hearsAside("bob", "hello");
    await alice.asks("alice");
    await alice.types("for nobody\r");
    await alice.says(/not sent: you only look at what/);
    await alice.asks("alice", "for nobody");
    await alice.quits();
    await bob.says(/^\* alice has left$/);
    assertEquals([...heardFrom("alice", bob), ...heardFrom("alice", mallory)], []);
  },

  "who calls while a line is half typed does not get it": async ({ town, ...scene }) => {
    town.acquaint("alice", "bob");
    await using alice = await scene.alice();
    await alice.types("ls -la /etc");
    await alice.asks("alice", "ls -la /etc");
    await using bob = await town.script("bob");
    await bob.types("/chat alice\nhello");
    await alice.isCalledBy("bob");
    await alice.hearsAside("bob", "hello");
    await alice.types("\r");
    await alice.says(/No conversation is current: \/switch to one of bob/);
    await alice.asks("alice", "ls -la /etc");
    await alice.quits();
    assert(!alice.at.program.screen.includes("alice → bob"));
    await bob.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", bob), []);
  },

  "a contact who calls becomes the current one if nothing is typed, an unknown sender never":
    async ({ town, ...scene }) => {
      town.acquaint("alice", "bob");
      await using alice = await scene.alice();
      await using mallory = await town.script("mallory");
      await mallory.types("/chat alice\nhi");
      await alice.says(/mallory \(.*\) calls, encrypted; \/chat mallory answers/);
      await alice.hearsAside("mallory", "hi");
      await using bob = await town.script("bob");
      await bob.types("/chat alice");
      await alice.asks("alice → bob");
      await alice.types("hello\r");
      await bob.says(/^alice: hello$/);
      await turnsTo(alice, "mallory");
      assertEquals(heardFrom("alice", mallory), []);
    },

  "after a failed /chat nobody who calls becomes the current one": async ({ town, ...scene }) => {
    town.acquaint("alice", "bob");
    await using alice = await scene.alice();
    await alice.types("/chat dave\r");
    await alice.says(/No client dave is registered/);
    await alice.asks("alice");
    await using bob = await town.script("bob");
    await bob.types("/chat alice");
    await alice.isCalledBy("bob");
    await alice.asks("alice");
    await alice.types("for dave\r");
    await alice.says(/not sent: \/chat dave failed/);
    assertEquals(heardFrom("alice", bob), []);
  },

  "the sender of mail does not become the current one": async ({ town, ...scene }) => {
    await town.haveMet("alice", "bob");
    assertEquals((await town.runs("bob", "/chat alice\nby mail\n")).code, 0);
    await using alice = await scene.alice();
    await alice.hearsAside("bob", "by mail");
    await alice.asks("alice");
    await alice.types("for nobody\r");
    await alice.says(/No conversation is current: \/switch to one of bob/);
    await alice.asks("alice", "for nobody");
  },

  "what comes in while a line is half typed, from whomever, changes nothing of it": async (
    { town, ...scene },
  ) => {
    town.acquaint("alice", "bob");
    await using bob = await town.script("bob");
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "carol");
    await alice.types("for car");
    await bob.types("/chat alice\nhello");
    await alice.hearsAside("bob", "hello");
    await carol.types("/switch alice\nhi");
    await alice.hears("carol", "hi");
    await alice.asks("alice → carol", "for car");
    await bob.quits();
    await alice.types("ol\r");
    await carol.says(/^alice: for carol$/);
    assertEquals(heardFrom("alice", bob), []);
    // Who has left is still whom the prompt names: it waits for them.
    await alice.types("for you al");
    await alice.asks("alice → carol", "for you al");
    await carol.quits();
    await alice.types("one\r");
    await alice.at.sees(/^alice → carol \(1 waiting\)>$/m);
    await using again = await town.script("carol");
    await again.says(/^alice: for you alone$/);
    await alice.at.sees(/^alice → carol>$/m);
  },

  "what is written to somebody without a key who has left stays in the line": async (
    { town, kind },
  ) => {
    using legacy = new RawListener();
    await using alice = new ClientInTerminal(kind, town.build, [
      ...["client", "alice", "--allow-plaintext"],
    ]);
    await alice.asks("alice");
    const place = `127.0.0.1:${legacy.address.port}`;
    await alice.types(`/chat ${place}\r`);
    const peer = await legacy.accept();
    await peer.send("hello");
    await alice.says(/plaintext.*hello/);
    await alice.asks(`alice → ${place}`);
    await alice.types("too l");
    await alice.asks(`alice → ${place}`, "too l");
    peer.close();
    await alice.says(/has left|away|lost/);
    await alice.types("ate\r");
    await alice.says(/not connected/i);
    await alice.asks(`alice → ${place}`, "too late");
  },

  "what is pasted behind a half-typed line goes with it, and to nobody whom it names": async (
    { town, ...scene },
  ) => {
    await using bob = await town.script("bob");
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "bob");
    await turnsTo(alice, "carol");
    await alice.types("see:");
    await alice.types(paste("\n/switch bob\nsecret\n"));
    await alice.asks("alice → carol", "see:\n/switch bob\nsecret\n");
    await alice.types("\r");
    await carol.says(/^alice: see:␊\/switch bob␊secret$/);
    await alice.asks("alice → carol");
    assertEquals(heardFrom("alice", bob), []);
  },

  "whom one turns to gets what is begun then, and nothing of before": async (
    { town, ...scene },
  ) => {
    await using bob = await town.script("bob");
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "bob");
    // All at once, as it comes if the terminal is slow.
    await alice.types("one\r/chat carol\rtwo\r/switch bob\rthree\r/close\rfor nobody\r");
    await alice.says(/No conversation is current: \/switch to one of carol/);
    await alice.asks("alice", "for nobody");
    await bob.says(/^alice: three$/);
    await carol.says(/^alice: two$/);
    assertEquals(heardFrom("alice", bob), ["alice: one", "alice: three"]);
    assertEquals(heardFrom("alice", carol), ["alice: two"]);
  },

  "a line for somebody does not go to whom another key makes of them": async (
    { town, kind },
  ) => {
    // No server says whose name it is.
    await using alice = new ClientInTerminal(kind, town.build, ["client", "alice"]);
    const [, aliceAt] = await alice.says(/listening on (127\.0\.0\.1:\d+)/);
    const somebody = async (name: string) => {
      const program = new Program(town.build, "client", name);
      const [, at] = await program.says(/listening on (127\.0\.0\.1:\d+)/);
      return { program, at: at! };
    };
    {
      const carol = kind === "screen" ? await somebody("carol") : undefined;
      await using _carol = carol?.program;
      const { program: bob, at } = await somebody("bob");
      await using _bob = bob;
      await alice.types(`/chat ${at}\r`);
      await alice.asks("alice → bob");
      if (carol !== undefined) {
        await alice.types(`/chat ${carol.at}\r`);
        await alice.asks("alice → carol");
        await alice.types("\x1b1");
        await alice.asks("alice → bob");
      }
      await bob.quits();
      await alice.says(/bob has (left|been away)/);
    }
    const { program: other } = await somebody("bob");
    await using _other = other;
    await alice.types("for b");
    await other.types(`/chat ${aliceAt}\nit is me`);
    const [, print] = await alice.says(/bob has ANOTHER KEY[^]*shown +(\S+)/);
    await alice.asks("alice → bob", "for b");
    await alice.types("ob\r");
    await alice.says(/waiting for bob|for bob +…/);
    assertEquals(heardFrom("alice", other), []);
    if (kind === "screen") {
      // What is half typed for the one key is not for the other one.
      await alice.types("half\x1b2");
      await alice.asks("alice → carol");
    }
    // Who accepts the key has what waits go to it.
    await alice.types(`/trust bob ${print}\r`);
    await alice.says(/bob's key is \S+ from now on/);
    await other.types(`/chat ${aliceAt}`);
    await other.says(/^alice: for bob$/);
    if (kind === "screen") {
      await alice.types("\x1b1");
      await alice.asks("alice → bob", "half");
      await alice.types("\r");
      await alice.says(/not sent/);
      await alice.asks("alice → bob", "half");
    }
    assertEquals(heardFrom("alice", other), ["alice: for bob"]);
  },

  "a similar name is pointed out, and gets nothing": async ({ town, ...scene }) => {
    town.acquaint("alice", "bob");
    await using alice = await scene.alice();
    await using bob = await town.script("bob");
    await turnsTo(alice, "bob");
    await using other = await town.script("B0b");
    await alice.types("for b");
    await other.types("/chat alice\nit is me");
    await alice.says(/B0b is NOT bob, whom you know: the two names only look alike/);
    await alice.hearsAside("B0b", "it is me");
    await alice.asks("alice → bob", "for b");
    await alice.types("ob\r");
    await bob.says(/^alice: for bob$/);
    assertEquals(heardFrom("alice", other), []);
  },

  "a message that looks like a path is refused and stays in the input line": async (
    { town, ...scene },
  ) => {
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await turnsTo(alice, "carol");
    await alice.types("  /verify carol yes\r");
    await alice.says(/There are no words to compare yet/);
    await alice.types("/etc/passwd\r");
    await alice.says(/\/\/etc\/passwd/);
    await alice.asks("alice → carol", "/etc/passwd");
    await alice.quits();
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), []);
  },
};

testInTerminals("a line goes to whom it was begun for", cases);
