/**
 * A client as a program: it opens the profile, and runs a session in the terminal or over pipes until that
 * ends.
 *
 * @module
 */

import { fileReason } from "../../../shared/errors/file_error.ts";
import { type Address, isLocal } from "../../../shared/net/address.ts";
import { listening } from "../../../shared/net/listen_error.ts";
import type { ServerAddress } from "../../../shared/net/server_address.ts";
import { dropFilePermissions } from "../../../shared/process/permissions.ts";
import { hasTerminal, stopSignal } from "../../../shared/process/signals.ts";
import { aborted } from "../../../shared/time/clock.ts";
import type { ChatClient } from "../../client.ts";
import type { EventSink } from "../../events.ts";
import { offerControl, selfIn, selfToSend, takeName } from "../../local_control/local_control.ts";
import { UserError } from "../../user_error.ts";
import type { OpenProfile } from "../../profile/profile.ts";
import type { Display } from "../session.ts";
import type { ThemeChoice } from "../wording/wording.ts";
import {
  type FrontEnd,
  openJsonFrontEnd,
  openLineFrontEnd,
  openTerminalFrontEnd,
  type Printed,
  type TerminalUse,
} from "./front_end.ts";
import type { OpenHere } from "./here.ts";
import { tellingEndOfHere } from "./here_watch.ts";
import { keptTheme } from "./kept_theme.ts";
import { listeningHost } from "./listening_host.ts";
import { Listeners } from "./listeners.ts";
import { openOwnProfile } from "./own_profile.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { sendUntil } from "./sending.ts";

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

/**
 * Runs a client: in a terminal with a prompt, else line by line, until the user ends it.
 *
 * @returns False if a line of a script has failed.
 * @throws {UserError} If the profile cannot be opened, another client has the name, or registering fails.
 * @throws {Error} If the client cannot listen.
 */
export async function runClient(options: ClientProgramOptions): Promise<boolean> {
  const { id, takeOver, passphrase } = options;
  using held = new DisposableStack();
  const takeOwnName = async () => {
    held.use(await takeName(options.profile, id, { takeOver }));
  };
  // Whoever takes over ends the other client only when nothing is in the way any more.
  if (!takeOver) await takeOwnName();
  const onUnlocked = takeOver ? takeOwnName : undefined;
  // Before the signals: while a passphrase is asked for, Ctrl+C has to end the program by itself.
  using profile = await openOwnProfile(options.profile, {
    passphrase,
    ...onUnlocked && { onUnlocked },
  });
  const { identity, store } = profile;
  using control = offerControl(options.profile, id);
  using stop = stopSignal(hasTerminal() ? ["SIGHUP", "SIGQUIT"] : []);
  const frontEnd = await openFrontEnd(options, profile, stop.request);
  await dropFilePermissions();
  // Half of the program, of which the prompt needs nothing.
  const { ChatClient } = await import("../../client.ts");
  const { display, isTerminal } = frontEnd;
  const listeners = new Listeners();
  const { relayOnly, port, serving, isHere } = options;
  const around = (sink: EventSink) =>
    listeners.around(isHere && serving === undefined ? tellingEndOfHere(sink, display) : sink);
  // Whoever is called over the server alone listens for nobody; what is on this machine sees the address anyway.
  // Whom a server of this machine introduces may be on others.
  const { host = relayOnly ? "127.0.0.1" : serving?.host ?? listeningHost(options.servers) } =
    options;
  const begun = listening(
    { host, port },
    () =>
      frontEnd.begin((sink) =>
        new ChatClient({ ...options, host, identity, store, sink: around(sink) })
      ),
  );
  const { client } = begun;
  control.answer({
    id,
    selfFor: (name, self) => selfIn(store.conversations, name, self),
    audit: (name) => client.audit(name, { mayCall: true }),
    history: (name, behind) => ({
      key: store.knownPeers.find(name)?.key,
      ownKey: identity.publicKey,
      entries: store.history.export(id, name, behind),
    }),
    selfToSend: (name, self, usual) => selfToSend(store.conversations, name, self, usual),
    send: (asked) => sendUntil({ ...asked, client, store, signal: stop.signal }),
    listen: (name, tell, signal) =>
      listeners.listen(name, tell, AbortSignal.any([signal, stop.signal])),
    leave: () => {
      display.show({ type: "taken-over", id });
      stop.request();
    },
  });
  let isDone = true;
  let printed: Printed;
  try {
    hint({ host, servers: options.servers, relayOnly }, display);
    if (serving !== undefined) display.show({ type: "serving", others: serving.others });
    const registering = register(options.register, client, display, isTerminal);
    // A script may need the server at once; a person sees when they are registered. Nobody is kept from leaving.
    if (!isTerminal || options.register === "must") {
      await Promise.race([registering, aborted(stop.signal)]);
    }
    isDone = await begun.run(stop.signal);
  } finally {
    // Who looks for this client from now on waits until its name is free.
    control[Symbol.dispose]();
    frontEnd.close();
    await client.stop();
    begun.end();
    printed = await frontEnd.flush();
  }
  if (printed.failure === undefined) return isDone && !printed.hasLost;
  const { cause } = printed.failure;
  throw new UserError({ code: "output-not-written", reason: fileReason(cause) }, { cause });
}

/** What the client is driven by. Loaded when it is known: a script starts sooner without a terminal. */
async function openFrontEnd(
  { id, json, strict, terminalUse, theme }: ClientProgramOptions,
  { identity, store: { settings } }: Pick<OpenProfile, "identity" | "store">,
  onEnd: () => void,
): Promise<FrontEnd> {
  if (json) return await openJsonFrontEnd(onEnd, { id, identity });
  const isInteractive = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
  return isInteractive
    ? await openTerminalFrontEnd(id, onEnd, terminalUse, {
      choice: theme ?? keptTheme(settings),
      keep: (choice) => settings.keep("theme", choice),
    })
    : await openLineFrontEnd(onEnd, strict);
}

/** Registers. Done when that has been tried once. @throws {UserError} If the user wants nothing else. */
async function register(
  wanted: ClientProgramOptions["register"],
  client: ChatClient,
  display: Display,
  isTerminal: boolean,
): Promise<void> {
  let hasTold = !isTerminal;
  const show: Parameters<ChatClient["register"]>[0] = (registered) => {
    display.show({ type: "registered", ...registered });
    // Once, and not of a legacy program, which would be asked on a connection of its own.
    if (hasTold || !registered.keyed) return;
    hasTold = true;
    tellOthers(client, display);
  };
  if (wanted === "must") await client.register(show);
  else if (wanted === "try") await client.stayRegistered(show);
}

/** People who are named when the user has come, at most. */
const othersMax = 5;

/** Says to a person who has just come who else is there. Whatever is in the way of that is no matter. Never throws. */
async function tellOthers(client: ChatClient, display: Display): Promise<void> {
  try {
    const { clients, count } = await client.info(othersMax + 1);
    const others = clients.map(({ id }) => id).filter((id) => id !== client.id).slice(0, othersMax);
    if (others.length === 0) return;
    display.show({
      type: "others-registered",
      names: others,
      count: Math.max(count - 1, others.length),
    });
  } catch {
    // The server says by itself what is wrong, when it is asked for something.
  }
}

type HintOptions = Pick<ClientProgramOptions, "servers" | "relayOnly"> & { readonly host: string };

/** Tells what the user may not expect of how the client was started. */
function hint({ host, servers, relayOnly }: HintOptions, display: Display): void {
  const remote = servers.filter((server) => !isLocal(server.host));
  if (!relayOnly && isLocal(host) && remote.length > 0) {
    display.show({ type: "hint", hint: "local-only" });
  }
  if (remote.some(({ tls }) => tls === undefined)) {
    display.show({ type: "hint", hint: "server-line-not-encrypted" });
  }
}
