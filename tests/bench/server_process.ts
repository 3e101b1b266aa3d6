/**
 * A server in a process of its own.
 *
 * @module
 */

import type { Bench } from "./bench.ts";
import { denoCommand } from "./program.ts";

/** A server that runs. Disposing of it ends it. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** The port of 127.0.0.1 that it listens on. */
  readonly port: number;
}

/**
 * Starts a server, on the servers' core.
 *
 * @param program A program of this folder that prints its port as its first line.
 * @param directory A directory for it to use: its one argument.
 * @throws {Error} If it ends before it has said its port.
 */
export async function startServerProcess(
  program: string,
  bench: Bench,
  directory?: string,
): Promise<ServerProcess> {
  const [path, ...args] = bench.pin.command("server", [
    ...denoCommand(program, directory),
    ...directory === undefined ? [] : [directory],
  ]);
  const child = new Deno.Command(path!, {
    args,
    stdin: "null",
    stdout: "piped",
    signal: bench.signal,
  }).spawn();
  const end = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child.status;
  };
  try {
    // A port is so short that it comes in one piece.
    const { value } = await child.stdout.values()[Symbol.asyncIterator]().next();
    const port = Number(new TextDecoder().decode(value ?? new Uint8Array()));
    if (!(port > 0)) throw new Error(`Cannot start ${program}: it has not said its port`);
    return { pid: child.pid, port, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}
