import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatServerAddress,
  parseServerAddresses,
  shortPin,
} from "../../../shared/net/server_address.ts";
import { toBase64url } from "../../../shared/bytes/base64url.ts";

const parse = (text: string) => {
  const [address, ...more] = parseServerAddresses(text, 5555) ?? [];
  assertEquals(more, []);
  return address;
};

Deno.test("a server is named in the clear or with TLS, with a port or without", () => {
  assertEquals(parse("127.0.0.1:5556"), { host: "127.0.0.1", port: 5556 });
  assertEquals(parse("chat.example.org"), { host: "chat.example.org", port: 5555 });
  assertEquals(parse("tls://chat.example.org"), { host: "chat.example.org", port: 5555, tls: {} });
  assertEquals(parse("TLS://[::1]:443"), { host: "::1", port: 443, tls: {} });
});

Deno.test("a fingerprint is read in each of its forms", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (pin) => {
      const hex = pin.toHex();
      const colons = hex.toUpperCase().match(/../g)!.join(":");
      const base64url = toBase64url(pin);
      for (const form of [hex, colons, base64url, `${base64url}=`]) {
        assertEquals(parse(`tls://a:1?sha256=${form}`), { host: "a", port: 1, tls: { pin } });
      }
    }),
  );
});

Deno.test("the first half of a fingerprint is read as 26 letters, in either case", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (sha256) => {
      const letters = shortPin(sha256);
      assertEquals(letters.length, 26);
      for (const form of [letters, letters.toUpperCase()]) {
        const tls = { pin: sha256.slice(0, 16) };
        assertEquals(parse(`tls://a:1?sha256=${form}`), { host: "a", port: 1, tls });
      }
    }),
  );
});

Deno.test("other texts are not the address of a server", () => {
  const hex = "ab".repeat(32);
  for (
    const text of [
      "",
      "tls://",
      "tls:chat.example.org",
      "https://chat.example.org",
      "tls://chat.example.org:0",
      "tls://chat.example.org/",
      `chat.example.org?sha256=${hex}`,
      "tls://a?",
      "tls://a?sha256=",
      `tls://a?sha256=${hex.slice(2)}`,
      `tls://a?sha256=${hex}ab`,
      `tls://a?sha256=${hex}?sha256=${hex}`,
      `tls://a?sha256=${hex}&sha256=${hex}`,
      `tls://a?md5=${hex}`,
      `tls://a?sha256=${hex.slice(2)}xy`,
      `tls://a?sha256=${hex.replace(/../, "ab:")}`,
      `tls://a?sha256=${"A".repeat(42)}B`,
      `tls://a?sha256=${"A".repeat(44)}`,
      `tls://a?sha256=${"a".repeat(25)}`,
      `tls://a?sha256=${"a".repeat(27)}`,
      `tls://a?sha256=${"a".repeat(25)}b`,
      `tls://a?sha256=${"1".repeat(26)}`,
    ]
  ) {
    assertEquals(parse(text), undefined, text);
  }
});

Deno.test("an address is written as it is read, without its fingerprint", () => {
  for (const text of ["127.0.0.1:5556", "tls://[::1]:443", "tls://chat.example.org:5555"]) {
    assertEquals(formatServerAddress(parse(text)!), text);
  }
  const pinned = parse(`tls://a:1?sha256=${"ab".repeat(32)}`)!;
  assertEquals(formatServerAddress(pinned), "tls://a:1");
});

Deno.test("several servers are named with commas between them", () => {
  const parseAll = (text: string) => parseServerAddresses(text, 5555);
  assertEquals(parseAll("a"), [{ host: "a", port: 5555 }]);
  assertEquals(parseAll("a:1,tls://b , [::1]:3"), [
    { host: "a", port: 1 },
    { host: "b", port: 5555, tls: {} },
    { host: "::1", port: 3 },
  ]);
  assertEquals(parseAll("a,b,c,d,e,f,g,h")?.length, 8);
  for (
    const text of ["", ",", "a,", ",a", "a,,b", "a, ,b", "a b", "a;b", "a,b:0", "a,b,c,d,e,f,g,h,i"]
  ) {
    assertEquals(parseAll(text), undefined, text);
  }
});
