// The encrypted connection to the server: each way to trust it, certificates that change, and everything that
// can be wrong.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Authority } from "../support/certificates.ts";
import {
  atHome,
  type Build,
  builds,
  canPin,
  Program,
  run,
  startServerProgram,
} from "../support/program.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());
const hasHangups = Deno.build.os !== "windows";
const hasShell = hasHangups;
const hasNamespaces = Deno.build.os === "linux" &&
  (await new Deno.Command("sh", { args: ["-c", "unshare -rn true"] }).output()).success;

/** A certificate and its key in files that a test may change. */
function changeable() {
  const [certFile, keyFile] = [authority.path("server.pem"), authority.path("server.key")];
  const put = ({ cert, key } = authority.issue()) => {
    Deno.writeTextFileSync(certFile, cert);
    Deno.writeTextFileSync(keyFile, key);
  };
  put();
  return { options: ["--tls-cert", certFile, "--tls-key", keyFile], put };
}

/** Starts a server with TLS. @returns It, its address, and the one that it prints for pinning. */
async function startTlsServer(build: Build, options: readonly string[]) {
  const started = await startServerProgram(build, ...options);
  const [, pinned] = await started.server.says(/^\* clients .* connect to (tls:\/\/\S+)$/);
  return { ...started, tls: `tls://${started.address}`, pinned: pinned! };
}

for (const build of builds) {
  Deno.test(`${build.name}: register, info and bridge go over TLS, by each way to trust the server`, async () => {
    const { put, options } = changeable();
    put();
    const { server, tls, pinned } = await startTlsServer(build, options);
    await using _server = server;
    await server.says(/^p2pchat server listening on 127\.0\.0\.1:\d+ \(TLS\)$/);
    await using bob = new Program(build, "client", "bob", "0", tls, "--ca", authority.certFile);
    await bob.types("/register");
    await bob.says(
      /^\* registered as bob at .* with the server tls:\/\/127\.0\.0\.1:\d+, refreshed/,
    );
    // The system's authorities, after an administrator has added one.
    const system = { ...build, env: { SSL_CERT_FILE: authority.certFile, SSL_CERT_DIR: "" } };
    const ways: [name: string, build: Build, args: string[]][] = [
      ["file", build, [tls, "--ca", authority.certFile]],
      ["system", system, [tls]],
      ...await canPin(build, pinned) ? [["pin", build, [pinned]] as [string, Build, string[]]] : [],
    ];
    for (const [name, build, args] of ways) {
      await using client = new Program(build, "client", name, "0", ...args);
      await client.types("/register\n/info\n/bridge bob\n/chat bob\nHello over TLS");
      await client.says(/^\* registered as/);
      await client.says(/^2 clients are registered/);
      await client.says(/^\* bob is at 127\.0\.0\.1:\d+/);
      await bob.says(new RegExp(`^${name}: Hello over TLS$`));
      await client.endInput();
      assertEquals(await client.ends(), 0);
      assertEquals(client.err, []);
    }
    server.kill("SIGINT");
    assertEquals(await server.ends(), 0);
  });

  Deno.test(`${build.name}: a server that is not trusted is refused in a sentence, and gets nothing`, async () => {
    const { options } = changeable();
    const { server, address, tls, pinned } = await startTlsServer(build, [
      ...options,
      "--log-level",
      "debug",
    ]);
    await using _server = server;
    const register = async (...args: string[]) => {
      const { code, err } = await run(build, ["client", "alice", "0", ...args, "--register"]);
      // What a server says is no matter of its being reached.
      assertEquals([args, code], [args, args.includes(address) ? 1 : 6]);
      return err;
    };
    assertMatch(await register(tls), /is of no authority that is trusted here: --ca FILE/);
    assertMatch(await register(address), /This server speaks TLS: its address begins with tls:/);
    const wrong = `${tls}?sha256=${"ab".repeat(32)}`;
    const said = await register(wrong);
    assertMatch(
      said,
      /^p2pchat: The server at tls:.*somebody may be in the middle.*Nothing was sent/,
    );
    assert(said.includes("ab".repeat(32)) && said.includes(pinned.split("=")[1]!), said);
    assert(!server.err.some((line) => line.includes("REGISTER")), server.err.join("\n"));
    const plain = await startServerProgram(build);
    await using _plain = plain.server;
    assertMatch(
      await register(`tls://${plain.address}`, "--ca", authority.certFile),
      /: it speaks no TLS; without encryption it is 127\.0\.0\.1:\d+$/,
    );
  });

  Deno.test({
    name: `${build.name}: the certificate that server/README.md makes is one that clients trust`,
    ignore: !hasShell,
    fn: async () => {
      const readme = await Deno.readTextFile(new URL("../../server/README.md", import.meta.url));
      const [command] = /^openssl req (?:.*\\\n)*.*/m.exec(readme)!;
      const cwd = authority.path("");
      const here = command!.replaceAll("chat.example.org", "localhost");
      assert((await new Deno.Command("sh", { args: ["-c", here], cwd }).output()).success);
      const [certFile, keyFile] = [authority.path("cert.pem"), authority.path("key.pem")];
      const { server, port, pinned } = await startTlsServer(build, [
        ...["--tls-cert", certFile, "--tls-key", keyFile],
      ]);
      await using _server = server;
      const ways = [[`tls://localhost:${port}`, "--ca", certFile]];
      if (await canPin(build, pinned)) ways.push([pinned]);
      for (const [i, way] of ways.entries()) {
        const { code, err } = await run(build, ["client", `by${i}`, "0", ...way, "--register"]);
        assertEquals([code, err], [0, ""]);
      }
    },
  });

  Deno.test({
    name: `${build.name}: SIGHUP changes the certificate, and one that is no good changes nothing`,
    ignore: !hasHangups,
    fn: async () => {
      const { put, options } = changeable();
      put(authority.selfSigned());
      const { server, tls } = await startTlsServer(build, options);
      await using _server = server;
      const register = (id: string) =>
        run(build, ["client", id, "0", tls, "--ca", authority.certFile, "--register"]);
      assertMatch((await register("early")).err, /of no authority but its own/);
      // From here on an authority vouches for it.
      put();
      server.kill("SIGHUP");
      await server.says(/ info +certificate changed pinned="?tls:/);
      assertEquals((await register("second")).code, 0);
      await using open = new Program(build, "client", "open", "0", tls, "--ca", authority.certFile);
      await open.types("/register");
      await open.says(/^\* registered as open/);
      const { cert } = authority.issue();
      const { key } = authority.issue();
      put({ ...authority.issue(), cert, key });
      server.kill("SIGHUP");
      await server.says(
        / error +cannot use the new certificate; the old one stays in use error="The key in .* does not belong to/,
      );
      put({ ...authority.issue(), cert: cert.slice(0, 200) });
      server.kill("SIGHUP");
      await server.says(
        / error +cannot use the new certificate; the old .* holds no usable certificate/,
      );
      assertEquals((await register("third")).code, 0);
      const last = authority.selfSigned();
      put(last);
      server.kill("SIGHUP");
      await server.says(new RegExp(` info +certificate changed .*${last.sha256}`));
      assertEquals((await register("fourth")).code, 6);
      await open.types("/info");
      await open.says(/^1 client is registered/);
      await open.endInput();
      assertEquals(await open.ends(), 0);
      assertEquals(open.err, []);
      server.kill("SIGTERM");
      assertEquals(await server.ends(), 0);
    },
  });

  Deno.test({
    name: `${build.name}: a server whose machine does not reach itself says so at start`,
    ignore: !hasNamespaces,
    fn: async () => {
      const { options } = changeable();
      const { command, args } = build;
      // In a new network namespace the loopback interface is down.
      const alone = { ...build, command: "unshare", args: ["-rn", command, ...args] };
      const { code, err } = await run(alone, ["server", "--port", "0", "--ephemeral", ...options]);
      assertEquals(code, 1);
      assertMatch(
        err,
        /^p2pchat: Cannot serve TLS: this machine does not reach itself at 127\.0\.0\.1: Network is unreachable/,
      );
    },
  });

  Deno.test(`${build.name}: a newer certificate is taken from the disk by itself`, async () => {
    const { put, options } = changeable();
    const inDays = (days: number) => new Date(Date.now() + days * 24 * 60 * 60_000);
    put(authority.issueBetween(inDays(-2), inDays(-1)));
    const { server, tls } = await startTlsServer(build, options);
    await using _server = server;
    await server.says(/ error +the certificate is not valid today: clients refuse it/);
    await server.says(
      / warn +the file lacks the certificate of the authority .* authority="?CN=Authority/,
    );
    const register = () =>
      run(build, ["client", "alice", "0", tls, "--ca", authority.certFile, "--register"]);
    assertMatch((await register()).err, /: its certificate has expired; ask the server's operator/);
    put(authority.issueBetween(inDays(-1), inDays(10)));
    await server.says(/ info +certificate changed pinned="?tls:/);
    await server.says(/ warn +the certificate ends soon: put a new one in its place days=9 /);
    assertEquals((await register()).code, 0);
  });

  Deno.test(`${build.name}: a certificate that cannot be used ends the server in a sentence`, async () => {
    const { certFile, keyFile } = authority.issue();
    const missing = authority.path("missing.pem");
    const other = authority.issue().keyFile;
    const cases: [certFile: string, keyFile: string, said: string][] = [
      [
        missing,
        keyFile,
        `Cannot read the certificate ${missing}: there is no such file or directory`,
      ],
      [certFile, missing, `Cannot read the key ${missing}: there is no such file or directory`],
      [certFile, other, `The key in ${other} does not belong to the certificate in ${certFile}`],
      [keyFile, keyFile, `${keyFile} holds no usable certificate: it must be PEM`],
    ];
    await Promise.all(cases.map(async ([cert, key, said]) => {
      const args = ["server", "--port", "0", "--tls-cert", cert, "--tls-key", key];
      const { code, out, err } = await run(build, args);
      assertEquals([code, out], [1, ""]);
      assert(err.startsWith(`p2pchat: ${said}`) && !err.includes("\n"), err);
    }));
  });

  Deno.test(`${build.name}: a server makes its certificate, and what it prints is all that others type`, async () => {
    using home = atHome(build);
    let first: string | undefined;
    for (const name of ["alice", "bob"]) {
      const at = ["--host", "127.0.0.1", "--port", "0"];
      await using server = new Program(home.build, "server", ...at, "--tls");
      const [, typed] = await server.says(
        /^\* others type: p2pchat client NAME '(tls:\/\/[^']*)'$/,
      );
      const [, pin] = /\?sha256=([a-z2-7]{26})$/.exec(typed!)!;
      // After a restart it is the same.
      assertEquals(pin, first ??= pin);
      await using client = new Program(build, "client", name, typed!, "--register");
      await client.says(/^\* registered as/);
      await client.quits();
      const other = typed!.replace(pin!, "a".repeat(26));
      const refused = await run(build, ["client", "carol", other, "--register"], ["/quit"]);
      assertEquals([refused.code, refused.out.includes("registered")], [6, false]);
      assertMatch(
        refused.err,
        /shows the certificate [a-z2-7]{26}, and the expected one is a{26}:/,
      );
      server.kill("SIGTERM");
      assertEquals(await server.ends(), 0);
    }
    const conflict = await run(build, ["server", "--tls", "--tls-cert", authority.certFile]);
    assertEquals(conflict.code, 2);
  });

  Deno.test(`${build.name}: a server that makes its certificate is there for other machines`, async () => {
    await using server = new Program(build, "server", "--port", "0", "--tls", "--ephemeral");
    await server.says(/^p2pchat server listening on (\[::\]|0\.0\.0\.0):\d+ \(TLS\)$/);
    // A machine without a network has nothing that others could type.
    const [, host] = await server.says(/others type: p2pchat client NAME 'tls:\/\/(.*):\d+\?/);
    assert(!/^127\.|^\[::1?\]|^\[fe80/.test(host!), host);
  });

  Deno.test(`${build.name}: wrong usage of TLS gets one sentence and exit code 2`, async () => {
    const { certFile } = authority;
    const pin = "ab".repeat(32);
    const cases: [args: string[], said: RegExp][] = [
      [["server", "--tls-cert", certFile], /^error: --tls-cert and --tls-key go together$/m],
      [["server", "--tls-key", certFile], /^error: --tls-cert and --tls-key go together$/m],
      [["client", "a", "0", "tls://"], /is invalid.*tls:\/\/chat\.example\.org:5555/],
      [["client", "a", "0", "tls://a?sha256=12"], /is invalid.*64 hexadecimal digits or 43/],
      [
        ["client", "a", "0", "127.0.0.1", "--ca", certFile],
        /^error: --ca is for a server .* tls:/m,
      ],
      [["client", "a", "0", `tls://a?sha256=${pin}`, "--ca", certFile], /exclude each other/],
    ];
    await Promise.all(cases.map(async ([args, said]) => {
      const { code, err, out } = await run(build, args);
      assertEquals([args, code, out], [args, 2, ""]);
      assertMatch(err, said);
    }));
  });

  Deno.test(`${build.name}: a warning says that a connection is not encrypted, if it leaves the machine`, async () => {
    const elsewhere = await run(build, ["client", "alice", "0", "192.0.2.1"]);
    assertMatch(
      elsewhere.out,
      /^\* the connection to the server is not encrypted: .*tls:\/\/ before/m,
    );
    const encrypted = await run(build, ["client", "alice", "0", "tls://192.0.2.1"]);
    const here = await run(build, ["client", "alice", "0", "localhost"]);
    for (const { out } of [encrypted, here]) assert(!out.includes("not encrypted"), out);
    await using open = new Program(build, "server", "--port", "0", "--host", "0.0.0.0");
    await open.says(/ info +connections to clients are not encrypted; --tls-cert and --tls-key/);
    const { options } = changeable();
    await using closed = new Program(
      build,
      "server",
      "--port",
      "0",
      "--host",
      "0.0.0.0",
      ...options,
    );
    // Nobody can connect to an address that stands for all.
    await closed.says(/^\* clients .* connect to tls:\/\/HOST:\d+\?sha256=[0-9a-f]{64}$/);
    const local = await startServerProgram(build);
    await using _local = local.server;
    for (const program of [closed, local.server]) {
      program.kill("SIGINT");
      assertEquals(await program.ends(), 0);
      assert(!program.err.some((line) => line.includes("not encrypted")), program.err.join("\n"));
    }
  });

  Deno.test(`${build.name}: with TLS, too, the log is JSON on request`, async () => {
    const { options } = changeable();
    const log = ["--log-format", "json", "--realm", "chat.example.org:5555"];
    const { server } = await startServerProgram(build, ...options, ...log);
    await using _server = server;
    if (hasHangups) {
      server.kill("SIGHUP");
      await server.says(/"event":"certificate changed","pinned":"tls:/);
    }
    server.kill("SIGINT");
    assertEquals(await server.ends(), 0);
    for (const line of [...server.out, ...server.err]) assert("event" in JSON.parse(line), line);
    // The address is the one that clients know it by.
    assertMatch(JSON.parse(server.out[0]!).pinned, /^tls:\/\/chat\.example\.org:5555\?sha256=/);
  });
}
