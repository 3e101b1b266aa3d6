/**
 * What an error says.
 *
 * @module
 */

/** The message of an error, or of whatever else was thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
