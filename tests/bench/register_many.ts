/**
 * Filling a server with registrations.
 *
 * @module
 */

import { writeAll } from "../../shared/net/write_all.ts";
import { MessageEnds } from "./message_ends.ts";

/** Requests that are sent before their replies are read; all the replies fit into a socket's buffer. */
const batch = 500;

/**
 * Registers clients c0, c1 and so on, over one connection that is closed afterwards.
 *
 * @param port The server's, at 127.0.0.1.
 * @throws {Error} If the server does not register them all.
 */
export async function registerMany(port: number, count: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  for (let first = 0; first < count; first += batch) {
    const requests = Array.from(
      { length: Math.min(batch, count - first) },
      (_, i) => `REGISTER\r\nclientID: c${first + i}\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n`,
    );
    await ask(conn, requests);
  }
  // An ERROR has the end of a message too.
  const info = await ask(conn, ["INFO\r\nLimit: 1\r\n\r\n"]);
  if (!info.includes(`\r\nCount: ${count}\r\n`)) {
    throw new Error(`The server has not registered ${count}: ${info}`);
  }
}

/** @returns What comes, up to the end of the last reply. */
async function ask(conn: Deno.TcpConn, requests: readonly string[]): Promise<string> {
  await writeAll(conn, new TextEncoder().encode(requests.join("")));
  const ends = new MessageEnds();
  const buffer = new Uint8Array(64 * 1024);
  let text = "";
  for (let missing = requests.length; missing > 0;) {
    const length = await conn.read(buffer);
    if (length === null) throw new Error("The server closed the connection while registering");
    text += new TextDecoder().decode(buffer.subarray(0, length));
    missing -= ends.count(buffer, length);
  }
  return text;
}
