/**
 * Reading what may fail, where something else will do. A failure of the store is told by others.
 *
 * @module
 */

/** What can be read now; something else if that fails. */
export function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
