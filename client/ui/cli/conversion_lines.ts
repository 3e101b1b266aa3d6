/**
 * Lines that say how far a conversion of all messages is.
 *
 * @module
 */

import { type Clock, systemClock } from "../../../shared/time/clock.ts";
import type { Conversion } from "../../profile/profile.ts";
import { say } from "./say.ts";

/** How long nothing is said of a conversion, and how long then between two lines, in milliseconds. */
const linesMs = 1_000;

/** Says how far a conversion is, if it takes longer than a second, and then once a second. */
export function conversionLines(
  print: (line: string) => void,
  clock: Clock = systemClock,
): (progress: Conversion) => void {
  let saidAtMs = clock.now();
  return (progress) => {
    if (clock.now() - saidAtMs < linesMs) return;
    saidAtMs = clock.now();
    say({ type: "converting", ...progress }, print);
  };
}
