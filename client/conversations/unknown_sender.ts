/**
 * Whether somebody is no contact, asked where a store that fails must not matter.
 *
 * @module
 */

/** Whether the peer of a conversation is no contact, or the store cannot say it: then less is done for them. */
export function mayBeUnknown(conversation: { readonly isUnknownSender: boolean }): boolean {
  try {
    return conversation.isUnknownSender;
  } catch {
    return true;
  }
}
