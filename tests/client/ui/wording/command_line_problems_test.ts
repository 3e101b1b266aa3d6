import type { CommandLineProblem } from "../../../../client/problems/command_line_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const late = { code: "not-as-far-in-time", name: "bob" } as const;
const refused = (status: string, said: string) => ({ self: "alice", status, said });

const cases: SentenceCases<CommandLineProblem> = {
  "nothing-said": [[
    { code: "nothing-said", name: "bob" },
    "Nothing has been said with bob yet",
  ]],
  "several-selves": [[
    { code: "several-selves", name: "bob", selves: ["alice", "work"] },
    "You have talked with bob as alice and work: --as says which you mean",
  ]],
  "not-that-self": [[
    { code: "not-that-self", name: "bob", self: "carol", selves: ["alice"] },
    "You have not talked with bob as carol, but as alice",
  ]],
  "no-own-name": [[
    { code: "no-own-name", name: "bob" },
    "You have never talked with bob: --as says by which of your names you do",
  ]],
  "not-as-far-in-time": [
    [
      { ...late, until: "delivered", seconds: 10 },
      "The message is kept and waits for bob; it was not delivered within 10 seconds",
    ],
    [
      { ...late, until: "mailbox", seconds: 1 },
      "The message is kept and waits for bob; it was not at the server's mailbox within a second",
    ],
    [
      {
        ...late,
        until: "mailbox",
        seconds: 2,
        refused: refused("404", "No key owns the name alice here"),
      },
      "The message is kept and waits for bob; it was not at the server's mailbox within 2 seconds. " +
      "The server takes mail only from those who have registered there: start p2pchat client alice once",
    ],
    [
      { ...late, until: "mailbox", seconds: 2, refused: refused("403", "It is another's") },
      "The message is kept and waits for bob; it was not at the server's mailbox within 2 seconds. " +
      "The server refused: It is another's (403)",
    ],
  ],
  "not-served-here": [
    [
      { code: "not-served-here", port: 5555, taken: "port" },
      "On port 5555 of this machine something listens that is no server of yours with TLS. " +
      "If it is one without, name 127.0.0.1:5555; else end it, or name here:5556",
    ],
    [
      { code: "not-served-here", port: 5555, taken: "data" },
      "A server of yours runs on this machine, but not on port 5555 with TLS: name that one, or end it",
    ],
  ],
  "history-not-written": [[
    { code: "history-not-written", reason: "the disk is full" },
    "Cannot export the history to standard output: the disk is full",
  ]],
  "output-not-written": [[
    { code: "output-not-written", reason: "the disk is full" },
    "The client has left, since it cannot print: the disk is full",
  ]],
};

Deno.test("what goes wrong with a subcommand has a sentence", () => assertSentences(cases));
