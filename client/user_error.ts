/**
 * What a user asked for and cannot have.
 *
 * @module
 */

/** An error whose message is a sentence for the user: what failed, and what to do instead. */
export class UserError extends Error {
  override readonly name = "UserError";
}
