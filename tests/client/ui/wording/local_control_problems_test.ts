import type { LocalControlProblem } from "../../../../client/problems/local_control_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const cases: SentenceCases<LocalControlProblem> = {
  "name-in-use": [[
    { code: "name-in-use", id: "alice" },
    "Another p2pchat of yours runs as alice already; --take-over ends that one, or choose another name",
  ]],
  "name-held": [[
    { code: "name-held", id: "alice", seconds: 10 },
    "Another p2pchat of yours uses the name alice, and has not ended within 10 seconds; end it, or try " +
    "again",
  ]],
  "name-not-taken": [[
    { code: "name-not-taken", id: "alice", directory: "it's", reason: "the disk is full" },
    "Cannot use the name alice in 'it'\\''s': the disk is full",
  ]],
  "not-taken-over": [
    [
      { code: "not-taken-over", id: "alice", why: "silent", seconds: 10 },
      "Cannot take over from the p2pchat that runs as alice: it does not answer within 10 seconds; it " +
      "may be stopped: have it go on, or end it, and try again",
    ],
    [
      { code: "not-taken-over", id: "alice", why: "still-there", seconds: 10 },
      "Cannot take over from the p2pchat that runs as alice: it leaves, and has not ended within 10 " +
      "seconds; end it, and try again",
    ],
  ],
  "running-client-silent": [[
    { code: "running-client-silent", seconds: 1 },
    "The p2pchat that runs with this profile does not answer within a second; it may be stopped: have " +
    "it go on, or end it, and try again",
  ]],
  "running-client-ended": [[
    { code: "running-client-ended", self: "alice" },
    "The p2pchat that runs as alice was asked, and has ended before it had answered; try again",
  ]],
  "too-many-listeners": [[
    { code: "too-many-listeners", max: 4 },
    "The p2pchat that runs tells 4 programs already what comes in, and no more; end one of them",
  ]],
  "listener-behind": [[
    { code: "listener-behind", max: 1_000 },
    "More than 1000 messages came faster than they were read; history export has them all",
  ]],
  "nobody-receives": [[
    { code: "nobody-receives", self: "alice" },
    "No p2pchat runs as alice, so nothing comes in: start p2pchat client alice",
  ]],
  "running-client-of-other-version": [[
    { code: "running-client-of-other-version", version: "0.4.0" },
    "The p2pchat that runs with this profile is of version 0.4.0 and cannot be asked by this one; " +
    "start it again",
  ]],
};

Deno.test("each thing that can go wrong between programs of one user has its sentence", () => {
  assertSentences(cases);
});
