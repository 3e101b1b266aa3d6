/**
 * Which version of the program this is, and when it was released.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** Milliseconds since 1970, UTC. A clock that shows an earlier time is wrong. */
export const releasedAtMs = Date.parse(config.releasedAt);

/** The version, such as `0.3.0`. */
export const version = config.version;
