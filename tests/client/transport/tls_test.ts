// Which servers are accepted and which are not, and that those that are not hear nothing.

import { TextLineStream } from "@std/streams/text-line-stream";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { UserError } from "../../../client/user_error.ts";
import {
  connectByOwnAuthority,
  OtherAuthorities,
} from "../../../client/transport/pinned_authority.ts";
import { type SelfSigned, selfSigned } from "../../../shared/crypto/self_signed.ts";
import { dialServer } from "../../../client/transport/tls.ts";
import {
  type ServerAddress,
  type ServerTls,
  shortPin,
} from "../../../shared/net/server_address.ts";
import { start } from "../../support/server_fixture.ts";
import type { Address } from "../../../shared/net/address.ts";
import { Identity } from "../../../shared/crypto/identity.ts";
import { Authority, type Issued } from "../../support/certificates.ts";
import { FakeServer, Person } from "../../support/client_fixture.ts";
import { rejectsSaying, sentenceOf } from "../../support/problems.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());
const [otherAuthority, namesake] = [new Authority("Other"), new Authority()];
addEventListener("unload", () => {
  otherAuthority[Symbol.dispose]();
  namesake[Symbol.dispose]();
});

const localNames = "subjectAltName=IP:127.0.0.1,DNS:localhost";
const never = new AbortController().signal;
const pinOf = ({ sha256 }: Issued): ServerTls => ({ pin: Uint8Array.fromHex(sha256) });
const byAuthority: ServerTls = { authorities: authority.cert };
const anyPin: ServerTls = { pin: new Uint8Array(32) };

/** Dials, says PING, and gives the reply. */
async function ask(address: ServerAddress): Promise<string> {
  const conn = await dialServer(address, { signal: never });
  try {
    assertEquals(conn.localAddr.hostname, "127.0.0.1");
    assertEquals(await conn.write(new TextEncoder().encode("PING\r\nId: 7\r\n\r\n")), 15);
    // In small pieces, as a reader may take them.
    const buffer = new Uint8Array(5);
    let reply = "";
    while (!reply.endsWith("\r\n\r\n")) {
      const count = await conn.read(buffer);
      if (count === null) break;
      reply += new TextDecoder().decode(buffer.subarray(0, count));
    }
    return reply;
  } finally {
    conn.close();
  }
}

/** Dials without success. @returns What the user is told. */
async function refused(address: ServerAddress, timeoutMs?: number): Promise<string> {
  const options = { signal: never, ...timeoutMs !== undefined && { timeoutMs } };
  const error = await assertRejects(() => dialServer(address, options), UserError);
  return sentenceOf(error.problem);
}

/** Whether and how a server with a certificate is trusted. */
async function meeting(certificate: Issued, tls: ServerTls): Promise<string> {
  await using server = start({ tls: certificate });
  const address = { ...server.address, tls };
  try {
    return await ask(address);
  } catch (error) {
    assert(error instanceof UserError, String(error));
    return sentenceOf(error.problem);
  }
}

const pong = "PONG\r\nId: 7\r\n\r\n";

Deno.test("a server is trusted by an authority that the user names", async () => {
  assertEquals(await meeting(authority.issue(), byAuthority), pong);
  // A certificate that is not an authority's may be its own authority.
  const own = authority.selfSigned(localNames, "basicConstraints=critical,CA:FALSE");
  assertEquals(await meeting(own, { authorities: own.cert }), pong);
});

Deno.test("a server is trusted by its fingerprint alone, whatever else its certificate says", async () => {
  const certificates = [
    authority.issue(),
    authority.issue({ days: -1 }),
    authority.issue({ names: "DNS:other.example.org" }),
    authority.selfSigned(),
    authority.selfSigned(localNames, "basicConstraints=critical,CA:FALSE"),
  ];
  for (const certificate of certificates) {
    assertEquals(await meeting(certificate, pinOf(certificate)), pong);
  }
});

Deno.test("each reason not to trust a server is told, with what to do", async () => {
  const certificate = authority.issue();
  assertMatch(
    await meeting(certificate, {}),
    /^Cannot reach the server at tls:\/\/127\.0\.0\.1:\d+: its certificate is of no authority that is trusted here: --ca FILE names another, or tls:\/\/127\.0\.0\.1:\d+\?sha256=… names it by its fingerprint, which the server prints$/,
  );
  assertMatch(
    await meeting(otherAuthority.issue(), byAuthority),
    /no authority that is trusted here/,
  );
  assertMatch(
    await meeting(authority.selfSigned(), {}),
    /: its certificate is of no authority but its own: tls:\/\/.*\?sha256=… names it/,
  );
  assertMatch(
    await meeting(authority.issue({ days: -1 }), byAuthority),
    /: its certificate has expired; ask the server's operator to renew it$/,
  );
  const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60_000);
  assertMatch(
    await meeting(authority.issueBetween(inDays(-2), inDays(-1)), byAuthority),
    /: its certificate has expired; ask the server's operator to renew it$/,
  );
  assertMatch(
    await meeting(authority.issueBetween(inDays(1), inDays(2)), byAuthority),
    /: its certificate is not valid yet, or this machine's clock is wrong$/,
  );
  const elsewhere = authority.issue({ names: "DNS:other.example.org,IP:192.0.2.1" });
  assertMatch(
    await meeting(elsewhere, byAuthority),
    /: its certificate is for another name: other\.example\.org, 192\.0\.2\.1$/,
  );
  // It is the authority that is trusted, not its name.
  assertMatch(
    await meeting(namesake.issue(), byAuthority),
    /: its signature does not fit its certificate: somebody may be in the middle$/,
  );
});

Deno.test("half of a fingerprint is enough, and another certificate is refused by the same half", async () => {
  const [certificate, other] = [authority.issue(), authority.issue()].map((issued) => ({
    issued,
    sha256: Uint8Array.fromHex(issued.sha256),
  })) as [Known, Known];
  const tls = { pin: certificate.sha256.subarray(0, 16) };
  assertEquals(await meeting(certificate.issued, tls), pong);
  const said = await meeting(other.issued, tls);
  assertMatch(said, /somebody may be in the middle.*Nothing was sent/);
  assert(
    said.includes(shortPin(certificate.sha256)) && said.includes(shortPin(other.sha256)),
    said,
  );
});

interface Known {
  readonly issued: Issued;
  readonly sha256: Uint8Array;
}

Deno.test("as its own authority a certificate lets in only who has its key", async () => {
  // Others here have had Deno trust the system's authorities.
  Deno.env.delete("DENO_TLS_CA_STORE");
  const [own, forged] = [selfSigned("p2pchat"), selfSigned("p2pchat")];
  const dial = async (
    { certPem: cert, keyPem: key }: SelfSigned,
    certificate = own.certificate,
  ) => {
    await using server = start({ tls: { cert, key } });
    const conn = await connectByOwnAuthority(server.address, certificate, never);
    conn.close();
  };
  await dial(own);
  // Of the same name, and with another key.
  const refusal = await assertRejects(() => dial(forged), Error);
  assertMatch(refusal.message, /BadSignature|UnknownIssuer/);
  // Authorities that Deno knows may vouch for somebody else by this name.
  const named = selfSigned("chat.example.org");
  await assertRejects(() => dial(named, named.certificate), OtherAuthorities);
});

Deno.test("another certificate than the pinned one is refused, by both fingerprints", async () => {
  const [certificate, other] = [authority.issue(), authority.issue()];
  const said = await meeting(other, pinOf(certificate));
  assertMatch(said, /somebody may be in the middle.*Nothing was sent/);
  assert(said.includes(certificate.sha256) && said.includes(other.sha256), said);
});

/** An attacker in the middle that accepts every connection. */
class Attacker implements AsyncDisposable {
  readonly address: Address;
  /** Bytes that were sent to it once TLS was agreed on. */
  heard = 0;
  readonly #listener: Deno.TlsListener;
  readonly #serving: Promise<void>;

  constructor({ cert, key }: Issued) {
    this.#listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    this.address = { host: "127.0.0.1", port: this.#listener.addr.port };
    this.#serving = this.#serve();
  }

  async #serve(): Promise<void> {
    const conn = await this.#listener.accept();
    const buffer = new Uint8Array(1_024);
    try {
      for (let count; (count = await conn.read(buffer)) !== null;) this.heard += count;
    } catch {
      // It was refused.
    }
    conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#serving;
    this.#listener.close();
  }
}

Deno.test("an attacker in the middle does not get one byte, in whichever way it is recognised", async () => {
  const certificate = authority.issue();
  for (const tls of [pinOf(certificate), byAuthority, {}]) {
    const attacker = new Attacker(otherAuthority.issue());
    {
      await using _attacker = attacker;
      await using alice = new Person("alice", { address: { ...attacker.address, tls } });
      await assertRejects(() => alice.client.register(), UserError);
    }
    assertEquals(attacker.heard, 0);
  }
});

/** openssl as a server with a certificate and a key that need not fit it. */
class OpensslServer implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  #output: Promise<void> | undefined;
  readonly heard: string[] = [];

  constructor({ certFile }: Issued, keyFile: string, ...more: string[]) {
    this.#child = new Deno.Command("openssl", {
      args: ["s_server", "-accept", "127.0.0.1:0", "-cert", certFile, "-key", keyFile, ...more],
      // It would end with its input.
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  /** Where it listens. */
  async address(): Promise<Address> {
    const found = Promise.withResolvers<Address>();
    const lines = this.#child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    this.#output = (async () => {
      for await (const line of lines) {
        const port = /^ACCEPT 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
        if (port !== undefined) found.resolve({ host: "127.0.0.1", port: Number(port) });
        else this.heard.push(line);
      }
      found.reject(new Error("openssl does not listen"));
    })();
    return await found.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#output;
    await this.#child.stdin.close().catch(() => {});
  }
}

for (const version of ["-tls1_2", "-tls1_3"]) {
  Deno.test(`a pinned certificate in the hands of another is refused: ${version}`, async () => {
    const certificates = [
      authority.issue(),
      authority.issue({ days: -1 }),
      authority.selfSigned(),
      authority.version1(),
    ];
    for (const certificate of certificates) {
      const forged = authority.forgeKey(certificate);
      await using server = new OpensslServer(certificate, forged, version);
      const address = { ...await server.address(), tls: pinOf(certificate) };
      await using alice = new Person("alice", { address });
      const error = await assertRejects(() => alice.client.register(), UserError);
      assertMatch(sentenceOf(error.problem), /somebody may be in the middle|unusual form/);
      assert(!server.heard.some((line) => line.includes("REGISTER")), server.heard.join("\n"));
    }
  });

  Deno.test(`a server of another make is trusted by its pinned certificate: ${version}`, async () => {
    for (const certificate of [authority.issue(), authority.selfSigned()]) {
      await using server = new OpensslServer(certificate, certificate.keyFile, version, "-rev");
      const address = { ...await server.address(), tls: pinOf(certificate) };
      const conn = await dialServer(address, { signal: never });
      await conn.write(new TextEncoder().encode("drawer\n"));
      const buffer = new Uint8Array(100);
      const count = await conn.read(buffer);
      assertEquals(new TextDecoder().decode(buffer.subarray(0, count!)), "reward\n");
      conn.close();
    }
  });
}

Deno.test("a certificate that TLS cannot verify is refused, though it is pinned", async () => {
  const certificate = authority.version1();
  await using server = new OpensslServer(certificate, certificate.keyFile);
  const said = await refused({ ...await server.address(), tls: pinOf(certificate) });
  assertMatch(said, /^Cannot verify the server .*unusual form.*Nothing was sent/);
});

type Serve = (conn: Deno.TcpConn, gaveUp: Promise<void>) => Promise<unknown>;

const outcomes: [what: string, serve: Serve, said: RegExp][] = [
  ["speaks no TLS", async (conn) => {
    await conn.read(new Uint8Array(4_096));
    await conn.write(new TextEncoder().encode("ERROR\r\nCode: 400\r\nReason: What?\r\n\r\n"));
    await conn.closeWrite();
    await conn.read(new Uint8Array(1));
  }, /: it speaks no TLS; without encryption it is 127\.0\.0\.1:\d+$/],
  [
    "hangs up",
    (conn) => conn.read(new Uint8Array(4_096)),
    /: it hung up before TLS was agreed on; it is full, or speaks none$/,
  ],
  ["says nothing", (_conn, gaveUp) => gaveUp, /: no answer within the time$/],
];

for (const [what, serve, said] of outcomes) {
  for (const [way, tls] of [["authority", byAuthority], ["fingerprint", anyPin]] as const) {
    Deno.test(`a server that ${what} is not accepted by ${way}`, async () => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const gaveUp = Promise.withResolvers<void>();
      const serving = (async () => {
        using conn = await listener.accept();
        await serve(conn, gaveUp.promise);
      })();
      const address = { host: "127.0.0.1", port: listener.addr.port, tls };
      assertMatch(await refused(address, what === "says nothing" ? 100 : undefined), said);
      gaveUp.resolve();
      await serving;
    });
  }
}

Deno.test("a client that stops does not wait for the end of a handshake", async () => {
  for (const tls of [byAuthority, anyPin]) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const stopping = new AbortController();
    const address = { host: "127.0.0.1", port: listener.addr.port, tls };
    const dialing = dialServer(address, { signal: stopping.signal });
    using _conn = await listener.accept();
    stopping.abort();
    await assertRejects(() => dialing, DOMException);
  }
});

Deno.test("if nobody listens, TLS makes no difference", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  for (const tls of [byAuthority, anyPin]) {
    assertEquals(
      await refused({ host: "127.0.0.1", port, tls }),
      `Cannot reach the server at tls://127.0.0.1:${port}: nobody listens there`,
    );
    assertMatch(
      await refused({ host: "no-such-host.invalid", port: 1, tls }),
      // A machine without a resolver cannot know which of the two it is.
      /: (there is no such host|its name cannot be looked up at the moment; .*)$/,
    );
  }
});

Deno.test("a client that speaks in the clear to a server with TLS learns its address", async () => {
  await using server = start({ tls: authority.issue() });
  await using alice = new Person("alice", server);
  await rejectsSaying(() => alice.client.register(), UserError, "begins with tls:// (426)");
  // Other servers say it in TLS's own way.
  await using other = new FakeServer(() => "\x15\x03\x03\0\x02\x02\x46", true);
  await using bob = new Person("bob", other);
  await rejectsSaying(
    () => bob.client.register(),
    UserError,
    `it speaks TLS; name it tls://127.0.0.1:${other.address.port}`,
  );
});

Deno.test("register, info and bridge go over TLS, however the server is trusted", async () => {
  const certificate = authority.issue();
  const identity = Identity.generate();
  await using server = start({ tls: certificate });
  await using bob = new Person("bob", { address: { ...server.address, tls: byAuthority } });
  await bob.client.register();
  for (const tls of [byAuthority, pinOf(certificate)]) {
    const address = { ...server.address, tls };
    await using alice = new Person("alice", { address }, { identity });
    const registered = await alice.client.register();
    assertEquals([registered.server, registered.address], [address, alice.client.address]);
    assertEquals((await alice.client.info()).count, 2);
    assertEquals(await alice.client.bridge("bob"), bob.known);
    await alice.client.unregister();
  }
});
