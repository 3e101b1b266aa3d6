/**
 * A client as a program: it opens what it keeps, and talks with whoever started it until that ends.
 *
 * @module
 */

import { isLocal } from "../../../shared/net/address.ts";
import { dropFilePermissions } from "../../../shared/process/permissions.ts";
import { listening } from "../../../shared/net/listen_error.ts";
import { stopSignal } from "../../../shared/process/signals.ts";
import { ChatClient } from "../../client.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { LinePrinter, runLines } from "../script/script.ts";
import { openOwnProfile } from "./own_profile.ts";
import { openTerminal } from "../terminal/terminal.ts";

/** What a client's program is started with. */
export interface ClientProgramOptions {
  readonly id: string;
  /** The IP address to listen on. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** In the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  /** The directory of its identity and of what it remembers. */
  readonly profile: string;
  readonly allowPlaintext: boolean;
  /** Whether others are told what the user has seen. */
  readonly readReceipts: boolean;
  /** Whether it registers at start, and ends where that fails. */
  readonly register: boolean;
}

/**
 * Runs a client: in a terminal with a prompt, else line by line, until the user ends it.
 *
 * @throws {Error} A sentence for people where it cannot start, with its cause.
 */
export async function runClient(options: ClientProgramOptions): Promise<void> {
  const { host, servers } = options;
  // Before the signals: while a passphrase is asked for, Ctrl+C has to end the program by itself.
  using profile = openOwnProfile(options.profile);
  const { identity, store } = profile;
  using stop = stopSignal();
  const interactive = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  const terminal = interactive ? await openTerminal() : undefined;
  await dropFilePermissions();
  const printer = new LinePrinter(stop.request);
  const { print: onEvent, room } = terminal ?? printer;
  // What is written to a terminal is on it.
  const printed = terminal === undefined ? printer.printed : () => undefined;
  const client = listening(
    options,
    () => new ChatClient({ ...options, identity, store, onEvent, room, printed }),
  );
  try {
    const remote = servers.filter((server) => !isLocal(server.host));
    if (isLocal(host) && remote.length > 0) onEvent({ type: "hint", hint: localHint });
    if (remote.some(({ tls }) => tls === undefined)) {
      onEvent({ type: "hint", hint: plainLineHint });
    }
    if (options.register) await client.register();
    if (terminal !== undefined) await terminal.run(client, stop.signal);
    else await runLines(client, onEvent, stop.signal);
  } finally {
    terminal?.close();
    await client.stop();
    await printer.flush();
  }
}

const localHint = "only this machine can call you; start with --host 0.0.0.0 to let others";

const plainLineHint =
  "the line to the server is not encrypted: whoever is on it can see whom you look for and change " +
  "what the server says; tls:// before its address encrypts it where the server can";
