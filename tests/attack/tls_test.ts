// Another user of the server's machine finds out the listener that the server has for itself, and connects to it from
// 127.0.0.2 with the port that the server's own connection gets at 127.0.0.1. If it is taken for that one, the
// client is not served, and the other user is, in the client's name.

import { assertEquals } from "@std/assert";
import net from "node:net";
import { Authority } from "../support/certificates.ts";
import { start } from "../support/server_fixture.ts";
import { Wire } from "../support/wire.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());

/** Connects from another address of this machine. @returns The connection, and the port that it has there. */
async function intrude(port: number): Promise<{ socket: net.Socket; localPort: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = net.connect({ host: "127.0.0.1", port, localAddress: "127.0.0.2" });
  socket.once("connect", () => resolve()).once("error", reject);
  await promise;
  socket.on("error", () => {});
  return { socket, localPort: socket.localPort! };
}

/** Gives a connection another address than it has. */
function readdress(conn: object, which: "localAddr" | "remoteAddr", port: number): void {
  Object.defineProperty(conn, which, { value: { hostname: "127.0.0.1", port, transport: "tcp" } });
}

Deno.test("a program of the same machine is not taken for a client of TLS", async () => {
  const { connect, listenTls } = Deno;
  let inner = 0;
  const intruders: net.Socket[] = [];
  /** The ports that the server's own connections seem to have: those that the system gave them, by each. */
  const ports = new Map<number, number>();
  // An attacker needs some luck to have the same port, and here always has it.
  Deno.connect = (async (options: Deno.ConnectOptions) => {
    if (options.port !== inner) return await connect(options);
    const { socket, localPort } = await intrude(inner);
    intruders.push(socket);
    const conn = await connect(options);
    ports.set(conn.localAddr.port, localPort);
    readdress(conn, "localAddr", localPort);
    return conn;
  }) as typeof connect;
  Deno.listenTls = (options) => {
    const listener = listenTls(options);
    inner = listener.addr.port;
    const accept = listener.accept.bind(listener);
    listener.accept = async () => {
      const conn = await accept();
      const { hostname, port } = conn.remoteAddr;
      const seeming = hostname === "127.0.0.1" ? ports.get(port) : undefined;
      if (seeming !== undefined) readdress(conn, "remoteAddr", seeming);
      return conn;
    };
    return listener;
  };
  try {
    await using server = start({ tls: authority.issue() });
    for (let round = 0; round < 3; round++) {
      using client = await Wire.connectTls(server, authority);
      assertEquals(await client.ask("PING"), "PONG\r\n\r\n");
    }
    assertEquals(intruders.length, 3);
  } finally {
    Deno.connect = connect;
    Deno.listenTls = listenTls;
    for (const socket of intruders) socket.destroy();
  }
});
