import type { ServersProblem } from "../../../../client/user_error.ts";
import type { Fingerprint } from "../../../../shared/crypto/public_key.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const known = "aaaa-bbbb" as Fingerprint;
const there = "cccc-dddd" as Fingerprint;
const server = "tls://chat.example.org:5555";

const cases: SentenceCases<ServersProblem> = {
  "not-a-server-name": [[
    { code: "not-a-server-name", text: "a b" },
    "'a b' is no server. A server is named as chat.example.org, which speaks TLS; as " +
    "tls://chat.example.org:5555?sha256=FINGERPRINT, as it prints it; or as plain:chat.example.org",
  ]],
  "own-server": [[
    { code: "own-server", server: "chat.example.org:5555" },
    "chat.example.org:5555 is your own server, which is asked anyway",
  ]],
  "too-many-servers": [[
    { code: "too-many-servers", max: 2, servers: [server, "plain:a:1"] },
    "Cannot use another server: there are 2 already, tls://chat.example.org:5555, plain:a:1; " +
    "/unvisit one first",
  ]],
  "server-spoke-tls": [[
    { code: "server-spoke-tls", server: "chat.example.org:5555" },
    "chat.example.org:5555 has spoken TLS before, so nothing is said to it in the clear: somebody on the way " +
    "may keep it from doing so. Ask whoever runs it",
  ]],
  "server-not-allowed": [[
    { code: "server-not-allowed", server, name: "bob" },
    "You have not used tls://chat.example.org:5555 yet. It would learn your name, your key and your " +
    "address. To have it asked for bob, say so once in a client: /visit tls://chat.example.org:5555",
  ]],
  "not-visited": [
    [
      { code: "not-visited", server: "a:1", visited: [] },
      "a:1 is none of the servers that you visit: there is none",
    ],
    [
      { code: "not-visited", server: "a:1", visited: [server, "plain:b:1"] },
      "a:1 is none of the servers that you visit: there is tls://chat.example.org:5555, plain:b:1",
    ],
  ],
  "another-of-that-name": [[
    { code: "another-of-that-name", name: "bob", server: "chat.example.org:5555", known, there },
    "You know another bob, with the key aaaa-bbbb; the one at chat.example.org:5555 has the key " +
    "cccc-dddd. Nothing was sent: two people of one name cannot be told apart here",
  ]],
  "server-not-noted": [[
    {
      code: "server-not-noted",
      name: "bob",
      server: "a:1",
      reason: "database or disk is full",
    },
    "Cannot remember that bob is at a:1: database or disk is full",
  ]],
  "other-servers-unread": [[
    { code: "other-servers-unread", reason: "disk I/O error" },
    "Cannot read which servers you visit: disk I/O error",
  ]],
  "at-other-server": [[
    { code: "at-other-server", server, problem: { code: "unexpected", reason: "it is gone" } },
    "tls://chat.example.org:5555: it is gone",
  ]],
};

Deno.test("each thing that can go wrong with another server has its sentence", () => {
  assertSentences(cases);
});
