/**
 * Two clients that a server joins.
 *
 * @module
 */

import { Identity } from "../../shared/crypto/identity.ts";
import { challengeOf, keyLine, signatureOf, signed } from "../support/signer.ts";
import { Wire } from "../support/wire.ts";

/** Somebody who is registered, and takes calls over the relay. */
export interface Present extends Disposable {
  readonly id: string;
  readonly identity: Identity;
  readonly wire: Wire;
}

/** Registers at 127.0.0.1, and takes calls. */
export async function present(id: string, port: number): Promise<Present> {
  const identity = Identity.generate();
  const wire = await Wire.connect({ address: { host: "127.0.0.1", port } }, false);
  const lines = ["REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
  const challenge = challengeOf(await wire.ask(...lines, keyLine(identity)));
  await wire.ask(...signed(identity, lines, challenge));
  await wire.ask("WATCH", "Version: 1", "Features: relay");
  return { id, identity, wire, [Symbol.dispose]: () => wire.close() };
}

/** Joins two clients. @returns A connection of each. */
export async function joinPair(
  one: Present,
  other: Present,
  port: number,
): Promise<[Deno.TcpConn, Deno.TcpConn]> {
  const own = await one.wire.ask(
    ...["RELAY", `clientID: ${one.id}`, "Version: 1", `Target: ${other.id}`],
  );
  const relayed = await other.wire.receive();
  return await Promise.all([join(one, own, port), join(other, relayed, port)]);
}

async function join({ id, identity }: Present, message: string, port: number) {
  const nonce = /^Nonce: (\S+)\r$/m.exec(message)?.[1];
  if (nonce === undefined) throw new Error(`The server does not relay: ${message}`);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = [
    ...["JOIN", `clientID: ${id}`, "Version: 1", keyLine(identity)],
    ...[`Nonce: ${nonce}`, `Dialed: 127.0.0.1:${port}`],
  ];
  const request = [...lines, `Signature: ${signatureOf(identity, lines, "")}`, "", ""].join("\r\n");
  await conn.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(100);
  const count = await conn.read(buffer);
  const reply = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  if (!reply.startsWith("JOINACK\r\n")) throw new Error(`The server does not join: ${reply}`);
  return conn;
}
