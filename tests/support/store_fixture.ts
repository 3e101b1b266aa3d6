/**
 * Stores for tests, and what is put into them.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import {
  type ConversationId,
  type Draft,
  type HistoryEntry,
  openStore,
  type Store,
  type StoreOptions,
} from "../../client/store/store.ts";
import { migrations } from "../../client/store/schema.ts";
import {
  type Fingerprint,
  fingerprintOf,
  type PublicKey,
  publicKeyFrom,
} from "../../shared/crypto/public_key.ts";
import {
  messageHash,
  type NumberedMessage,
  streamStart,
} from "../../shared/protocol/message_stream.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { temporaryDirectory } from "./places.ts";

/** 32 bytes that differ from others in one value. */
export function keyBytesOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

/** A public key of such bytes. */
export function keyOf(byte: number): PublicKey {
  return publicKeyFrom(keyBytesOf(byte));
}

/** The fingerprint of such a key. */
export function printOf(byte: number): Fingerprint {
  return fingerprintOf(keyOf(byte));
}

/** The conversation of alice with bob. */
export function conversationIn({ conversations }: Pick<Store, "conversations">): ConversationId {
  return conversations.open({ self: "alice", name: "bob", key: keyOf(2) }).id;
}

/** A store in memory with that conversation. */
export function storedConversation(options?: StoreOptions) {
  const store = openStore(":memory:", options);
  return { ...store, id: conversationIn(store) };
}

/** A store in a file of its own, that can be looked into and opened again. */
export function fileStore() {
  const place = temporaryDirectory();
  const path = `${place.path}/store.db`;
  return {
    path,
    open: (options?: StoreOptions) => openStore(path, options),
    /** All bytes of the file and its log. */
    bytes: () =>
      ["", "-wal"].map((ending) => {
        try {
          return new TextDecoder("latin1").decode(Deno.readFileSync(path + ending));
        } catch (error) {
          if (error instanceof Deno.errors.NotFound) return "";
          throw error;
        }
      }).join(""),
    query: (sql: string): unknown => {
      using database = new DatabaseSync(path);
      return database.prepare(sql).get();
    },
    change: (sql: string): void => {
      using database = new DatabaseSync(path);
      database.exec(sql);
    },
    /** Takes out all that the present version has added to a store of version 0.3.0. */
    downgrade: (): void => {
      using model = new DatabaseSync(":memory:");
      for (const sql of migrations) model.exec(sql);
      using database = new DatabaseSync(path);
      const names = (one: DatabaseSync, type: string) =>
        one.prepare("SELECT name FROM sqlite_schema WHERE type = ?").all(type)
          .map(({ name }) => String(name));
      for (const type of ["trigger", "table"]) {
        const before = new Set(names(model, type));
        // A virtual table takes its own tables along.
        for (const name of names(database, type).filter((name) => !before.has(name))) {
          database.exec(`DROP ${type} IF EXISTS ${name}`);
        }
      }
    },
    [Symbol.dispose]: () => place[Symbol.dispose](),
  };
}

/** What the user has written. */
export function draft(conversation: number, text: string, more: Partial<Draft> = {}): Draft {
  return { conversation, id: randomId(), sentAtMs: 1_000, text, numbered: true, ...more };
}

/** Accepts texts. @returns Their messages. */
export function say(
  outgoing: Pick<Store["outgoing"], "accept">,
  conversation: number,
  ...texts: string[]
): NumberedMessage[] {
  return outgoing.accept(texts.map((text) => draft(conversation, text))) as NumberedMessage[];
}

/** Messages of a new stream, as a peer sends them. */
export function stream(texts: readonly string[], { floor = 0, prev = streamStart } = {}) {
  const id = randomId();
  return texts.map((text, i): NumberedMessage => {
    const position = { stream: id, seq: floor + i + 1, floor, prev };
    const message = { id: randomId(), sentAtMs: 2_000 + i, text, position };
    prev = messageHash(message);
    return message;
  });
}

/** What a conversation has received, oldest first. */
export function received(
  history: Pick<Store["history"], "export">,
  self: string,
  name: string,
): string[] {
  return [...history.export(self, name)].filter(({ direction }) => direction === "in")
    .map(({ text }) => text);
}

/** What became of messages, in short. */
export function outcomes(
  incoming: Pick<Store["incoming"], "receive">,
  conversation: number,
  messages: readonly NumberedMessage[],
) {
  return incoming.receive(conversation, messages, 3_000).map(({ outcome }) => outcome);
}

/** All that a search finds, however many steps it takes. */
export function searched(
  history: Pick<Store["history"], "search">,
  self: string,
  words: string,
  limit: number,
): HistoryEntry[] {
  const steps = history.search(self, words, limit);
  for (;;) {
    const { value, done } = steps.next();
    if (done === true) return [...value.entries];
  }
}

/** The last message of a stream that has been received; undefined if there is none. */
export function lastReceived(
  digests: Pick<Store["digests"], "streams" | "entries">,
  conversation: number,
  stream: string,
): { seq: number; id: string } | undefined {
  const { last } =
    digests.streams(conversation).find((one) =>
      one.direction === "received" && one.stream === stream
    ) ?? {};
  if (last === undefined) return undefined;
  return [...digests.entries(conversation, "received", stream, last, last)][0];
}
