/**
 * Stores, and other things, that do some things in another way.
 *
 * @module
 */

import type { Store } from "../../client/store/store.ts";

type Parts = Pick<Store, "conversations" | "outgoing" | "incoming" | "history" | "digests">;

/** Other methods for some parts of a store. */
export type Alterations = { readonly [P in keyof Parts]?: Partial<Parts[P]> };

/** The store with other methods in place of its own. Disposing of it closes the store. */
export function altered(store: Store, alterations: Alterations): Store {
  const parts = Object.fromEntries(
    Object.entries(alterations).map(([name, methods]) =>
      [name, withMethods(store[name as keyof Parts], methods)] as const
    ),
  );
  return { ...store, ...parts };
}

/** A thing with other methods in place of its own. */
export function withMethods<T extends object>(part: T, methods: Partial<T>): T {
  return new Proxy(part, {
    get: (own, name) => {
      const value: unknown = Reflect.get(methods, name) ?? Reflect.get(own, name);
      return typeof value === "function" ? value.bind(own) : value;
    },
  });
}
