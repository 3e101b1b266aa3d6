/**
 * Every fault that the short course is tried with.
 *
 * @module
 */

import type { Case } from "./cases.ts";
import { isLong, isThorough } from "./extent.ts";
import { cuts } from "./simulated_conn.ts";

/** A connection is cut before a byte. @param bytes How many there are in the course. */
export function cutCases(hasServer: boolean, bytes: number): Case[] {
  const cases: Case[] = [];
  // Most bytes are the same as their neighbours. The long tests try all.
  const stride = isLong ? 1 : 31;
  for (let atByte = 0; atByte < bytes; atByte += stride) {
    for (const how of isThorough ? cuts : [cuts[atByte % cuts.length]!]) {
      cases.push({ type: "cut", hasServer, atByte, how });
    }
  }
  return cases;
}

/** Somebody ends after an event. @param events How many there are in the course. */
export function endCases(hasServer: boolean, events: number): Case[] {
  const cases: Case[] = [];
  const stride = isLong ? 1 : 5;
  for (let afterEvents = 0; afterEvents < events; afterEvents += stride) {
    for (const who of hasServer ? [0, 1, -1] : [0, 1]) {
      for (const how of ["kill", "power"] as const) {
        for (const screenMs of hasServer ? [0] : [0, 30]) {
          cases.push({ type: "end", hasServer, who, afterEvents, how, screenMs });
        }
      }
    }
  }
  return cases;
}
