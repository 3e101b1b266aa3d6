/**
 * A program: times a request over and over on one kept connection to each of some servers, in turn, and
 * prints the microseconds of each server, of each round, of each request as JSON.
 *
 *     round_trips.ts REQUEST ROUNDS REQUESTS_A_ROUND PORT...
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import { MessageEnds } from "./message_ends.ts";

const [requestText, rounds, requestsPerRound, ...ports] = Deno.args;
const request = new TextEncoder().encode(requestText);
const buffer = new Uint8Array(16 * 1024);

const conns = await Promise.all(
  ports.map((port) => Deno.connect({ hostname: "127.0.0.1", port: Number(port) })),
);
const samples: number[][][] = conns.map(() => []);
for (let round = 0; round < Number(rounds); round++) {
  for (let i = 0; i < conns.length; i++) samples[i]!.push(await sampleRound(conns[i]!));
}
for (const conn of conns) conn.close();
await writeAll(Deno.stdout, new TextEncoder().encode(JSON.stringify(samples)));

async function sampleRound(conn: Deno.TcpConn): Promise<number[]> {
  const microseconds = [];
  const ends = new MessageEnds();
  for (let n = 0; n < Number(requestsPerRound); n++) {
    const begin = performance.now();
    await conn.write(request);
    let count;
    do {
      count = await conn.read(buffer);
      if (count === null) throw new Error("The server closed the connection");
    } while (ends.count(buffer, count) === 0);
    microseconds.push((performance.now() - begin) * 1000);
  }
  return microseconds;
}
