// What becomes of messages that are refused in a terminal: with everything but the screen.

import { assertEquals } from "@std/assert";
import { turnOf } from "../../../../client/ui/commands/commands.ts";
import { LineQueue, waitingLinesMax } from "../../../../client/ui/terminal/line_queue.ts";
import { InputLine } from "../../../../client/ui/terminal/input_line.ts";
import { lineRunner } from "../../../../client/ui/terminal/line_runner.ts";
import { FakeSession, peer } from "../../../support/fake_client.ts";
import { UserError } from "../../../../client/user_error.ts";
import { systemClock, type TimerClock } from "../../../../shared/time/clock.ts";
import { FakeClock } from "../../../support/fake_clock.ts";

/** A terminal in which a test types. */
class Typing {
  readonly t = new FakeSession();
  readonly queue = new LineQueue();
  readonly edited = {
    line: "",
    write(text: string) {
      this.line += text;
    },
  };
  readonly input = new InputLine(this.edited, () => this.queue.recipient);
  looking: string | undefined;
  quits = 0;
  prompts = 0;
  readonly answered: string[] = [];

  constructor(clock: TimerClock = systemClock) {
    this.t.display.holdsTypeAhead = true;
    this.queue.start(lineRunner(this.t.session, {
      queue: this.queue,
      input: this.input,
      show: this.t.shown.take,
      prompt: () => this.prompts++,
      answered: (name) => this.answered.push(name),
      looking: () => this.looking,
      quit: () => this.quits++,
      signal: new AbortController().signal,
    }, clock));
  }

  types(text: string): void {
    for (const letter of text) {
      if (letter !== "\r") {
        this.edited.line += letter;
        this.input.pressed();
        continue;
      }
      const { line } = this.edited;
      this.edited.line = "";
      this.queue.enter(line, this.input.enter(line), turnOf(line));
      this.input.pressed();
    }
  }

  /** What has been sent since the last time that this was asked, and to whom. */
  get sent(): unknown[] {
    const calls = this.t.fake.calls.splice(0);
    return calls.filter(([method]) => method === "send").map(([, to, text]) => [to, text]);
  }
}

Deno.test("a message that is refused comes back; of further ones it is said where they are", async () => {
  const typing = new Typing();
  typing.types("one\rtwo\rthree\r/help\r");
  await typing.queue.settled();
  assertEquals(typing.edited.line, "one");
  assertEquals(typing.t.shown.all.map(({ type }) => type), [
    "nobody-current",
    "nobody-current",
    "nobody-current",
    "help",
    "lines-refused",
  ]);
  assertEquals(typing.t.shown.of("lines-refused")[0]!.lines, ["two", "three"]);
  assertEquals([typing.sent, typing.prompts], [[], 4]);
});

Deno.test("a line that is begun meanwhile is left alone", async () => {
  const typing = new Typing();
  typing.types("one\rhal");
  await typing.queue.settled();
  typing.types("f");
  assertEquals(typing.edited.line, "half");
  assertEquals(typing.t.shown.of("lines-refused"), [{ type: "lines-refused", lines: ["one"] }]);
});

Deno.test("a command that fails does not come back, a path does", async () => {
  const typing = new Typing();
  typing.t.fake.error = new UserError({ code: "not-registered", name: "dave" });
  typing.types("/chat dave\r");
  await typing.queue.settled();
  assertEquals(typing.edited.line, "");
  typing.types("/etc/passwd\r");
  await typing.queue.settled();
  assertEquals(typing.edited.line, "/etc/passwd");
});

Deno.test("a line that was begun for somebody else is asked about, and Enter sends it", async () => {
  const typing = new Typing();
  typing.t.turnTo("bob");
  typing.types("hell");
  typing.t.turnTo("carol");
  typing.types("o\r");
  await typing.queue.settled();
  assertEquals(typing.edited.line, "hello");
  const question = { type: "begun-for-another", begunFor: "bob", current: "carol" } as const;
  assertEquals(typing.t.shown.all, [{ ...question, asks: true }]);
  assertEquals(typing.sent, []);
  // With more in it, it is another line, which may be for bob.
  typing.types("!\r");
  await typing.queue.settled();
  assertEquals(typing.t.shown.all, [{ ...question, asks: true }, { ...question, asks: true }]);
  typing.types("\r");
  await typing.queue.settled();
  assertEquals(typing.sent, [[peer("carol").conversation, "hello!"]]);
});

Deno.test("what is pasted with such a line is no answer to the question", async () => {
  const typing = new Typing();
  typing.t.turnTo("bob");
  typing.types("one");
  typing.t.turnTo("carol");
  typing.types("\r\r");
  await typing.queue.settled();
  assertEquals(typing.sent, []);
  assertEquals(typing.edited.line, "one");
});

Deno.test("/quit is told once, and nothing behind it is run", async () => {
  const typing = new Typing();
  typing.t.turnTo("bob");
  typing.types("one\r /quit\rtwo\r");
  await typing.queue.settled();
  assertEquals(typing.quits, 1);
  assertEquals(typing.sent, [[peer("bob").conversation, "one"]]);
});

Deno.test("of a paste that is too long nothing goes to somebody whom it turned away from", async () => {
  const typing = new Typing();
  typing.t.turnTo("bob");
  // The paste turns to carol in the part that is not taken, and goes on while lines are run.
  for (let i = 0; i < 150_000; i++) typing.types(`for bob ${i}\r`);
  assertEquals(typing.queue.waiting, waitingLinesMax);
  typing.types("/switch carol\r");
  for (let i = 0; i < 50_000; i++) typing.types("for carol\r");
  await typing.queue.settled();
  const sent = typing.sent;
  const { conversation } = peer("bob");
  assertEquals(sent.length, waitingLinesMax);
  assertEquals(sent.at(-1), [conversation, `for bob ${waitingLinesMax - 1}`]);
  assertEquals(typing.t.shown.of("too-many-lines").map(({ count }) => count), [
    200_001 - waitingLinesMax,
  ]);
  // Its end comes when all is done.
  typing.types("for carol, too\r");
  await typing.queue.settled();
  assertEquals(typing.sent, []);
  assertEquals(typing.t.shown.of("turn-failed").length, 1);
  typing.edited.line = "";
  typing.types("/switch carol\rfor carol\r");
  await typing.queue.settled();
  assertEquals(typing.sent, [[peer("carol").conversation, "for carol"]]);
});

Deno.test("a word that would end another program is asked about, and sent if it is entered again", async () => {
  for (
    const [word, command] of [["quit", "quit"], [" :q", "quit"], ["Exit", "quit"], ["?", "help"]]
  ) {
    const typing = new Typing();
    typing.t.turnTo("bob");
    typing.types(`${word}\r`);
    await typing.queue.settled();
    assertEquals(typing.t.shown.of("meant-command"), [
      { type: "meant-command", line: word!.trim(), command: command! },
    ]);
    assertEquals([typing.sent, typing.edited.line], [[], word]);
    typing.types("\r");
    await typing.queue.settled();
    assertEquals(typing.sent, [["id of bob", word]]);
    // It is asked about anew the next time.
    typing.types(`${word}\r`);
    await typing.queue.settled();
    assertEquals([typing.sent, typing.quits], [[], 0]);
  }
});

Deno.test("a word that only JavaScript knows is a message", async () => {
  for (const word of ["constructor", "__proto__"]) {
    const typing = new Typing();
    typing.t.turnTo("bob");
    typing.types(`${word}\r`);
    await typing.queue.settled();
    assertEquals(typing.sent, [["id of bob", word]]);
  }
});

Deno.test("a word that was asked about and changed is another line", async () => {
  const typing = new Typing();
  typing.t.turnTo("bob");
  typing.types("quit\r");
  await typing.queue.settled();
  typing.types(" smoking\rquit\r");
  await typing.queue.settled();
  assertEquals(typing.sent, [["id of bob", "quit smoking"]]);
  assertEquals(typing.t.shown.of("meant-command").length, 2);
});

Deno.test("who was sent a message is answered, and nobody else", async () => {
  const typing = new Typing();
  typing.types("to nobody\r");
  await typing.queue.settled();
  typing.t.turnTo("bob");
  typing.edited.line = "";
  typing.types("/who\r/nothing\r");
  await typing.queue.settled();
  assertEquals(typing.answered, []);
  typing.types("Hello\r/msg once more\r/chat carol and you\r/chat dave\r");
  await typing.queue.settled();
  assertEquals(typing.answered, ["bob", "bob", "carol"]);
  typing.t.fake.error = new UserError({ code: "not-connected", name: "carol", plaintext: true });
  typing.types("Hello\r");
  await typing.queue.settled();
  assertEquals(typing.answered.length, 3);
});

for (
  const command of [
    "/goto 99",
    "/join #x",
    "/shrug at all",
    "/window 3",
    "/switch 1",
    "/chat",
    "/chat dave",
  ]
) {
  Deno.test(`a person who has read that ${command} failed stays where they are`, async () => {
    const clock = new FakeClock();
    const typing = new Typing(clock);
    typing.t.turnTo("bob");
    typing.t.fake.error = new UserError({ code: "not-registered", name: "dave" });
    typing.types(`${command}\r`);
    await clock.settle();
    typing.t.fake.error = undefined;
    assertEquals(typing.t.session.current?.name, "bob");
    // Nobody reads so fast: that was meant for whom the command should have found.
    typing.types("secret");
    await clock.pass(1_000);
    assertEquals(typing.queue.isIdle, true);
    typing.types("\r");
    await typing.queue.settled();
    assertEquals(typing.sent, []);
    assertEquals(typing.t.shown.of("begun-for-another"), [
      {
        type: "begun-for-another",
        begunFor: undefined,
        failed: command,
        current: "bob",
        asks: true,
      },
    ]);
    assertEquals(typing.edited.line, "secret");
    typing.edited.line = "";
    typing.input.pressed();
    typing.types("for bob\r");
    await typing.queue.settled();
    assertEquals(typing.sent, [["id of bob", "for bob"]]);
  });
}

Deno.test("what is entered behind a command that fails is refused, and waits for nothing", async () => {
  const typing = new Typing(new FakeClock());
  typing.t.turnTo("bob");
  typing.types("/query dave\rsecret\r/switch carol\rfor carol\r");
  await typing.queue.settled();
  assertEquals(typing.sent, [["id of carol", "for carol"]]);
  assertEquals(typing.t.shown.of("begun-for-another").length, 1);
});

Deno.test("who looks at somebody whom they have not answered is told how", async () => {
  const typing = new Typing();
  typing.looking = "alice";
  typing.types("hello\r");
  await typing.queue.settled();
  assertEquals(typing.t.shown.all, [
    { type: "nobody-current", command: "msg", names: [], looking: "alice" },
  ]);
  assertEquals(typing.edited.line, "hello");
});
