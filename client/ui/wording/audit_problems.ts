/**
 * The sentences for what goes wrong when both sides' messages are compared.
 *
 * @module
 */

import type { AuditProblem, Problem } from "../../user_error.ts";
import type { Sentences } from "./sentences.ts";

/** @param sentenceOf Says why the call ended on which they were compared. */
export const auditSentences = (
  sentenceOf: (problem: Problem) => string,
): Sentences<AuditProblem> => ({
  "audit-answers-do-not-fit": () =>
    "Cannot compare: the other side's answers do not fit together; it may have been talking " +
    "meanwhile, or its program is another one; try again",
  "nothing-to-compare": ({ self, name }) =>
    `Cannot compare with ${name}: ${self} has no conversation with ${name}`,
  "not-found-by-server": ({ name }) =>
    `Cannot compare with ${name}: the server does not say where ${name} is`,
  "peer-does-not-encrypt": ({ name }) => `${name} does not encrypt`,
  "audit-not-possible": ({ name, detail }) =>
    `Cannot compare with ${name}: ${
      detail === undefined ? "the connection ended" : sentenceOf(detail)
    }`,
});
