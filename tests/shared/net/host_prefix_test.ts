import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { hostPrefix, sitePrefix } from "../../../shared/net/host_prefix.ts";

Deno.test("an IPv4 address is a host and a site of its own, however it is written", () => {
  for (const ip of ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:c000:201", "::FFFF:c000:0201"]) {
    assertEquals(hostPrefix(ip), "192.0.2.1");
    assertEquals(sitePrefix(ip), "192.0.2.1");
  }
  fc.assert(fc.property(fc.ipV4(), (ip) => {
    assertEquals(hostPrefix(ip), ip);
    assertEquals(sitePrefix(`::ffff:${ip}`), ip);
  }));
});

Deno.test("an IPv6 address belongs to its /64 and its /48", () => {
  for (
    const [ip, host, site] of [
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
      ["2001:DB8:1:2::", "2001:db8:1:2::/64", "2001:db8:1::/48"],
      ["2001:db8::1", "2001:db8:0:0::/64", "2001:db8:0::/48"],
      ["::1", "0:0:0:0::/64", "0:0:0::/48"],
      ["fe80::1%eth0", "fe80:0:0:0::/64", "fe80:0:0::/48"],
    ] as const
  ) {
    assertEquals(hostPrefix(ip), host);
    assertEquals(sitePrefix(ip), site);
  }
});

Deno.test("two IPv6 addresses share a prefix if their first bits are the same, and only then", () => {
  const group = fc.integer({ min: 1, max: 0xffff }).map((part) => part.toString(16));
  const groups = (count: number) => fc.array(group, { minLength: count, maxLength: count });
  fc.assert(fc.property(groups(8), groups(4), fc.nat(7), (ours, others, at) => {
    const ip = ours.join(":");
    assertEquals(hostPrefix([...ours.slice(0, 4), ...others].join(":")), hostPrefix(ip));
    assertEquals(
      sitePrefix([...ours.slice(0, 3), others[0], ...ours.slice(4)].join(":")),
      sitePrefix(ip),
    );
    const changed = ours.with(at, ours[at] === "1" ? "2" : "1").join(":");
    const differs = (isOther: boolean, a: string, b: string) =>
      isOther ? assertNotEquals(a, b) : assertEquals(a, b);
    differs(at < 4, hostPrefix(changed), hostPrefix(ip));
    differs(at < 3, sitePrefix(changed), sitePrefix(ip));
  }));
});

Deno.test("what is not an IP address stands for itself", () => {
  for (const text of ["", "localhost", "a:b", "1.2.3", ":::", "2001:db8::1::2"]) {
    assertEquals(hostPrefix(text), text);
    assertEquals(sitePrefix(text), text);
  }
});
