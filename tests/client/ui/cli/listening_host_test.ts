import { assertEquals } from "@std/assert";
import { listeningHost } from "../../../../client/ui/cli/listening_host.ts";

const here = { host: "127.0.0.1", port: 5555 };
const there = { host: "chat.example.org", port: 5555 };

Deno.test("with a server on this machine a client listens there alone", () => {
  assertEquals(listeningHost([here, { host: "localhost", port: 1 }], "::"), "127.0.0.1");
});

Deno.test("with a server elsewhere it listens on all addresses", () => {
  assertEquals(listeningHost([here, there], "::"), "::");
  assertEquals(listeningHost([there], "0.0.0.0"), "0.0.0.0");
});
