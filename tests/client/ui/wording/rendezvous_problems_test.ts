import type { RendezvousProblem } from "../../../../client/user_error.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const server = "tls://example.org:5555";

const cases: SentenceCases<RendezvousProblem> = {
  "server-refused": [
    [
      { code: "server-refused", status: "404", said: "No client bob", retryAfterS: undefined },
      "The server refused: No client bob (404)",
    ],
    [
      {
        code: "server-refused",
        status: "403",
        said: "The name alice belongs to another key",
        retryAfterS: undefined,
      },
      "The server refused: The name alice belongs to another key (403). If it is yours, p2pchat " +
      "identity import brings its key here; else choose another name",
    ],
    [
      { code: "server-refused", status: "429", said: "Slow down", retryAfterS: 17 },
      "The server refused: Slow down (429); try again in 17 s",
    ],
  ],
  "name-taken": [[
    { code: "name-taken", id: "bob" },
    "The name bob is taken: it belongs to another key. If it is you: p2pchat identity import FILE " +
    "brings your key here. Else choose another name: p2pchat client NAME",
  ]],
  "server-shows-address": [[
    { code: "server-shows-address", server },
    "The server at tls://example.org:5555 tells others your address whatever you ask of it, so you are " +
    "not registered there; without --private you can be",
  ]],
  "server-hung-up": [
    [
      { code: "server-hung-up", server },
      "The server at tls://example.org:5555 closed the connection without an answer; try again",
    ],
    [
      { code: "server-hung-up", server: "example.org:5555", mayBeLegacy: true },
      "The server at example.org:5555 closed the connection without an answer; try again, or start " +
      "the client with --legacy-server if that is a program of the original kind",
    ],
  ],
  "server-closes-each": [[
    { code: "server-closes-each", server },
    "The server at tls://example.org:5555 closes each connection; try again",
  ]],
  "server-no-reply": [
    [
      { code: "server-no-reply", server, verb: "INFO", seconds: 10 },
      "The server at tls://example.org:5555 did not answer INFO within 10 seconds; try again",
    ],
    [
      {
        code: "server-no-reply",
        server: "example.org:5555",
        verb: "INFO",
        seconds: 10,
        mayBeLegacy: true,
      },
      "The server at example.org:5555 did not answer INFO within 10 seconds; try again, or start " +
      "the client with --legacy-server if that is a program of the original kind",
    ],
  ],
  "server-silent": [[
    { code: "server-silent", server, seconds: 10 },
    "The server at tls://example.org:5555 has not answered for 10 seconds",
  ]],
  "server-closed": [[
    { code: "server-closed", server },
    "The server at tls://example.org:5555 closed the connection",
  ]],
  "server-connection-broken": [[
    { code: "server-connection-broken", server },
    "The connection to the server at tls://example.org:5555 is lost",
  ]],
  "server-network-left": [[
    { code: "server-network-left", server },
    "This machine has left the network from which it reached the server at tls://example.org:5555",
  ]],
  "server-unreadable": [[
    { code: "server-unreadable", server },
    "The server at tls://example.org:5555 sent something that cannot be read",
  ]],
  "server-said": [[
    { code: "server-said", server, said: "too slow" },
    "The server at tls://example.org:5555 ended the connection: too slow",
  ]],
  "not-a-server": [
    [
      {
        code: "not-a-server",
        server: "example.org:5555",
        found: { is: "tls", address: "example.org:5555" },
      },
      "What answers at example.org:5555 is not a p2pchat server: it speaks TLS; name it " +
      "tls://example.org:5555",
    ],
    [
      { code: "not-a-server", server, found: { is: "malformed", reason: "The line is too long" } },
      "What answers at tls://example.org:5555 is not a p2pchat server: The line is too long",
    ],
    [
      {
        code: "not-a-server",
        server,
        found: { is: "unexpected", said: "HTTP", expected: "INFOACK" },
      },
      "What answers at tls://example.org:5555 is not a p2pchat server: it said HTTP instead of INFOACK",
    ],
  ],
  "wrong-realm": [[
    { code: "wrong-realm", server: "example.org:5555", realm: "example.com:5555" },
    "The server at example.org:5555 asks for a signature for example.com:5555: nothing was signed. " +
    "If example.com:5555 is its name, start the client with that",
  ]],
  "realm-not-an-address": [[
    { code: "realm-not-an-address", server: "example.org:5555", dialed: "example.org:5555" },
    "The server at example.org:5555 does not say by which address it goes, so others could use a " +
    "signature for it: nothing was signed. Its operator can name the address with --realm " +
    "example.org:5555, or take a newer version",
  ]],
  "signed-unchecked": [[
    { code: "signed-unchecked", server, dialed: "example.org:5555" },
    "The server at tls://example.org:5555 does not say by which address it goes: if it passes on what " +
    "another server says, it can use your name and your mail there. Its operator can name the " +
    "address with --realm example.org:5555, or take a newer version",
  ]],
  "other-address": [
    [
      { code: "other-address", server, dialed: "example.org:5555", accepted: ["192.0.2.1:5555"] },
      "The server at tls://example.org:5555 does not go by that address, but by 192.0.2.1:5555: " +
      "nothing can be signed for it. Start the client with an address that is the server's; if " +
      "example.org:5555 is one, its operator can name it with --realm example.org:5555",
    ],
    [
      {
        code: "other-address",
        server: "example.org:5555",
        dialed: "example.org:5555",
        accepted: ["chat.example.com:5555", "[2001:db8::1]:5555"],
      },
      "The server at example.org:5555 does not go by that address, but by chat.example.com:5555 or " +
      "[2001:db8::1]:5555: nothing can be signed for it. Start the client with an address that is the " +
      "server's; if example.org:5555 is one, its operator can name it with --realm example.org:5555",
    ],
    [
      { code: "other-address", server, dialed: "example.org:5555", accepted: [] },
      "The server at tls://example.org:5555 does not go by that address: nothing can be signed for it. " +
      "Start the client with an address that is the server's; if example.org:5555 is one, its operator " +
      "can name it with --realm example.org:5555",
    ],
  ],
  "server-lacks-verb": [
    [
      { code: "server-lacks-verb", server: "example.org:5555", verb: "UNREGISTER" },
      "The server at example.org:5555 has no UNREGISTER; it forgets you when it is restarted",
    ],
    [
      { code: "server-lacks-verb", server: "example.org:5555", verb: "INFO" },
      "The server at example.org:5555 has no INFO: it does not say who is registered",
    ],
    [
      { code: "server-lacks-verb", server: "example.org:5555", verb: "BRIDGE" },
      "The server at example.org:5555 has no BRIDGE: it does not say where others are; " +
      "/chat IP:PORT needs no server",
    ],
  ],
  "server-list-too-long": [[
    { code: "server-list-too-long", server: "example.org:5555", bytesMax: 98_304 },
    "The server at example.org:5555 lists more clients than are read, 96 KiB; /chat IP:PORT needs " +
    "no server",
  ]],
  "server-sent-no-address": [[
    { code: "server-sent-no-address" },
    "The server sent something that is not an address",
  ]],
  "no-server": [[
    {
      code: "no-server",
      problems: [{ code: "server-sent-no-address" }, { code: "server-closed", server }],
    },
    "The server sent something that is not an address; The server at tls://example.org:5555 closed the connection",
  ]],
};

Deno.test("each thing that can go wrong with servers has its sentence", () => {
  assertSentences(cases);
});
