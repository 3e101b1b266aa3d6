/**
 * What a connection to a server is at, and what brings it from one state to the next.
 *
 * @module
 */

/**
 * - `open`: requests can be made, and nobody has to know when it ends.
 * - `registered`: the server has registered the client on it. Its loss is told.
 * - `closed`: it has ended, and nobody has to know.
 * - `lost`: it has ended although the client is registered on it.
 */
export type ConnectionState = "open" | "registered" | "closed" | "lost";

/**
 * - `register`: the server has registered the client.
 * - `release`: the client gives the registration up, or has another one.
 * - `close`: the client ends the connection.
 * - `fail`: the connection ends for any other reason.
 */
export type ConnectionStep = "register" | "release" | "close" | "fail";

const transitions: Record<
  ConnectionState,
  Partial<Record<ConnectionStep, ConnectionState>>
> = {
  open: { register: "registered", close: "closed", fail: "closed" },
  registered: { release: "open", close: "closed", fail: "lost" },
  // A connection can end together with the reply that registers the client.
  closed: { register: "lost" },
  lost: {},
};

/** The state after a step. Where the table has none, the step changes nothing. */
export function nextState(state: ConnectionState, step: ConnectionStep): ConnectionState {
  return transitions[state][step] ?? state;
}
