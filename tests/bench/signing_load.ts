/**
 * A program: registers with keys over and over on kept connections, and prints after each round how many
 * registrations there were in it, and how many a second, as a line of JSON.
 *
 *     signing_load.ts PORT CONNECTIONS ROUNDS SECONDS renew|new
 *
 * Each connection has a key of its own. It sends REGISTER, signs the challenge that comes, sends REGISTER
 * again and waits for REGACK: of one name, again and again, or of another name each time.
 *
 * @module
 */

import { Identity } from "../../shared/crypto/identity.ts";
import {
  type RegistrationClaim,
  registrationTranscript,
  signatureToText,
} from "../../shared/protocol/registration_proof.ts";
import { writeAll } from "../../shared/net/write_all.ts";
import { MessageEnds } from "./message_ends.ts";

const [port, connections, rounds, seconds, mode] = Deno.args;
const utf8 = new TextEncoder();

let registrations = 0;
let running = true;
const open: Deno.TcpConn[] = [];

const loops = Promise.all(Array.from({ length: Number(connections) }, (_, i) => repeat(i)));
for (let round = 0; round < Number(rounds); round++) {
  const [before, begin] = [registrations, performance.now()];
  // Whatever breaks a connection ends the program, and with it the measurement.
  await Promise.race([loops, new Promise((done) => setTimeout(done, Number(seconds) * 1000))]);
  const made = registrations - before;
  const rate = made / ((performance.now() - begin) / 1000);
  await writeAll(Deno.stdout, utf8.encode(JSON.stringify({ registrations: made, rate }) + "\n"));
}
running = false;
await loops;
for (const conn of open) conn.close();

async function repeat(connection: number): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  open.push(conn);
  const identity = Identity.generate();
  const key = identity.publicKey;
  for (let n = 0; running; n++) {
    await register(conn, identity, {
      purpose: "REGISTER",
      nonce: "",
      server: { realm: "" },
      clientID: mode === "new" ? `c${connection}-${n}` : `c${connection}`,
      ip: "127.0.0.1",
      port: "5556",
      expires: "300",
      key,
    });
    registrations++;
  }
}

async function register(
  conn: Deno.TcpConn,
  identity: Identity,
  unsigned: RegistrationClaim,
): Promise<void> {
  const request = `REGISTER\r\nclientID: ${unsigned.clientID}\r\nIP: ${unsigned.ip}\r\n` +
    `Port: ${unsigned.port}\r\nVersion: 1\r\nExpires: ${unsigned.expires}\r\nKey: ${unsigned.key}\r\n`;
  const challenge = await ask(conn, request + "\r\n", "ERROR\r\nCode: 401\r\n");
  const claim = {
    ...unsigned,
    nonce: valueOf(challenge, "Nonce"),
    server: { realm: valueOf(challenge, "Realm") },
  };
  const signature = signatureToText(identity.sign(registrationTranscript(claim)));
  await ask(
    conn,
    `${request}Nonce: ${claim.nonce}\r\nSignature: ${signature}\r\n\r\n`,
    "REGACK\r\n",
  );
}

function valueOf(reply: string, name: string): string {
  const start = reply.indexOf(`\r\n${name}: `) + name.length + 4;
  return reply.slice(start, reply.indexOf("\r\n", start));
}

async function ask(conn: Deno.TcpConn, request: string, expected: string): Promise<string> {
  await writeAll(conn, utf8.encode(request));
  const buffer = new Uint8Array(1024);
  const ends = new MessageEnds();
  let reply = "";
  for (let ended = false; !ended;) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error("The server closed the connection");
    reply += new TextDecoder().decode(buffer.subarray(0, count));
    ended = ends.count(buffer, count) > 0;
  }
  if (!reply.startsWith(expected)) throw new Error(`The server answered ${reply}`);
  return reply;
}
