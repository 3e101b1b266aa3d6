/**
 * A program that uses a store until it is killed, and says what it has promised as soon as it has.
 *
 *     deno run -A store_process.ts PATH NAME accept|receive|convert
 *
 * @module
 */

import { openStore } from "../../client/store/store.ts";
import {
  messageHash,
  type NumberedMessage,
  streamStart,
} from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { writeAllSync } from "../../shared/net/write_all.ts";
import { publicKeyFrom } from "../../shared/crypto/public_key.ts";

const [path, name, what] = Deno.args as [string, string, string];
const textKey = new Uint8Array(32).fill(7);
const key = publicKeyFrom(new Uint8Array(32).fill(2));

function promise(ids: readonly string[]): void {
  writeAllSync(Deno.stdout, new TextEncoder().encode(ids.map((id) => `${id}\n`).join("")));
}

if (what === "convert") {
  for (let sealed = true;; sealed = !sealed) {
    openStore(path, { textKey, sealed })[Symbol.dispose]();
    promise(["converted"]);
  }
}

using store = openStore(path, { textKey });
const { conversations, incoming, outgoing } = store;
const { id: conversation } = conversations.open({ self: "alice", name, key });
const stream = randomId();
let seq = 0;
let prev = streamStart;
promise(["open"]);
for (let round = 0;; round++) {
  const ids = Array.from({ length: 1 + round % 7 }, () => randomId());
  if (what === "accept") {
    outgoing.accept(ids.map((id) => ({ conversation, id, sentAtMs: 1, text: id, numbered: true })));
    promise(ids);
    if (round % 10 === 9) outgoing.acknowledge(conversation, ids[0]!);
    if (round % 50 === 49) outgoing.renumber(conversation);
  } else {
    const messages = ids.map((id): NumberedMessage => {
      const message = {
        id,
        sentAtMs: 1,
        text: id,
        position: { stream, seq: ++seq, floor: 0, prev },
      };
      prev = messageHash(message);
      return message;
    });
    incoming.receive(conversation, messages, 1);
    promise(ids);
    if (round % 10 === 9) incoming.markShown(conversation, round);
  }
}
