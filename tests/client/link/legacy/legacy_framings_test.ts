// The dialects of legacy programs as byte scripts, as the one who calls and as the one who is called: each is
// understood, and answered as it frames its own texts.

import { assertEquals } from "@std/assert";
import { Link } from "../../../../client/link/link.ts";
import { Events } from "../../../support/events.ts";
import { type LinkEvent, LinkUnderTest, self, told } from "../../../support/link_fixture.ts";
import { linkOwner } from "../../../support/link_owner.ts";
import { MemoryConn } from "../../../support/memory_conn.ts";

interface Dialect {
  /** What it says first; nothing if it has no opening. */
  readonly opening: string;
  readonly id: string | undefined;
  /** A text as it says it. */
  readonly text: (text: string) => string;
  /** A text of ours as it reads it. */
  readonly ours: (text: string) => string;
  readonly end: string;
  /** Our end as it reads it. */
  readonly ourEnd: string;
}

const opening = "CHAT\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n";
const quit = "QUIT\r\n\r\n";

const dialects: Record<string, Dialect> = {
  lines: {
    ...{ opening, id: "bob", end: quit, ourEnd: quit },
    text: (text) => `${text}\r\n`,
    ours: (text) => `${text}\r\n`,
  },
  "blocks, bare text": {
    ...{ opening, id: "bob", end: quit, ourEnd: quit },
    text: (text) => `CHAT\r\nclientID: bob\r\n${text}\r\n\r\n`,
    ours: (text) => `CHAT\r\nclientID: alice\r\n${text}\r\n\r\n`,
  },
  "blocks, MESSAGE": {
    ...{ opening: "", id: undefined },
    text: (text) => `CHAT\r\nMESSAGE:${text}\r\n\r\n`,
    ours: (text) => `CHAT\r\nMESSAGE:${text}\r\n\r\n`,
    end: "QUIT\r\nGoodbye!\r\n\r\n",
    ourEnd: "QUIT\r\nGoodbye!\r\n\r\n",
  },
  "blocks, Type": {
    opening: "CHAT\r\nType: init\r\n\r\n",
    id: undefined,
    text: (text) => `CHAT\r\nType: message\r\nMessage: ${text}\r\n\r\n`,
    ours: (text) => `CHAT\r\nType: message\r\nMessage: ${text}\r\n\r\n`,
    end: "CHAT\r\nType: quit\r\n\r\n",
    ourEnd: "CHAT\r\nType: quit\r\n\r\n",
  },
  "blocks, text": {
    opening: "ID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n",
    id: "bob",
    text: (text) => `CHAT\r\nid: bob\r\nIP: 127.0.0.1\r\nport: 5557\r\ntext: ${text}\r\n\r\n`,
    ours: (text) => `CHAT\r\nid: alice\r\nIP: 127.0.0.1\r\nport: 5556\r\ntext: ${text}\r\n\r\n`,
    end: "QUIT\r\nid: bob\r\n\r\n",
    ourEnd: "QUIT\r\nid: alice\r\n\r\n",
  },
};

const said = [
  "Hello",
  "port: 80 is open",
  "IP: is a layer",
  "clientID: what?",
  "Type: a",
  "MESSAGE:c",
  "content: x",
  "text: y",
];

for (const [what, dialect] of Object.entries(dialects)) {
  Deno.test(`one who calls and speaks ${what} is understood, answered alike, and may end`, async () => {
    await using t = await LinkUnderTest.make("responder");
    await t.peer.send(dialect.opening);
    for (const [i, text] of said.entries()) {
      await t.peer.send(dialect.text(text));
      await t.events.count("text", i + 1);
    }
    assertEquals(t.texts, said);
    const { id: peerId } = dialect;
    assertEquals(t.events.of("opened"), [{ type: "opened", dialect: "lines", peerId }]);
    await t.link.sendText("two\nlines");
    const answer = dialect.ours("two lines");
    assertEquals(await t.peer.upTo(answer.slice(-4)), answer);
    await t.peer.send(dialect.end);
    assertEquals((await t.events.see("closed")).reason, "peer-left");
    assertEquals([await t.peer.rest(), t.texts.length], ["", said.length]);
  });

  Deno.test(`one who calls and speaks ${what} is left as it leaves`, async () => {
    await using t = await LinkUnderTest.make("responder");
    await t.peer.send(dialect.opening + dialect.text("Hello"));
    await t.events.see("text");
    await t.link.leave();
    assertEquals(await t.peer.rest(), dialect.ourEnd);
  });

  Deno.test(`one who is called and speaks ${what} is understood, answered alike, and may end`, async () => {
    await using t = await LinkUnderTest.make("initiator", { chatackMs: 50 });
    await t.peer.upTo("\r\n\r\n");
    await t.events.see("opened");
    for (const [i, text] of said.entries()) {
      await t.peer.send(dialect.text(text));
      await t.events.count("text", i + 1);
    }
    assertEquals(t.texts, said);
    await t.link.sendText("Hi");
    assertEquals(await t.peer.upTo(dialect.ours("Hi").slice(-4)), dialect.ours("Hi"));
    await t.peer.send(dialect.end);
    assertEquals((await t.events.see("closed")).reason, "peer-left");
    assertEquals(t.texts.length, said.length);
  });
}

Deno.test("one who makes a connection for each text is heard, and has left", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("CHAT\r\ncontent: Hello: you\r\n\r\n");
  t.peer.close();
  assertEquals((await t.events.see("closed")).reason, "peer-left");
  assertEquals(t.texts, ["Hello: you"]);
});

Deno.test("one who makes a connection for each text is answered on it while it is there, and only there", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send("CHAT\r\ncontent: Hello\r\n\r\n");
  await t.events.see("text");
  await t.link.sendText("Hi");
  await t.link.sendText("two\nlines");
  assertEquals(await t.peer.message(), "CHAT\r\ncontent: Hi\r\n\r\n");
  assertEquals(await t.peer.message(), "CHAT\r\ncontent: two lines\r\n\r\n");
  await t.link.leave();
  // The end of the connection is all that it takes for an end.
  assertEquals(await t.peer.rest(), "");
});

Deno.test("texts without line ends, 100 ms apart, are messages of their own, and answered alike", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(opening);
  await t.events.see("opened");
  for (const text of ["Hello", "port: 80 is open", "CHATting"]) {
    await t.peer.send(text);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await t.events.count("text", 3);
  assertEquals(t.texts, ["Hello", "port: 80 is open", "CHATting"]);
  await t.link.sendText("Hi");
  await t.link.leave();
  assertEquals(await t.peer.rest(), "Hi");
});

Deno.test("what looks like the end and is not is a text of one who sends lines", async () => {
  await using t = await LinkUnderTest.make("responder");
  await t.peer.send(opening + "Hello\r\nQUIT\r\nGoodbye!\r\nor not\r\n");
  await t.events.count("text", 4);
  assertEquals(t.texts, ["Hello", "QUIT", "Goodbye!", "or not"]);
});

/** A connection that is reset behind what it brings. */
class ResetConn extends MemoryConn {
  readonly #reads: string[];

  constructor(...reads: string[]) {
    super();
    this.#reads = reads;
  }

  override read(buffer: Uint8Array): Promise<number | null> {
    const said = this.#reads.shift();
    if (said === undefined) return Promise.reject(new Deno.errors.ConnectionReset("reset"));
    return Promise.resolve(new TextEncoder().encodeInto(said, buffer).written);
  }

  override close(): void {}
}

Deno.test("what one has said counts although the connection is reset behind it", async () => {
  for (
    const reads of [[opening, "Hello"], [opening + "QUIT\r\n", "Hello"], [opening + "Hello\r\n"]]
  ) {
    const events = new Events<LinkEvent>();
    const conn = new ResetConn(...reads);
    const owner = linkOwner(told(events));
    const link = new Link({ conn, role: "responder", self, ...owner, allowPlaintext: true });
    await link.ended;
    assertEquals(events.of("text").at(-1)?.text, "Hello");
    assertEquals(events.of("closed").map(({ reason }) => reason), ["lost"]);
  }
});
