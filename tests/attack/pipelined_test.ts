// Connections that send one INFO after the other without waiting for answers, and read these or not: everybody else
// has their turn in between.

import { assert } from "@std/assert";
import { AttackedServer } from "../support/attacked_server.ts";
import { Flood } from "../support/flood.ts";
import { HonestClient } from "../support/honest_client.ts";
import { assertServed, isLarge, note, sized } from "./extent.ts";

/** Registers many clients, so that a page of INFO is full. */
async function fill(server: AttackedServer, count: number): Promise<void> {
  const conn = await Deno.connect({ hostname: server.address.host, port: server.address.port });
  let text = "";
  for (let n = 0; n < count; n++) {
    text += `REGISTER\nclientID: client-number-${n}\nIP: 127.0.0.1\nPort: 5556\n\n`;
  }
  text += `INFO\nLimit: 1\n\n`;
  const reading = (async () => {
    const buffer = new Uint8Array(64 * 1024);
    const decoder = new TextDecoder();
    for (let tail = "", read; (read = await conn.read(buffer)) !== null;) {
      tail = (tail + decoder.decode(buffer.subarray(0, read), { stream: true })).slice(-1_000);
      if (tail.includes(`Count: ${count}\r\n`)) return;
    }
    throw new Error("The server has not registered all");
  })();
  for (let bytes = new TextEncoder().encode(text); bytes.length > 0;) {
    bytes = bytes.subarray(await conn.write(bytes));
  }
  await reading;
  conn.close();
}

for (const reads of [true, false]) {
  Deno.test(`pipelined INFOs whose answers are ${reads ? "" : "not "}read keep nobody waiting`, async () => {
    await using server = await AttackedServer.start();
    await fill(server, sized(200, 100_000));
    using honest = await HonestClient.start(server.address);
    await honest.latencies();
    for (const connections of isLarge ? [1, 200] : [20]) {
      await using flood = await Flood.start(server.address, {
        connections,
        message: "INFO\n\n",
        reads,
      });
      const untilMs = performance.now() + sized(500, 10_000);
      await honest.latencies();
      let answered = 0;
      while (performance.now() < untilMs || answered === 0) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        answered = flood.readBytes + flood.sentBytes;
      }
      const what = `PING beside ${connections} connections of INFOs, ${reads ? "" : "not "}read`;
      note(what, { "MiB read": flood.readBytes / 1024 ** 2 });
      assert(answered > 0);
      assertServed(what, await honest.latencies());
    }
  });
}
