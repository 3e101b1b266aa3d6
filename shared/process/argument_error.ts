/**
 * What is wrong with an argument of the command line.
 *
 * @module
 */

/** An argument that cannot be used. The message says what is wanted; the command line shows it behind the value. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
  /** What commander knows such an error by. To have its class, all of it would have to be loaded. */
  readonly code = "commander.invalidArgument";
}
