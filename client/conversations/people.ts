/**
 * Whom the user lets in, by their own word.
 *
 * @module
 */

import type { TimerClock } from "../../shared/time/clock.ts";
import {
  type Fingerprint,
  fingerprintOf,
  isFingerprint,
  type PublicKey,
} from "../../shared/crypto/public_key.ts";
import { isClientId } from "../../shared/protocol/client_id.ts";
import type { ConversationState } from "../events.ts";
import type { Store } from "../store/store.ts";
import type { Trust } from "../trust/trust.ts";
import type { Absence } from "./absence.ts";
import type { ContactList } from "./contact_list.ts";
import { UserError } from "../user_error.ts";
import type { ConversationList } from "./conversation_list.ts";

/** What deciding about people needs. */
export interface PeopleOptions {
  readonly list: ConversationList;
  readonly trust: Trust;
  /** Makes the tokens of contacts anew when somebody is none any more. */
  readonly contacts: Pick<ContactList, "renew">;
  /** Gives what waits for somebody to another key of theirs. See {@linkcode reassign}. */
  readonly reassign: (name: string, key: PublicKey) => Promise<void>;
  /** Fetches the mail that was left at the server before. */
  readonly collectLeftMail: () => void;
  readonly store: Pick<
    Store,
    "blockedKeys" | "hiddenTalks" | "history" | "ignoredKeys" | "knownPeers" | "localNames"
  >;
  readonly clock: Pick<TimerClock, "timeOfDay">;
  readonly absence: Pick<Absence, "begin" | "end">;
  /** Leaves every link with a key. */
  readonly leaveKey: (fingerprint: Fingerprint) => Promise<void>;
  /** Told that there are others to watch. */
  readonly onPeers: () => void;
}

/** A key that the user has named, and whom it is known as. */
export interface NamedKey {
  readonly fingerprint: Fingerprint;
  /** Undefined if the user has named a key that is not known. */
  readonly name: string | undefined;
}

/** Somebody whom the user calls by a name of their own. */
export interface LocallyNamed extends NamedKey {
  readonly name: string;
  readonly localName: string;
}

/** What the user decides about people. */
export class People {
  readonly #options: PeopleOptions;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /**
   * Accepts somebody who has called or written, without turning to them: they are a contact from then on, and
   * what they send is taken without a limit.
   *
   * @param to The id of a conversation, or the name of its peer.
   * @throws {UserError} If there is no conversation of that name, and no key is known.
   */
  accept(to: string): ConversationState {
    const { list, collectLeftMail } = this.#options;
    const conversation = list.getOrOpen(to);
    list.answer(conversation);
    // Mail that was too much is still at the server.
    collectLeftMail();
    return list.stateOf(conversation);
  }

  /** Whether somebody of a name is a contact. @throws {UserError} If the store cannot be read. */
  isContact(name: string): boolean {
    const { knownPeers } = this.#options.store;
    const key = knownPeers.find(name)?.key;
    return key !== undefined && knownPeers.isContact(name, key);
  }

  /**
   * Accepts a key that was refused, and leaves the peer with the one that was believed before. What waits goes
   * to the new one.
   *
   * @param fingerprint Which key, if several were refused for that name.
   * @returns Its fingerprint.
   * @throws {UserError} If there is no such key, or it cannot be saved.
   */
  async trust(name: string, fingerprint?: string): Promise<Fingerprint> {
    const { trust, contacts, reassign, collectLeftMail } = this.#options;
    const trusted = trust.trust(name, fingerprint);
    contacts.renew();
    await reassign(name, trust.keyOf(name)!);
    // Mail that was sealed with that key has been left where it is.
    collectLeftMail();
    return trusted;
  }

  /**
   * Blocks a key: its links are closed, it is no contact any more, and its calls and mail are refused from then
   * on, also in later runs. What waits for it goes on waiting.
   *
   * @param who The name of somebody whose key is known, or the fingerprint of a key.
   * @throws {UserError} If no such key is known, there are too many, or it cannot be saved.
   */
  async block(who: string): Promise<NamedKey> {
    const { list, store, clock, contacts, leaveKey, onPeers } = this.#options;
    const blocked = this.#named(who, "no-key-to-block");
    const { fingerprint } = blocked;
    const { blockedKeys, knownPeers } = store;
    if (!blockedKeys.add(blocked, clock.timeOfDay())) {
      throw new UserError({ code: "too-many-blocked", who });
    }
    for (const key of knownPeers.keys()) {
      if (fingerprintOf(key) === fingerprint) knownPeers.removeContacts(key, clock.timeOfDay());
    }
    const theirs = list.all.filter(({ ref }) => ref.person === fingerprint);
    // First of all nothing more is sent to them, nor are they given a new token.
    for (const conversation of theirs) list.drop(conversation);
    contacts.renew();
    onPeers();
    await leaveKey(fingerprint);
    return blocked;
  }

  /**
   * Blocks a key, or all keys of a name, no more.
   *
   * @returns Those that are not blocked any more.
   * @throws {UserError} If none is blocked, or that cannot be saved.
   */
  unblock(who: string): NamedKey[] {
    const { store: { blockedKeys }, collectLeftMail } = this.#options;
    const meant = blockedKeys.meant(who);
    if (meant.length === 0) {
      throw new UserError({ code: "not-blocked", who, blocked: blockedKeys.all() });
    }
    for (const { fingerprint } of meant) blockedKeys.delete(fingerprint);
    for (const { name } of meant) if (name !== undefined) this.#wake(name);
    collectLeftMail();
    return meant;
  }

  /**
   * Ignores a key: what comes from it is taken and kept, and not shown, also in later runs.
   *
   * @param who As in {@linkcode block}.
   * @throws {UserError} If no such key is known, there are too many, or it cannot be saved.
   */
  ignore(who: string): NamedKey {
    const { store: { ignoredKeys }, clock } = this.#options;
    const ignored = this.#named(who, "no-key-to-ignore");
    if (ignoredKeys.add(ignored, clock.timeOfDay())) return ignored;
    throw new UserError({ code: "too-many-ignored", who });
  }

  /**
   * Ignores a key, or all keys of a name, no more.
   *
   * @returns Those that are not ignored any more.
   * @throws {UserError} If none is ignored, or that cannot be saved.
   */
  unignore(who: string): NamedKey[] {
    const { ignoredKeys } = this.#options.store;
    const meant = ignoredKeys.meant(who);
    if (meant.length === 0) {
      throw new UserError({ code: "not-ignored", who, ignored: ignoredKeys.all() });
    }
    for (const { fingerprint } of meant) ignoredKeys.delete(fingerprint);
    return meant;
  }

  /** Whom the user ignores, the last first. @throws {UserError} If the store cannot be read. */
  ignored(): NamedKey[] {
    return this.#options.store.ignoredKeys.all();
  }

  /**
   * Calls somebody by a name of the user's own, here and nowhere else, as long as they have the key that they have.
   *
   * @param who Somebody whose key is known.
   * @returns Whom it names.
   * @throws {UserError} If no key is known, it is no name or looks like another one, there are too many, or it cannot
   * be saved.
   */
  nick(localName: string, who: string): LocallyNamed {
    const { localNames } = this.#options.store;
    if (!isClientId(localName)) throw new UserError({ code: "not-a-local-name", localName });
    const { name = who, fingerprint } = this.#named(who, "no-key-to-nick");
    const similarTo = this.#alike(localName, name);
    if (similarTo !== undefined) {
      throw new UserError({ code: "local-name-alike", localName, similarTo });
    }
    const named = { name, fingerprint, localName };
    if (!localNames.set(named)) throw new UserError({ code: "too-many-local-names", who });
    return named;
  }

  /** Calls somebody by their name again. @throws {UserError} If they are called so, or it cannot be saved. */
  unnick(who: string): LocallyNamed {
    const { list, store: { localNames } } = this.#options;
    const named = localNames.of(list.find(who)?.peerId ?? who);
    if (named === undefined) throw new UserError({ code: "no-local-name", who });
    localNames.delete(named.name);
    return named;
  }

  /** To whom the user has given a local name that holds. @throws {UserError} If the store cannot be read. */
  nicked(): LocallyNamed[] {
    const { store: { localNames } } = this.#options;
    return localNames.all().filter(({ name, fingerprint }) => fingerprint === this.#printOf(name));
  }

  /**
   * What the user calls somebody; undefined if nothing of their own.
   *
   * @param person The key that somebody has shown; not given if they are whose key is known for that name.
   * @throws {UserError} If the store cannot be read.
   */
  localName(name: string, person?: Fingerprint): string | undefined {
    const named = this.#options.store.localNames.of(name);
    if (named === undefined) return undefined;
    return named.fingerprint === (person ?? this.#printOf(name)) ? named.localName : undefined;
  }

  /** Takes somebody off the list of conversations, until something new is said. @throws {UserError} If the store fails. */
  hide(name: string): void {
    const { list: { selfId }, store } = this.#options;
    store.hiddenTalks.of(selfId).hide(name, this.#lastRow(name));
  }

  /** Puts somebody on the list again. @throws {UserError} If that cannot be saved. */
  unhide(name: string): void {
    const { list: { selfId }, store } = this.#options;
    store.hiddenTalks.of(selfId).show(name);
  }

  /** Whether somebody is off the list, and nothing has been said since. @throws {UserError} If the store cannot be read. */
  isHidden(name: string): boolean {
    const { list: { selfId }, store } = this.#options;
    const last = store.hiddenTalks.of(selfId).lastRow(name);
    return last !== undefined && this.#lastRow(name) <= last;
  }

  /** The row of the last message with somebody; 0 if there is none. */
  #lastRow(name: string): number {
    const { list: { selfId }, store } = this.#options;
    return store.history.page(selfId, name, 1)[0]?.row ?? 0;
  }

  /** Another contact's name that a local name looks like, or that of somebody whose local name it looks like. */
  #alike(localName: string, name: string): string | undefined {
    const { trust, store: { knownPeers } } = this.#options;
    const contact = knownPeers.names().find((other) =>
      other.contact && other.name !== name && trust.areAlike(other.name, localName)
    );
    const named = this.nicked().find((other) =>
      other.name !== name && trust.areAlike(other.localName, localName)
    );
    return contact?.name ?? (named && `~${named.localName}`);
  }

  /** The fingerprint of the key that a name has; undefined if none is known. */
  #printOf(name: string): Fingerprint | undefined {
    const { list, trust } = this.#options;
    const key = list.find(name)?.key ?? trust.keyOf(name);
    return key && fingerprintOf(key);
  }

  /**
   * The user is away from now on: contacts who write are told so, once.
   *
   * @param text What they say of it.
   * @throws {UserError} If that is too long.
   */
  leave(text: string): void {
    this.#options.absence.begin(text);
  }

  /** The user is back. @returns Whether they were away. */
  comeBack(): boolean {
    return this.#options.absence.end();
  }

  /** Goes on with what waits for somebody. */
  #wake(name: string): void {
    const { list } = this.#options;
    const conversation = list.openKnown(name);
    conversation?.wake();
    if (conversation !== undefined) list.dropIfIdle(conversation);
  }

  /** The key that the user means. @throws {UserError} If none is known of that name. */
  #named(who: string, code: "no-key-to-block" | "no-key-to-ignore" | "no-key-to-nick"): NamedKey {
    const { list, trust } = this.#options;
    if (isFingerprint(who)) {
      const name = list.all.find(({ ref }) => ref.person === who)?.peerId;
      return { fingerprint: who, name };
    }
    const key = list.find(who)?.key ?? trust.keyOf(who);
    if (key === undefined) throw new UserError({ code, who });
    return { fingerprint: fingerprintOf(key), name: list.find(who)?.peerId ?? who };
  }
}
