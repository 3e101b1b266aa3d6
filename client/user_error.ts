/**
 * What can go wrong for a user, as codes and fields. The core throws these and makes no sentence of them:
 * the front end does (`ui/wording`), and a program reads the code.
 *
 * Each room of the client has its own part of the table.
 *
 * @module
 */

/** A text that is not yet a code with fields. */
interface TextProblem {
  readonly code: "text";
  readonly text: string;
}

/** Something that went wrong: a code, and the facts that belong to it. */
export type Problem = TextProblem;

/** The codes that there are. */
export type ProblemCode = Problem["code"];

/** An error that a user can do something about. */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly problem: Problem;

  constructor(problem: Problem | string, options?: ErrorOptions) {
    super(typeof problem === "string" ? problem : describe(problem), options);
    this.problem = typeof problem === "string" ? { code: "text", text: problem } : problem;
  }

  /** What went wrong, in one word for programs. */
  get code(): ProblemCode {
    return this.problem.code;
  }
}

/** For a program's log: no sentence, and nothing that a terminal could take for a command. */
function describe({ code, ...fields }: Problem): string {
  return `${code} ${JSON.stringify(fields)}`;
}
