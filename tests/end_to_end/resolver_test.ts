// A resolver that answers nothing at all, in a network and a mount of its own.

import { assertEquals, assertMatch } from "@std/assert";
import { temporaryDirectory } from "../support/places.ts";
import { type Build, builds, run } from "../support/program.ts";

/** It takes what is asked, and says when it does so. */
const silentResolver = `
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 53 });
  console.log("ready");
  for await (const _ of socket);
`;

/** Runs a program where the resolver is silent for longer than a client waits. */
const whereNobodyAnswers = `
  mount --bind "$1/resolv.conf" /etc/resolv.conf && ip link set lo up || exit 99
  "$2" run --quiet --unstable-net --allow-net "$1/resolver.ts" > "$1/said" & resolver=$!
  until grep -q ready "$1/said"; do sleep 0.05; done
  shift 2
  "$@"
  code=$?
  kill $resolver
  exit $code
`;

const command = "unshare";
const isolation = ["--map-root-user", "--mount", "--net"];
const canIsolate = Deno.build.os === "linux" &&
  (await new Deno.Command("sh", {
    args: ["-c", `command -v ip && ${command} ${isolation.join(" ")} ip link set lo up`],
    stderr: "null",
  }).output()).success;

function withoutAnswers(build: Build, place: string): Build {
  Deno.writeTextFileSync(
    `${place}/resolv.conf`,
    // So long that the system's own end of waiting is behind the client's.
    "nameserver 127.0.0.1\noptions timeout:25 attempts:1\n",
  );
  Deno.writeTextFileSync(`${place}/resolver.ts`, silentResolver);
  Deno.writeTextFileSync(`${place}/said`, "");
  const shell = ["sh", "-c", whereNobodyAnswers, "sh", place, Deno.execPath()];
  return { ...build, command, args: [...isolation, ...shell, build.command, ...build.args] };
}

for (const build of builds) {
  Deno.test({
    name: `${build.name}: a resolver that is silent is told from a server that is`,
    ignore: !canIsolate,
    fn: async () => {
      const servers = [
        "chat.example.org:5555",
        "tls://chat.example.org:5555",
        `tls://chat.example.org:5555?sha256=${"0".repeat(64)}`,
      ];
      await Promise.all(servers.map(async (server) => {
        using place = temporaryDirectory();
        const silent = withoutAnswers(build, place.path);
        const { code, err } = await run(silent, ["client", "alice", "0", server, "--register"]);
        assertMatch(
          err,
          /^p2pchat: Cannot reach the server at .*: its name cannot be looked up at the moment;/m,
        );
        assertEquals(code, 6);
      }));
    },
  });
}
