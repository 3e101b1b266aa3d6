/**
 * Every fault that the short course is tried with.
 *
 * @module
 */

import type { Case } from "./cases.ts";
import { isThorough } from "./extent.ts";
import { cuts } from "./simulated_conn.ts";

/** A connection is cut before a byte. @param bytes How many there are in the course. */
export function cutCases(hasServer: boolean, bytes: number): Case[] {
  const cases: Case[] = [];
  for (let atByte = 0; atByte < bytes; atByte++) {
    for (const how of isThorough ? cuts : [cuts[atByte % cuts.length]!]) {
      cases.push({ type: "cut", hasServer, atByte, how });
    }
  }
  return cases;
}

/** Somebody ends after an event. @param events How many there are in the course. */
export function endCases(hasServer: boolean, events: number): Case[] {
  const cases: Case[] = [];
  for (let afterEvents = 0; afterEvents < events; afterEvents++) {
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
