/**
 * How much of an outgoing stream the peer has.
 *
 * Every statement of the store reads it here: once a person has several devices, it becomes the least of their
 * cursors.
 *
 * @module
 */

/**
 * SQL for the number of the last message that the peer has.
 *
 * @param streams What a statement calls the table `streams`.
 */
export function acknowledgedOf(streams: string): string {
  return `${streams}.acknowledged`;
}
