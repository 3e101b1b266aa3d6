import type { TrustProblem } from "../../../../client/problems/trust_problem.ts";
import { printOf } from "../../../support/store_fixture.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const [one, other] = [printOf(1), printOf(2)];

const cases: SentenceCases<TrustProblem> = {
  "no-refused-key": [[
    { code: "no-refused-key", name: "bob" },
    "No other key has been shown for bob; /chat bob shows which it has",
  ]],
  "several-refused-keys": [[
    { code: "several-refused-keys", name: "bob", fingerprints: [one, other] },
    `2 keys have been shown for bob, ${one}, ${other}: ask bob which is the right one, then ` +
    "/trust bob FINGERPRINT",
  ]],
  "not-a-refused-key": [[
    { code: "not-a-refused-key", name: "bob", fingerprint: "abcd", fingerprints: [one, other] },
    `No key abcd has been shown for bob: there is ${one}, ${other}`,
  ]],
  "no-room-for-key": [[
    { code: "no-room-for-key", name: "bob" },
    "Cannot save the key of bob: too many are saved",
  ]],
  "not-reassigned": [[
    { code: "not-reassigned", name: "bob", fingerprint: one, reason: "the disk is full" },
    `bob's key is ${one} from now on, but the messages that wait for bob are not sent to it: the disk ` +
    "is full",
  ]],
};

Deno.test("each thing that can go wrong with keys has its sentence", () => {
  assertSentences(cases);
});
