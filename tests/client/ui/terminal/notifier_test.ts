import { assertEquals } from "@std/assert";
import type { MessageEvent } from "../../../../client/events.ts";
import { Notifier } from "../../../../client/ui/terminal/notifier.ts";
import { peer } from "../../../support/fake_client.ts";
import { hostileTexts } from "../../../support/hostile_text/hostile_text.ts";

function message(text: string, name = "bob"): MessageEvent {
  return {
    type: "message",
    ...{ conversation: "c", name, person: undefined, device: undefined, id: "1" },
    ...{ stream: undefined, seq: undefined, kind: "text", plaintext: false, text, sentAtMs: 0 },
  };
}

/** A notifier of alice's, with a clock that stands, and what it has written. */
function watched(terminal = "xterm-256color") {
  const clock = { nowMs: 0 };
  const written: string[] = [];
  const looked: { at: string | undefined } = { at: undefined };
  const notifier = new Notifier("mention", {
    self: () => "alice",
    nameFor: (name, person) => name === "bob" && person === peer("bob").person ? "~bro" : name,
    isKnown: (name) => name === "bob",
    isWatched: (name) => name === looked.at,
    terminal,
    write: (text) => void written.push(text),
    now: () => clock.nowMs,
  });
  return { notifier, written, clock, looked };
}

Deno.test("messages that name the user are told of, and others if all are wanted", () => {
  const { notifier, written, clock } = watched();
  const told = (text: string) => {
    clock.nowMs += 10_000;
    notifier.take(message(text));
    return written.splice(0);
  };
  for (const text of ["alice: look", "ask Alice.", "(alice)"]) {
    assertEquals(told(text).length, 1, text);
  }
  for (const text of ["malice", "alice2", "hello", ""]) assertEquals(told(text), [], text);
  notifier.take({ type: "notifying", what: "all" });
  assertEquals(told("hello"), ["\x07\x1b]9;bob: hello\x07"]);
  assertEquals(notifier.take({ type: "notifying", what: undefined }), {
    type: "notifying",
    what: "all",
  });
  notifier.take({ type: "notifying", what: "off" });
  assertEquals(told("alice"), []);
});

Deno.test("strangers do not make the terminal ring, nor keep a friend from it", () => {
  const { notifier, written } = watched();
  notifier.take(message("alice!", "eve"));
  assertEquals(written, []);
  notifier.take(message("alice!"));
  assertEquals(written.length, 1);
});

Deno.test("each terminal is told in its own way", () => {
  for (
    const [terminal, told] of [
      ["xterm-kitty", "\x07\x1b]99;;bob: alice\x07"],
      ["foot", "\x07\x1b]777;notify;p2pchat;bob: alice\x07"],
      ["rxvt-unicode-256color", "\x07\x1b]777;notify;p2pchat;bob: alice\x07"],
      ["tmux-256color", "\x07\x1b]9;bob: alice\x07"],
    ] as const
  ) {
    const { notifier, written } = watched(terminal);
    notifier.take(message("alice"));
    assertEquals(written, [told]);
  }
});

Deno.test("a flood of messages is no flood of bells", () => {
  const { notifier, written, clock } = watched();
  notifier.take({ type: "notifying", what: "all" });
  for (let i = 0; i < 1_000; i++) {
    clock.nowMs += 10;
    notifier.take(message("x"));
  }
  assertEquals(written.length, 5);
});

Deno.test("no text ends the notification or makes another one", () => {
  const { notifier, written, clock } = watched();
  notifier.take({ type: "notifying", what: "all" });
  for (const text of Object.values(hostileTexts)) {
    clock.nowMs += 10_000;
    notifier.take(message(text));
  }
  for (const text of written) {
    // deno-lint-ignore no-control-regex -- what a terminal is sent is what this is about
    assertEquals(/^\x07\x1b\]9;bob: [^\p{Cc}]*\x07$/u.test(text) && text.length < 400, true, text);
  }
});

Deno.test("somebody is told of by what the user calls them, if it is their key", () => {
  const { notifier, written, clock } = watched();
  notifier.take({ ...message("alice!"), ...peer("bob") });
  clock.nowMs += 10_000;
  notifier.take(message("alice!"));
  assertEquals(written, ["\x07\x1b]9;~bro: alice!\x07", "\x07\x1b]9;bob: alice!\x07"]);
});

Deno.test("what somebody does is told as that", () => {
  const { notifier, written } = watched();
  notifier.take(message("/me waves at alice"));
  assertEquals(written, ["\x07\x1b]9;* bob waves at alice\x07"]);
});

Deno.test("nobody is told of what they look at, nor kept from what comes next", () => {
  const { notifier, written, looked } = watched();
  looked.at = "bob";
  notifier.take(message("alice!"));
  assertEquals(written, []);
  looked.at = "carol";
  notifier.take(message("alice!"));
  assertEquals(written.length, 1);
});
