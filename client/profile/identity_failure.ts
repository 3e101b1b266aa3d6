/**
 * What fails with an identity, as an error for the user.
 *
 * @module
 */

import { fileReason } from "../../shared/errors/file_error.ts";
import type { IdentityAction, IdentityFault } from "../problems/profile_problem.ts";
import { UserError } from "../user_error.ts";

/** An identity, or the file that should hold one, that cannot be used as was meant. */
export class IdentityFailure extends Error {
  override readonly name = "IdentityFailure";

  constructor(readonly fault: IdentityFault) {
    super(fault.is);
  }
}

/**
 * Does something with an identity.
 *
 * @param path Of its file; undefined for standard input and output.
 * @throws {UserError} If that fails: the code is `identity-unusable`, and the cause is what was thrown.
 */
export function attempt<T>(action: IdentityAction, path: string | undefined, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const fault: IdentityFault = cause instanceof IdentityFailure
      ? cause.fault
      : { is: "system", reason: fileReason(cause) };
    throw unusable(action, path, fault, { cause });
  }
}

/** The error for something that cannot be done with an identity. */
export function unusable(
  action: IdentityAction,
  path: string | undefined,
  fault: IdentityFault,
  options?: ErrorOptions,
): UserError {
  return new UserError({ code: "identity-unusable", action, path, fault }, options);
}
