import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import { canonicalIpv6, ipv6Groups, mappedIpv4 } from "../../../shared/net/ipv6.ts";

Deno.test("an IPv6 address is read as its eight groups, however it is written", () => {
  for (
    const [text, groups] of [
      ["::", [0, 0, 0, 0, 0, 0, 0, 0]],
      ["::1", [0, 0, 0, 0, 0, 0, 0, 1]],
      ["1::", [1, 0, 0, 0, 0, 0, 0, 0]],
      ["2001:DB8::00fF:1", [0x2001, 0xdb8, 0, 0, 0, 0, 0xff, 1]],
      ["1:2:3:4:5:6:7:8", [1, 2, 3, 4, 5, 6, 7, 8]],
      ["1:2:3:4:5:6:7::", [1, 2, 3, 4, 5, 6, 7, 0]],
      ["::ffff:192.0.2.1", [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201]],
    ] as const
  ) assertEquals(ipv6Groups(canonicalIpv6(text)!), [...groups], text);
});

Deno.test("an address of IPv4 that is written as IPv6 is that of IPv4", () => {
  for (
    const [text, mapped] of [
      ["::ffff:192.0.2.1", "192.0.2.1"],
      ["::FFFF:C000:0201", "192.0.2.1"],
      ["0:0:0:0:0:ffff:0:1", "0.0.0.1"],
      ["::ffff:255.255.255.255", "255.255.255.255"],
      ["::192.0.2.1", undefined],
      ["::ffff:1", undefined],
      ["::ffff:0:192.0.2.1", undefined],
      ["1::ffff:192.0.2.1", undefined],
    ] as const
  ) assertEquals(mappedIpv4(canonicalIpv6(text)!), mapped, text);
});

Deno.test("what is no IPv6 address is none", () => {
  const texts = [
    ...["", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1::", "12345::", "g::"],
    ...["127.0.0.1", "::1%eth0", "[::1]", "::1]", "::1]:80", "::1]/", "::1]#", "@[::1", " ::1"],
    ...["::1.2.3", "::1.2.3.4.5", "::256.0.0.1", "::01.2.3.4", "::1.2.3.4:5", "1.2.3.4::"],
    ...["::0x1.2.3.4", "::1 ", "::1\n", "::\t1", "::1\0", "::１", `${"0".repeat(50)}::1`],
  ];
  for (const text of texts) assertEquals(canonicalIpv6(text), undefined, text);
});

/** Texts that are addresses, or nearly. */
const nearly = fc.oneof(
  fc.ipV6(),
  fc.array(fc.constantFrom("0", "1", "ff", "abcd", "00fF", "", "", "1.2.3.4", "99999", "x"), {
    minLength: 2,
    maxLength: 10,
  }).map((parts) => parts.join(":")),
);

Deno.test("another reader of addresses reads each of them in the same way", () => {
  fc.assert(
    fc.property(nearly, (text) => {
      const canonical = canonicalIpv6(text);
      // It takes some that are none, and ::1.2.3.4 for ::ffff:1.2.3.4.
      if (canonical === undefined || /^::\d+\./.test(text)) return;
      const theirs = ipaddr.IPv6.parse(text);
      assertEquals(canonical, theirs.toRFC5952String());
      assertEquals(ipv6Groups(canonical), theirs.parts);
      const mapped = theirs.isIPv4MappedAddress() ? theirs.toIPv4Address().toString() : undefined;
      assertEquals(mappedIpv4(canonical), mapped);
    }),
    { numRuns: 2_000 },
  );
  fc.assert(fc.property(fc.ipV6(), (text) => assert(canonicalIpv6(text) !== undefined)));
});
