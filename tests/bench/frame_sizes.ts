/**
 * How much the bench of frames sends.
 *
 * @module
 */

import { frameBytesMax } from "../../shared/protocol/limits.ts";

/** Bytes of content in a full frame: all but the cipher's tag, and what says how long the content is. */
export const frameContentBytes = frameBytesMax - 16 - 3;

/** Frames that make a round. */
export const framesPerRound = 1_600;
