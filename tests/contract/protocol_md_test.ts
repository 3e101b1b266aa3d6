// PROTOCOL.md's exchanges are the cases: each goes through the codec, and over a socket to a live server
// or a live client.

import { assert, assertEquals } from "@std/assert";
import { ChatClient } from "../../client/client.ts";
import { startServer } from "../../server/server.ts";
import { encode, parse } from "../../shared/protocol/message.ts";
import { isFault, statuses } from "../../shared/protocol/status.ts";
import { verbs } from "../../shared/protocol/verbs.ts";
import * as limits from "../../shared/protocol/limits.ts";

const text = await Deno.readTextFile(
  new URL("../../shared/protocol/PROTOCOL.md", import.meta.url),
);

/** A turn: the lines that one side says before the other does. */
interface Turn {
  readonly by: ">" | "<";
  readonly lines: string[];
}

function exchanges(kind: "server" | "peer"): Turn[][] {
  const blocks = text.matchAll(new RegExp("```exchange " + kind + "\\n(.*?)```", "gs"));
  return [...blocks].map(([, block]) => {
    const turns: Turn[] = [];
    for (const line of block!.trimEnd().split("\n")) {
      const by = line[0] as Turn["by"];
      if (turns.at(-1)?.by !== by) turns.push({ by, lines: [] });
      turns.at(-1)!.lines.push(line.slice(2));
    }
    return turns;
  });
}

/** Says one side's turns over a connection, and holds what comes back to the other's. */
async function play(conn: Deno.TcpConn, turns: Turn[]): Promise<void> {
  for (const { by, lines } of turns) {
    if (by === ">") {
      await conn.write(new TextEncoder().encode(lines.map((line) => line + "\r\n").join("")));
      continue;
    }
    let got = "";
    const buffer = new Uint8Array(4096);
    while (got.split("\r\n").length <= lines.length) {
      const count = await conn.read(buffer);
      assert(count !== null, `the connection ended after ${JSON.stringify(got)}`);
      got += new TextDecoder().decode(buffer.subarray(0, count));
    }
    const gotLines = got.split("\r\n").slice(0, -1);
    // A value that differs each time is written as `*`.
    const wanted = lines.map((line, i) =>
      line.endsWith(": *") && gotLines[i]?.startsWith(line.slice(0, -1)) ? gotLines[i] : line
    );
    assertEquals(gotLines, wanted);
  }
}

Deno.test("each message of PROTOCOL.md's exchanges is written as it is read", () => {
  const all = [...exchanges("server"), ...exchanges("peer")].flat().flatMap(({ lines }) => {
    const messages: string[][] = [[]];
    for (const line of lines) {
      if (line === "") messages.push([]);
      else messages.at(-1)!.push(line);
    }
    return messages.filter((message) => message.length > 0);
  });
  assert(all.length > 40);
  for (const lines of all) {
    const message = parse(lines);
    if (isFault(message)) continue;
    assertEquals(encode(message), lines.join("\r\n") + "\r\n\r\n");
  }
});

for (const [i, turns] of exchanges("server").entries()) {
  Deno.test(`exchange ${i + 1} of PROTOCOL.md holds on a live server`, async () => {
    await using server = startServer({ host: "127.0.0.1", port: 0 });
    const { host: hostname, port } = server.address;
    using conn = await Deno.connect({ hostname, port });
    await play(conn, turns);
  });
}

for (const [i, turns] of exchanges("peer").entries()) {
  Deno.test(`exchange ${i + 1} of PROTOCOL.md between peers holds on a live client`, async () => {
    const bob = new ChatClient({
      id: "bob",
      host: "127.0.0.1",
      port: 0,
      server: { host: "127.0.0.1", port: 1 },
      onEvent: (event) => {
        if (event.type !== "message" || event.text !== "Hello") return;
        // A user answers what he has seen, which is after it was acknowledged.
        queueMicrotask(() => bob.send("Hello,\nalice \\o/"));
      },
    });
    try {
      const { host: hostname, port } = bob.address;
      using conn = await Deno.connect({ hostname, port });
      await play(conn, turns);
      // BYE is the last word: nothing follows it but the end.
      assertEquals(await conn.read(new Uint8Array(1)), null);
    } finally {
      await bob.stop();
    }
  });
}

Deno.test("PROTOCOL.md names every verb and code, and no other", () => {
  const table = (title: string) =>
    text.split(new RegExp(`\\| ${title} +\\|`))[1]!.split("\n\n")[0]!.split("\n");
  const verbRows = table("verb").slice(2).map((row) => row.split("|").map((cell) => cell.trim()));
  const named = verbRows.flatMap(([, names]) => names!.split(", "));
  assertEquals(named.toSorted(), Object.keys(verbs).toSorted());
  for (const [, names, , required, optional] of verbRows) {
    const headers = (cell: string) =>
      cell.replaceAll(" (repeated)", "").split(", ").filter(Boolean);
    for (const name of names!.split(", ")) {
      const verb = verbs[name as keyof typeof verbs];
      assertEquals([...verb.required] as string[], headers(required!), `${name}'s required`);
      assertEquals([...verb.optional] as string[], headers(optional!), `${name}'s optional`);
    }
  }
  const codes = table("code").slice(2).map((row) => row.split("|")[1]!.trim());
  assertEquals(codes, Object.keys(statuses));
});

Deno.test("PROTOCOL.md names the limits as they are", () => {
  const numbers = new Set(text.match(/[0-9][0-9,]*/g)!.map((n) => Number(n.replaceAll(",", ""))));
  for (
    const limit of [
      limits.lineBytesMax,
      limits.headersMax,
      limits.messageBytesMax,
      limits.messageTimeoutMs / 1000,
      limits.connectionIdleMs / 60_000,
      limits.connectionsMax,
      limits.registrationsMax,
      limits.connectionsPerHostMax,
      limits.infoPageDefault,
      limits.infoPageMax,
      limits.textBytesMax,
      limits.unacknowledgedMax,
      limits.linksMax,
      limits.registrationTtlMinMs / 1000,
      limits.registrationTtlMaxMs / 1000,
      limits.registrationTtlAskedMs / 1000,
      limits.linkPingMs / 1000,
      limits.linkPongTimeoutMs / 1000,
      limits.chatackTimeoutMs / 1000,
    ]
  ) {
    assert(
      numbers.has(limit) || text.includes(String(limit)),
      `PROTOCOL.md does not name the limit ${limit}`,
    );
  }
});
