/**
 * Names as a person sees them: somebody to whom the user has given a local name is shown by that, with a tilde before
 * it, which no name of the network has. Programs see none of it, and nobody is told.
 *
 * @module
 */

import { type Fingerprint, fingerprintOf } from "../../shared/crypto/public_key.ts";
import { readable } from "./readable.ts";
import type { Session } from "./session.ts";
import type { Shown } from "./wording/wording.ts";

/** What stands before a local name. */
const mark = "~";

/**
 * What somebody is called. @param person The key that they have shown; not given if they are whose key is known for
 * that name.
 */
export type NameFor = (name: string, person?: Fingerprint) => string;

/** By the names that people have for others. */
export const ownNames: NameFor = (name) => name;

/** What the user of a session calls somebody, once there is one. */
export function namesIn(session: () => Session | undefined): NameFor {
  return (name, person) => {
    const localName = readable(() => session()?.client.people.localName(name, person), undefined);
    return localName === undefined ? name : mark + localName;
  };
}

/** The local names as they are typed and shown, and whom each names. */
export function localNamesOf({ client }: Session): ReadonlyMap<string, string> {
  const nicked = readable(() => client.people.nicked(), []);
  return new Map(nicked.map(({ name, localName }) => [mark + localName, name]));
}

/**
 * The same with the names as the user sees them. Where it is about a key, the name is the one that belongs to the key:
 * others know it by that.
 */
export function withLocalNames(shown: Shown, nameFor: NameFor): Shown {
  switch (shown.type) {
    case "first-contact":
    case "key-changed":
    case "key-refused":
    case "server-contradicted":
    case "trusted":
    case "verified":
    case "not-verified":
    case "blocked":
    case "ignored":
    case "nicked":
    case "unnicked":
    case "unknown-command":
      return shown;
    case "contacts":
      return { ...shown, contacts: shown.contacts.map(withBothNames) };
    case "conversations":
      return { ...shown, conversations: shown.conversations.map(withBothNames) };
    case "history": {
      const { name, entries } = shown;
      const called = name !== undefined && { name: nameFor(name) };
      return { ...shown, ...called, entries: entries.map(withLocalName) };
    }
    case "gone-to":
      // By its name a view is found.
      return { ...shown, entries: shown.entries.map(withLocalName) };
    case "path-report": {
      const { report } = shown;
      return { ...shown, report: { ...report, name: nameFor(report.name) } };
    }
    case "nobody-current": {
      const { names, looking } = shown;
      return {
        ...shown,
        names: names.map((name) => nameFor(name)),
        ...looking !== undefined && { looking: nameFor(looking) },
      };
    }
    case "begun-for-another": {
      const { begunFor, current } = shown;
      const before = begunFor === undefined ? undefined : nameFor(begunFor);
      return { ...shown, begunFor: before, current: nameFor(current) };
    }
    default:
      if (!("name" in shown) || shown.name === undefined) return shown;
      return { ...shown, name: "person" in shown ? of(shown) : nameFor(shown.name) };
  }

  /** Somebody without a key has no local name. */
  function of(
    { name, person }: { readonly name: string; readonly person: Fingerprint | undefined },
  ) {
    return person === undefined ? name : nameFor(name, person);
  }

  function withBothNames<T extends Parameters<typeof of>[0]>(one: T): T {
    const called = of(one);
    return called === one.name ? one : { ...one, name: `${called} (${one.name})` };
  }

  function withLocalName(entry: Extract<Shown, { type: "history" }>["entries"][number]) {
    const { name, key } = entry;
    return { ...entry, localName: key === undefined ? name : nameFor(name, fingerprintOf(key)) };
  }
}
