import { assertEquals } from "@std/assert";
import {
  formatOtherServer,
  parseOtherServer,
  parsePeerAt,
  placeOf,
} from "../../../client/servers/peer_at.ts";

const host = "chat.example.org";
const pin = Uint8Array.from({ length: 32 }, (_, i) => i);

Deno.test("a server is spoken to with TLS, unless it is named as one that is not", () => {
  const cases = {
    "chat.example.org": { host, port: 5555, tls: {} },
    "chat.example.org:443": { host, port: 443, tls: {} },
    "tls://chat.example.org": { host, port: 5555, tls: {} },
    "plain:chat.example.org": { host, port: 5555 },
    "plain:192.0.2.7:99": { host: "192.0.2.7", port: 99 },
    "plain:[::1]:99": { host: "::1", port: 99 },
    "[::1]": { host: "::1", port: 5555, tls: {} },
  };
  for (const [text, server] of Object.entries(cases)) assertEquals(parseOtherServer(text), server);
});

Deno.test("what is no single server is none", () => {
  const texts = ["", "a b", "plain:", "plain:tls://a", "a,b", "a:0", "a:65536", "tls://a?sha256=1"];
  for (const text of texts) assertEquals(parseOtherServer(text), undefined, text);
});

Deno.test("how a server is written is how it is read, with its pin", () => {
  const texts = [
    "tls://chat.example.org:5555",
    "plain:chat.example.org:5555",
    `tls://chat.example.org:5555?sha256=${pin.toHex()}`,
    "tls://chat.example.org:5555?sha256=f5tzpf5p6khrrnco57l3nxekqi",
  ];
  for (const text of texts) assertEquals(formatOtherServer(parseOtherServer(text)!), text);
});

Deno.test("somebody at a server is a name before the first @", () => {
  assertEquals(parsePeerAt("bob@chat.example.org"), {
    name: "bob",
    server: { host, port: 5555, tls: {} },
  });
  for (const text of ["bob", "@chat.example.org", "bob@", "b b@chat.example.org", "a@b@c"]) {
    assertEquals(parsePeerAt(text), undefined, text);
  }
});

Deno.test("a server has one place, however it is written", () => {
  assertEquals(
    ["Chat.Example.Org", "plain:chat.example.org:5555"].map((text) =>
      placeOf(parseOtherServer(text)!)
    ),
    ["chat.example.org:5555", "chat.example.org:5555"],
  );
});
