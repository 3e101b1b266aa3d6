import { assertEquals } from "@std/assert";
import { Admission, defaultCapacity, HostQuota } from "../../../server/limits/limits.ts";

Deno.test("one connection too many in all gets 503, until another one ends", () => {
  const admission = new Admission({ ...defaultCapacity, connections: 2 });
  assertEquals(admission.enter("192.0.2.1"), undefined);
  assertEquals(admission.enter("127.0.0.1"), undefined);
  const refusal = admission.enter("192.0.2.2");
  assertEquals([refusal?.code, refusal?.fatal], [503, true]);
  assertEquals(admission.count, 2);
  admission.leave("192.0.2.1");
  assertEquals(admission.enter("192.0.2.2"), undefined);
});

Deno.test("one connection too many of a host gets 429, and other hosts can still connect", () => {
  const admission = new Admission({ ...defaultCapacity, connectionsPerHost: 2 });
  admission.enter("192.0.2.1");
  admission.enter("192.0.2.1");
  assertEquals(admission.enter("192.0.2.1")?.code, 429);
  assertEquals(admission.enter("192.0.2.2"), undefined);
  admission.leave("192.0.2.1");
  assertEquals(admission.enter("192.0.2.1"), undefined);
});

Deno.test("for the server's own host only the bound on all connections counts", () => {
  const admission = new Admission({ ...defaultCapacity, connections: 3, connectionsPerHost: 1 });
  const answers = ["127.0.0.1", "127.0.0.1", "::1", "::1"].map((host) => admission.enter(host));
  assertEquals(answers.map((refusal) => refusal?.code), [undefined, undefined, undefined, 503]);
});

Deno.test("a host has as many as it may, and one fewer after each that goes", () => {
  const quota = new HostQuota((host) => host === "::1" ? Infinity : 2);
  const steps: [step: "add" | "remove", host: string, full: boolean][] = [
    ["add", "192.0.2.1", false],
    ["add", "192.0.2.1", true],
    ["add", "192.0.2.2", false],
    ["remove", "192.0.2.1", false],
    ["add", "192.0.2.1", true],
    ...Array.from({ length: 5 }, (): ["add", string, boolean] => ["add", "::1", false]),
  ];
  for (const [step, host, full] of steps) {
    quota[step](host);
    assertEquals(quota.isFull(host), full, `${step} ${host}`);
  }
  quota.clear();
  assertEquals(quota.isFull("192.0.2.1"), false);
});

Deno.test("the addresses of one /64 are one host, and those of one /48 are four", () => {
  const quota = new HostQuota(() => 2);
  const take = (host: string) => {
    if (quota.isFull(host)) return false;
    quota.add(host);
    return true;
  };
  const taken = (...hosts: string[]) => hosts.map(take);
  assertEquals(
    taken("2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1::3", "2001:db8:0:1:ffff::"),
    [true, true, false, false],
  );
  const next = ["2", "3", "4"].flatMap((n) => [`2001:db8:0:${n}::1`, `2001:db8:0:${n}::2`]);
  assertEquals(taken(...next, "2001:db8:0:5::1"), [true, true, true, true, true, true, false]);
  // A host that has none may have one in its own right, but not if its site has all that it may.
  assertEquals(taken("2001:db8:0:6::1", "2001:db8:1:1::1", "192.0.2.1"), [false, true, true]);
  assertEquals(taken("::ffff:192.0.2.1", "::ffff:c000:201"), [true, false]);
  quota.remove("2001:db8:0:1::1");
  assertEquals(taken("2001:db8:0:6::1", "2001:db8:0:7::1"), [true, false]);
});

Deno.test("what moves within a host takes no more of its bound", () => {
  const quota = new HostQuota(() => 1);
  quota.add("2001:db8::1");
  assertEquals(quota.isFull("2001:db8::2"), true);
  assertEquals(quota.isFull("2001:db8::2", "2001:db8::1"), false);
  assertEquals(quota.isFull("2001:db8::2", "2001:db8:0:1::1"), true);
});
