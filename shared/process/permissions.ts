/**
 * Giving up access to files. The command line may name any file, so a program starts with access to all of
 * them. When its files are open it needs that no more.
 *
 * @module
 */

/**
 * Gives up permissions for files. They cannot be got back. Open files stay open, and so do the files that
 * belong to an open database.
 *
 * @param names The permissions; both by default.
 */
export async function dropFilePermissions(
  names: readonly ("read" | "write")[] = ["read", "write"],
): Promise<void> {
  for (const name of names) await Deno.permissions.revoke({ name });
}
