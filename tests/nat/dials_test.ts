// A client in the network laboratory is sent to addresses that only it can reach, by whoever registers there.

import { assertEquals } from "@std/assert";
import { builds, Program } from "../support/program.ts";
import { Laboratory, unavailable } from "./laboratory.ts";
import { Host } from "./machines.ts";
import { Probe } from "./probes.ts";

const port = 80;
const metadata = "169.254.169.254";

/** Something that listens, as a printer does. */
async function listening(host: Host): Promise<Probe> {
  const probe = new Probe(host);
  await probe.listens("tcp", port);
  return probe;
}

/** Registers with the server of a machine, from there: such a server believes what address one claims. */
async function registers(server: Host, name: string, address: string): Promise<void> {
  const headers = String.raw`clientID: ${name}\r\nIP: ${address}\r\nPort: ${port}\r\n\r\n`;
  const said = String.raw`REGISTER\r\n${headers}`;
  const script = `exec 3<>/dev/tcp/127.0.0.1/5555; printf "${said}" >&3; head -n 3 <&3`;
  const reply = await server.laboratory.inside(server.name, `bash -c '${script}'`);
  assertEquals(reply.replaceAll("\r", ""), `REGACK\nclientID: ${name}\nIP: ${address}\n`);
}

for (const build of builds) {
  Deno.test({
    name:
      `${build.name}: a client calls by a server's word what is in its own network, and nothing behind it`,
    ignore: unavailable !== undefined,
    fn: async () => {
      await using laboratory = await Laboratory.open();
      const rendezvous = await laboratory.host("rendezvous");
      const house = await laboratory.router("house", { mapping: "keeps-ports" });
      const flat = await laboratory.router("flat", { mapping: "keeps-ports", behind: house });
      await laboratory.inside("flat", `ip addr add ${metadata}/32 dev inside`);
      const printers = await laboratory.host("printer", { behind: house });
      await using printer = await listening(printers);
      await using cloud = await listening(new Host(laboratory, "flat", [metadata]));
      const neighbours = await laboratory.host("neighbour", { behind: flat });
      await using neighbour = await listening(neighbours);

      const server = new Program(
        rendezvous.build(build),
        "server",
        "--host",
        "0.0.0.0",
        "--ephemeral",
      );
      await using _server = server;
      await server.says(/^p2pchat server listening on /);
      await registers(rendezvous, "printer", printers.address);
      await registers(rendezvous, "cloud", metadata);
      await registers(rendezvous, "here", "127.0.0.1");
      await registers(rendezvous, "neighbour", neighbours.address);

      const alices = (await laboratory.host("alice", { behind: flat })).build(build);
      const call = ["client", "alice", "5556", `${rendezvous.address}:5555`, "--host", "0.0.0.0"];
      await using alice = new Program(alices, ...call);
      await alice.types("/chat printer\n/chat cloud\n/chat here\n/chat neighbour");
      await alice.says(
        /The server says that printer is at .*, a private address in none of your own/,
      );
      await alice.says(
        /The server says that cloud is at .*, an address that machines have only for/,
      );
      // Who is on the server's machine is not looked for on one's own.
      await alice.says(
        RegExp(`Cannot reach here at ${rendezvous.address}:${port}: nobody listens there`),
      );
      await neighbour.isCalled();
      assertEquals([printer.calls, cloud.calls], [0, 0]);

      // What the user has typed is called.
      await alice.types(`/chat ${printers.address}:${port}\n/chat ${metadata}:${port}`);
      await printer.isCalled();
      await cloud.isCalled();
    },
  });
}
