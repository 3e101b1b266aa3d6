import { assertEquals } from "@std/assert";
import { ownCandidates } from "../../../client/connector/own_candidates.ts";
import { candidatesMax } from "../../../shared/protocol/limits.ts";
import { formatAddress, parseAddress } from "../../../shared/net/address.ts";

const machine = [
  "127.0.0.1",
  "::1",
  "192.168.1.7",
  "169.254.3.4",
  "fe80::7",
  "2001:db8::7",
  "fd00::7",
];

function candidates(listening: string, announced?: string, own = machine): string[] {
  const address = announced === undefined ? undefined : parseAddress(announced);
  return ownCandidates(parseAddress(listening)!, own, address).map(formatAddress);
}

Deno.test("candidates are the addresses of this machine that others may call, then the announced one", () => {
  assertEquals(candidates("[::]:5556", "203.0.113.9:5556"), [
    "192.168.1.7:5556",
    "[2001:db8::7]:5556",
    "[fd00::7]:5556",
    "203.0.113.9:5556",
  ]);
  assertEquals(candidates("[::]:5556", "192.168.1.7:5556").length, 3);
});

Deno.test("no address is named of a family that nobody listens on", () => {
  const announced = "[2001:db8::7]:5556";
  assertEquals(candidates("0.0.0.0:5556", announced), ["192.168.1.7:5556"]);
  assertEquals(candidates("192.168.1.7:5556", announced), ["192.168.1.7:5556"]);
  assertEquals(candidates("[2001:db8::7]:5556", "203.0.113.9:5556"), [announced]);
});

Deno.test("who listens on this machine alone has nothing to name but what is announced", () => {
  assertEquals(candidates("127.0.0.1:5556"), []);
  assertEquals(candidates("127.0.0.1:5556", "127.0.0.1:5556"), []);
  // A port that is forwarded to this one, say.
  assertEquals(candidates("127.0.0.1:5556", "203.0.113.9:5556"), ["203.0.113.9:5556"]);
});

Deno.test("there are not more candidates than one message names", () => {
  const own = Array.from({ length: 100 }, (_, i) => `10.0.0.${i + 1}`);
  assertEquals(candidates("0.0.0.0:5556", undefined, own).length, candidatesMax);
});
