// What was entered before a terminal ends is done, and what was only typed is not, however it ends: the same cases with
// the full screen and with the stream of lines.

import { assertEquals } from "@std/assert";
import { temporaryDirectory } from "../support/places.ts";
import { RawListener } from "../support/raw_peer.ts";
import { type Case, testInTerminals, turnsTo } from "../support/terminal_cases.ts";
import { heardFrom } from "../support/town.ts";

const ten = Array.from({ length: 10 }, (_, i) => `line ${i}`);

/** Ten lines are kept, however the paste that they come in ends. */
function tenLinesAnd(keys: string): Case {
  return async ({ town, ...scene }) => {
    await using carol = await town.script("carol");
    await using alice = await scene.alice();
    await alice.types(["/chat carol", ...ten, keys].join("\r"));
    assertEquals(await alice.ends(), 0);
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ten.map((line) => `alice: ${line}`));
  };
}

/** @param isApart Whether the client is in a session of its own. */
function closesWindow(isApart: boolean): Case {
  return async ({ town, ...scene }) => {
    const leaves = /verb=UNREGISTER clientID=alice reply=(?!401)/;
    const before = town.server.err.filter((line) => leaves.test(line)).length;
    await using carol = await town.script("carol");
    const build = isApart ? town.buildAt("alice", "setsid", "--wait") : undefined;
    await using alice = await scene.alice(build);
    await turnsTo(alice, "carol");
    await alice.types("sent\rhalf typed");
    await carol.says(/^alice: sent$/);
    await alice.asks("alice → carol", "half typed");
    await alice.at.program.closesWindow();
    await carol.says(/^\* alice has left$/);
    await town.server.says(leaves, before + 1);
    await carol.types("/info");
    await carol.says(/^1 client is registered/);
    assertEquals(heardFrom("alice", carol), ["alice: sent"]);
  };
}

const cases: Readonly<Record<string, Case>> = {
  "ten lines and /quit in one paste: all ten are kept": tenLinesAnd("/quit\r"),
  "ten lines and  /quit in one paste: all ten are kept": tenLinesAnd(" /quit\r"),
  "ten lines and Ctrl+D in one paste: all ten are kept": tenLinesAnd("\x04"),

  "a window that is closed with a hang-up sends nothing, and the client leaves properly":
    closesWindow(false),
  // A program of another session gets no SIGHUP.
  "a window that is closed without a hang-up sends nothing, and the client leaves properly":
    closesWindow(true),

  "what Ctrl+D ends is not sent, if the output is no terminal": async ({ town, ...scene }) => {
    await using carol = await town.script("carol");
    using place = temporaryDirectory();
    const build = town.buildAt("alice", "sh", "-c", `exec "$@" >${place.path}/out`, "sh");
    await using alice = scene.opens(build);
    await alice.types("/chat carol\rsent\r");
    await carol.says(/^alice: sent$/);
    await alice.types("half typed\x04\x04");
    assertEquals(await alice.ends(), 0);
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ["alice: sent"]);
  },

  "what is typed while a client starts is done when it has started": async (
    { town, ...scene },
  ) => {
    await using carol = await town.script("carol");
    await using alice = scene.opens();
    await alice.types("/chat carol\rearly\r/quit\r");
    assertEquals(await alice.ends(), 0);
    await carol.says(/^\* alice has left$/);
    assertEquals(heardFrom("alice", carol), ["alice: early"]);
  },

  "Ctrl+C says how many lines it drops": async (scene) => {
    using slow = new RawListener();
    await using alice = await scene.alice();
    await alice.types(`/chat 127.0.0.1:${slow.address.port}\rone\rtwo\r/quit\rhalf`);
    await alice.asks(`alice → 127.0.0.1:${slow.address.port} …`, "half");
    using _peer = await slow.accept();
    // The first one clears what is half typed, and on the screen another one asks.
    await alice.types("\x03\x03");
    if (alice.kind === "screen") {
      await alice.says(/Ctrl\+C again/);
      await alice.types("\x03");
    }
    assertEquals(await alice.ends(), 0);
    await alice.says(/dropped 3 lines that were still to be done; the first is “one”/);
  },
};

testInTerminals("what is typed before the end", cases);
