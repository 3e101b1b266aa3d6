/**
 * When this version of the program was released. It stands beside the version.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** Milliseconds since 1970, UTC. A clock that shows an earlier time is wrong. */
export const releasedAtMs = Date.parse(config.releasedAt);
