/**
 * A program for Node: one end of HyperDHT, for the bench. Nothing of it is a part of the project: it is started with
 * the directory into which npm has put HyperDHT.
 *
 *     hyperdht_peer.mjs DIRECTORY network HOST           nodes that others find each other by; prints HOST:PORT
 *     hyperdht_peer.mjs DIRECTORY receiver HOST:PORT BYTES            prints its key; answers a byte for each BYTES
 *     hyperdht_peer.mjs DIRECTORY sender HOST:PORT BYTES KEY ROUNDS   prints where the other one is, then a line of
 *                                                                     JSON for each round
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import process from "node:process";

/** Several are asked before one believes that a router keeps ports. */
const nodesOfNetwork = 6;
const chunkBytes = 64 * 1024;

const [directory, role, place, bytes, key, rounds] = process.argv.slice(2);
const require = createRequire(`${directory}/`);
const HyperDHT = require("hyperdht");

function say(line) {
  process.stdout.write(`${line}\n`);
}

async function network() {
  const createTestnet = require("hyperdht/testnet");
  const { bootstrap: [{ host, port }] } = await createTestnet(nodesOfNetwork, { host: place });
  say(`${host}:${port}`);
}

function node() {
  const [host, port] = place.split(":");
  return new HyperDHT({ bootstrap: [{ host, port: Number(port) }] });
}

async function receiver() {
  const server = node().createServer((socket) => {
    let received = 0;
    socket.on("error", () => {});
    socket.on("data", (data) => {
      received += data.length;
      if (received < Number(bytes)) return;
      received -= Number(bytes);
      socket.write(Buffer.alloc(1));
    });
  });
  await server.listen();
  say(server.publicKey.toString("hex"));
}

async function sender() {
  const socket = node().connect(Buffer.from(key, "hex"));
  await once(socket, "open");
  const { remoteHost, remotePort } = socket.rawStream;
  say(`${remoteHost}:${remotePort}`);
  const chunk = randomBytes(chunkBytes);
  for (let round = 0; round < Number(rounds); round++) {
    const begin = performance.now();
    const answered = once(socket, "data");
    for (let left = Number(bytes); left > 0; left -= chunkBytes) {
      const isTaken = socket.write(left < chunkBytes ? chunk.subarray(0, left) : chunk);
      if (!isTaken) await once(socket, "drain");
    }
    await answered;
    say(JSON.stringify({ sent: Number(bytes) / 1_000 / (performance.now() - begin) }));
  }
  process.exit();
}

await { network, receiver, sender }[role]();
