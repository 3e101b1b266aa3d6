import { assertEquals } from "@std/assert";
import { everyHost } from "../../../shared/net/every_host.ts";

const [ipv4, ipv6] = [{ address: "10.0.0.2" }, { address: "::1" }];

Deno.test("a listener takes calls to all addresses of the families that there are", () => {
  assertEquals(everyHost({ os: "linux", addresses: [ipv4, ipv6] }), "::");
  assertEquals(everyHost({ os: "linux", addresses: [ipv4] }), "0.0.0.0");
  assertEquals(everyHost({ os: "windows", addresses: [ipv4, ipv6] }), "0.0.0.0");
  assertEquals(everyHost({ os: "linux", addresses: [] }), "0.0.0.0");
});
