// Two people in the network laboratory, and the server that introduces them.

import { builds, Program } from "../support/program.ts";
import { type Host, Laboratory, type RouterOptions, unavailable } from "./laboratory.ts";

/** Where somebody sits. */
const sides: Record<string, RouterOptions | undefined> = {
  "on the internet": undefined,
  "behind a router that keeps ports": { mapping: "keeps-ports" },
  "behind a symmetric router": { mapping: "symmetric" },
  "behind a router that lets out TCP alone": { mapping: "keeps-ports", lets: "tcp" },
};

async function place(laboratory: Laboratory, name: string, side: string): Promise<Host> {
  const options = sides[side];
  if (options === undefined) return await laboratory.host(name);
  const behind = await laboratory.router(`${name}s-router`, options);
  return await laboratory.host(name, { behind });
}

for (const build of builds) {
  for (const side of Object.keys(sides)) {
    Deno.test({
      name: `${build.name}: somebody ${side} talks to somebody on the internet`,
      ignore: unavailable !== undefined,
      fn: async () => {
        await using laboratory = await Laboratory.open();
        const rendezvous = await laboratory.host("rendezvous");
        const server = `${rendezvous.address}:5555`;
        const listens = ["--host", rendezvous.address, "--ephemeral"];
        await using program = new Program(rendezvous.build(build), "server", ...listens);
        await program.says(/^p2pchat server listening on /);
        const bobs = (await laboratory.host("bob")).build(build);
        await using bob = new Program(bobs, ...client("bob", server), "--register");
        await bob.says(/^\* registered as bob/);
        const alices = (await place(laboratory, "alice", side)).build(build);
        await using alice = new Program(alices, ...client("alice", server));
        await alice.types("/chat bob\nhello");
        await bob.says(/^alice: hello$/);
        await alice.quits();
        await bob.quits();
      },
    });
  }
}

function client(name: string, server: string): string[] {
  return ["client", name, "5556", server, "--host", "0.0.0.0"];
}
