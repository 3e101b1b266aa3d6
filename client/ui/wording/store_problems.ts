/**
 * The sentences for what goes wrong with the store.
 *
 * @module
 */

import type { StoreAction, StoreProblem } from "../../problems/store_problem.ts";
import type { Sentences } from "./sentences.ts";
import { quoted } from "./wording_parts.ts";

export const storeSentences: Sentences<StoreProblem> = {
  "store-not-opened": ({ path, reason }) => `Cannot open the store '${path}': ${reason}`,
  "store-not-copied": ({ path, to, reason }) =>
    `Cannot copy the store '${path}' to '${to}': ${reason}`,
  "store-sealed": ({ path }) =>
    `Cannot open the store '${path}': its messages are sealed for another identity; ` +
    "import that one, or move the file away for a new one",
  "store-refused": ({ action, reason }) => `Cannot ${actions[action]}: ${reason}`,
  "nothing-to-search-for": ({ words }) =>
    `Cannot search for ${quoted(words)}: ` +
    "a search finds letters, digits and emoji, but no punctuation",
  "sealed-meanwhile": () => "Cannot use the messages: another program has sealed them; start again",
  "message-unreadable": ({ id, name }) =>
    `Cannot send the message ${id} to ${name}: it has been changed on the disk`,
};

const actions: Readonly<Record<StoreAction, string>> = {
  "save-conversation": "save the conversation",
  "read-conversations": "read the conversations",
  "save-messages": "save the message",
  "read-unacknowledged": "read what is waiting to be sent",
  "note-outcome": "save what became of a message",
  "renumber": "renumber the messages",
  "reassign": "send the messages to another key",
  "save-received": "save what was received",
  "read-received": "read what was received",
  "note-shown": "save what has been shown",
  "read-history": "read what was said",
  "search": "search the messages",
  "index": "index the messages",
  "read-streams": "read what has to be compared",
  "save-key": "save the key",
  "read-keys": "read the saved keys",
  "save-draft": "save the line that is half typed",
  "read-draft": "read the line that was half typed",
  "save-setting": "keep what was chosen for later runs",
  "read-settings": "read what was chosen in earlier runs",
  "seal": "seal the messages",
  "unseal": "make the messages readable",
};
