/**
 * `p2pchat send`: sends one message.
 *
 * @module
 */

import { listening } from "../../../shared/net/listen_error.ts";
import { CommandFailure, interruptedCode } from "../../../shared/process/command_failure.ts";
import { dropFilePermissions } from "../../../shared/process/permissions.ts";
import { stopSignal } from "../../../shared/process/signals.ts";
import { aborted, systemClock, within } from "../../../shared/time/clock.ts";
import { ChatClient } from "../../client.ts";
import {
  type AskedToSend,
  askToSend,
  selfToSend,
  takeNameOrAsk,
} from "../../local_control/local_control.ts";
import type { OpenServers } from "./asked_servers.ts";
import "./last_words.ts";
import { listeningHost } from "./listening_host.ts";
import { openOwnProfile } from "./own_profile.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { UserError } from "../../user_error.ts";
import { interruptedText } from "../wording/wording.ts";
import { Interrupted, type SendOptions, sendUntil } from "./sending.ts";

/** What to send. */
export interface SendCommand extends AskedToSend {
  /** Where the passphrase of the profile is, if that is not to be asked for. */
  readonly passphrase: PassphraseSource | undefined;
  /** Finds the servers that may know where the peer is. A client that runs asks its own. */
  readonly openServers: OpenServers;
}

/**
 * Sends a message. The running client of the user's name does it, if there is one; else it is kept and sent from here,
 * without being registered.
 *
 * @returns When it has come as far as it should.
 * @throws {UserError} If it cannot be sent, or has not come as far in time.
 * @throws {RangeError} If it is longer than a message takes.
 */
export async function runSend(options: SendCommand): Promise<void> {
  if (await askToSend(asked(options)) !== undefined) return;
  await sendAlone(options);
}

async function sendAlone(options: SendCommand): Promise<void> {
  const { profile: directory, passphrase, name, text, until, withinMs } = options;
  using profile = await openOwnProfile(directory, { passphrase });
  const { identity, store } = profile;
  const id = selfToSend(store.conversations, name, options.self, options.usualSelf);
  const ask = () => askToSend({ ...asked(options), self: id });
  const taken = await takeNameOrAsk(directory, id, options.waitMs, ask);
  if ("answer" in taken) return;
  using _name = taken.name;
  using stop = stopSignal();
  await using opened = await options.openServers();
  const { servers } = opened;
  const host = listeningHost(servers);
  await dropFilePermissions();
  const sink = {
    emit: () => {},
    room: () => undefined,
    shown: () => undefined,
    acknowledges: true,
  };
  const place = { host, port: 0 };
  const client = listening(
    place,
    () => new ChatClient({ ...place, id, servers, identity, store, sink }),
  );
  const { signal } = stop;
  const beganAtMs = systemClock.now();
  try {
    // What is only to be kept asks nobody.
    const refused = until === "kept" ? undefined : await introduce(client, withinMs, signal);
    await sendUntil({
      ...{ client, store, name, text, until, withinMs, beganAtMs, signal, refused },
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new CommandFailure(interruptedText(name), interruptedCode, { cause: error });
  } finally {
    await client.stop();
  }
}

/**
 * Has the server take mail, and calls over the relay, without being registered: that would tell others that the user is
 * there, and displace their client on another machine.
 *
 * @returns What it has answered, if it does not. The message may go straight all the same.
 */
async function introduce(
  client: ChatClient,
  withinMs: number,
  signal: AbortSignal,
): Promise<SendOptions["refused"]> {
  try {
    await within(withinMs, Promise.race([client.authenticate(), aborted(signal)]));
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // If no server answers, that shows when the other one is looked for.
    return error.problem.code === "server-refused" ? error.problem : undefined;
  }
}

function asked(options: SendCommand): AskedToSend {
  const { profile, name, self, usualSelf, waitMs, text, until, withinMs } = options;
  const usual = usualSelf === undefined ? {} : { usualSelf };
  return { profile, name, self, ...usual, waitMs, text, until, withinMs };
}
