import { assert, assertEquals } from "@std/assert";
import type { Store } from "../../client/store/store.ts";
import { randomId } from "../../shared/protocol/random_id.ts";
import { type Disk, FileDisk, MemoryDisk } from "./disks.ts";
import { SeededRandom } from "./seeded_random.ts";
import { publicKeyFrom } from "../../shared/crypto/public_key.ts";

function disks(): Disk[] {
  return [new MemoryDisk(), new FileDisk(new SeededRandom(1))];
}

const party = { self: "alice", name: "bob", key: publicKeyFrom(new Uint8Array(32).fill(1)) };
const agreement = new Uint8Array(32).fill(2);

function accept({ conversations, outgoing }: Store, text: string): void {
  const { id: conversation } = conversations.open(party);
  outgoing.accept([{ conversation, id: randomId(), sentAtMs: 0, text, numbered: true }]);
}

function texts({ history }: Store): string[] {
  return [...history.export("alice", "bob")].map(({ text }) => text);
}

Deno.test("a store that is opened anew has what was in it", () => {
  for (const one of disks()) {
    using disk = one;
    accept(disk.open(), "first");
    accept(disk.open(), "second");
    assertEquals(texts(disk.store), ["first", "second"]);
    assertEquals(texts(disk.open()), ["first", "second"]);
  }
});

Deno.test("with the power goes what was not forced onto the disk, and nothing else", () => {
  const forgotten = [];
  for (let seed = 0; seed < 10; seed++) {
    using disk = new FileDisk(new SeededRandom(seed));
    const store = disk.open();
    accept(store, "promised");
    store.conversations.open(party, { agreement });
    disk.losePower();
    assertEquals(texts(disk.store), ["promised"]);
    forgotten.push(disk.open().conversations.find("alice", "bob")[0]!.agreement === undefined);
    accept(disk.store, "afterwards");
  }
  assert(forgotten.includes(true) && forgotten.includes(false), `${forgotten}`);
});

Deno.test("a disk that is used again is as if it had just been made", () => {
  for (let round = 0; round < 3; round++) {
    using disk = new MemoryDisk();
    const store = disk.open();
    assertEquals([store.knownPeers.find("bob"), texts(store)], [undefined, []]);
    store.knownPeers.remember("bob", party.key);
    accept(store, "hello");
    assertEquals(texts(store), ["hello"]);
    assertEquals(store.conversations.list("alice", 2).map(({ id }) => id), [1]);
  }
});
