// Somebody at another server, named as bob@server: asked for once, by people and by programs, over TLS.

import { assertEquals } from "@std/assert";
import { builds, canPin, Program, startServerProgram } from "../support/program.ts";
import { Authority } from "../support/certificates.ts";

const authority = new Authority();
addEventListener("unload", () => authority[Symbol.dispose]());

for (const build of builds) {
  Deno.test(`${build.name}: somebody at another server is called by name and server, once that is allowed`, async () => {
    const { certFile, keyFile } = certificate();
    const here = await startServerProgram(build);
    await using _here = here.server;
    const there = await startServerProgram(build, "--tls-cert", certFile, "--tls-key", keyFile);
    await using _there = there.server;
    const [, pinned] = await there.server.says(/^\* clients .* connect to (tls:\/\/\S+)$/);
    if (!await canPin(build, pinned!)) return;
    await using bob = new Program(build, "client", "bob", "0", pinned!);
    await bob.types("/register");
    await bob.says(/^\* registered as bob/);
    await using alice = new Program(build, "client", "alice", "0", here.address);
    await alice.types("/register");
    await alice.says(/^\* registered as alice/);
    await alice.types(`/chat bob@${there.address}`);
    await alice.says(/You have not used tls:\/\/127\.0\.0\.1:\d+ yet\. It would learn your name/);
    await alice.types(`/visit ${pinned}`);
    await alice.says(/^\* you are at tls:\/\/127\.0\.0\.1:\d+ as well from now on/);
    await alice.types(`/chat bob@${there.address}\nhello over there`);
    await bob.says(/^alice: hello over there$/);
    await bob.types("/chat alice\nhello back");
    await alice.says(/^bob: hello back$/);
    await alice.types("/visit");
    await alice.says(/^ {2}tls:\/\/127\.0\.0\.1:\d+\?sha256=/);
    await alice.endInput();
    await alice.ends();
  });

  Deno.test(`${build.name}: a program allows a server, and writes to somebody there`, async () => {
    const here = await startServerProgram(build);
    await using _here = here.server;
    const there = await startServerProgram(build);
    await using _there = there.server;
    await using bob = new Program(build, "client", "bob", "0", there.address);
    await bob.types("/register");
    await bob.says(/^\* registered as bob/);
    await using bot = new Program(build, "client", "bot", "0", here.address, "--json");
    await bot.says(/"event":"listening"/);
    const send = `{"do":"send","to":"bob@${there.address}","text":"built","ref":`;
    await bot.types(`${send}1}`);
    const refused = JSON.parse((await bot.says(/^.*"ref":1,.*$/))[0]);
    assertEquals([refused.ok, refused.code, refused.problem], [
      false,
      "usage",
      "server-not-allowed",
    ]);
    await bot.types(`{"do":"visit","server":"plain:${there.address}","ref":2}`);
    await bot.says(/"ref":2,"ok":true,"server":"127\.0\.0\.1:\d+"/);
    await bot.types(`${send}3}`);
    await bob.says(/^bot: built$/);
    await bot.endInput();
    assertEquals(await bot.ends(), 0);
  });
}

function certificate() {
  const [certFile, keyFile] = [authority.path("server.pem"), authority.path("server.key")];
  const { cert, key } = authority.issue();
  Deno.writeTextFileSync(certFile, cert);
  Deno.writeTextFileSync(keyFile, key);
  return { certFile, keyFile };
}
