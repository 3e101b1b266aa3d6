/**
 * Up to where a peer has an outgoing stream.
 *
 * Every statement of the store reads it here: once a person has several devices it becomes the least of their
 * cursors.
 *
 * @module
 */

/** SQL for the number of the last message that the peer has. @param streams The name of the table's row. */
export function acknowledgedOf(streams: string): string {
  return `${streams}.acknowledged`;
}
