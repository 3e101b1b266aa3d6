/**
 * The first packet of a QUIC connection, as anybody may send it from any address.
 *
 * @module
 */

const hostname = "127.0.0.1";

/** Records one. @param protocol What it asks for by ALPN. */
export async function quicInitial(protocol: string): Promise<Uint8Array> {
  const sink = Deno.listenDatagram({ hostname, port: 0, transport: "udp" });
  const endpoint = new Deno.QuicEndpoint({ hostname, port: 0 });
  const connecting = Promise.resolve(Deno.connectQuic({
    hostname,
    port: (sink.addr as Deno.NetAddr).port,
    serverName: "p2pchat",
    endpoint,
    alpnProtocols: [protocol],
  }));
  try {
    const [packet] = await sink.receive();
    return packet.slice();
  } finally {
    endpoint.close();
    sink.close();
    await connecting.catch(() => {});
  }
}

/**
 * Sends what is no QUIC, and what begins like it, to a port of UDP.
 *
 * @param initial A first packet, which is sent with changes.
 */
export async function sendGarbage(port: number, initial: Uint8Array, count = 500): Promise<void> {
  const socket = Deno.listenDatagram({ hostname, port: 0, transport: "udp" });
  try {
    for (let n = 0; n < count; n++) {
      const packet = n % 2 === 0 ? initial.slice() : new Uint8Array(1 + n % 1_500);
      if (n % 2 === 1) crypto.getRandomValues(packet);
      else packet[n % packet.length]! ^= 1 + n % 255;
      await socket.send(packet, { transport: "udp", hostname, port });
    }
  } finally {
    socket.close();
  }
}
