import { assertEquals } from "@std/assert";
import { Admission, defaultCapacity } from "../../../server/connection/admission.ts";

Deno.test("one connection too many in all is 503, until another ends", () => {
  const admission = new Admission({ ...defaultCapacity, connections: 2 });
  assertEquals(admission.enter("192.0.2.1"), undefined);
  assertEquals(admission.enter("127.0.0.1"), undefined);
  const refusal = admission.enter("192.0.2.2");
  assertEquals([refusal?.code, refusal?.fatal], [503, true]);
  assertEquals(admission.count, 2);
  admission.leave("192.0.2.1");
  assertEquals(admission.enter("192.0.2.2"), undefined);
});

Deno.test("one connection too many of a host is 429, and keeps nobody else out", () => {
  const admission = new Admission({ ...defaultCapacity, connectionsPerHost: 2 });
  admission.enter("192.0.2.1");
  admission.enter("192.0.2.1");
  assertEquals(admission.enter("192.0.2.1")?.code, 429);
  assertEquals(admission.enter("192.0.2.2"), undefined);
  admission.leave("192.0.2.1");
  assertEquals(admission.enter("192.0.2.1"), undefined);
});

Deno.test("the server's own host is bounded by the whole alone", () => {
  const admission = new Admission({ ...defaultCapacity, connections: 3, connectionsPerHost: 1 });
  const answers = ["127.0.0.1", "127.0.0.1", "::1", "::1"].map((host) => admission.enter(host));
  assertEquals(answers.map((refusal) => refusal?.code), [undefined, undefined, undefined, 503]);
});
