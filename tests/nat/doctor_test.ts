// What the doctor says in networks of which it is known what they are.

import { assertEquals } from "@std/assert";
import { builds, Program } from "../support/program.ts";
import { Laboratory, type RouterOptions, unavailable } from "./laboratory.ts";

const places: Record<string, { router: RouterOptions | undefined; verdict: string }> = {
  "on the internet": { router: undefined, verdict: "direct" },
  "behind a router that keeps ports": { router: { mapping: "keeps-ports" }, verdict: "punched" },
  "behind a symmetric router": { router: { mapping: "symmetric" }, verdict: "relayed" },
  "behind a router that lets out TCP alone": {
    router: { mapping: "keeps-ports", lets: "tcp" },
    verdict: "probably-relayed",
  },
};

for (const build of builds) {
  Deno.test({
    name: `${build.name}: the doctor tells four networks apart`,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using laboratory = await Laboratory.open();
      const rendezvous = await laboratory.host("rendezvous");
      const listens = ["--host", rendezvous.address, "--ephemeral"];
      await using server = new Program(rendezvous.build(build), "server", ...listens);
      await server.says(/^p2pchat server listening on /);
      const found = [];
      for (const [i, [place, { router }]] of Object.entries(places).entries()) {
        const behind = router && await laboratory.router(`router${i}`, router);
        const host = await laboratory.host(`host${i}`, { ...behind && { behind } });
        await using doctor = new Program(
          host.build(build),
          ...["doctor", `${rendezvous.address}:5555`, "--json"],
        );
        assertEquals(await doctor.ends(), 0);
        const { verdict, behindRouter, udp } = JSON.parse(doctor.out[0]!);
        found.push([place, verdict, behindRouter, udp.passes]);
      }
      assertEquals(
        found,
        Object.entries(places).map(([place, { router, verdict }]) => [
          place,
          verdict,
          router !== undefined,
          router?.lets !== "tcp",
        ]),
      );
    },
  });
}
