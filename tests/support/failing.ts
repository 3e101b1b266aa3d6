/**
 * Parts of a store that fail as a full disk does.
 *
 * @module
 */

import type { Store } from "../../client/store/store.ts";
import { UserError } from "../../client/user_error.ts";

/** A part of which the methods fail whose names are in a set, as long as they are. */
export function failing<Part extends object>(part: Part, broken: ReadonlySet<string>): Part {
  return new Proxy(part, {
    get: (target, name: string) => {
      const method = Reflect.get(target, name) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (broken.has(name)) {
          throw new UserError({
            code: "store-refused",
            action: "save-messages",
            reason: "the disk is full",
          });
        }
        return method.apply(target, args);
      };
    },
  });
}

/** A store of which the methods fail whose names are in a set, as long as they are. */
export function failingStore(store: Store, broken: ReadonlySet<string>): Store {
  const { conversations, outgoing, incoming, history, digests } = store;
  return {
    ...store,
    conversations: failing(conversations, broken),
    outgoing: failing(outgoing, broken),
    incoming: failing(incoming, broken),
    history: failing(history, broken),
    digests: failing(digests, broken),
  };
}
