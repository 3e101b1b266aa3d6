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
