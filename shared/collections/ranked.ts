/**
 * Lists in which the best comes first.
 *
 * @module
 */

/** Puts an item behind those of its rank and of lower ones. */
export function insertByRank<T extends { readonly rank: number }>(list: T[], item: T): void {
  const behind = list.findIndex(({ rank }) => rank > item.rank);
  list.splice(behind < 0 ? list.length : behind, 0, item);
}
