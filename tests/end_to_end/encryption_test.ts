// What somebody on the way sees of a conversation of two programs.

import { assert, assertEquals } from "@std/assert";
import { type Place, temporaryDirectory } from "../support/places.ts";
import { builds, Program, startServerProgram } from "../support/program.ts";

/** Somebody on the way, who records all that passes. */
class Recorder implements AsyncDisposable {
  /** What went each way, on all connections. */
  readonly toCalled: Uint8Array[] = [];
  readonly toCaller: Uint8Array[] = [];
  readonly port: number;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.TcpConn[] = [];
  readonly #serving: Promise<void>;

  /** @param change What becomes of a read that goes to the caller. */
  constructor(
    calledPort: number | Promise<number>,
    readonly change = (bytes: Uint8Array) => bytes,
  ) {
    this.port = this.#listener.addr.port;
    this.#serving = this.#serve(calledPort);
  }

  get place(): string {
    return `127.0.0.1:${this.port}`;
  }

  async #serve(calledPort: number | Promise<number>): Promise<void> {
    const passing: Promise<void>[] = [];
    try {
      for (;;) {
        const caller = await this.#listener.accept();
        const called = await Deno.connect({ hostname: "127.0.0.1", port: await calledPort });
        this.#conns.push(caller, called);
        passing.push(
          pass(caller, called, (bytes) => this.#keep(this.toCalled, bytes)),
          pass(called, caller, (bytes) => this.#keep(this.toCaller, this.change(bytes))),
        );
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(passing);
  }

  #keep(kept: Uint8Array[], bytes: Uint8Array): Uint8Array {
    kept.push(bytes);
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const conn of this.#conns) conn.close();
    await this.#serving;
  }
}

async function pass(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  take: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    for (let count; (count = await from.read(buffer)) !== null;) {
      const bytes = take(buffer.slice(0, count));
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    }
    await to.closeWrite();
  } catch {
    // One of the two has gone.
  }
}

/** A text in the forms in which it could be found, each byte as one character. */
function formsOf(text: string): string[] {
  const utf8 = String.fromCharCode(...new TextEncoder().encode(text));
  const units = [...text].flatMap((c) => [...Array(c.length).keys()].map((i) => c.charCodeAt(i)));
  const utf16 = units.map((unit) => String.fromCharCode(unit & 0xff, unit >> 8)).join("");
  const swapped = units.map((unit) => String.fromCharCode(unit >> 8, unit & 0xff)).join("");
  return [utf8, utf16, swapped].flatMap((bytes) => {
    const hex = [...bytes].map((c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
    // Inside something longer, its characters depend on what is before it and after it.
    const base64 = [0, 1, 2].map((before) => {
      const whole = btoa("\0".repeat(before) + bytes);
      return whole.slice(before === 0 ? 0 : 4, whole.length - 4);
    });
    const base64url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
    return [bytes, hex, hex.toUpperCase(), ...base64, ...base64url];
  });
}

/** Which of some texts' forms stand in some bytes. */
function found(texts: readonly string[], parts: readonly Uint8Array[]): string[] {
  const all = parts.map((part) => new TextDecoder("latin1").decode(part)).join("");
  // Of this decoder's letters some are not the byte's own, but the same for both.
  const asDecoded = (form: string) =>
    new TextDecoder("latin1").decode(Uint8Array.from(form, (c) => c.charCodeAt(0)));
  return texts.flatMap(formsOf).filter((form) => all.includes(asDecoded(form)));
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

async function contentsOf(
  { path }: Place,
  fits: (file: string) => boolean = () => true,
): Promise<Uint8Array[]> {
  const files = await Array.fromAsync(filesBelow(path));
  return await Promise.all(files.filter(fits).map((file) => Deno.readFile(file)));
}

const alicesWords = "Wir treffen uns unter der Zypresse, um Mitternacht 🌒";
const bobsWords = "Abgemacht: Kennwort Quittenmarmelade";
const alicesPart = "Zypresse";
const bobsPart = "Quittenmarmelade";
const words = [alicesWords, bobsWords, alicesPart, bobsPart];

Deno.test("a text would be found in each of its forms, wherever it stands", () => {
  const utf8 = new TextEncoder();
  for (const before of ["", "x", "xy", "xyz"]) {
    const text = `${before}${bobsPart}, and more`;
    const utf16 = new Uint8Array(new Uint16Array([...text].map((c) => c.charCodeAt(0))).buffer);
    for (const bytes of [utf8.encode(text), utf16]) {
      for (
        const form of [
          bytes,
          utf8.encode(bytes.toHex()),
          utf8.encode(bytes.toBase64()),
          utf8.encode(bytes.toBase64({ alphabet: "base64url" })),
        ]
      ) assert(found([bobsPart], [form.subarray(0, 9), form.subarray(9)]).length > 0);
    }
  }
  assertEquals(found(words, [utf8.encode("Something else, of Zypress and Quitte")]), []);
});

for (const build of builds) {
  Deno.test(`${build.name}: nothing that two people say who met through a server can be read on the way`, async () => {
    using alicesHome = temporaryDirectory();
    using bobsHome = temporaryDirectory();
    // Somebody on the way to the server changes its answer: bob seems to be at the recorder's address. They are
    // where the server is called.
    const serverPort = Promise.withResolvers<number>();
    let change = (bytes: Uint8Array) => bytes;
    await using misled = new Recorder(serverPort.promise, (bytes) => change(bytes));
    const { server, address, port } = await startServerProgram(build, "--realm", misled.place);
    serverPort.resolve(port);
    await using _server = server;
    await using bob = new Program(
      { ...build, home: bobsHome.path },
      "client",
      "bob",
      "0",
      address,
      "--register",
    );
    const [, bobsPort] = await bob.says(/listening on 127\.0\.0\.1:(\d+)/);
    await bob.says(/^\* registered as bob/);
    await using recorder = new Recorder(Number(bobsPort));
    change = (bytes) =>
      new TextEncoder().encode(
        new TextDecoder().decode(bytes).replace(`Port: ${bobsPort}\r`, `Port: ${recorder.port}\r`),
      );
    await using alice = new Program(
      { ...build, home: alicesHome.path },
      "client",
      "alice",
      "0",
      misled.place,
      "--register",
    );
    await alice.says(/^\* registered as alice/);
    await alice.types("/chat bob");
    await alice.says(/^\* connected to bob .*, encrypted$/);
    await alice.types(alicesWords);
    await bob.says(new RegExp(`^alice: ${alicesWords}$`));
    await bob.types(`/switch alice\n${bobsWords}`);
    await alice.says(new RegExp(`^bob: ${bobsWords}$`));
    await alice.types("/verify bob");
    await bob.says(/^\* alice wants to make sure/);
    await bob.types("/verify alice");
    const [, alicesFour] = await alice.says(/^\* {5}(\w+ {2}\w+ {2}\w+ {2}\w+)$/);
    const [, bobsFour] = await bob.says(/^\* {5}(\w+ {2}\w+ {2}\w+ {2}\w+)$/);
    assertEquals(alicesFour, bobsFour);
    for (const one of [alice, bob]) {
      await one.endInput();
      assertEquals(await one.ends(), 0);
      assertEquals(one.err, []);
    }
    // All of it went through here.
    for (const way of [recorder.toCalled, recorder.toCaller]) {
      assertEquals(found(["Encryption: Noise_XX_25519_ChaChaPoly_SHA256"], way).length, 1);
      assert(way.reduce((length, bytes) => length + bytes.length, 0) > 1_000);
    }
    const seen = [recorder.toCalled, recorder.toCaller, misled.toCalled, misled.toCaller];
    for (const way of seen) {
      assertEquals(found([...words, "MSG\r\nId: ", "VERIFY\r\nCommit: "], way), []);
    }
    // Those who said it keep it in their stores, and nowhere else.
    for (const home of [alicesHome, bobsHome]) {
      const contents = await contentsOf(home, (file) => !file.includes("store.db"));
      assert(contents.length > 0);
      assertEquals(found(words, contents), []);
      assert(found(words, await contentsOf(home)).length > 0);
    }
  });

  Deno.test(`${build.name}: plaintext, if it is allowed, can be read on the way and is marked`, async () => {
    const legacy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      await using recorder = new Recorder(legacy.addr.port);
      await using alice = new Program(build, "client", "alice", "--allow-plaintext");
      await alice.types(`/chat ${recorder.place}`);
      using conn = await legacy.accept();
      await conn.write(new TextEncoder().encode(bobsWords));
      await alice.says(new RegExp(`^${recorder.place} \\[plaintext\\]: ${bobsWords}$`));
      await alice.says(/^\* connected to .*; nothing is encrypted$/);
      await alice.types(alicesWords);
      const heard: Uint8Array[] = [];
      const buffer = new Uint8Array(1_024);
      while (found([alicesWords], heard).length === 0) {
        const count = await conn.read(buffer);
        if (count === null) break;
        heard.push(buffer.slice(0, count));
      }
      assert(found([alicesWords], recorder.toCalled).length > 0);
      assert(found([bobsWords], recorder.toCaller).length > 0);
      await alice.endInput();
      assertEquals(await alice.ends(), 0);
    } finally {
      legacy.close();
    }
  });

  Deno.test(`${build.name}: by default nothing is said to a legacy program`, async () => {
    const legacy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    try {
      await using recorder = new Recorder(legacy.addr.port);
      await using alice = new Program(build, "client", "alice");
      await alice.types(`/chat ${recorder.place}\n${alicesWords}`);
      using conn = await legacy.accept();
      await conn.write(new TextEncoder().encode(bobsWords));
      await alice.says(
        /^error: The call to .* was given up: .* cannot encrypt: .*--allow-plaintext/,
      );
      await alice.says(/^error: not sent: \/chat 127\.0\.0\.1:\d+ failed$/);
      await alice.endInput();
      assertEquals(await alice.ends(), 1);
      assertEquals(found(words, recorder.toCalled), []);
      assert(![...alice.out, ...alice.err].some((line) => line.includes(bobsPart)));
    } finally {
      legacy.close();
    }
  });

  Deno.test(`${build.name}: somebody whose name only looks like a contact's is pointed out`, async () => {
    await using alice = new Program(build, "client", "alice");
    await using bob = new Program(build, "client", "bob");
    await using other = new Program(build, "client", "B0b");
    const listening = /listening on (127\.0\.0\.1:\d+)/;
    const [, alices] = await alice.says(listening);
    const [, bobs] = await bob.says(listening);
    await alice.types(`/chat ${bobs}`);
    await alice.says(/^\* connected to bob/);
    await other.types(`/chat ${alices}`);
    await alice.says(/^\* B0b is NOT bob, whom you know: the two names only look alike$/);
  });
}
