/**
 * The way to a running client: a Unix socket in a directory that only its user can enter. Where there are no
 * such sockets, as on Windows and on memory sticks, or the path is too long for one (108 bytes), it is a port
 * of this machine, and a file for the user alone with a secret.
 *
 * @module
 */

import { replacePrivateFile } from "../../shared/storage/private_file.ts";
import { localAnswerBytesMax, localQuestionBytesMax } from "../../shared/protocol/limits.ts";
import type { ControlPlace, Endpoint } from "./control_place.ts";
import { JsonLines } from "./json_lines.ts";
import { newSecret, proveAsker, proveClient } from "./loopback_proof.ts";

/** Somebody who has called, and may not be this user yet. */
export interface LocalCaller extends Disposable {
  readonly lines: JsonLines;
  /** Whether it may ask. */
  isOwn(timeoutMs: number): Promise<boolean>;
}

/** What other programs of this user call. Disposing of it ends that. */
export interface LocalListener extends Disposable {
  accept(): Promise<LocalCaller>;
}

/**
 * Listens at a place whose lock is ours. Its directory is there.
 *
 * @returns Undefined if neither way is possible.
 */
export function listenLocally(place: ControlPlace): LocalListener | undefined {
  for (const listen of [listenOnSocket, listenOnPort]) {
    try {
      return listen(place);
    } catch {
      // The other way may be possible. Without either a client runs all the same.
    }
  }
  return undefined;
}

function listenOnSocket({ directory, socket }: ControlPlace): LocalListener {
  // Also if others could enter it before.
  Deno.chmodSync(directory, 0o700);
  const listener = Deno.listen({ transport: "unix", path: socket });
  Deno.chmodSync(socket, 0o600);
  return calledOn(listener, () => Promise.resolve(true));
}

function listenOnPort({ port }: ControlPlace): LocalListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const secret = newSecret();
  try {
    replacePrivateFile(port, JSON.stringify({ port: listener.addr.port, secret }));
  } catch (error) {
    listener.close();
    throw error;
  }
  return calledOn(listener, (lines, timeoutMs) => proveClient(lines, secret, timeoutMs));
}

function calledOn(
  listener: { accept(): Promise<Deno.Conn>; close(): void },
  isOwn: (lines: JsonLines, timeoutMs: number) => Promise<boolean>,
): LocalListener {
  return {
    accept: async () => {
      const lines = new JsonLines(await listener.accept(), localQuestionBytesMax);
      return {
        lines,
        isOwn: (timeoutMs) => isOwn(lines, timeoutMs),
        [Symbol.dispose]: () => lines[Symbol.dispose](),
      };
    },
    [Symbol.dispose]: () => listener.close(),
  };
}

/** A client that was called. Disposing of it hangs up. */
export interface CalledClient extends Disposable {
  readonly lines: JsonLines;
  /** Makes sure that it is one, and shows it that we may ask. Never throws. */
  prove(timeoutMs: number): Promise<"proven" | "unproven" | "silent">;
}

/** Calls the client at an endpoint. @returns Undefined if none is there. */
export async function callLocally(endpoint: Endpoint): Promise<CalledClient | undefined> {
  for (const call of [callSocket, callPort]) {
    try {
      return await call(endpoint);
    } catch {
      // There is nobody, or no such file, or the system has no such sockets.
    }
  }
  return undefined;
}

async function callSocket({ socket }: Endpoint): Promise<CalledClient> {
  const conn = await Deno.connect({ transport: "unix", path: socket });
  return called(new JsonLines(conn, localAnswerBytesMax), () => Promise.resolve("proven"));
}

async function callPort({ port: path }: Endpoint): Promise<CalledClient> {
  const { port, secret } = JSON.parse(await Deno.readTextFile(path));
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = new JsonLines(conn, localAnswerBytesMax);
  return called(lines, async (timeoutMs) => {
    try {
      return await proveAsker(lines, secret, timeoutMs);
    } catch {
      return "unproven";
    }
  });
}

function called(lines: JsonLines, prove: CalledClient["prove"]): CalledClient {
  return { lines, prove, [Symbol.dispose]: () => lines[Symbol.dispose]() };
}
