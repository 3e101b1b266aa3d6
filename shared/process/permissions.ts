/**
 * Giving up access to files. A program may be started with any file named on its command line, so that it
 * has to be allowed all of them; once those are open it needs none.
 *
 * @module
 */

/**
 * Gives up permissions for files, for good. What is open stays so, a database with the files beside it.
 *
 * @param names Which; both where not given.
 */
export async function dropFilePermissions(
  names: readonly ("read" | "write")[] = ["read", "write"],
): Promise<void> {
  for (const name of names) await Deno.permissions.revoke({ name });
}
