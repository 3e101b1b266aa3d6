/**
 * What a user is told of an error.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { problemSentence } from "../../client/ui/wording/problem_sentences.ts";
import { type Problem, UserError } from "../../client/user_error.ts";

/** The sentence for a problem; a text stands for itself. */
export function sentenceOf(problem: Problem | string): string {
  return typeof problem === "string" ? problem : problemSentence(problem);
}

// deno-lint-ignore no-explicit-any -- as assertRejects has it
type ErrorClass<E extends UserError> = abstract new (...args: any[]) => E;

/**
 * Asserts that something is rejected with an error for the user.
 *
 * @param part A part of the sentence.
 * @returns The error.
 */
export async function rejectsSaying<E extends UserError>(
  run: () => PromiseLike<unknown>,
  errorClass: ErrorClass<E>,
  part: string,
): Promise<E> {
  const error = await assertRejects(run, errorClass);
  assertStringIncludes(problemSentence(error.problem), part);
  return error;
}

/** What a user is told who asks for something that is refused. */
export async function refusalOf(ask: () => Promise<unknown>): Promise<string> {
  return problemSentence((await assertRejects(ask, UserError)).problem);
}

/**
 * Asserts that something throws an error for the user.
 *
 * @param part A part of the sentence.
 * @returns The error.
 */
export function throwsSaying(run: () => unknown, part: string): UserError {
  const error = assertThrows(run, UserError);
  assertStringIncludes(problemSentence(error.problem), part);
  return error;
}

/** Problems with their sentences, at least one for each code. */
export type SentenceCases<P extends Problem> = {
  readonly [C in P["code"]]: readonly [problem: Extract<P, { code: C }>, sentence: string][];
};

/** Asserts that each problem is said in these words, which can be the beginning of a longer sentence. */
export function assertSentences<P extends Problem>(cases: SentenceCases<P>): void {
  const all = Object.values(cases).flat() as [Problem, string][];
  for (const [problem, sentence] of all) {
    assertEquals(problemSentence(problem), sentence);
    assert(!sentence.endsWith("."), sentence);
  }
}
