/**
 * A client as a program: in a terminal with a prompt, else over pipes. In a terminal the prompt stands first, and what
 * runs behind it, which is most of the program, is loaded then.
 *
 * @module
 */

import { isSurelyUnsealed } from "../../unsealed_profile.ts";
import { type ClientProgramOptions, isInteractive, openFront } from "./front.ts";

/**
 * Runs a client: in a terminal with a prompt, else line by line, until the user ends it.
 *
 * @returns False if a line of a script has failed.
 * @throws {UserError} If the profile cannot be opened, another client has the name, or registering fails.
 * @throws {Error} If the client cannot listen.
 */
export async function runClient(options: ClientProgramOptions): Promise<boolean> {
  await using held = new AsyncDisposableStack();
  const open = async () => held.use(await openFront(options));
  // A passphrase is asked for before the terminal is taken.
  const early = isInteractive(options) && isSurelyUnsealed(options.profile)
    ? await open()
    : undefined;
  const { runIn } = await import("./client_run.ts");
  return await runIn(options, async () => early ?? await open());
}
