import { assertEquals } from "@std/assert";
import { pathLines } from "../../../../client/ui/wording/path_lines.ts";

const there = { host: "192.168.1.7", port: 5556 };
const server = { host: "203.0.113.1", port: 5555 };
const noReason = { whyRelayed: undefined, whyNotPunched: undefined };
const why = { is: "no-listener" } as const;

Deno.test("the way in use comes first, with how long it takes", () => {
  const paths = [{ address: there, roundTripMs: 0.42 }];
  assertEquals(pathLines({ name: "bob", paths, ...noReason }), [
    "direct tcp 192.168.1.7:5556 · 0.4 ms",
  ]);
});

Deno.test("a way through routers says over what it goes", () => {
  for (const punched of ["quic", "tcp"] as const) {
    const paths = [{ address: there, punched, roundTripMs: 23 }];
    assertEquals(pathLines({ name: "bob", paths, ...noReason }), [
      `punched ${punched} 192.168.1.7:5556 · 23 ms`,
    ]);
  }
});

Deno.test("others that are open and why none is straight follow", () => {
  const relayed = { address: server, relayedBy: "chat.example.org" };
  const paths = [{ ...relayed, roundTripMs: 61.3 }, { ...relayed, roundTripMs: undefined }];
  const whyRelayed = { code: "peer-unreachable", name: "bob", address: there, why } as const;
  const whyNotPunched = { code: "not-punched", name: "bob", why: "no-answer" } as const;
  const lines = pathLines({ name: "bob", paths, whyRelayed, whyNotPunched });
  assertEquals(lines.slice(0, 2), [
    "relayed by chat.example.org · 61 ms",
    "also open: relayed by chat.example.org · no answer",
  ]);
  assertEquals(lines[2]!.startsWith("not straight: "), true);
  assertEquals(lines[3]!.startsWith("not punched: Nothing comes through over UDP: "), true);
  assertEquals(lines.length, 4);
});

Deno.test("somebody who is away has no way", () => {
  assertEquals(pathLines({ name: "bob", paths: [], ...noReason }), [
    "bob is away: what you write waits",
  ]);
});
