/**
 * A program: sends full frames through an encrypted channel, and prints after each round how many
 * megabytes a second of content went to the other process, and how many the cipher alone encrypts in
 * this one, as a line of JSON.
 *
 *     sealed_sender.ts PORT ROUNDS tcp|quic [FORWARDER SEEN]
 *
 * With a forwarder it meets there who receives, through the router behind which that one is seen; and what the cipher
 * alone does is not measured.
 *
 * @module
 */

import { SecureChannel } from "../../client/link/secure_channel.ts";
import { primitives } from "../../shared/crypto/primitives.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { frameContentBytes, framesPerRound } from "./frame_sizes.ts";
import { handshakeOver } from "./handshake_over.ts";
import { punchedOver } from "./punched_over.ts";

const [port, rounds, transport, forwarder, seen] = Deno.args;
/** Frames that are sealed at once, so that a write carries several. */
const framesPerWrite = 2;

const tcp = await Deno.connect({ hostname: forwarder ?? "127.0.0.1", port: Number(port) });
tcp.setNoDelay(true);
await writeAll(tcp, new Uint8Array([transport === "quic" ? 1 : 0]));
const conn = transport === "quic" ? await punchedOver(tcp, true, seen) : tcp;
const channel = new SecureChannel(await handshakeOver(conn, "initiator"));
const several = new Uint8Array(frameContentBytes * framesPerWrite);
// More than one call gives.
for (let at = 0; at < several.length; at += 65_536) {
  crypto.getRandomValues(several.subarray(at, at + 65_536));
}
let frames: Uint8Array = new Uint8Array(0);
const chunk = several.subarray(0, frameContentBytes);
const key = crypto.getRandomValues(new Uint8Array(32));
const nothing = new Uint8Array(0);

for (let round = 0; round < Number(rounds); round++) {
  const sent = await rate(async () => {
    for (let n = 0; n < framesPerRound; n += framesPerWrite) {
      frames = channel.seal(several, frames);
      await writeAll(conn, frames);
    }
    await conn.read(new Uint8Array(1));
  });
  const encrypted = forwarder === undefined ? await rate(encryptAlone) : undefined;
  const line = JSON.stringify({ sent, encrypted }) + "\n";
  await writeAll(Deno.stdout, new TextEncoder().encode(line));
}
conn.close();
// An open port of UDP would keep the program.
Deno.exit();

function encryptAlone(): void {
  for (let n = 0; n < framesPerRound; n++) primitives.encrypt(key, n, nothing, chunk);
}

/** Megabytes a second. */
async function rate(task: () => void | Promise<void>): Promise<number> {
  const begin = performance.now();
  await task();
  return framesPerRound * frameContentBytes / 1_000 / (performance.now() - begin);
}
