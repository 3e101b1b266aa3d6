import { assertEquals } from "@std/assert";
import { listeningHost } from "../../../../client/ui/cli/listening_host.ts";

const here = { host: "127.0.0.1", port: 5555 };
const there = { host: "chat.example.org", port: 5555 };
const both = { os: "linux", addresses: [{ address: "10.0.0.2" }, { address: "::1" }] } as const;

Deno.test("with a server on this machine a client listens there alone", () => {
  assertEquals(listeningHost([here, { host: "localhost", port: 1 }], both), "127.0.0.1");
});

Deno.test("with a server elsewhere it listens on all addresses of the families that there are", () => {
  assertEquals(listeningHost([here, there], both), "::");
  assertEquals(
    listeningHost([there], { ...both, addresses: [{ address: "10.0.0.2" }] }),
    "0.0.0.0",
  );
  assertEquals(listeningHost([there], { ...both, os: "windows" }), "0.0.0.0");
});
