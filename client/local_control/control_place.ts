/**
 * Where the clients of a profile are found by other programs of the same user: a directory that only this user
 * can enter, with a lock and an endpoint for each name.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { takeLock } from "../../shared/storage/lock.ts";

/** Where a client is found. */
export interface Endpoint {
  /** Its Unix socket. */
  readonly socket: string;
  /** Where there is no such socket: a file with a port of this machine, and what proves who listens there. */
  readonly port: string;
}

/** What a name has in a profile. */
export interface ControlPlace extends Endpoint {
  readonly directory: string;
  readonly lock: string;
}

/** Hexadecimal digits in the names of endpoints: the path of a socket has to be short. */
const endpointDigits = 16;

/** Where the client of a name is found. */
export function controlPlace(profile: string, id: string): ControlPlace {
  const digest = createHash("sha256").update(id).digest("hex");
  const directory = directoryIn(profile);
  const lock = join(directory, `${digest}.db`);
  return { directory, lock, ...endpoint(directory, digest.slice(0, endpointDigits)) };
}

/** Where clients of a profile may be found. Those that were killed have left their endpoints. */
export function endpointsIn(profile: string): Endpoint[] {
  const directory = directoryIn(profile);
  const stems = namesIn(directory).map((name) => /^([0-9a-f]{16})\.(?:sock|port)$/.exec(name)?.[1]);
  return [...new Set(stems.filter((stem) => stem !== undefined))]
    .map((stem) => endpoint(directory, stem));
}

/**
 * Takes the lock of a name, and removes what an earlier one has left that was killed.
 *
 * @returns Undefined if another program has it.
 * @throws {DatabaseError} If the system does not allow it.
 */
export function lockPlace({ lock, socket, port }: ControlPlace): Disposable | undefined {
  const taken = takeLock(lock);
  if (taken !== undefined) { for (const path of [socket, port]) removeIfPossible(path); }
  return taken;
}

function directoryIn(profile: string): string {
  return join(profile, "locks");
}

function endpoint(directory: string, stem: string): Endpoint {
  return { socket: join(directory, `${stem}.sock`), port: join(directory, `${stem}.port`) };
}

function namesIn(directory: string): string[] {
  try {
    return [...Deno.readDirSync(directory)].map(({ name }) => name);
  } catch {
    // There is none, as in a profile that no client has run in. Whatever else it is, no client is found.
    return [];
  }
}

function removeIfPossible(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // It is not there, as a rule. What stays there is replaced, or does without.
  }
}
