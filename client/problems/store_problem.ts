/**
 * What can go wrong with the store, as codes and fields.
 *
 * @module
 */

/** What goes wrong with the store. */
export type StoreProblem =
  | {
    readonly code: "store-not-opened";
    /** The file's. */
    readonly path: string;
    readonly reason: string;
  }
  | {
    readonly code: "store-not-copied";
    /** The file's. */
    readonly path: string;
    /** The copy's. */
    readonly to: string;
    readonly reason: string;
  }
  | {
    /** The texts are sealed for another identity. */
    readonly code: "store-sealed";
    /** The file's. */
    readonly path: string;
  }
  | {
    /** The store is open, and cannot be read or written. */
    readonly code: "store-refused";
    readonly action: StoreAction;
    readonly reason: string;
  }
  | {
    /** A search for nothing but punctuation and the like, of which there is no index. */
    readonly code: "nothing-to-search-for";
    /** As the user has written it. */
    readonly words: string;
  }
  | {
    /** Another program has sealed the texts since this one opened the store without a key. */
    readonly code: "sealed-meanwhile";
  }
  | {
    /** Somebody has changed the text on the disk, so that it cannot be sent. */
    readonly code: "message-unreadable";
    readonly id: string;
    /** Who it was for. */
    readonly name: string;
  };

/** What was tried with the store. */
export type StoreAction =
  | "save-conversation"
  | "read-conversations"
  | "save-messages"
  | "read-unacknowledged"
  | "note-outcome"
  | "renumber"
  | "reassign"
  | "save-received"
  | "read-received"
  | "note-shown"
  | "read-history"
  | "search"
  | "index"
  | "read-streams"
  | "save-key"
  | "read-keys"
  | "save-draft"
  | "read-draft"
  | "save-setting"
  | "read-settings"
  | "seal"
  | "unseal";
