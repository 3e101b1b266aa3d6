import { assertEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "commander";
import { parseAnnouncedArgument } from "../../../../client/ui/cli/server_options.ts";

Deno.test("where others reach a client is an IP address and a port", () => {
  assertEquals(parseAnnouncedArgument("203.0.113.9:5556"), { host: "203.0.113.9", port: 5556 });
  assertEquals(parseAnnouncedArgument("[2001:db8::7]:1"), { host: "2001:db8::7", port: 1 });
  for (
    const text of ["", "203.0.113.9", "203.0.113.9:0", "chat.example.org:5556", "5556", ":5556"]
  ) {
    assertThrows(() => parseAnnouncedArgument(text), InvalidArgumentError, "203.0.113.9:5556");
  }
});
