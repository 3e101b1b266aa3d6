/**
 * `p2pchat listen`: prints what comes in.
 *
 * @module
 */

import { jsonText } from "../../../shared/text/json_text.ts";
import { writeAll } from "../../../shared/net/write_all.ts";
import { fitted } from "../../../shared/process/fitted.ts";
import type { MessageEvent } from "../../events.ts";
import { type AskedToListen, askToListen } from "../../local_control/local_control.ts";
import { UserError } from "../../user_error.ts";
import { messageRecord, noticeRecord } from "../ndjson/ndjson.ts";
import { plainText } from "../script/script.ts";

/** What to print. */
export interface ListenCommand extends AskedToListen {
  /** The user's own name, if they have not said which, as far as it is known. */
  readonly usualSelf: string;
  /** Whether the first message is the last one. */
  readonly once: boolean;
  /** Whether each message is an object, and not a line for people. */
  readonly json: boolean;
}

/**
 * Prints the messages that come to the running client of the user's name, until that ends, or the reader has enough.
 *
 * @throws {UserError} If no such client runs, or it does not answer.
 */
export async function runListen(options: ListenCommand): Promise<void> {
  const { json, once } = options;
  const asked = await askToListen(options);
  if (asked === undefined) {
    throw new UserError({ code: "nobody-receives", self: options.self ?? options.usualSelf });
  }
  try {
    // A program has to know from when on it misses nothing.
    if (json) await print(`${jsonText(noticeRecord("begun", `listening as ${asked.self}`))}\n`);
    for await (const message of asked.messages) {
      await print(lineOf(message, json));
      if (once) return;
    }
  } catch (error) {
    // The reader has had enough, as `head` has; or nothing comes in any more.
    const isEnd = error instanceof Deno.errors.BrokenPipe ||
      error instanceof UserError && error.code === "running-client-ended";
    if (!isEnd) throw error;
  }
}

async function print(line: string): Promise<void> {
  await writeAll(Deno.stdout, new TextEncoder().encode(line));
}

function lineOf(message: MessageEvent, json: boolean): string {
  return json ? `${jsonText(messageRecord(message))}\n` : fitted(plainText(message), Deno.stdout);
}
