/**
 * What a client that is registered and says nothing costs the server, in resident memory.
 *
 * @module
 */

import { wait } from "../../shared/time/clock.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import type { Bench } from "./bench.ts";
import { MessageEnds } from "./message_ends.ts";
import { openFilesMax, residentBytes } from "./proc.ts";
import type { Report } from "./report.ts";
import { startServerProcess } from "./server_process.ts";

const connectionsWanted = 10_000;
const mostBytes = 12 * 1024;
/** What a process has open beside its connections, and some. */
const otherFiles = 100;
/** Callers at once: fewer than wait in a listener's queue. */
const initiators = 50;
const settleMs = 3_000;

/** Measures resident memory a registered idle connection. */
export async function measureMemory(bench: Bench): Promise<Report> {
  // The server's connections and ours are in two processes, which have the same limit.
  const limit = await openFilesMax(Deno.pid);
  if (limit === undefined) return { rows: [], notes: ["Memory is measured on Linux alone."] };
  const count = Math.min(connectionsWanted, limit - otherFiles);
  const ours = await bytesPerConnection("rendezvous_server.ts", count, bench);
  const bare = await bytesPerConnection("bare_server.ts", count, bench);
  const notes = ["Memory: growth of the server's VmRSS; the bare server keeps no registrations."];
  if (count < connectionsWanted) {
    notes.push(`Memory was measured at ${count} connections: ${limit} files can be open here.`);
  }
  return {
    rows: [{
      figure: `memory a registered idle connection, at ${count.toLocaleString("en")}`,
      ours: kib(ours),
      baseline: kib(bare),
      ratio: (ours / bare).toFixed(2),
      bar: { text: `at most ${kib(mostBytes)}`, holds: ours <= mostBytes },
    }],
    notes,
  };
}

async function bytesPerConnection(program: string, count: number, bench: Bench): Promise<number> {
  await using server = await startServerProcess(program, bench);
  const before = await residentBytes(server.pid);
  const idle: Deno.TcpConn[] = [];
  try {
    await Promise.all(Array.from({ length: initiators }, async () => {
      while (idle.length < count && !bench.signal.aborted) {
        const number = idle.length;
        const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
        idle.push(conn);
        await register(conn, `c${number}`);
      }
    }));
    await wait(settleMs, bench.signal);
    const after = await residentBytes(server.pid);
    if (before === undefined || after === undefined) throw new Error(`${program} has ended`);
    return (after - before) / idle.length;
  } finally {
    for (const conn of idle) conn.close();
  }
}

async function register(conn: Deno.TcpConn, id: string): Promise<void> {
  await writeAll(
    conn,
    new TextEncoder().encode(
      `REGISTER\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: 5556\r\nVersion: 1\r\nExpires: 300\r\n\r\n`,
    ),
  );
  const buffer = new Uint8Array(256);
  const ends = new MessageEnds();
  for (let first = true;; first = false) {
    const length = await conn.read(buffer);
    const text = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
    if (length === null || (first && !text.startsWith("REGACK"))) {
      throw new Error(`The server did not register ${id}: ${text}`);
    }
    if (ends.count(buffer, length) > 0) return;
  }
}

function kib(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
