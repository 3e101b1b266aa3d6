// What the store promises holds whenever its program is killed, however many programs use it, and if there is no
// room on the disk.

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { type Problem, UserError } from "../../../client/user_error.ts";
import { openStore, type Store } from "../../../client/store/store.ts";
import { messageHash, streamStart } from "../../../shared/protocol/message_stream.ts";
import { extent, part } from "../../support/extent.ts";
import { hasMounts, tinyDisk } from "../../support/places.ts";
import { race } from "../../support/race.ts";
import {
  conversationIn,
  draft,
  fileStore,
  keyBytesOf,
  keyOf,
  say,
  searched,
  stream,
} from "../../support/store_fixture.ts";

const textKey = keyBytesOf(7);
const config = new URL("../../../deno.json", import.meta.url).pathname;
const program = new URL("../../support/store_process.ts", import.meta.url).pathname;

/** Runs a program on a store and kills it so long after its first word. @returns What it promised. */
async function promisedUntilKilled(
  path: string,
  name: string,
  what: string,
  afterMs: number,
): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "--config", config, "-A", program, path, name, what],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  const decoder = new TextDecoder();
  let said = "";
  let timer;
  for await (const chunk of child.stdout) {
    said += decoder.decode(chunk, { stream: true });
    timer ??= setTimeout(() => child.kill("SIGKILL"), afterMs);
  }
  clearTimeout(timer);
  const { signal } = await child.status;
  assertEquals([signal, await stderr], ["SIGKILL", ""]);
  return said.split("\n").slice(1, -1);
}

/** All messages of a conversation, after checking that their numbers and hashes have no gaps. */
function assertWhole(path: string, promised: ReadonlyMap<string, readonly string[]>): void {
  {
    using database = new DatabaseSync(path);
    assertEquals({ ...database.prepare("PRAGMA integrity_check").get() }, {
      integrity_check: "ok",
    });
  }
  using store = openStore(path, { textKey });
  const { conversations, digests, history, outgoing } = store;
  for (const [name, ids] of promised) {
    const kept = [...history.export("alice", name)];
    assertEquals(new Set(kept.map(({ id }) => id)).size, kept.length);
    assert(kept.every(({ id, text }) => id === text));
    const place = new Map(kept.map(({ id }, i) => [id, i]));
    const places = ids.map((id) => place.get(id) ?? -1);
    assert(places.every((place, i) => place > (places[i - 1] ?? -1)), `${name}: ${places}`);
    const { id, outgoing: { last, acknowledged } } = conversations.find("alice", name)[0]!;
    assertChain(outgoing, id, last, acknowledged);
    for (const { direction, stream, last } of digests.streams(id)) {
      const seqs = [...digests.entries(id, direction, stream, 1, last)].map(({ seq }) => seq);
      assertEquals(seqs, Array.from({ length: last }, (_, i) => i + 1));
    }
  }
}

function assertChain(
  outgoing: Store["outgoing"],
  id: number,
  last: number,
  acknowledged: number,
): void {
  const messages = outgoing.unacknowledged(id, 0, 1_000_000);
  assertEquals(messages.length, last - acknowledged);
  let prev = acknowledged === 0 ? streamStart : undefined;
  for (const message of messages) {
    assertEquals(message.position.prev, prev ?? message.position.prev);
    prev = messageHash(message);
  }
}

/** Each time that a program is killed, or in an ordinary run one time of three. */
function kills(count: number): readonly number[] {
  return part(Array.from({ length: count }, (_, i) => i), 3);
}

Deno.test(`killed at any moment, a program has kept all that it promised (${extent})`, async () => {
  using file = fileStore();
  const promised = new Map<string, string[]>([["bob", []], ["carol", []]]);
  const all = 15;
  const tried = kills(all);
  for (const kill of tried) {
    // Two programs use one file at once; one sends and the other receives.
    const said = await Promise.all(
      ([["bob", "accept"], ["carol", "receive"]] as const).map(async ([name, what], i) => {
        const ids = await promisedUntilKilled(file.path, name, what, (kill * 37 + i * 61) % 250);
        promised.get(name)!.push(...ids);
        return ids.length;
      }),
    );
    assert(said.length === 2);
    assertWhole(file.path, promised);
  }
  // A program that is killed at once has promised nothing; of a few programs that may be most.
  const least = tried.length === all ? 100 : 0;
  assert([...promised.values()].every((ids) => ids.length > least));
});

Deno.test(`killed while it seals, or unseals, a program has lost nothing (${extent})`, async () => {
  using file = fileStore();
  {
    using store = file.open({ textKey });
    const id = conversationIn(store);
    for (let i = 0; i < 5; i++) {
      store.outgoing.accept(
        Array.from({ length: 1_000 }, () => draft(id, "")).map((one) => ({ ...one, text: one.id })),
      );
    }
  }
  const ids = await idsIn(file.path);
  for (const kill of kills(8)) {
    await promisedUntilKilled(file.path, "bob", "convert", (kill * 73) % 400);
    // Whichever way it was going, opening makes all of it readable again.
    if (kill % 2 === 0) assertWhole(file.path, new Map([["bob", ids]]));
  }
  assertEquals(await idsIn(file.path), ids);
  using store = file.open({ textKey, sealed: true });
  assertEquals([...store.history.export("alice", "bob")].map(({ text }) => text), ids);
  const bytes = file.bytes();
  assert(!ids.some((id) => bytes.includes(id)));
});

function idsIn(path: string): string[] {
  using store = openStore(path, { textKey });
  return [...store.history.export("alice", "bob")].map(({ id }) => id);
}

Deno.test("programs that share a store give each number once, and leave none out", async () => {
  using file = fileStore();
  const rounds = 150;
  const ids = await race(3, {
    imports: `
      import { openStore } from ${
      JSON.stringify(import.meta.resolve("../../../client/store/store.ts"))
    };
      import { publicKeyFrom } from ${
      JSON.stringify(import.meta.resolve("../../../shared/crypto/public_key.ts"))
    };
      import { randomId } from ${
      JSON.stringify(import.meta.resolve("../../../shared/protocol/random_id.ts"))
    };`,
    code: `
      using store = openStore(${JSON.stringify(file.path)});
      const { conversations, outgoing } = store;
      const key = publicKeyFrom(new Uint8Array(32).fill(2));
      const { id: conversation } = conversations.open({ self: "alice", name: "bob", key });
      for (let round = 0; round < ${rounds}; round++) {
        const drafts = Array.from({ length: 1 + round % 4 }, () => {
          const id = randomId();
          return { conversation, id, sentAtMs: 1, text: id, numbered: true };
        });
        outgoing.accept(drafts);
        for (const { id } of drafts) console.log(id);
      }`,
  });
  assertWhole(file.path, new Map(ids.map((said) => ["bob", said.trim().split("\n")])));
  using store = file.open();
  assertEquals(
    store.conversations.find("alice", "bob")[0]?.outgoing.last,
    ids.join("").trim().split("\n").length,
  );
});

Deno.test("programs that receive the same at the same moment store it once", async () => {
  using file = fileStore();
  const messages = stream(Array.from({ length: 300 }, (_, i) => `${i}`));
  const said = await race(3, {
    imports: `
      import { openStore } from ${
      JSON.stringify(import.meta.resolve("../../../client/store/store.ts"))
    };
      import { publicKeyFrom } from ${
      JSON.stringify(import.meta.resolve("../../../shared/crypto/public_key.ts"))
    };`,
    code: `
      using store = openStore(${JSON.stringify(file.path)});
      const { conversations, incoming } = store;
      const key = publicKeyFrom(new Uint8Array(32).fill(2));
      const { id } = conversations.open({ self: "alice", name: "bob", key });
      const messages = ${JSON.stringify(messages)};
      let stored = 0;
      for (let at = 0; at < messages.length; at += 3) {
        for (const { outcome } of incoming.receive(id, messages.slice(at, at + 3), 1)) {
          if (outcome === "stored") stored++;
          else if (outcome !== "duplicate") throw new Error(outcome);
        }
      }
      console.log(stored);`,
  });
  assertEquals(said.map(Number).reduce((a, b) => a + b), messages.length);
  using store = file.open();
  assertEquals(
    [...store.history.export("alice", "bob")].map(({ text }) => text),
    messages.map(({ text }) => text),
  );
});

/** Why a store refuses something. */
function refusal(act: () => unknown): Problem {
  const error = assertThrows(act, UserError);
  assertInstanceOf(error.cause, Error);
  return error.problem;
}

const full = {
  code: "store-refused",
  reason: "the disk is full; make room, and try again",
} as const;

Deno.test({
  name: "on a full disk nothing is accepted, nothing is lost, and it goes on once there is room",
  ignore: !hasMounts,
  fn: () => {
    using disk = tinyDisk("2m");
    const path = `${disk.path}/store.db`;
    using store = openStore(path);
    const { conversations, history, incoming, outgoing } = store;
    const { id } = conversations.open({ self: "alice", name: "bob", key: keyOf(2) });
    const accepted = say(outgoing, id, "first").map(({ text }) => text);
    disk.fill();
    const long = "x".repeat(10_000);
    const more = () => {
      for (let i = 0; i < 1_000; i++) {
        say(outgoing, id, `${accepted.length} ${long}`, "and");
        accepted.push(`${accepted.length} ${long}`, "and");
      }
    };
    assertEquals(refusal(more), { ...full, action: "save-messages" });
    assertEquals(refusal(more), { ...full, action: "save-messages" });
    const messages = stream([long, long, long, long]);
    assertEquals(
      refusal(() => incoming.receive(id, messages, 1)),
      { ...full, action: "save-received" },
    );
    const kept = () => [...history.export("alice", "bob")].map(({ text }) => text);
    assertEquals(kept(), accepted);
    assertEquals(searched(history, "alice", "first", 9).length, 1);
    Deno.removeSync(`${disk.path}/filling`);
    say(outgoing, id, "last");
    accepted.push("last");
    assertEquals(incoming.receive(id, messages, 1).map(({ outcome }) => outcome), [
      "stored",
      "stored",
      "stored",
      "stored",
    ]);
    assertEquals(kept(), [...accepted, long, long, long, long]);
    assertChain(outgoing, id, accepted.length, 0);
    using database = new DatabaseSync(path);
    assertEquals({ ...database.prepare("PRAGMA integrity_check").get() }, {
      integrity_check: "ok",
    });
  },
});

Deno.test({
  name: "a full disk while texts are sealed is reported, and sealing goes on the next time",
  ignore: !hasMounts,
  fn: () => {
    using disk = tinyDisk("8m");
    const path = `${disk.path}/store.db`;
    const texts = Array.from({ length: 3_000 }, (_, i) => `walnut ${i} ${"x".repeat(300)}`);
    {
      using store = openStore(path, { textKey });
      const id = conversationIn(store);
      say(store.outgoing, id, ...texts);
    }
    disk.fill();
    // Enough to open it and to begin.
    const { size } = Deno.statSync(`${disk.path}/filling`);
    Deno.truncateSync(`${disk.path}/filling`, size - 256 * 1024);
    assertEquals(refusal(() => openStore(path, { textKey, sealed: true })), {
      ...full,
      code: "store-not-opened",
      path,
    });
    Deno.removeSync(`${disk.path}/filling`);
    using store = openStore(path, { textKey, sealed: true });
    assertEquals([...store.history.export("alice", "bob")].map(({ text }) => text), texts);
    assert(!new TextDecoder("latin1").decode(Deno.readFileSync(path)).includes("walnut"));
  },
});

Deno.test("a store that another program has locked is waited for, and then that is reported", () => {
  using file = fileStore();
  using store = file.open({ busyTimeoutMs: 50 });
  const { conversations, history, outgoing } = store;
  const { id } = conversations.open({ self: "alice", name: "bob", key: keyOf(2) });
  using holder = new DatabaseSync(file.path);
  holder.exec("BEGIN IMMEDIATE");
  assertEquals(
    refusal(() => say(outgoing, id, "text")),
    {
      code: "store-refused",
      action: "save-messages",
      reason: "another program is using it; close that program, and try again",
    },
  );
  assertEquals(history.latest("alice", "bob", 9), []);
  holder.exec("ROLLBACK");
  assertEquals(say(outgoing, id, "text")[0]!.position.seq, 1);
});

Deno.test("a store of the version before keeps its peers, and gets its messages", () => {
  using file = fileStore();
  {
    using store = file.open();
    store.knownPeers.remember("bob", keyOf(1));
  }
  const since = ["conversations", "streams", "messages", "words", "keeping", "settings"];
  file.change(since.map((table) => `DROP TABLE ${table};`).join("") + "PRAGMA user_version = 1");
  using store = file.open();
  assertEquals(store.knownPeers.find("bob")?.key, keyOf(1));
  const { id } = store.conversations.open({ self: "alice", name: "bob", key: keyOf(1) });
  assertEquals(say(store.outgoing, id, "text").length, 1);
});
