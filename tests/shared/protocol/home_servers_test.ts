import { assertEquals } from "@std/assert";
import { homeServerHeaders, homeServersOf } from "../../../shared/protocol/home_servers.ts";
import { message } from "../../../shared/protocol/message.ts";

const pin = Uint8Array.from({ length: 32 }, (_, i) => i);
const named = (host: string) => ({ host, port: 5555, tls: {} });
const [first, second, third] = [
  named("a.example.org"),
  named("b.example.org"),
  named("c.example.org"),
];

Deno.test("servers are read as they are written, with their pins", () => {
  for (const bytes of [pin, pin.subarray(0, 16)]) {
    const servers = [{ ...first, tls: { pin: bytes } }, { ...second, port: 443 }];
    assertEquals(homeServersOf(message("TOKEN", homeServerHeaders(servers))), servers);
  }
});

Deno.test("two are written, and two are read, of those with TLS", () => {
  const inTheClear = { host: "d.example.org", port: 5555 };
  assertEquals(homeServerHeaders([inTheClear, first, second, third]), [
    ["Server", "tls://a.example.org:5555"],
    ["Server", "tls://b.example.org:5555"],
  ]);
  const said = ["tls://a.example.org", "d.example.org", "tls://c.example.org"];
  const token = message("TOKEN", said.map((server) => ["Server", server]));
  assertEquals(homeServersOf(token), [first]);
});

Deno.test("what is malformed is left out", () => {
  const texts = ["tls://", "tls://a b", "tls://a,tls://b", "tls://a?sha256=1", "https://a"];
  for (const text of texts) assertEquals(homeServersOf(message("TOKEN", [["Server", text]])), []);
});
