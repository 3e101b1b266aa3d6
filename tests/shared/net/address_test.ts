import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isIP } from "node:net";
import {
  formatAddress,
  isHost,
  isIpAddress,
  isLoopback,
  isSameAddress,
  isUnspecified,
  parseAddress,
  parsePort,
  plainHost,
  reachableHost,
} from "../../../shared/net/address.ts";
import { codePoint } from "../../support/code_point.ts";

const port = fc.integer({ min: 1, max: 65_535 });
// A name that begins with 0x is refused, since some resolvers take it for a number.
const hostName = fc.domain().filter((name) => !/^0x/i.test(name));

Deno.test("parseAddress gives back any address that was formatted", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), hostName), port, (host, port) => {
    assertEquals(parseAddress(formatAddress({ host, port })), { host, port });
    assert(isHost(host));
  }));
});

Deno.test("no text makes parseAddress throw, and what it takes has a host and a port", () => {
  const likely = fc.string({ unit: fc.constantFrom(..."[]:.%0123456789abfx-") });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: codePoint }), likely), (text) => {
      const address = parseAddress(text, 7);
      if (address === undefined) return;
      assert(isHost(address.host));
      assert(address.port >= 1 && address.port <= 65_535);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("parseAddress takes the default port if the text names none", () => {
  assertEquals(parseAddress("chat.example.org", 5555), { host: "chat.example.org", port: 5555 });
  assertEquals(parseAddress("my_server", 5555), { host: "my_server", port: 5555 });
  assertEquals(parseAddress("[::1]", 5555), { host: "::1", port: 5555 });
  assertEquals(parseAddress("127.0.0.1:1", 5555), { host: "127.0.0.1", port: 1 });
  assertEquals(parseAddress("chat.example.org"), undefined);
});

Deno.test("parseAddress refuses a text that is not an address", () => {
  const none = ["", ":", ":5555", "host:", "host:0", "host:65536", "host:x", "host:-1", "host: 1"];
  none.push("::1:5555", "[::1]5555", "[127.0.0.1]:1", "[host]:1", "[::1", "::1]:1", "[[::1]]:1");
  none.push("a b:1", "-a:1", "a-:1", "a..b:1", ".a:1", "é:1", "a/b:1", "user@host:1");
  none.push("127.1:1", "2130706433:1", "0x7f000001:1", "256.0.0.1:1", "01.2.3.4:1", "1.2.3.4.5:1");
  none.push(`${"a".repeat(64)}.org:1`, `${"a.".repeat(127)}:1`, "host:1\n", "host\n:1");
  for (const text of none) assertEquals(parseAddress(text), undefined, text);
});

Deno.test("isIpAddress agrees with node:net on IPv4 addresses and what is nearly one", () => {
  const nearly = fc.tuple(fc.ipV4(), fc.nat(15), fc.nat(2), fc.string({ maxLength: 2 }))
    .map(([address, at, gone, put]) => address.slice(0, at) + put + address.slice(at + gone));
  const digits = fc.string({ unit: fc.constantFrom(..."0125.") });
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), nearly, digits), (text) => {
      assertEquals(isIpAddress(text), isIP(text) !== 0, text);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("isIpAddress agrees with node:net on IPv6 addresses and what is nearly one", () => {
  const nearly = fc.tuple(
    fc.ipV6(),
    fc.nat(30),
    fc.nat(2),
    fc.constantFrom("", ":", "::", "g", "f"),
  )
    .map(([address, at, gone, put]) => address.slice(0, at) + put + address.slice(at + gone))
    // Those that end in an IPv4 address have a test of their own.
    .filter((text) => !text.includes("."));
  fc.assert(
    fc.property(fc.oneof(fc.ipV6(), nearly), (text) => {
      assertEquals(isIpAddress(text), isIP(text) !== 0, text);
    }),
    { numRuns: 1_000 },
  );
});

// Octal and hexadecimal are as ambiguous there as in an IPv4 address that stands alone.
Deno.test("isIpAddress takes only decimal parts in the IPv4 end of an IPv6 address", () => {
  assert(isIpAddress("::ffff:10.0.0.1"));
  for (const text of ["::ffff:010.0.0.1", "::ffff:0x7f.0.0.1"]) {
    assertEquals(isIpAddress(text), false, text);
  }
});

Deno.test("parsePort takes 0 to 65535 in digits and nothing else", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 65_535 }), (port) => {
    assertEquals(parsePort(String(port)), port);
  }));
  for (const text of ["", "65536", "99999", "100000", "-1", "+1", "1.0", "1e3", " 1", "١", "0x1"]) {
    assertEquals(parsePort(text), undefined, text);
  }
});

Deno.test("isHost accepts a host that a program may listen on", () => {
  for (const text of ["127.0.0.1", "0.0.0.0", "::", "::1", "localhost", "chat.example.org"]) {
    assert(isHost(text), text);
  }
  for (const text of ["", "[::1]", "a b", "127.0.0.1:5555", "1:2"]) assert(!isHost(text), text);
});

Deno.test("plainHost shows an IPv4 client of an IPv6 socket as IPv4", () => {
  assertEquals(plainHost("::ffff:192.0.2.1"), "192.0.2.1");
  for (const host of ["192.0.2.1", "::1", "::ffff:1", "2001:db8::1"]) {
    assertEquals(plainHost(host), host);
  }
});

Deno.test("isLoopback and isUnspecified see through every way to write an address", () => {
  for (const host of ["127.0.0.1", "127.255.0.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"]) {
    assert(isLoopback(host), host);
  }
  for (const host of ["128.0.0.1", "10.0.0.1", "::", "::2", "0.0.0.0"]) {
    assert(!isLoopback(host), host);
  }
  for (const host of ["0.0.0.0", "::", "0:0::0", "::ffff:0.0.0.0"]) {
    assert(isUnspecified(host), host);
  }
  for (const host of ["127.0.0.1", "::1", "localhost", ""]) assert(!isUnspecified(host), host);
});

Deno.test("reachableHost hands out the claimed host if it is believable, else the observed one", () => {
  const claimIsBelieved: [why: string, claimed: string, observed: string, believed: boolean][] = [
    ["the same", "198.51.100.7", "198.51.100.7", true],
    ["both loopback", "127.0.0.2", "127.0.0.1", true],
    ["both loopback", "::1", "127.0.0.1", true],
    ["private, on the server's machine", "192.168.1.5", "127.0.0.1", true],
    ["private, on the server's machine", "fd00::5", "::1", true],
    ["both private", "10.0.0.5", "192.168.1.5", true],
    ["both private", "169.254.0.5", "10.0.0.5", true],
    ["both private", "100.64.0.5", "10.0.0.5", true],
    ["private, seen from outside", "192.168.1.5", "198.51.100.7", false],
    ["loopback, seen from a network", "127.0.0.1", "192.168.1.5", false],
    ["loopback in disguise", "::ffff:127.0.0.1", "192.168.1.5", false],
    ["loopback, seen from outside", "127.0.0.1", "198.51.100.7", false],
    ["another public one", "203.0.113.9", "198.51.100.7", false],
    ["public, seen from a network", "203.0.113.9", "192.168.1.5", false],
    ["public, on the server's machine", "203.0.113.9", "127.0.0.1", false],
    ["nowhere", "100::", "198.51.100.7", true],
    ["nowhere, from a network", "100::", "192.168.1.5", true],
    ["nowhere, on the server's machine", "100::", "127.0.0.1", true],
  ];
  for (const [why, claimed, observed, believed] of claimIsBelieved) {
    assertEquals(reachableHost(claimed, observed), believed ? claimed : observed, why);
  }
});

Deno.test("reachableHost never hands out an address that means every address", () => {
  for (const claimed of ["0.0.0.0", "::", "::ffff:0.0.0.0", "255.255.255.255", "224.0.0.1"]) {
    for (const observed of ["127.0.0.1", "10.0.0.5", "198.51.100.7", "::1"]) {
      assertEquals(reachableHost(claimed, observed), observed);
    }
  }
});

Deno.test("addresses are the same however they are written, and no others are", () => {
  const same = [
    ["chat.example.org", "CHAT.Example.ORG", "chat.example.org."],
    ["2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:0db8::0001"],
    ["::ffff:192.0.2.1", "192.0.2.1", "::ffff:c000:201"],
    ["fe80::1", "fe80::1%eth0", "fe80::1%eth1"],
    ["localhost", "LOCALHOST"],
    ["127.0.0.1"],
    ["127.0.0.2"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["example.org"],
    ["chat.example.com"],
    ["2001:db8::2"],
  ];
  const all = same.flatMap((hosts, group) => hosts.map((host) => ({ host, group })));
  for (const a of all) {
    for (const b of all) {
      const [here, there] = [{ host: a.host, port: 5555 }, { host: b.host, port: 5555 }];
      assertEquals(isSameAddress(here, there), a.group === b.group, `${a.host} ${b.host}`);
      assertEquals(isSameAddress(here, { ...there, port: 5556 }), false);
    }
  }
});

Deno.test("any two addresses can be compared, and each is itself", () => {
  const host = fc.oneof(fc.ipV4(), fc.ipV6(), hostName, fc.string({ unit: codePoint }));
  fc.assert(fc.property(host, host, port, (a, b, port) => {
    assert(isSameAddress({ host: a, port }, { host: a, port }));
    assertEquals(
      isSameAddress({ host: a, port }, { host: b, port }),
      isSameAddress({ host: b, port }, { host: a, port }),
    );
  }));
});
