// Legacy programs, as their sources have them, with ours as processes.

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { askOnce, readOnce } from "../support/original_client.ts";
import { OriginalServer } from "../support/original_server.ts";
import { builds, Program, startServerProgram } from "../support/program.ts";

const utf8 = new TextEncoder();

/** Asks as the original does. */
function ask(port: number, request: string): Promise<string> {
  return askOnce({ address: { host: "127.0.0.1", port } }, request);
}

for (const build of builds) {
  Deno.test(`${build.name}: the original's clients register, ask and find each other`, async () => {
    const { server, port } = await startServerProgram(build);
    await using _server = server;
    const register = (id: string, at: number) =>
      `REGISTER\r\nclientID: ${id}\r\nIP: 127.0.0.1\r\nPort: ${at}\r\n\r\n`;
    assertEquals(
      await ask(port, register("alice", 5556)),
      "REGACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
    );
    assertEquals(
      await ask(port, "BRIDGE\r\nclientID: alice\r\n\r\n"),
      "BRIDGEACK\r\nclientID: \r\nIP: \r\nPort: \r\n\r\n",
    );
    await ask(port, register("bob", 5557));
    assertEquals(
      await ask(port, "BRIDGE\r\nclientID: alice\r\n\r\n"),
      "BRIDGEACK\r\nclientID: bob\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n",
    );
    assertEquals(
      await ask(port, "BRIDGE\r\nclientID: bob\r\n\r\n"),
      "BRIDGEACK\r\nclientID: alice\r\nIP: 127.0.0.1\r\nPort: 5556\r\n\r\n",
    );
    assertEquals(
      await ask(port, "INFO\r\nRequesting clients\r\n\r\n"),
      "INFOACK\r\nCount: 2\r\nClient: alice 127.0.0.1:5556\r\nClient: bob 127.0.0.1:5557\r\n\r\n",
    );
    assertEquals(
      await ask(port, "QUIT\r\nclientID: bob\r\n\r\n"),
      "UNREGACK\r\nclientID: bob\r\n\r\n",
    );
  });

  Deno.test(`${build.name}: the original's raw text is shown, and answered with raw text`, async () => {
    await using bob = new Program(build, "client", "bob", "--allow-plaintext");
    const [, port] = await bob.says(/listening on 127\.0\.0\.1:(\d+)/);
    using caller = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
    await caller.write(utf8.encode("Hello Bob!"));
    const { port: own } = caller.localAddr as Deno.NetAddr;
    await bob.says(
      new RegExp(
        `^\\* 127\\.0\\.0\\.1:${own} calls, who sends raw text.*/chat 127.0.0.1:${own} answers$`,
      ),
    );
    await bob.says(new RegExp(`^127\\.0\\.0\\.1:${own} \\[plaintext\\]: Hello Bob!$`));
    await bob.types(`/chat 127.0.0.1:${own}\nHello yourself`);
    assertEquals(await readOnce(caller), "Hello yourself");
  });

  Deno.test(`${build.name}: a legacy program that is called gets raw text`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await using alice = new Program(build, "client", "alice", "--allow-plaintext");
    await alice.types(`/chat 127.0.0.1:${listener.addr.port}`);
    using conn = await listener.accept();
    await readOnce(conn); // CHAT, which it takes for a message
    await alice.says(/^\* connected to 127\.0\.0\.1:\d+, who sends raw text/);
    await alice.types("/msg Hello!");
    assertEquals(await readOnce(conn), "Hello!");
    await conn.write(utf8.encode("Hello, whoever you are"));
    await alice.says(/^127\.0\.0\.1:\d+ \[plaintext\]: Hello, whoever you are$/);
  });

  Deno.test(`${build.name}: unless that is asked for, nobody is talked to in plaintext`, async () => {
    await using bob = new Program(build, "client", "bob");
    const [, port] = await bob.says(/listening on 127\.0\.0\.1:(\d+)/);
    const told = "This client talks only over encrypted connections, unless its user starts it " +
      "with the option allow-plaintext";
    const chat = "CHAT\r\nclientID: carol\r\nIP: 127.0.0.1\r\nPort: 5557\r\n\r\n";
    for (const opening of ["Hello Bob!", chat]) {
      assertEquals(await ask(Number(port), opening), `${told}\r\n`);
    }
    assertEquals(
      await ask(Number(port), chat.replace(/\r\n$/, "Version: 1\r\n\r\n")),
      `ERROR\r\nCode: 426\r\nReason: ${told}\r\n\r\n`,
    );
    await bob.says(/^\* turned a call away: .* cannot encrypt.*--allow-plaintext/);
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await bob.types(`/chat 127.0.0.1:${listener.addr.port}\nfor nobody's eyes`);
    using conn = await listener.accept();
    await bob.says(/^error: The call to .* was given up: .* cannot encrypt/);
    await bob.says(/^error: not sent: \/chat 127\.0\.0\.1:\d+ failed$/);
    assertNotMatch(await new Response(conn.readable).text(), /nobody's eyes/);
    await bob.endInput();
    assertEquals(await bob.ends(), 1);
    assert(!bob.out.some((line) => line.includes("Hello Bob!")));
  });

  Deno.test(`${build.name}: who is at a strict server without --legacy-server is told of it`, async () => {
    await using server = new OriginalServer({ strict: true });
    await using alice = new Program(build, "client", "alice", "0", server.place);
    await alice.types("/register");
    await alice.says(
      /^error: The server at .* closed the connection .* --legacy-server if that is/,
    );
    assertEquals(server.heard.length, 1);
  });

  for (const strict of [false, true]) {
    Deno.test(`${build.name}: three talk over ${strict ? "a strict" : "the original's"} server`, async () => {
      await using server = new OriginalServer({ strict });
      const person = (id: string) =>
        new Program(build, "client", id, "0", server.place, ...strict ? ["--legacy-server"] : []);
      await using bob = person("bob");
      await bob.types("/register");
      await bob.says(/^\* registered as bob at/);
      await using carol = person("carol");
      await carol.types("/register");
      await carol.says(/^\* registered as carol at/);
      await using alice = person("alice");
      await alice.types("/register\n/info");
      await alice.says(/^3 clients are registered:/);
      await alice.types("/bridge");
      await alice.says(/^\* bob is at/);
      await alice.types("/bridge carol");
      await alice.says(/^\* carol is at/);
      await alice.types("/chat carol\nHello Carol!");
      await carol.says(/^alice: Hello Carol!$/);
      await alice.types("/unregister");
      await alice.says(/^error: The server at .* has no UNREGISTER; it forgets you when it is/);
      await alice.types("/info");
      await alice.says(/^3 clients are registered:/);
      if (strict) assert(!server.heard.some((said) => said.includes("Version")));
    });
  }
}
