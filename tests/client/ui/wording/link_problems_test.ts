import type { LinkProblem } from "../../../../client/problems/link_problem.ts";
import { assertSentences, type SentenceCases } from "../../../support/problems.ts";

const cases: SentenceCases<LinkProblem> = {
  "peer-said": [[{ code: "peer-said", said: "supper" }, "“supper”"]],
  "peer-fault": [[
    { code: "peer-fault", reason: "A VERIFY came out of turn" },
    "A VERIFY came out of turn",
  ]],
  "not-authentic": [[{ code: "not-authentic" }, "what came was not what it sent"]],
  "opening-too-slow": [[
    { code: "opening-too-slow" },
    "it took too long to open the conversation",
  ]],
  "peer-silent": [[{ code: "peer-silent" }, "it stopped answering"]],
  "peer-does-not-read": [[{ code: "peer-does-not-read" }, "it does not read"]],
  "peer-cannot-compare": [[{ code: "peer-cannot-compare" }, "it cannot compare messages"]],
  "purpose-not-known": [[
    { code: "purpose-not-known" },
    "its program does not know what the call is for",
  ]],
  "link-not-open": [[{ code: "link-not-open" }, "The connection is not open"]],
  "text-not-sent": [[
    { code: "text-not-sent" },
    "The connection ended before the message could be sent",
  ]],
  "too-many-requests": [[
    { code: "too-many-requests", max: 8 },
    "Cannot ask more: 8 requests wait for an answer",
  ]],
  "peer-no-reply": [[
    { code: "peer-no-reply", verb: "AUDIT", seconds: 10 },
    "The peer did not answer AUDIT in 10 s",
  ]],
  "peer-refused": [
    [{ code: "peer-refused", said: "what?" }, "The peer refuses: “what?”"],
    [{ code: "peer-refused", said: undefined }, "The peer refuses: it gives no reason"],
  ],
  "link-ended-before-reply": [[
    { code: "link-ended-before-reply" },
    "The connection ended before the peer had answered",
  ]],
};

Deno.test("each thing that can go wrong on a link has its sentence", () => {
  assertSentences(cases);
});
