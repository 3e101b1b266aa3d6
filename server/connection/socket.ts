/**
 * The bytes of one connection.
 *
 * @module
 */

/** What a session needs of a connection; a `Deno.TcpConn` has it all. */
export interface Connection {
  /** The address at which the client has reached the server. */
  readonly localAddr: Pick<Deno.NetAddr, "hostname" | "port">;
  /** The client's end. */
  readonly remoteAddr: Pick<Deno.NetAddr, "port">;
  /** @returns How many bytes came; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** @returns How many of the bytes were taken. */
  write(bytes: Uint8Array): Promise<number>;
  /** Tells the client that nothing more will be sent. */
  closeWrite(): Promise<void>;
  /** Sends small writes at once, without waiting for an acknowledgement of those before (RFC 896). */
  setNoDelay(noDelay?: boolean): void;
  /** Closes the connection at once. Reads and writes that wait are rejected. */
  close(): void;
}
