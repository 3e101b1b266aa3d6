/**
 * What the screen asks the client: who is there, what was said, by which way it goes. A store or a peer that fails
 * is no reason to show nothing: what is not known is left out.
 *
 * @module
 */

import { readable } from "../readable.ts";
import type { Session } from "../session.ts";
import type { Messages } from "./page.ts";
import type { View } from "./view.ts";

/** What is known of the link of a conversation. */
interface WayState {
  readonly security: "plaintext" | "encrypted" | "verified";
  readonly way: "direct" | "punched" | "relayed" | undefined;
  /** Whether nobody but the server has named the peer's key. */
  readonly isKeyFromServer: boolean;
}

/** The messages with somebody; none if the name is empty, or no client runs. */
export function messagesOf(session: Session | undefined, name: string): Messages {
  if (session === undefined || name === "") return { before: () => [], behind: () => [] };
  const { client } = session;
  return {
    before: (row, limit) => readable(() => client.history(name, limit, { before: row }), []),
    behind: (row, limit) => readable(() => client.history(name, limit, { behind: row }), []),
  };
}

/** The row in the store of the last message with somebody; 0 if there is none. */
export function lastRowOf(session: Session | undefined, name: string): number {
  const [last] = name === "" ? [] : messagesOf(session, name).before(Number.MAX_SAFE_INTEGER, 1);
  return last?.row ?? 0;
}

/**
 * What came from somebody and was not on the screen: the row of the first, and how many.
 *
 * @param behind Only what is in a higher row of the store.
 */
export function unseenWith(
  session: Session | undefined,
  name: string,
  behind?: number,
): { readonly first: number | undefined; readonly count: number } {
  const none = { first: undefined, count: 0 };
  if (session === undefined || name === "") return none;
  return readable(() => session.client.unseen(name, behind), none);
}

/** Whether somebody is a contact, as far as that can be read. */
export function isContact({ client }: Session, name: string): boolean {
  return readable(() => client.people.isContact(name), false);
}

/** Whether the user has taken somebody off the list, and nothing has been said with them since. */
export function isHidden(session: Session | undefined, { name }: View): boolean {
  return readable(() => session?.client.people.isHidden(name), false) ?? false;
}

/** Has somebody stand in the list again, in later runs as well. */
export function unhide(session: Session | undefined, { name }: View): void {
  readable(() => session?.client.people.unhide(name), undefined);
}

/** How a conversation goes; undefined if it is not open. */
export function wayOf({ client }: Session, name: string): WayState | undefined {
  const state = client.conversation(name);
  if (state === undefined) return undefined;
  const device = state.devices.find(({ connected }) => connected);
  const way = device === undefined
    ? undefined
    : device.relayedBy !== undefined
    ? "relayed"
    : device.punched
    ? "punched"
    : "direct";
  return { security: state.security, way, isKeyFromServer: state.keyFromServer ?? false };
}
