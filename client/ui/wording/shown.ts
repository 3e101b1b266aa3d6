/**
 * What a front end shows: what happened unasked, and the answers to what the user typed. Facts only; their
 * words are made in this room.
 *
 * @module
 */

import type { Fingerprint, PublicKey } from "../../../shared/crypto/public_key.ts";
import type { Address } from "../../../shared/net/address.ts";
import type { AuditReport } from "../../audit/audit.ts";
import type { BackupReport, RestoreReport } from "../../backup/backup.ts";
import type {
  ContactState,
  LocallyNamed,
  NamedKey,
  PathReport,
} from "../../conversations/conversations.ts";
import type { ClientEvent, ConversationState, KnownClient, OpenedEvent } from "../../events.ts";
import type { Listed, Registered } from "../../rendezvous/rendezvous.ts";
import type { Problem } from "../../user_error.ts";
import type { NamedEntry } from "./history_rows.ts";
import type { Person } from "./person_change.ts";

/** Everything that can be shown. */
export type Shown = ShownEvent | Answer | LineProblem | ProfileAnswer;

/** What happened, as a front end sees it. */
export type ShownEvent =
  | Exclude<
    ClientEvent,
    { type: "opened" | "delivered" | "presence" | "path-changed" | "verification-words" }
  >
  | OpenedEvent & {
    /** Whether the user's lines go to this conversation. */
    readonly isCurrent: boolean;
  }
  | Extract<ClientEvent, { type: "delivered" }> & {
    /** Whether the user was told that the message waits. */
    readonly wasWaiting: boolean;
  }
  | Extract<ClientEvent, { type: "presence" }> & {
    /** Messages that they lack; left out if that is not known. */
    readonly waiting?: number;
  }
  | GatheredEvent
  | ArrivedEvent
  | ReturnedEvent;

/** What was not shown one by one. */
export interface GatheredEvent {
  readonly type: "gathered";
  /** Calls by people whom the user does not know, and what they asked for or were refused. */
  readonly calls: number;
  /** Keys that are saved. */
  readonly keys: number;
  /** Mails that could not be read. */
  readonly mails: number;
  /** The key that had the most part in it; undefined if no key is known. */
  readonly fingerprint: Fingerprint | undefined;
}

/** Of which messages a terminal tells: of none, of those that name the user, or of all. */
export type Notify = "off" | "mention" | "all";

/** How a terminal is coloured: for a dark background, for a light one, or not at all. */
export type ThemeName = "dark" | "light" | "none";

/** What a user can choose of that: also that it goes by the background that the terminal has. */
export type ThemeChoice = "auto" | ThemeName;

/** Messages that waited are delivered: several such events as one. */
export interface ArrivedEvent {
  readonly type: "arrived";
  readonly conversation: string;
  readonly name: string;
  readonly count: number;
}

/** Somebody whom the user knows is back: that they are there, that a link opens, and what they get, as one. */
export interface ReturnedEvent {
  readonly type: "returned";
  readonly name: string;
  /** Whether the user was not told before that they are there. */
  readonly isNews: boolean;
  /** Whether the user was told that they had gone. */
  readonly isAgain: boolean;
  /** Whether it is they who opened the link. */
  readonly hasCalled: boolean;
  /** Whether the user's lines go to them. */
  readonly isCurrent: boolean;
  /** Messages that were delivered so far. */
  readonly delivered: number;
  /** Messages that they still lack, and that now go to them. */
  readonly waiting: number;
}

/** What a line that the user typed has brought. */
export type Answer =
  | Registered & { readonly type: "registered" }
  | {
    /** Who else is registered: some of them, and how many there are. */
    readonly type: "others-registered";
    readonly names: readonly string[];
    readonly count: number;
  }
  | { readonly type: "unregistered"; readonly id: string }
  | Listed & { readonly type: "clients"; readonly selfId: string }
  | { readonly type: "bridged"; readonly found: KnownClient | undefined }
  | {
    readonly type: "calling";
    /** Undefined if the user has called an address. */
    readonly name: string | undefined;
    readonly address: Address;
  }
  | {
    /** The user turned to somebody who cannot be reached; what they write waits. */
    readonly type: "away";
    readonly name: string;
    readonly why: Problem | undefined;
  }
  | { readonly type: "switched"; readonly name: string }
  /** A conversation is off the list. */
  | { readonly type: "hidden"; readonly name: string }
  | { readonly type: "accepted"; readonly name: string }
  | NamedKey & { readonly type: "blocked" }
  | { readonly type: "unblocked"; readonly keys: readonly NamedKey[] }
  | NamedKey & { readonly type: "ignored" }
  | { readonly type: "unignored"; readonly keys: readonly NamedKey[] }
  /** The servers beside one's own that are asked. */
  | { readonly type: "visiting"; readonly servers: readonly string[] }
  | { readonly type: "visited"; readonly server: string; readonly place: string }
  | { readonly type: "unvisited"; readonly server: string }
  /** Whom the user ignores. */
  | { readonly type: "ignoring"; readonly keys: readonly NamedKey[] }
  /** The user is away. */
  | { readonly type: "gone-away"; readonly text: string }
  | { readonly type: "came-back"; readonly wasAway: boolean }
  | LocallyNamed & { readonly type: "nicked" }
  | LocallyNamed & { readonly type: "unnicked" }
  /** To whom the user has given a name of their own. */
  | { readonly type: "nicks"; readonly named: readonly LocallyNamed[] }
  | { readonly type: "trusted"; readonly name: string; readonly fingerprint: Fingerprint }
  | { readonly type: "verification-waits"; readonly name: string }
  | { readonly type: "verification-withdrawn"; readonly name: string }
  | {
    readonly type: "verification-words";
    readonly name: string;
    readonly words: readonly string[];
  }
  | { readonly type: "verified"; readonly name: string; readonly fingerprint: Fingerprint }
  | { readonly type: "not-verified"; readonly name: string }
  | { readonly type: "contacts"; readonly contacts: readonly ContactState[] }
  | {
    readonly type: "history";
    /** With whom, or what was searched for; neither for all messages. */
    readonly name?: string;
    readonly words?: string;
    /** Of the words those that were not searched for. */
    readonly ignored?: readonly string[];
    /** Oldest first. */
    readonly entries: readonly NamedEntry[];
    /** Whose keys are saved now, of those who are in it. */
    readonly present?: readonly Person[];
  }
  | {
    /** The user goes to where a message was said. */
    readonly type: "gone-to";
    readonly name: string;
    /** The message's row in the store. */
    readonly row: number;
    /** The messages around it, oldest first. */
    readonly entries: readonly NamedEntry[];
    /** As of a history. */
    readonly present: readonly Person[];
  }
  | { readonly type: "path-report"; readonly report: PathReport }
  | { readonly type: "audited"; readonly name: string; readonly report: AuditReport }
  | {
    readonly type: "conversations";
    readonly conversations: readonly ConversationState[];
    /** The id of the current one. */
    readonly current: string | undefined;
  }
  | {
    readonly type: "help";
    readonly rows: readonly (readonly [usage: string, help: string])[];
    /** Lines as they may be typed. */
    readonly examples: readonly string[];
  }
  /** Of which messages the terminal tells while the user does something else. The terminal knows if it is not given. */
  | { readonly type: "notifying"; readonly what: Notify | undefined }
  | {
    /** How the terminal is coloured. */
    readonly type: "theme";
    /** What the user has chosen; the terminal knows if it is not given. */
    readonly choice: ThemeChoice | undefined;
    /** What comes of that; undefined if there is no terminal. */
    readonly inUse?: ThemeName;
    /** Whether it is kept for the next start; undefined if nothing was chosen now. */
    readonly isKept?: boolean | undefined;
  }
  | {
    /** What the user should know when a client starts. */
    readonly type: "hint";
    readonly hint: "local-only" | "server-line-not-encrypted";
  }
  | {
    /** A server runs in the client. */
    readonly type: "serving";
    /** The addresses by which others name it, at least one. */
    readonly others: readonly string[];
  }
  /** The server of this machine has ended, which ran in another program. */
  | { readonly type: "here-ended" }
  | {
    /** A command takes long, or a message if it is undefined. */
    readonly type: "still-waiting";
    readonly command: string | undefined;
  }
  /** Another client of the user's takes the name of this one, which leaves. */
  | { readonly type: "taken-over"; readonly id: string }
  | {
    /** Lines that the user has entered, and that are not done since the program ends. */
    readonly type: "lines-dropped";
    readonly lines: readonly string[];
  }
  | {
    /** Lines that were refused and do not fit into the input line, which holds another one. */
    readonly type: "lines-refused";
    readonly lines: readonly string[];
  }
  | {
    /** Ctrl+C in an empty line: pressed again it ends the client. */
    readonly type: "leave-asked";
    /** Lines that are still to be done, and would not be. */
    readonly waiting: number;
  }
  /** Whom the user has left, since the client ends. */
  | { readonly type: "left"; readonly names: readonly string[] }
  /** What was pasted begins as a command does, and is a message all the same. */
  | { readonly type: "pasted-slash" }
  /** The user wants to see nothing of what was shown before. */
  | { readonly type: "cleared" };

/** Why a line was not done. */
export type LineProblem =
  /** A message that would be a command in other programs. Entered once more it is sent. */
  | { readonly type: "meant-command"; readonly line: string; readonly command: string }
  | {
    /** What was pasted does not fit into a message with the rest of the line. */
    readonly type: "paste-too-long";
    /** Bytes of a message, at most. */
    readonly max: number;
  }
  | { readonly type: "usage"; readonly usage: string; readonly help: string }
  | {
    readonly type: "unknown-command";
    readonly name: string;
    /** The commands that may have been meant, if some are near enough. */
    readonly near: readonly string[];
  }
  | {
    /** The line begins as a command does, and looks like a path. */
    readonly type: "path";
    readonly path: string;
  }
  | {
    /** The command that should have turned to somebody has failed, so the line is for nobody. */
    /** Lines were not taken, since so many waited. Nobody is current after them. */
    readonly type: "too-many-lines";
    readonly count: number;
    readonly max: number;
  }
  | {
    readonly type: "turn-failed";
    readonly command: string;
  }
  | {
    /** The line was begun for somebody else than who is the current one. */
    readonly type: "begun-for-another";
    /** Undefined if nobody was the current one. */
    readonly begunFor: string | undefined;
    /** The command that should have turned to whom it was begun for, and has failed. */
    readonly failed?: string;
    readonly current: string;
    /** Whether the line is in the input line again, from where Enter sends it to the current one. */
    readonly asks: boolean;
  }
  | {
    /** A line of a script's input that is not text. */
    readonly type: "not-a-line";
    readonly number: number;
    readonly why: "not-utf8" | "too-long";
  }
  | {
    /** No conversation is current, and the line names none. */
    readonly type: "nobody-current";
    readonly command: "msg" | "close" | "hide" | "audit" | "path";
    /** Those that there are. */
    readonly names: readonly string[];
    /** Whose conversation is looked at, who has not been answered. */
    readonly looking?: string;
  }
  | {
    /** No message of that number was found. */
    readonly type: "not-found";
    readonly number: string;
    /** How many the last search has found. */
    readonly count: number;
  }
  | { readonly type: "not-a-count"; readonly given: string; readonly name: string }
  | { readonly type: "count-out-of-range"; readonly count: number; readonly max: number }
  | { readonly type: "not-yes-or-no"; readonly given: string; readonly name: string }
  | {
    /** What a command has thrown: a UserError, a RangeError about its argument, or a defect. */
    readonly type: "failed";
    readonly error: unknown;
  };

/** What the commands about a profile tell. */
export type ProfileAnswer =
  | {
    /** The messages are read without the client that runs with the profile. */
    readonly type: "client-passed-over";
    readonly why: Problem;
  }
  | {
    /** How far a conversion of all messages is. */
    readonly type: "converting";
    readonly to: "sealed" | "readable";
    readonly done: number;
    readonly total: number;
  }
  | {
    /** Others can get at the identity, and that cannot be changed. */
    readonly type: "identity-exposed";
    readonly path: string;
    /** The file's mode, such as `0755`. */
    readonly mode: string;
  }
  | { readonly type: "identity-made" }
  | {
    readonly type: "identity";
    readonly key: PublicKey;
    readonly fingerprint: Fingerprint;
    readonly path: string;
    readonly hasPassphrase: boolean;
  }
  | {
    readonly type: "passphrase-changed";
    readonly before: boolean;
    readonly now: boolean;
  }
  | { readonly type: "identity-exported"; readonly path: string; readonly plain: boolean }
  | {
    readonly type: "identity-imported";
    readonly fingerprint: Fingerprint;
    /** Whether the profile had this identity already. */
    readonly wasThere: boolean;
    /** Where the identity that was there before is kept. */
    readonly replaced: string | undefined;
  }
  | BackupReport & {
    readonly type: "backed-up";
    /** The backup. */
    readonly path: string;
  }
  | RestoreReport & { readonly type: "restored" };
