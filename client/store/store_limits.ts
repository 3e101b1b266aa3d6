/**
 * How much a store keeps of what need not be kept for ever, and what a search takes.
 *
 * @module
 */

/** Keys that a client's user may block, those that they may ignore, and people to whom they may give a local name. */
export const listedKeysMax = 10_000;

/** Mails that a client keeps because it cannot use them yet, their bytes, and how many of these are of one sender. */
export const parkedMailsMax = 256;
/** See {@linkcode parkedMailsMax}. */
export const parkedBytesMax = 4 * 1024 * 1024;
/** See {@linkcode parkedMailsMax}. */
export const parkedOfSenderMax = 32;

/** Saved conversations without a message. The oldest make room. */
export const emptyConversationsMax = 2_000;

/** Half-typed lines. Those that were written longest ago make room. */
export const lineDraftsMax = 256;

/** Conversations that are hidden from the list. Those that were hidden longest ago make room. */
export const hiddenTalksMax = 10_000;

/** Words of a search. Further words are ignored, and that is said. */
export const searchWordsMax = 32;

/** Tokens of a search: words, and letters of scripts without blanks. Words that begin behind them are ignored, and that is said. */
export const searchTokensMax = 256;
