// The original's example, by real processes over real sockets.

import { assert, assertEquals } from "@std/assert";
import { buildsFromModules, Program, startServerProgram } from "../support/program.ts";

for (const build of buildsFromModules) {
  Deno.test(`${build.name}: alice and bob find each other and talk`, async () => {
    const { server, address } = await startServerProgram(build);
    await using _server = server;
    await using alice = new Program(build, "client", "alice", "0", address);
    await using bob = new Program(build, "client", "bob", "0", address);
    const [, bobsPort] = await bob.says(/listening on 127\.0\.0\.1:(\d+)/);

    await alice.types("/register");
    await alice.says(/^\* registered as alice/);
    await bob.types("/register");
    await bob.says(/^\* registered as bob/);

    await alice.types("/info");
    await alice.says(/^2 clients are registered/);
    await alice.says(new RegExp(`^  bob +127\\.0\\.0\\.1:${bobsPort}$`));
    await alice.types("/bridge");
    await alice.says(new RegExp(`^\\* bob is at 127\\.0\\.0\\.1:${bobsPort};`));

    await alice.types(`/chat 127.0.0.1:${bobsPort}`);
    await alice.says(/^\* connected to bob .*, encrypted$/);
    await bob.says(/^\* alice .* calls, encrypted; \/chat alice answers$/);
    await alice.types("/msg Hello Bob!");
    await bob.says(/^alice: Hello Bob!$/);
    await alice.says(/^\* delivered to bob$/);
    await bob.types("/chat alice");
    await bob.says(/^\* talking to alice$/);
    await bob.types("/msg Hello Alice!");
    await alice.says(/^bob: Hello Alice!$/);
    await bob.types("without a slash, é漢🙂");
    await alice.says(/^bob: without a slash, é漢🙂$/);
    await bob.types("/away");
    await bob.says(/^\* you are not away$/);
    await bob.types("/away back at eight");
    await bob.says(/^\* you are away: “back at eight”/);
    await alice.types("are you there?\nhello?");
    await bob.says(/^alice: hello\?$/);
    await alice.says(/^\* bob is away: “back at eight”$/);
    await bob.types("/away");
    await bob.says(/^\* you are here again$/);
    await bob.types("/me waves");
    await alice.says(/^bob: \/me waves$/);
    await alice.types("/search waves");
    await alice.says(/^ {2}\d\d:\d\d {2}\* bob {2}waves$/);
    assertEquals(alice.out.filter((line) => line.includes("is away")).length, 1);

    await alice.quits();
    await bob.says(/^\* alice has left$/);
    await bob.types("/info");
    await bob.says(/^1 client is registered/);
    await bob.endInput();
    assertEquals(await bob.ends(), 0);
    assertEquals([...alice.err, ...bob.err], []);
    server.kill("SIGINT");
    assertEquals(await server.ends(), 0);
  });

  Deno.test(`${build.name}: a script of commands is done in order, and its end is /quit`, async () => {
    const { server, address } = await startServerProgram(build);
    await using _server = server;
    await using bob = new Program(build, "client", "bob", "0", address, "--register");
    await bob.says(/^\* registered as bob/);
    await using alice = new Program(build, "client", "alice", "0", address);
    await alice.types("/register\n/chat bob");
    // Of somebody whom he never answers, bob takes a few.
    await bob.says(/^\* alice .* calls/);
    await bob.types("/accept alice");
    await bob.says(/^\* alice is a contact/);
    const texts = Array.from({ length: 500 }, (_, i) => `message ${i}`);
    await alice.types(texts.join("\n"));
    // The end comes while much is still on its way: all of it arrives all the same.
    await alice.endInput();
    assertEquals(await alice.ends(), 0);
    await bob.says(/^\* alice has left$/);
    assertEquals(
      bob.out.filter((line) => line.startsWith("alice: ")),
      texts.map((t) => `alice: ${t}`),
    );
    assertEquals(alice.out.filter((line) => line === "* delivered to bob").length, texts.length);
  });

  Deno.test(`${build.name}: /chat bob asks the server, and three talk at once`, async () => {
    const { server, address } = await startServerProgram(build);
    await using _server = server;
    await using alice = new Program(build, "client", "alice", "0", address, "--register");
    await using bob = new Program(build, "client", "bob", "0", address, "--register");
    await using carol = new Program(build, "client", "carol", "0", address, "--register");
    for (const one of [alice, bob, carol]) await one.says(/^\* registered as/);
    await alice.types("/chat bob");
    await alice.says(/^\* connected to bob/);
    await alice.types("/chat carol\nto carol\n/switch bob\nto bob\n/peers");
    await bob.says(/^alice: to bob$/);
    await carol.says(/^alice: to carol$/);
    await alice.says(/^2 conversations are open/);
    await alice.says(/^ +bob .*\(current\)$/);
    await alice.types("/close\nlost?");
    await alice.says(/^error: No conversation is current: \/switch to one of carol$/);
    await bob.says(/^\* alice has left$/);
    await alice.types("/unregister\n/chat dave");
    await alice.says(/^error: The server refused: No client dave is registered \(404\)/);
    await carol.types("/chat alice");
    await carol.types("/info");
    await carol.says(/^2 clients are registered/);
    assert(!carol.out.some((line) => line.includes("to bob")));
  });

  Deno.test(`${build.name}: a message to a client that is killed waits`, async () => {
    await using bob = new Program(build, "client", "bob");
    const [, bobs] = await bob.says(/listening on (127\.0\.0\.1:\d+)/);
    await using alice = new Program(build, "client", "alice");
    await alice.types(`/chat ${bobs}`);
    await alice.says(/^\* connected to bob/);
    bob.kill("SIGSTOP");
    await alice.types("are you there?");
    await alice.types("/peers");
    await alice.says(/\(current\)$/);
    bob.kill("SIGKILL");
    await alice.says(/^\* the connection to bob is lost/);
    await alice.says(/^\* waiting for bob$/);
    await alice.endInput();
    assertEquals(await alice.ends(), 0);
  });
}
