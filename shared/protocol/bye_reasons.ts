/**
 * Reasons of a BYE that say more than that somebody leaves.
 *
 * @module
 */

/** The Reason of a BYE on a link that is left for another one: the one who says it stays. */
export const leftForOtherLink = "The conversation goes on on another link";
