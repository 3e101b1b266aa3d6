import { assertEquals, assertThrows } from "@std/assert";
import { ArgumentError } from "../../../../shared/process/argument_error.ts";
import {
  parseAnnouncedArgument,
  parsePortOrServers,
} from "../../../../client/ui/cli/server_options.ts";

Deno.test("where others reach a client is an IP address and a port", () => {
  assertEquals(parseAnnouncedArgument("203.0.113.9:5556"), { host: "203.0.113.9", port: 5556 });
  assertEquals(parseAnnouncedArgument("[2001:db8::7]:1"), { host: "2001:db8::7", port: 1 });
  for (
    const text of ["", "203.0.113.9", "203.0.113.9:0", "chat.example.org:5556", "5556", ":5556"]
  ) {
    assertThrows(() => parseAnnouncedArgument(text), ArgumentError, "203.0.113.9:5556");
  }
});

Deno.test("a server on this machine is named as here, with a port if it has another", () => {
  assertEquals(parsePortOrServers("here"), { herePort: 5555 });
  assertEquals(parsePortOrServers("here:5600"), { herePort: 5600 });
  assertEquals(parsePortOrServers("here.example.org"), [{ host: "here.example.org", port: 5555 }]);
  for (const text of ["here:", "here:0", "here:a", "here:65536"]) {
    assertThrows(() => parsePortOrServers(text), ArgumentError, "here:5556");
  }
});
