/**
 * What the user of a client has before them: a prompt in a terminal, or what reads lines from a pipe. A terminal is
 * drawn, and can be given back, before anything is known of the client.
 *
 * @module
 */

import type { Address } from "../../../shared/net/address.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { hasTerminal, type StopSignal, stopSignal } from "../../../shared/process/signals.ts";
import type { ThemeChoice } from "../wording/wording.ts";
import {
  type FrontEnd,
  openJsonFrontEnd,
  openLineFrontEnd,
  openTerminalFrontEnd,
  type TerminalUse,
} from "./front_end.ts";
import type { OpenHere } from "./here.ts";
import type { PassphraseSource } from "./passphrase_source.ts";

/** What a client's program is started with. */
export interface ClientProgramOptions {
  readonly id: string;
  /** The IP address to listen on; see {@linkcode listeningHost} if it is not given. */
  readonly host: string | undefined;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** Where others reach the client; where it listens if not given. */
  readonly announced: Address | undefined;
  /** In the order in which they are tried. */
  readonly servers: readonly ServerAddress[];
  /** The server that runs in this program, where it listens; undefined if there is none. */
  readonly serving: OpenHere["serving"];
  /** Whether the server is named as the one of this machine. */
  readonly isHere: boolean;
  /** The directory of the identity and the messages. */
  readonly profile: string;
  /** Where the passphrase of the identity is, if that is not to be asked for. */
  readonly passphrase: PassphraseSource | undefined;
  readonly allowPlaintext: boolean;
  /** Whether nobody else than contacts may call or write. */
  readonly contactsOnly: boolean;
  /** Whether peers are to learn of no address of the user's: all goes over the server. */
  readonly relayOnly: boolean;
  /** Whether everybody may know when the user comes and goes, and not their contacts alone. */
  readonly openPresence: boolean;
  /** Whether the servers without TLS are programs of the original's kind. */
  readonly legacyServer: boolean;
  /** Whether others are told what the user has seen. */
  readonly readReceipts: boolean;
  /** Whether it registers at start: it tries until it is; it must, or it ends; or it does not. */
  readonly register: "try" | "must" | "no";
  /** Whether a script ends at the first line that fails. */
  readonly strict: boolean;
  /** Whether a program drives the client, by lines of JSON. */
  readonly json: boolean;
  /** How the terminal is used, if there is one. */
  readonly terminalUse: TerminalUse;
  /** How it is coloured; as it was before if not given. */
  readonly theme: ThemeChoice | undefined;
  /** Whether a client that runs with that name ends. */
  readonly takeOver: boolean;
}

/** What the user has before them, and what ends the client. Disposing of it gives the terminal back. */
export interface Front extends AsyncDisposable {
  readonly frontEnd: FrontEnd;
  readonly stop: StopSignal;
}

/** Shows it. Signals end the client from then on. */
export async function openFront(options: ClientProgramOptions): Promise<Front> {
  using opening = new DisposableStack();
  const stop = opening.use(stopSignal(hasTerminal() ? ["SIGHUP", "SIGQUIT"] : []));
  const frontEnd = await openFrontEnd(options, stop.request);
  const opened = opening.move();
  return {
    frontEnd,
    stop,
    async [Symbol.asyncDispose]() {
      frontEnd.close();
      await frontEnd.flush();
      opened.dispose();
    },
  };
}

/** What the client is driven by. Loaded when it is known: a script starts sooner without a terminal. */
async function openFrontEnd(
  options: ClientProgramOptions,
  onEnd: () => void,
): Promise<FrontEnd> {
  const { id, json, strict, terminalUse, theme } = options;
  if (json) return await openJsonFrontEnd(onEnd, id);
  return isInteractive(options)
    ? await openTerminalFrontEnd(id, onEnd, terminalUse, theme)
    : await openLineFrontEnd(onEnd, strict);
}

/** Whether that is a terminal, with a prompt. */
export function isInteractive({ json }: ClientProgramOptions): boolean {
  return !json && Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
}
