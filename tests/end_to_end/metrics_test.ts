// What a server's page of figures says once people have talked.

import { assertEquals, assertMatch } from "@std/assert";
import { builds, Program, run, startServerProgram } from "../support/program.ts";

for (const build of builds) {
  Deno.test(`${build.name}: an operator sees by which ways people talk, and never who`, async () => {
    const { server, address } = await startServerProgram(build, "--metrics", "127.0.0.1:0");
    await using _server = server;
    const [, page] = await server.says(/figures are served.*(http:\/\/127\.0\.0\.1:\d+\/metrics)/);
    const figures = async () => await (await fetch(page!)).text();
    const countedOf = async () =>
      (await figures()).split("\n").filter((line) => /^p2pchat_paths_total.* [1-9]/.test(line));
    assertEquals(await countedOf(), []);
    await using alice = new Program(build, "client", "alice", "0", address, "--register");
    await alice.says(/^\* registered as alice/);
    await using bob = new Program(build, "client", "bob", "0", address, "--register");
    await bob.says(/^\* registered as bob/);
    await using carol = new Program(build, "client", "carol", "0", address, "--private");
    await carol.types("/register");
    await carol.says(/^\* registered as carol/);
    await alice.types("/chat bob\nhello");
    await bob.says(/^alice: hello$/);
    await carol.types("/chat bob\nhello, too");
    await bob.says(/^carol: hello, too$/);
    assertMatch(await figures(), /^p2pchat_registrations 3$/m);
    for (const client of [carol, alice, bob]) await client.quits();
    assertEquals(await countedOf(), ['p2pchat_paths_total{path="direct-tcp-ipv4"} 1']);
    const all = await figures();
    assertMatch(all, /^p2pchat_registrations 0$/m);
    for (const name of ["alice", "bob", "carol"]) assertEquals(all.includes(name), false, name);
  });

  Deno.test(`${build.name}: a page of figures that cannot be had is said, and ends the server`, async () => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const at = `127.0.0.1:${taken.addr.port}`;
    const { code, err } = await run(build, [
      "server",
      "--port",
      "0",
      "--ephemeral",
      "--metrics",
      at,
    ]);
    assertEquals(code, 1);
    assertMatch(err, new RegExp(`Cannot listen on ${at}: the port is taken`));
    const malformed = await run(build, ["server", "--metrics", "9155"]);
    assertEquals(malformed.code, 2);
    assertMatch(malformed.err, /An address is a host and a port, such as 127\.0\.0\.1:9155\./);
  });
}
