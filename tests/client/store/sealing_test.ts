import { assert, assertEquals, assertThrows } from "@std/assert";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { openStore, type Store, storeKeyOf } from "../../../client/store/store.ts";
import { TextCipher } from "../../../client/store/text_cipher.ts";
import { UserError } from "../../../client/user_error.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import {
  conversationIn,
  draft,
  fileStore,
  keyBytesOf,
  keyOf,
  outcomes,
  say,
  searched,
  stream,
} from "../../support/store_fixture.ts";

const textKey = keyBytesOf(7);
const owner = { self: "alice", name: "bob", key: keyBytesOf(2), direction: "in", id: "1" } as const;

function texts(history: Store["history"]): string[] {
  return [...history.export("alice", "bob")].map(({ text }) => text);
}

Deno.test("a sealed text opens with its key, for its message, as it is", () => {
  const cipher = new TextCipher(textKey);
  for (const text of ["", "hello", "é😀\0\ufeff"]) {
    const sealed = cipher.seal(owner, text);
    assertEquals(cipher.open(owner, sealed), text);
    assert(cipher.seal(owner, text).toHex() !== sealed.toHex());
    for (
      const other of [
        { ...owner, self: "eve" },
        { ...owner, name: "eve" },
        { ...owner, key: keyBytesOf(3) },
        { ...owner, direction: "out" },
        { ...owner, id: "2" },
      ] as const
    ) assertEquals(cipher.open(other, sealed), undefined);
    assertEquals(new TextCipher(keyBytesOf(8)).open(owner, sealed), undefined);
    for (let i = 0; i < sealed.length; i++) {
      assertEquals(cipher.open(owner, sealed.with(i, sealed[i]! ^ 1)), undefined);
      assertEquals(cipher.open(owner, sealed.subarray(0, i)), undefined);
    }
  }
  assertThrows(() => new TextCipher(new Uint8Array(31)), TypeError);
});

Deno.test("it is XChaCha20-Poly1305, with the nonce before it", () => {
  const sealed = new TextCipher(textKey).seal(owner, "hello");
  const ad = JSON.stringify(["p2pchat text 1", "alice", "bob", keyBytesOf(2).toHex(), "in", "1"]);
  const cipher = xchacha20poly1305(textKey, sealed.slice(0, 24), new TextEncoder().encode(ad));
  assertEquals(new TextDecoder().decode(cipher.decrypt(sealed.slice(24))), "hello");
});

Deno.test("each identity has a key of its own for its texts, different from its other keys", () => {
  const identity = Identity.fromSeed(keyBytesOf(1));
  const key = storeKeyOf(identity);
  assertEquals(key, storeKeyOf(Identity.fromSeed(keyBytesOf(1))));
  assertEquals(key.length, 32);
  assert(key.toHex() !== storeKeyOf(Identity.fromSeed(keyBytesOf(2))).toHex());
  assert(key.toHex() !== identity.seed.toHex());
});

Deno.test("sealed texts and their words are not in the file, and read as before", () => {
  using file = fileStore();
  {
    using store = file.open({ textKey, sealed: true });
    const { history, incoming, outgoing } = store;
    const id = conversationIn(store);
    say(outgoing, id, "the secret is walnut");
    outcomes(incoming, id, stream(["yes: walnut"]));
    say(outgoing, id, ...Array(2_500).fill("walnuts everywhere"));
    assert(!file.bytes().includes("walnut"));
    assertEquals(texts(history).slice(0, 2), ["the secret is walnut", "yes: walnut"]);
    assertEquals(searched(history, "alice", "secret walnut", 9).length, 1);
    assertEquals(outgoing.unacknowledged(id, 0, 1)[0]!.text, "the secret is walnut");
  }
  assert(!file.bytes().includes("walnut"));
});

Deno.test("setting a passphrase seals all texts, and leaves no trace of them", () => {
  using file = fileStore();
  const words = Array.from({ length: 5_000 }, (_, i) => `walnut ${i} ${"filler ".repeat(i % 9)}`);
  {
    using store = file.open({ textKey });
    say(store.outgoing, conversationIn(store), ...words);
    assert(file.bytes().includes("walnut"));
  }
  assert(file.bytes().includes("walnut"));
  const progress: [number, number][] = [];
  {
    using store = file.open({
      textKey,
      sealed: true,
      onConvert: (...step) => progress.push(step),
    });
    assert(!file.bytes().includes("walnut") && !file.bytes().includes("filler"));
    assertEquals(texts(store.history), words);
    assertEquals(searched(store.history, "alice", "walnut 4999", 9).length, 1);
    say(store.outgoing, conversationIn(store), "walnut again");
    assert(!file.bytes().includes("walnut"));
  }
  assertEquals(progress.at(-1), [5_000, 5_000]);
  assert(progress.length >= 5);
  assert(!file.bytes().includes("walnut"));
  {
    using _store = file.open({ textKey, sealed: true, onConvert: () => assert(false) });
  }
  // And back again, with what was written meanwhile.
  {
    using store = file.open({ textKey, sealed: false });
    assertEquals(texts(store.history), [...words, "walnut again"]);
    assert(file.bytes().includes("walnut"));
    assertEquals(searched(store.history, "alice", "walnut again", 9).length, 1);
  }
  using store = openStore(file.path);
  assertEquals(texts(store.history).length, 5_001);
});

Deno.test("a conversion that is interrupted anywhere loses nothing, and goes on later", () => {
  using file = fileStore();
  const words = Array.from({ length: 4_500 }, (_, i) => `walnut ${i}`);
  {
    using store = file.open({ textKey });
    say(store.outgoing, conversationIn(store), ...words);
  }
  for (let cut = 1_000; cut <= 5_000; cut += 1_000) {
    for (const sealed of [true, false]) {
      const stop = (done: number) => {
        if (done >= cut) throw new Error("cut");
      };
      try {
        file.open({ textKey, sealed, onConvert: stop })[Symbol.dispose]();
      } catch (error) {
        assert(error instanceof Error && error.message.includes("cut"), String(error));
      }
      // Even if the user has changed their mind since.
      const next = cut % 2_000 === 0 ? sealed : !sealed;
      using store = file.open({ textKey, sealed: next });
      assertEquals(file.bytes().includes("walnut"), !next);
      assertEquals(texts(store.history), words);
      assertEquals(searched(store.history, "alice", "walnut 4321", 9).length, 1);
    }
  }
  file.open({ textKey, sealed: true })[Symbol.dispose]();
  assert(!file.bytes().includes("walnut"));
});

Deno.test("half-typed lines are sealed with the texts, and readable again with them", () => {
  using file = fileStore();
  const lines = [["bob", "walnut for bob"], ["", "walnut for nobody"]] as const;
  const write = ({ lineDrafts }: Store) => {
    for (const [name, text] of lines) {
      lineDrafts.of("alice").write(name, { text, typed: 3, isForAnother: true });
    }
  };
  const reads = ({ lineDrafts }: Store) => {
    for (const [name, text] of lines) {
      assertEquals(lineDrafts.of("alice").read(name), { text, typed: 3, isForAnother: true });
    }
  };
  {
    using store = file.open({ textKey });
    conversationIn(store);
    store.knownPeers.remember("bob", keyOf(2));
    write(store);
    assert(file.bytes().includes("walnut for nobody"));
  }
  for (let i = 0; i < 2; i++) {
    {
      using store = file.open({ textKey, sealed: true });
      assert(!file.bytes().includes("walnut"));
      reads(store);
      write(store);
      reads(store);
    }
    assert(!file.bytes().includes("walnut"));
    using store = file.open({ textKey });
    reads(store);
    assert(file.bytes().includes("walnut for bob"));
  }
  {
    using _store = file.open({ textKey, sealed: true });
  }
  // One in the place of another one does not open.
  file.change(`UPDATE line_drafts SET text = (SELECT text FROM line_drafts ORDER BY row LIMIT 1)`);
  {
    using store = file.open({ textKey, sealed: true });
    const own = store.lineDrafts.of("alice");
    assertEquals(lines.filter(([name]) => own.read(name) !== undefined).length, 1);
  }
  {
    using store = file.open({ textKey });
    assertEquals(file.query("SELECT count(*) AS count FROM line_drafts"), { count: 1 });
    write(store);
  }
  // Version 0.3.0 seals, too, and knows nothing of them.
  file.change("UPDATE keeping SET sealed = 1, converting = 1");
  assertEquals(file.query("SELECT count(*) AS count FROM line_drafts"), { count: 0 });
});

Deno.test("a program that still runs seals as soon as another one has been told to", () => {
  using file = fileStore();
  using early = file.open({ textKey });
  const id = conversationIn(early);
  say(early.outgoing, id, "walnut 1");
  {
    using late = file.open({ textKey, sealed: true });
    say(early.outgoing, id, "walnut 2", ...Array(2_500).fill("walnut 3"));
    assertEquals(texts(late.history).slice(0, 2), ["walnut 1", "walnut 2"]);
    assertEquals(texts(early.history).slice(0, 2), ["walnut 1", "walnut 2"]);
    assertEquals(searched(early.history, "alice", "walnut", 5_000).length, 2_502);
  }
  assert(!file.bytes().includes("walnut"));
});

Deno.test("without its key, or with another one, a sealed store is refused", () => {
  using file = fileStore();
  {
    using store = file.open({ textKey, sealed: true });
    say(store.outgoing, conversationIn(store), "walnut");
  }
  const expected = { code: "store-sealed", path: file.path };
  for (
    const options of [{}, { textKey: keyBytesOf(8) }, { textKey: keyBytesOf(8), sealed: true }]
  ) {
    assertEquals<unknown>(assertThrows(() => file.open(options), UserError).problem, expected);
  }
  assertThrows(() => file.open({ sealed: true }), TypeError);
  using store = file.open({ textKey, sealed: true });
  assertEquals(texts(store.history), ["walnut"]);
});

Deno.test("the identity may change if nothing is sealed any more", () => {
  using file = fileStore();
  for (
    const [key, sealed] of [[1, false], [2, true], [2, false], [3, true], [3, false], [4, false]]
  ) {
    using store = file.open({ textKey: keyBytesOf(key as number), sealed: sealed as boolean });
    say(store.outgoing, conversationIn(store), "text");
    assert(texts(store.history).every((text) => text === "text"));
  }
});

Deno.test("a text that was changed on the disk, or moved to another message, is reported", () => {
  using file = fileStore();
  using store = file.open({ textKey, sealed: true });
  const { history, outgoing } = store;
  const id = conversationIn(store);
  const two = draft(id, "two");
  outgoing.accept([draft(id, "one"), two, draft(id, "three")]);
  file.change(`UPDATE messages SET text = (SELECT text FROM messages WHERE row = 1) WHERE row = 2;
    UPDATE messages SET text = x'00' WHERE row = 3`);
  assertEquals(
    [...history.export("alice", "bob")].map(({ text, unreadable }) => [text, unreadable]),
    [["one", undefined], ["", true], ["", true]],
  );
  assertEquals(searched(history, "alice", "one", 9).length, 1);
  // It is not sent as another text.
  assertEquals(outgoing.unacknowledged(id, 0, 1).length, 1);
  const error = assertThrows(() => outgoing.unacknowledged(id, 1, 1), UserError);
  assertEquals(error.problem, { code: "message-unreadable", id: two.id, name: "bob" });
});
