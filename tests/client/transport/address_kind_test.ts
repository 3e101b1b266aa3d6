// What kind of place an address is, in each form in which it can be written.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type AddressKind, addressKind } from "../../../client/transport/address_kind.ts";

/** The first and the last address of each range, and what lies beside it. */
const table: Readonly<Record<AddressKind, readonly string[]>> = {
  "loopback": ["127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1", "::1%lo"],
  "link-local": [
    ...["169.254.0.0", "169.254.169.254", "169.254.255.255", "::ffff:169.254.169.254"],
    ...["fe80::", "fe80::1", "fe80::1%eth0", "febf:ffff::1", "FE80::1"],
  ],
  "private": [
    ...["10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0"],
    ...["192.168.255.255", "100.64.0.0", "100.127.255.255", "192.0.0.0", "192.0.0.255"],
    ...["198.18.0.0", "198.19.255.255", "::ffff:192.168.1.1", "::ffff:a00:1", "fc00::", "fd00::1"],
    ...["fdff:ffff::1", "fec0::1", "2001:2::1", "200::1", "4000::1"],
  ],
  "unusable": [
    ...["0.0.0.0", "0.0.0.1", "0.255.255.255", "224.0.0.0", "224.0.0.251", "239.255.255.255"],
    ...["240.0.0.1", "255.255.255.254", "255.255.255.255", "::", "::ffff:0.0.0.0", "ff00::"],
    ...[
      "ff02::1",
      "ff05::1%eth0",
      "100::1",
      "5f00::1",
      "2001::1",
      "2001:0:7f00:1::",
      "64:ff9b:1::1",
    ],
    // What is not public stays so in each form that holds an IPv4 address.
    ...["::2", "::7f00:1", "::a00:1", "::169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1"],
    ...["64:ff9b::169.254.169.254", "::ffff:0:192.168.1.1", "2002:7f00:1::", "2002:a00:1::1"],
    ...["2002:c0a8:101::", "2002:a9fe:a9fe::1", "2002:e000:1::"],
    ...["", "localhost", "bob.example", "1.2.3", "fe80::1::"],
  ],
  "public": [
    ...["1.1.1.1", "9.255.255.255", "11.0.0.0", "126.255.255.255", "128.0.0.0", "100.63.255.255"],
    ...[
      "100.128.0.0",
      "169.253.255.255",
      "169.255.0.0",
      "172.15.255.255",
      "172.32.0.0",
      "192.0.2.1",
    ],
    ...["192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255"],
    ...["::ffff:8.8.8.8", "2000::1", "2001:db8::1", "2606:4700::1111", "3fff:ffff::1"],
    ...["64:ff9b::8.8.8.8", "2002:808:808::1", "::ffff:0:8.8.8.8"],
  ],
};

for (const [kind, addresses] of Object.entries(table)) {
  Deno.test(`these addresses are ${kind}`, () => {
    const found = addresses.map((address) => [address, addressKind(address)]);
    assertEquals(found, addresses.map((address) => [address, kind]));
  });
}

const ipv4 = fc.ipV4();

/** The same IPv4 address, in forms of IPv6. */
function held(ip: string): string[] {
  const [a, b, c, d] = ip.split(".").map(Number) as [number, number, number, number];
  const [high, low] = [(a << 8 | b).toString(16), (c << 8 | d).toString(16)];
  return [`::${ip}`, `64:ff9b::${ip}`, `::ffff:0:${ip}`, `2002:${high}:${low}::1`];
}

Deno.test("an IPv4 address that is written as IPv6 is the same, and inside another no better", () => {
  fc.assert(fc.property(fc.oneof(ipv4, fc.constantFrom(...table.private.slice(0, 12))), (ip) => {
    assertEquals(addressKind(`::ffff:${ip}`), addressKind(ip));
    const expected = addressKind(ip) === "public" ? "public" : "unusable";
    // The address of loopback is one of these forms as well.
    for (const form of held(ip).filter((form) => form !== "::0.0.0.1")) {
      assertEquals([form, addressKind(form)], [form, expected]);
    }
  }));
});

Deno.test("any text has a kind, and a zone changes nothing", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV6(), ipv4), (text) => {
    const kind = addressKind(text);
    if (!text.includes("%")) assertEquals(addressKind(`${text}%eth0`), kind);
  }));
});
