/**
 * Whole servers for tests, and registering with them.
 *
 * @module
 */

import { type Server, type ServerOptions, startServer } from "../../server/server.ts";
import type { Identity } from "../../shared/crypto/identity.ts";
import { systemClock, type TimerClock } from "../../shared/time/clock.ts";
import { challengeOf, keyLine, signed } from "./signer.ts";
import type { Wire } from "./wire.ts";

/** Starts a server on a free port, if no other is given. */
export function start(options: Partial<ServerOptions> = {}): Server {
  return startServer({ host: "127.0.0.1", port: 0, ...options });
}

/** A clock that moves ahead each time it is read, as the server's sweep does. */
export function leaping(ms: number): TimerClock {
  let nowMs = 0;
  return { ...systemClock, now: () => nowMs += ms };
}

/** The lines of a REGISTER, unsigned. */
export function registration(id: string): string[] {
  return ["REGISTER", `clientID: ${id}`, "IP: 127.0.0.1", "Port: 5556", "Version: 1"];
}

/** Registers with a key, answering the challenge. @returns The last reply. */
export async function register(wire: Wire, id: string, identity: Identity): Promise<string> {
  const lines = registration(id);
  const challenge = challengeOf(await wire.ask(...lines, keyLine(identity)));
  return await wire.ask(...signed(identity, lines, challenge));
}

/** The code of an ERROR; the verb of another message. */
export function codeOf(reply: string): string {
  return /^ERROR\r\nCode: (\d+)\r\n/.exec(reply)?.[1] ?? reply.split("\r\n")[0]!;
}
