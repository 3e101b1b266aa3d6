import { assertEquals } from "@std/assert";
import { givenServer } from "../../../../client/ui/cli/given_server.ts";

const address = "tls://192.0.2.7:5555?sha256=djycr4bgaz72elhe4u6hkogj4u";

Deno.test("the server is found in whatever its operator may have given", () => {
  for (
    const given of [
      address,
      `'${address}'`,
      `"${address}"`,
      `‘${address}’`,
      `p2pchat client NAME '${address}'`,
      `client NAME ${address}`,
      `deno task p2pchat client NAME '${address}'`,
      `p2pchat client NAME 0 '${address}'`,
      `p2pchat client NAME '${address}' --private`,
      // The whole lines that a server and a client with one print.
      `* others type: p2pchat client NAME '${address}'`,
      `*          or: p2pchat client NAME '${address}'`,
      `*  or '${address}'`,
      `* clients that do not trust the certificate's authority connect to ${address}`,
    ]
  ) assertEquals(givenServer(given), address, given);
  assertEquals(givenServer("p2pchat client alice 5556 127.0.0.1:5555"), "127.0.0.1:5555");
  assertEquals(givenServer("p2pchat client alice a.example,tls://b:1"), "a.example,tls://b:1");
});

Deno.test("an answer in which no server can be found stays as it is", () => {
  for (const answer of ["", "here", "here:5600", "chat.example.org", "what is that?"]) {
    assertEquals(givenServer(answer), answer);
  }
});
