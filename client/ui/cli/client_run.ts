/**
 * What runs behind the prompt of a client: the profile, the session, and the core, until the user ends it.
 *
 * @module
 */

import { fileReason } from "../../../shared/errors/file_error.ts";
import { isLocal } from "../../../shared/net/address.ts";
import { listening } from "../../../shared/net/listen_error.ts";
import { dropFilePermissions } from "../../../shared/process/permissions.ts";
import { aborted } from "../../../shared/time/clock.ts";
import { ChatClient } from "../../client.ts";
import type { EventSink } from "../../events.ts";
import { offerControl, selfIn, selfToSend, takeName } from "../../local_control/local_control.ts";
import { UserError } from "../../user_error.ts";
import type { Display } from "../session.ts";
import type { ThemeSetting } from "../terminal/terminal.ts";
import type { Printed } from "./front_end.ts";
import { tellingEndOfHere } from "./here_watch.ts";
import { keptTheme } from "./kept_theme.ts";
import "./last_words.ts";
import { listeningHost } from "./listening_host.ts";
import { Listeners } from "./listeners.ts";
import { openOwnProfile } from "./own_profile.ts";
import type { ClientProgramOptions, Front } from "./front.ts";
import { sendUntil } from "./sending.ts";

/**
 * Runs a client in front of its user, until they end it.
 *
 * @param open Shows the user what they drive it by, if that is not yet so.
 * @returns As `runClient`. @throws As that.
 */
export async function runIn(
  options: ClientProgramOptions,
  open: () => Promise<Front>,
): Promise<boolean> {
  const { id, takeOver, passphrase } = options;
  using held = new DisposableStack();
  const takeOwnName = async () => {
    held.use(await takeName(options.profile, id, { takeOver }));
  };
  // Whoever takes over ends the other client only when nothing is in the way any more.
  if (!takeOver) await takeOwnName();
  const onUnlocked = takeOver ? takeOwnName : undefined;
  // While a passphrase is asked for, Ctrl+C has to end the program by itself.
  using profile = await openOwnProfile(options.profile, {
    passphrase,
    ...onUnlocked && { onUnlocked },
  });
  const { identity, store } = profile;
  using control = offerControl(options.profile, id);
  const { frontEnd, stop } = await open();
  await dropFilePermissions();
  const { display, isTerminal } = frontEnd;
  const listeners = new Listeners();
  const { relayOnly, port, serving, isHere } = options;
  const around = (sink: EventSink) =>
    listeners.around(isHere && serving === undefined ? tellingEndOfHere(sink, display) : sink);
  // Whoever is called over the server alone listens for nobody; what is on this machine sees the address anyway.
  // Whom a server of this machine introduces may be on others.
  const { host = relayOnly ? "127.0.0.1" : serving?.host ?? listeningHost(options.servers) } =
    options;
  const theme: ThemeSetting = {
    // Read where somebody sees it: a script has no colours.
    get choice() {
      return keptTheme(store.settings);
    },
    keep: (choice) => store.settings.keep("theme", choice),
  };
  const begun = listening(
    { host, port },
    () =>
      frontEnd.begin(
        { identity, theme },
        (sink) => new ChatClient({ ...options, host, identity, store, sink: around(sink) }),
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
