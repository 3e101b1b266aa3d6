/**
 * All status codes, for tests.
 *
 * @module
 */

import type { StatusCode } from "../../shared/protocol/status.ts";

// The type checker finds a code that is missing here, or one that there is not.
const all: Record<StatusCode, true> = {
  400: true,
  401: true,
  403: true,
  404: true,
  408: true,
  409: true,
  413: true,
  421: true,
  423: true,
  426: true,
  429: true,
  500: true,
  503: true,
  507: true,
};

/** Every code that an ERROR can carry, from the lowest on. */
export const statusCodes = Object.keys(all).map(Number) as StatusCode[];
