/**
 * The original's client, as far as a server or a peer sees it.
 *
 * @module
 */

const bufferBytes = 1024;

/** What it does for each request: a connection, one message, one read. */
export async function askOnce(
  { address: { host, port } }: { address: { host: string; port: number } },
  request: string,
): Promise<string> {
  using conn = await Deno.connect({ hostname: host, port });
  await conn.write(new TextEncoder().encode(request));
  return await readOnce(conn);
}

/** What one read of its buffer's size gives; empty if the connection has ended. */
export async function readOnce(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(bufferBytes);
  const count = await conn.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}
